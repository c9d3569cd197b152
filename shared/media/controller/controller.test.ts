import { beforeAll, describe, expect, it } from 'vitest';
import { volatileMemory } from '#firmware-sim/media/controller/memory.ts';
import type { ControllerChip } from '#firmware-sim/media/controller/secure-controller.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import type { CopyId, RentalId, ReturnId } from '#shared/kernel/ids.ts';
import { uuidv7 } from '#shared/kernel/ids.ts';
import { ok } from '#shared/kernel/result.ts';
import type { SecureController } from '#shared/ports/media-drive.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { NOON, value } from '#test/support/media-story.ts';
import { aPlayerKey, chipOf, mediumIdOf } from '#test/support/secure-medium.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { verifyJws } from '../signing.ts';
import { slotCheck } from '../slot.ts';
import { slotMac, slotProofKey } from '../slot-proof.ts';
import { askController, type Caller, controllerId } from './host.ts';
import type { Answer, Command } from './messages.ts';
import { purgeStatementSchema } from './purge.ts';

let fleet: FleetAuthority;
let foreign: FleetAuthority;
let kiosk: Caller;
let terminal: Caller;
let hub: Signer;
beforeAll(async () => {
  fleet = await foundFleet();
  foreign = await foundFleet();
  kiosk = { as: 'terminal', signer: await enrol(fleet, 'kiosk-one', 'kiosk'), at: NOON };
  terminal = { as: 'terminal', signer: await enrol(fleet, 'rt-one', 'return-terminal'), at: NOON };
  hub = fleet.hubSigner;
});

const random = seededRandom('controller');
const newId = <Id extends string>() => uuidv7(NOON, random.bytes(10)) as Id;
const SLOT = random.bytes(4096);
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
const NOBODY: Caller = { as: 'nobody' };

async function answer(controller: SecureController, caller: Caller, command: Command): Promise<Answer> {
  return value(await askController(controller, fleet.trust, caller, command)).answer;
}

interface Put {
  readonly chip: ControllerChip;
  readonly controller: SecureController;
  readonly copyId: CopyId;
  readonly rentalId: RentalId;
}

async function withKey(readers: 'any' | readonly string[] = 'any'): Promise<Put> {
  const chip = await chipOf(fleet);
  const controller = chip.powerOn();
  const copyId = newId<CopyId>();
  const rentalId = newId<RentalId>();
  const put = await answer(controller, kiosk, {
    command: 'write',
    copyId,
    rentalId,
    slot: text(SLOT),
    readers,
  });
  expect(put).toEqual({ answer: 'done' });
  return { chip, controller, copyId, rentalId };
}

const deletion = (copyId: CopyId, returnId: ReturnId, nonce = 'bm9uY2U'): Command => ({
  command: 'delete',
  copyId,
  returnId,
  nonce,
  at: NOON,
});

/** A drive that keeps what it carried and may change it. */
function wiretap(inner: SecureController, change: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes) {
  const questions: Uint8Array[] = [];
  const answers: Uint8Array[] = [];
  const controller: SecureController = {
    transceive: async (message) => {
      questions.push(Uint8Array.from(message));
      const answered = await inner.transceive(change(message));
      if (answered.ok) answers.push(Uint8Array.from(answered.value));
      return answered;
    },
  };
  return { controller, questions, answers };
}

describe('a controller and who speaks to it', () => {
  it('SEC-5 MS-21: proves its medium’s id to anybody; a certificate of another fleet or another role is counterfeit', async () => {
    const chip = await chipOf(fleet, 7);
    expect(value(await controllerId(chip.powerOn(), fleet.trust))).toBe(mediumIdOf(7));
    const other = await chipOf(foreign, 7);
    expect(await controllerId(other.powerOn(), fleet.trust)).toMatchObject({
      error: { code: 'medium_counterfeit' },
    });
  });

  it('SEC-5 MS-21: a certificate without its key is counterfeit: another controller’s greeting cannot be handed on', async () => {
    const genuine = wiretap((await chipOf(fleet, 7)).powerOn());
    value(await controllerId(genuine.controller, fleet.trust));
    const [greeting] = genuine.answers;
    const parrot: SecureController = { transceive: async () => ok(greeting ?? new Uint8Array(2)) };
    expect(await controllerId(parrot, fleet.trust)).toMatchObject({ error: { code: 'medium_counterfeit' } });
  });

  it('SEC-5 MS-22: who may do what', async () => {
    const { controller, copyId, rentalId } = await withKey();
    const returnId = newId<ReturnId>();
    const write: Command = { command: 'write', copyId: newId(), rentalId, slot: text(SLOT), readers: 'any' };
    const player: Caller = { as: 'player', key: aPlayerKey() };
    const refusedFor = async (caller: Caller, commands: readonly Command[]) => {
      for (const command of commands)
        expect(await answer(controller, caller, command), `${caller.as} ${command.command}`).toEqual({
          answer: 'refused',
          reason: 'not_allowed',
        });
    };
    const read: Command = { command: 'read', copyId };
    const prove: Command = { command: 'prove', copyId, nonce: 'bm9uY2U', returnId };
    const proofKey: Command = { command: 'proof-key', copyId };
    const wipe: Command = { command: 'wipe', copyId };
    await refusedFor(NOBODY, [write, read, prove, proofKey, deletion(copyId, returnId), wipe]);
    await refusedFor(terminal, [write, read, proofKey, wipe]);
    await refusedFor(kiosk, [read]);
    await refusedFor(player, [write, prove, proofKey, deletion(copyId, returnId), wipe]);
    expect(await answer(controller, NOBODY, { command: 'state' })).toMatchObject({
      slots: [{ copyId, state: 'key', digest: slotCheck(SLOT) }],
    });
  });

  it('SEC-5 MS-21: a caller with a foreign certificate, another role, or a key that is not his is refused', async () => {
    const { controller } = await withKey();
    const stranger = await enrol(foreign, 'kiosk-one', 'kiosk');
    const wrongKey: Signer = { ...(await enrol(fleet, 'kiosk-two', 'kiosk')), sign: stranger.sign };
    const player = aPlayerKey();
    const callers: readonly Caller[] = [
      { as: 'terminal', signer: stranger, at: NOON },
      { as: 'terminal', signer: hub, at: NOON },
      { as: 'terminal', signer: wrongKey, at: NOON },
      { as: 'player', key: { ...player, x: aPlayerKey().x } },
    ];
    for (const caller of callers)
      expect(await askController(controller, fleet.trust, caller, { command: 'state' })).toMatchObject({
        ok: false,
      });
  });

  it('SEC-5 PLY-1: a bound key goes to its players only, an unbound one to any player that shows a key', async () => {
    const mine = aPlayerKey();
    const bound = await withKey([aPlayerKey().x, mine.x]);
    const read = (put: Put, key = mine) =>
      answer(put.controller, { as: 'player', key }, { command: 'read', copyId: put.copyId });
    expect(await read(bound)).toEqual({ answer: 'slot', slot: text(SLOT) });
    expect(await read(bound, aPlayerKey())).toEqual({ answer: 'refused', reason: 'not_allowed' });
    expect(await read(await withKey())).toEqual({ answer: 'slot', slot: text(SLOT) });
  });

  it('RET-7: the controller answers the challenge as whoever holds the slot would', async () => {
    const { controller, copyId, rentalId } = await withKey();
    const returnId = newId<ReturnId>();
    const proof = await answer(controller, terminal, {
      command: 'prove',
      copyId,
      nonce: 'bm9uY2U',
      returnId,
    });
    expect(proof).toEqual({
      answer: 'proof',
      mac: slotMac(slotProofKey(SLOT, rentalId), 'bm9uY2U', returnId),
    });
  });
});

describe('what a drive sees', () => {
  it('SEC-5 MS-20: neither the key nor who asks for it passes the drive in plain', async () => {
    const chip = await chipOf(fleet);
    const tapped = wiretap(chip.powerOn());
    const copyId = newId<CopyId>();
    const player = aPlayerKey();
    const write: Command = {
      command: 'write',
      copyId,
      rentalId: newId(),
      slot: text(SLOT),
      readers: [player.x],
    };
    await answer(tapped.controller, kiosk, write);
    await answer(tapped.controller, { as: 'player', key: player }, { command: 'read', copyId });
    const seen = Buffer.concat([...tapped.questions, ...tapped.answers]);
    for (const secret of [SLOT.subarray(0, 16), text(SLOT).slice(0, 24), copyId, player.x, 'kiosk-one'])
      expect(seen.includes(Buffer.from(secret)), 'seen by the drive').toBe(false);
  });

  it('SEC-5 MS-20: a transcript that is played again opens nothing, neither to the controller nor to the host', async () => {
    const { chip, copyId } = await withKey();
    const tapped = wiretap(chip.powerOn());
    const returnId = newId<ReturnId>();
    expect(await answer(tapped.controller, terminal, deletion(copyId, returnId))).toMatchObject({
      answer: 'purged',
    });
    const again = (await withKey()).chip.powerOn();
    const replies = [];
    for (const question of tapped.questions) replies.push(value(await again.transceive(question)));
    expect(replies.slice(1).every((reply) => reply[0] === 0x7f)).toBe(true);
    const queue = [...tapped.answers];
    const parrot: SecureController = { transceive: async () => ok(queue.shift() ?? Uint8Array.of(0x7f, 0)) };
    expect(await askController(parrot, fleet.trust, terminal, deletion(copyId, returnId))).toMatchObject({
      ok: false,
    });
  });

  it('SEC-5 MS-20: a record that is changed, or sent twice, ends the session without having done anything', async () => {
    const { chip, copyId } = await withKey();
    for (const flipped of [5, 40, -1]) {
      let record = 0;
      const tapped = wiretap(chip.powerOn(), (bytes) => {
        if (bytes[0] !== 3) return bytes;
        record += 1;
        const changed = Uint8Array.from(bytes);
        const at = flipped < 0 ? changed.length - 1 : flipped;
        changed[at] = (changed[at] ?? 0) ^ 1;
        return changed;
      });
      const asked = await askController(tapped.controller, fleet.trust, terminal, deletion(copyId, newId()));
      expect(asked).toMatchObject({ ok: false, error: { code: 'controller_failed' } });
      expect(record).toBe(2);
    }
    const tapped = wiretap(chip.powerOn());
    await answer(tapped.controller, NOBODY, { command: 'state' });
    const last = tapped.questions.at(-1) ?? new Uint8Array(0);
    expect(value(await tapped.controller.transceive(last))[0]).toBe(0x7f);
    expect(await answer(chip.powerOn(), NOBODY, { command: 'state' })).toMatchObject({
      slots: [{ state: 'key' }],
    });
  });
});

describe('a deletion', () => {
  it('RET-4 SEC-5 MS-23: the key is gone from the memory when the controller signs, and a later question signs anew with a higher counter', async () => {
    const memory = volatileMemory();
    const chip = await chipOf(fleet, 3, memory);
    const controller = chip.powerOn();
    const copyId = newId<CopyId>();
    const player = aPlayerKey();
    const write: Command = { command: 'write', copyId, rentalId: newId(), slot: text(SLOT), readers: 'any' };
    await answer(controller, kiosk, write);
    const holds = () =>
      Buffer.concat([...memory.pages.values()]).includes(Buffer.from(text(SLOT).slice(100, 160)));
    expect(holds()).toBe(true);
    const returnId = newId<ReturnId>();
    const statements = [];
    for (const nonce of ['bm9uY2U', 'YW5vdGhlcg']) {
      const purged = await answer(controller, terminal, deletion(copyId, returnId, nonce));
      if (purged.answer !== 'purged') throw new Error(JSON.stringify(purged));
      expect(holds()).toBe(false);
      const read = await verifyJws(purged.statement, fleet.trust, {
        type: 'keyturn-purge',
        schema: purgeStatementSchema,
        roles: ['medium'],
        validAt: 'signed-at',
        maxBytes: 12_288,
      });
      statements.push(value(read).payload);
    }
    const said = { mediumId: mediumIdOf(3), copyId, returnId, slotDigest: slotCheck(SLOT) };
    expect(statements).toMatchObject([
      { ...said, nonce: 'bm9uY2U' },
      { ...said, nonce: 'YW5vdGhlcg' },
    ]);
    expect(statements[1]?.counter).toBeGreaterThan(statements[0]?.counter ?? 0);
    const refused = { answer: 'refused', reason: 'slot_destroyed' };
    const asPlayer: Caller = { as: 'player', key: player };
    expect(await answer(controller, asPlayer, { command: 'read', copyId })).toEqual(refused);
    expect(await answer(controller, terminal, deletion(copyId, newId()))).toEqual(refused);
    expect(await answer(controller, kiosk, { ...write, slot: text(random.bytes(4096)) })).toEqual({
      answer: 'refused',
      reason: 'slot_taken',
    });
  });

  it('MED-3: 32 keys at most; the place of a spent copy is used again, the longest spent first', async () => {
    const controller = (await chipOf(fleet)).powerOn();
    const write = (copyId: CopyId): Command => ({
      command: 'write',
      copyId,
      rentalId: newId(),
      slot: text(SLOT),
      readers: 'any',
    });
    const ids = Array.from({ length: 32 }, () => newId<CopyId>());
    for (const id of ids) await answer(controller, kiosk, write(id));
    expect(await answer(controller, kiosk, write(newId()))).toEqual({
      answer: 'refused',
      reason: 'slots_full',
    });
    for (const id of [ids[9], ids[4]] as CopyId[]) await answer(controller, terminal, deletion(id, newId()));
    const late = newId<CopyId>();
    expect(await answer(controller, kiosk, write(late))).toEqual({ answer: 'done' });
    const state = await answer(controller, NOBODY, { command: 'state' });
    const known = state.answer === 'state' ? state.slots.map((slot) => slot.copyId) : [];
    expect(known).toContain(late);
    expect(known).not.toContain(ids[9]);
    expect(known).toContain(ids[4]);
  });
});
