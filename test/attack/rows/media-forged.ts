import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { folderMedium } from '#firmware-sim/media/medium-backing.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type { MediumId, RentalId, ReturnId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { freshIdentity } from '#shared/media/container/age-header.ts';
import { sealDocument } from '#shared/media/sealed-document.ts';
import { writeCopy } from '#shared/media/write-copy.ts';
import { newId } from '#shared/ports/random.ts';
import type { Attack, AttackResult, Target } from '#test/attack/contract.ts';
import {
  atKiosk,
  atPlayer,
  atReturnTerminal,
  clonedStick,
  payloadOf,
  type RentedStick,
  rentedStick,
  resign,
  strangers,
} from '#test/attack/support/media.ts';
import { aDraft, aWrite, bench, memoryRecords } from '#test/support/media-story.ts';

/** Refused where every place refused it. */
const judged = (said: Readonly<Record<string, string>>, trace: AttackResult['trace']): AttackResult => ({
  outcome: Object.values(said).includes('taken') ? 'got-through' : 'refused',
  evidence: Object.entries(said)
    .map(([place, words]) => `${place}: ${words}`)
    .join(' · '),
  trace,
});

const licenceOf = ({ copy }: RentedStick): string => join(copy, 'licence.jws');
const identityOf = ({ folder }: Pick<RentedStick, 'folder'>): string => join(folder, 'KEYTURN', 'medium.jws');
type Json = Record<string, unknown>;
const withKeyturn = (change: Json) => (licence: Json) => ({
  ...licence,
  keyturn: { ...(licence.keyturn as Json), ...change },
});
/** A sound tariff by which nothing is ever charged. */
const forNothing = (licence: Json): Json => {
  const { tariff } = licence.keyturn as Json;
  return withKeyturn({
    tariff: { ...(tariff as Json), firstPrice: 0, furtherPrice: 0, cap: null, keep: null },
  })(licence);
};
/** A year more for the customer. */
const longer = (licence: Json): Json => {
  const rights = licence.rights as Json;
  return { ...licence, rights: { ...rights, end: Number(rights.end) + 365 * 86_400_000 } };
};

export const licenceTampered: Attack = {
  id: 'licence-tampered',
  threat: 'licence-tampered',
  rule: 'SEC-4',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const said: Record<string, string> = {};
    const bait = await rentedStick(target);
    const { kiosk } = await strangers(target);
    const stolen = target.identities['return-terminal'].signer;
    for (const [how, signer] of [
      ['edited', null],
      ['signed by a stranger', kiosk],
      ['signed with a return terminal’s key', stolen],
    ] as const) {
      const stick = await clonedStick(target, bait);
      await resign(licenceOf(stick), 'keyturn-licence', longer, signer);
      said[`${how}, return terminal`] = await atReturnTerminal(target, stick.stick);
      await target.fleet.tidy();
      said[`${how}, player`] = await atPlayer(target, stick.stick, stick.copyId);
      said[`${how}, hub`] = await licenceToHub(target, stick);
    }
    return judged(said, {
      alert: 'security_copy_forged',
      alsoAlert: 'security_document_forged',
      subject: target.identities['return-terminal'].terminalId,
    });
  },
};

export const tariffTampered: Attack = {
  id: 'tariff-tampered',
  threat: 'tariff-tampered',
  rule: 'SEC-4',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const said: Record<string, string> = {};
    const bait = await rentedStick(target);
    const { kiosk } = await strangers(target);
    const stolen = target.identities['return-terminal'].signer;
    for (const [how, signer] of [
      ['edited', null],
      ['signed by a stranger', kiosk],
      ['signed with a return terminal’s key', stolen],
    ] as const) {
      const stick = await clonedStick(target, bait);
      await resign(licenceOf(stick), 'keyturn-licence', forNothing, signer);
      await atKiosk(target, stick.stick);
      await target.fleet.tidy();
      said[`${how}, return terminal`] = await atReturnTerminal(target, stick.stick);
      await target.fleet.tidy();
      said[`${how}, hub`] = await licenceToHub(target, stick);
    }
    return judged(said, {
      alert: 'security_copy_forged',
      alsoAlert: 'security_document_forged',
      subject: target.identities.kiosk.terminalId,
    });
  },
};

/** A forged licence straight to the hub, as a terminal that somebody stole would send it: to be quoted, and as a return that was accepted. */
async function licenceToHub(target: Target, stick: RentedStick): Promise<string> {
  const { fleet } = target;
  const { runtime } = fleet.own.returnTerminal;
  const { stores } = fleet.own.hub.inside().db;
  const licence = await readFile(licenceOf(stick), 'latin1');
  const { rentalId } = (payloadOf(licence) as { keyturn: { rentalId: RentalId } }).keyturn;
  const { copyId } = stick;
  const t0 = fleet.own.clock.now();
  const returnId = newId<ReturnId>(fleet.own.clock, systemRandom);
  const stamp = { deviceTime: t0, monotonic: 5, bootId: 'forged', clockOffset: 0, clockError: 0 };
  const answer = await runtime.hub.openReturn({ returnId, rentalId, copyId, licence, t0, stamp });
  runtime.record((tx) =>
    tx.emit({
      kind: 'return.accepted',
      data: { returnId, rentalId, copyId, licence, t0, offlineSince: null },
    }),
  );
  await fleet.settled();
  const believed = answer.ok || (await stores.returns.find({ returnId })) !== null;
  return believed ? 'taken' : answer.error.code;
}

/** The same with a medium's identity: as one that was registered for a member. */
async function identityToHub(target: Target, { folder, stick }: RentedStick): Promise<string> {
  const { fleet } = target;
  const { stores } = fleet.own.hub.inside().db;
  const identity = await readFile(identityOf({ folder }), 'latin1');
  const { mediumId } = payloadOf(identity) as { mediumId: MediumId };
  const before = await stores.media.find({ mediumId });
  const member = await stores.members.first({});
  if (before === null || member === null) throw new Error(`the hub does not know the medium ${stick}`);
  const { runtime } = fleet.own.kiosk;
  const data = { mediumId, identity, memberToken: 'mt_0123456789abcdefghijkl', at: fleet.own.clock.now() };
  runtime.record((tx) => tx.emit({ kind: 'medium.registered', data }));
  await fleet.settled();
  const after = await stores.media.find({ mediumId });
  return isDeepStrictEqual(after, before) ? 'left as it was' : 'taken';
}

async function everywhere(target: Target, rented: RentedStick): Promise<Record<string, string>> {
  const { stick, copyId } = rented;
  const terminal = await atReturnTerminal(target, stick);
  await target.fleet.tidy();
  const kiosk = await atKiosk(target, stick);
  await target.fleet.tidy();
  const player = await atPlayer(target, stick, copyId);
  return { 'return terminal': terminal, kiosk, player, hub: await identityToHub(target, rented) };
}

export const identityEdited: Attack = {
  id: 'medium-identity-edited',
  threat: 'medium-identity-tampered',
  rule: 'MED-5',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const stick = await rentedStick(target);
    const other = (identity: Json): Json => ({ ...identity, accessKey: 'somebody-else-0123456789' });
    await resign(identityOf(stick), 'keyturn-medium', other, null);
    const said = await everywhere(target, stick);
    return judged(said, {
      alert: 'security_medium_forged',
      alsoAlert: 'security_document_forged',
      subject: target.identities['return-terminal'].terminalId,
    });
  },
};

export const identityForeign: Attack = {
  id: 'medium-identity-foreign',
  threat: 'medium-identity-tampered',
  rule: 'MED-5',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const stick = await rentedStick(target);
    const { kiosk } = await strangers(target);
    const other = (identity: Json): Json => ({ ...identity, accessKey: 'somebody-else-0123456789' });
    await resign(identityOf(stick), 'keyturn-medium', other, kiosk);
    const said = await everywhere(target, stick);
    return judged(said, {
      alert: 'security_medium_foreign',
      alsoAlert: 'security_document_forged',
      subject: target.identities['return-terminal'].terminalId,
    });
  },
};

const PUSHED = 'Pushed by an advertiser';

export const recommendationTampered: Attack = {
  id: 'recommendation-tampered',
  threat: 'recommendation-tampered',
  rule: 'SEC-4',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const { fleet } = target;
    const stick = await rentedStick(target);
    const pushed = await fleet.title(PUSHED);
    const { terminal } = await strangers(target);
    const recipient = await fleet.own.hub.inside().fleet.readRecipient();
    const at = epochMs(fleet.own.clock.now());
    const reason = { code: 'because_you_liked', titleId: pushed, genre: null };
    const payload = {
      version: 1,
      memberToken: 'mt_0123456789abcdefghijkl',
      madeAt: at,
      terminal: terminal.id,
      titles: [{ titleId: pushed, reason }],
    };
    const sealed = await sealDocument('keyturn-recommendations', payload, [recipient], terminal, at);
    await writeFile(join(stick.folder, 'KEYTURN', 'recommendations.age'), sealed);
    await atKiosk(target, stick.stick);
    const { view } = await fleet.kiosk.snapshot();
    const shelf = view.screen === 'browse' ? view.shelves.find(({ id }) => id === 'for_you') : undefined;
    // The hub may recommend the same title, but not because of itself.
    const shown = shelf?.titles.some((card) => JSON.stringify(card.reason).includes(PUSHED)) ?? false;
    if (view.screen !== 'browse') throw new Error(`the kiosk shows ${view.screen}`);
    return judged(
      { kiosk: shown ? 'taken' : 'left aside' },
      { alert: 'security_recommendation_forged', subject: target.identities.kiosk.terminalId },
    );
  },
};

export const copyMoved: Attack = {
  id: 'slot-copied-unbound-moved',
  threat: 'slot-copied',
  rule: 'MED-5',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const { fleet } = target;
    const from = await rentedStick(target);
    const onto = await rentedStick(target);
    await cp(from.copy, join(onto.folder, 'KEYTURN', 'copies', from.copyId), { recursive: true });
    const slot = await readFile(join(onto.folder, 'KEYTURN', 'copies', from.copyId, 'slot.age'));
    if (!slot.includes('AGE-SECRET-KEY')) throw new Error('the attacker has no key to begin with');
    const player = await atPlayer(target, onto.stick, from.copyId);
    await fleet.insert(onto.stick, 'return-terminal');
    const lines = await fleet.terminal.until('what is on it', 30, ({ view }) =>
      view.screen === 'choose' ? view.lines : null,
    );
    const moved = lines.find((line) => line.copyId === from.copyId);
    return judged(
      { player, 'return terminal': moved?.choosable === true ? 'taken' : 'not of this medium' },
      { alert: 'security_copy_moved', subject: target.identities['return-terminal'].terminalId },
    );
  },
};

export const copyOfBoundSlot: Attack = {
  id: 'slot-copied-bound',
  threat: 'slot-copied',
  rule: 'SEC-6',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const { fleet, identities } = target;
    const owner = await freshIdentity();
    const at = epochMs(fleet.own.clock.now());
    const stage = bench(identities.kiosk.trust, identities.kiosk.signer, 'bound', at);
    const stick = fleet.stick();
    const folder = fleet.own.mediumFolder(stick);
    await mkdir(folder, { recursive: true });
    await stage.drive.insert(folderMedium(stick, folder));
    const input = aWrite(stage.random, memoryRecords(), Buffer.from('somebody else’s film'), {
      licence: aDraft(stage.random, { binding: 'players' }),
      playerRecipients: [owner.recipient],
    });
    const written = await writeCopy(stage.deps, input);
    if (written.kind !== 'written') throw new Error(JSON.stringify(written));
    const clone = fleet.stick();
    await cp(folder, fleet.own.mediumFolder(clone), { recursive: true });
    const player = await atPlayer(target, clone, input.copyId);
    return judged({ 'another player': player }, { playerLog: 'copy_not_for_this_player' });
  },
};
