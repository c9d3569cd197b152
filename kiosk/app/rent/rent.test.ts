import { beforeAll, describe, expect, it } from 'vitest';
import { memoryMedium, withChip } from '#firmware-sim/media/medium-backing.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import { aTariff } from '#shared/domain/testing/builders.ts';
import type { MediumId } from '#shared/kernel/ids.ts';
import { money } from '#shared/kernel/money.ts';
import { REVOCATIONS_FILE } from '#shared/media/layout.ts';
import { signJws } from '#shared/media/signing.ts';
import type { Signer } from '#shared/ports/signer.ts';
import type { EventData } from '#shared/protocol/events.ts';
import { aBundle, aTitle, contentOf, NOON, titleIdAt } from '#test/support/kiosk/a-bundle.ts';
import { aKiosk, type TestKiosk } from '#test/support/kiosk/a-kiosk.ts';
import { TOKEN } from '#test/support/kiosk/fake-hub.ts';
import { chipOf } from '#test/support/secure-medium.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { catalogueOf } from '../catalogue/titles.ts';
import { visitMedium } from '../medium/visit.ts';
import { signIn } from '../members/sign-in.ts';
import { titleObstacle } from '../obstacles.ts';
import { type MediumFacts, type SessionState, startState, type WriteLineState } from '../session/state.ts';
import { settleHoldVoids } from './holds.ts';
import { recoverRentals } from './recovery.ts';
import { rentCart } from './rent-cart.ts';
import { holdVoids, rentals } from './tables.ts';

type Fleet = Parameters<typeof aKiosk>[0];
let fleet: Pick<Fleet, 'trust' | 'signer'>;
let authority: FleetAuthority;
beforeAll(async () => {
  authority = await foundFleet();
  fleet = { trust: authority.trust, signer: await enrol(authority, 'kiosk-1', 'kiosk') };
});

const withHold = aTariff({ hold: { amount: 500, expiresAfter: { unit: 'days', count: 7 } } });
const TITLES = [aTitle(0), aTitle(1), aTitle(2, { tariff: withHold })];
const newKiosk = (change: Partial<Fleet> = {}) => aKiosk({ ...fleet, bundle: aBundle(TITLES), ...change });

async function visit(kiosk: TestKiosk): Promise<MediumFacts> {
  const seen = await visitMedium(kiosk.deps);
  expect(seen.ok && seen.value.facts).not.toBe(false);
  if (!seen.ok) throw new Error(seen.error.code);
  return seen.value.facts;
}

async function rent(
  kiosk: TestKiosk,
  titles: readonly number[],
  onLine: (line: WriteLineState) => void = () => {},
) {
  const facts = await visit(kiosk);
  const byMedium = facts.mediumId !== null && kiosk.hub.away;
  const member = await signIn(kiosk.deps, {
    medium: byMedium ? facts : null,
    memberNumber: byMedium ? null : kiosk.hub.number,
    pin: kiosk.hub.pin,
  });
  if (!member.ok) throw new Error(member.error.code);
  const copies = await rentCart(kiosk.deps, {
    member: member.value,
    medium: facts,
    titles: titles.map(titleIdAt),
    language: 'en',
    line: (_index, line) => onLine(line),
  });
  await settleHoldVoids(kiosk.deps);
  return copies.map(({ line }) =>
    line.trouble === null ? line.state : `${line.state} ${line.trouble.code}`,
  );
}

const kinds = (kiosk: TestKiosk) => kiosk.events().map((event) => event.kind);
const started = (kiosk: TestKiosk) =>
  kiosk
    .events()
    .filter((event) => event.kind === 'rental.started')
    .map((event) => event.data as EventData<'rental.started'>);
/** Readable keys on the medium: slots that are still an age identity. */
const keysOn = (medium: ReturnType<typeof memoryMedium>) =>
  [...medium.files].filter(
    ([path, bytes]) => path.endsWith('slot.age') && Buffer.from(bytes).includes('AGE-SECRET-KEY'),
  ).length;

describe('renting at the kiosk', () => {
  it('RNT-1: a verified copy starts its rental, with row and event in one transaction', async () => {
    const kiosk = newKiosk();
    const stick = memoryMedium('stick');
    await kiosk.drive.insert(stick);
    const seen: WriteLineState[] = [];
    expect(await rent(kiosk, [0], (line) => seen.push(line))).toEqual(['written']);
    expect(kinds(kiosk)).toEqual(['rental.started', 'medium.registered']);
    expect(started(kiosk)[0]).toMatchObject({ offline: false, hold: null, verification: 'sampled' });
    expect(kiosk.store.list(rentals).map((row) => row.value.stage)).toEqual(['active']);
    expect(keysOn(stick)).toBe(1);
    expect(kiosk.door.locked()).toBe(false);
    const last = seen.at(-1);
    expect(last?.bytesDone).toBe(contentOf(0).length);
    expect(seen.some((line) => line.phase === 'content')).toBe(true);
  });

  it('MS-32 SEC-1: what is rented carries the hub’s list of revoked terminals home; a list that is not the hub’s stays here', async () => {
    const kiosk = newKiosk();
    const list = { version: 1, fleetId: fleet.trust.fleetId, madeAt: NOON, revoked: [] };
    const signed = (signer: Signer) => signJws('keyturn-revocations', list, signer, NOON);
    for (const [signer, left] of [
      [kiosk.deps.runtime.identity.signer, false],
      [authority.hubSigner, true],
    ] as const) {
      const stick = memoryMedium(`stick ${left}`);
      const revocationList = await signed(signer);
      kiosk.knobs.bundle = { ...kiosk.knobs.bundle, revocationList };
      await kiosk.drive.insert(stick);
      expect(await rent(kiosk, [0])).toEqual(['written']);
      const found = stick.files.get(REVOCATIONS_FILE);
      expect(found === undefined ? null : Buffer.from(found).toString()).toBe(left ? revocationList : null);
    }
  });

  it('SEC-5: a medium whose controller is revoked is no secure one here: staff hear of it, and only what demands none is rented', async () => {
    const chip = await chipOf(authority, 5);
    const demanding = aTitle(3, { demands: { secureMedium: true, binding: 'none' } });
    const bundle = aBundle([aTitle(0), demanding]);
    const refusalsWith = async (revokedControllers: readonly MediumId[]) => {
      const kiosk = newKiosk({ bundle: { ...bundle, revokedControllers: [...revokedControllers] } });
      await kiosk.drive.insert(withChip(memoryMedium('secure'), chip));
      const facts = await visit(kiosk);
      const catalogue = catalogueOf(kiosk.knobs.bundle);
      const medium = { kind: 'ready', facts, owner: 'unknown' } as const;
      const state: SessionState = { ...startState(0, 'en'), medium };
      const codes = [aTitle(0), demanding].map(
        (title) => titleObstacle(kiosk.deps.runtime, catalogue, title, state)?.code ?? 'none',
      );
      const alerts = kiosk.events().filter(({ kind }) => kind === 'alert.raised');
      return { codes, alerts: alerts.map(({ data }) => (data as EventData<'alert.raised'>).code) };
    };
    expect(await refusalsWith([])).toEqual({ codes: ['none', 'none'], alerts: [] });
    expect(await refusalsWith([chip.mediumId])).toEqual({
      codes: ['none', 'secure_medium_required'],
      alerts: ['security_controller_revoked'],
    });
  });

  it('RNT-2: of a cart only what was written is charged', async () => {
    const kiosk = newKiosk();
    await kiosk.drive.insert(memoryMedium('stick'));
    kiosk.knobs.content.set(titleIdAt(1), 'absent');
    expect(await rent(kiosk, [0, 1, 2])).toEqual(['written', 'failed title_not_here', 'written']);
    expect(started(kiosk)).toHaveLength(2);
    expect(kinds(kiosk).filter((kind) => kind === 'rental.failed')).toHaveLength(1);
    expect(kiosk.hub.cancelled).toHaveLength(1);
  });

  it('RNT-1: pulled before the key: nothing charged, nothing readable, the rest of the cart not begun', async () => {
    const kiosk = newKiosk();
    const stick = memoryMedium('stick');
    await kiosk.drive.insert(stick);
    let pulled = false;
    const lines = await rent(kiosk, [2, 0], (line) => {
      if (!pulled && line.phase === 'content') {
        pulled = true;
        kiosk.drive.pull();
      }
    });
    expect(lines).toEqual(['failed medium_pulled', 'cancelled write_aborted']);
    expect(started(kiosk)).toEqual([]);
    expect(keysOn(stick)).toBe(0);
    expect(kiosk.store.list(rentals)).toEqual([]);
    // What was held on the card for the first title was given back.
    expect(kiosk.card.inspect().map((record) => record.state)).toEqual(['voided']);
    expect(kiosk.store.list(holdVoids)).toEqual([]);
  });

  it('RNT-6: pulled after the key was begun: held, no charge; seen again it is settled and active', async () => {
    const kiosk = newKiosk();
    const stick = memoryMedium('stick');
    await kiosk.drive.insert(stick);
    const lines = await rent(kiosk, [0], (line) => {
      if (line.phase === 'verifying') kiosk.drive.pull();
    });
    expect(lines).toEqual(['held copy_held']);
    expect(kinds(kiosk)).toContain('rental.held');
    expect(started(kiosk)).toEqual([]);
    await kiosk.drive.insert(stick);
    const facts = await visit(kiosk);
    expect(facts.settled).toEqual([{ titleId: titleIdAt(0), outcome: 'complete' }]);
    expect(kinds(kiosk)).toContain('rental.held_settled');
    expect(kiosk.store.list(rentals).map((row) => row.value.stage)).toEqual(['active']);
  });

  it('RNT-6, SYN-2: pulled at any step of the drive: seen again, nothing of it stays held, and the licence tells the hub of what', async () => {
    let [step, held, before] = [0, 0, 0];
    for (let lines: string[] = []; lines[0] !== 'written'; ) {
      step += 1;
      const kiosk = newKiosk();
      const stick = memoryMedium('stick');
      await kiosk.drive.insert(stick);
      let armed = false;
      lines = await rent(kiosk, [0], () => {
        if (!armed) kiosk.drive.setFault({ at: { step, effect: 'pull-before' } });
        armed = true;
      });
      if (lines[0]?.startsWith('held') !== true) continue;
      held += 1;
      before += keysOn(stick) === 0 ? 1 : 0;
      kiosk.drive.setFault({});
      await kiosk.drive.insert(stick);
      const { settled } = await visit(kiosk);
      expect(settled, `step ${step}`).toHaveLength(1);
      const told = kiosk.events().filter(({ kind }) => /^rental\.held(_settled)?$/.test(kind));
      const [{ rentalId, licence }] = told.map(({ data }) => data) as [EventData<'rental.held'>];
      expect(told, `step ${step}`).toMatchObject([
        { kind: 'rental.held' },
        { kind: 'rental.held_settled', data: { rentalId, licence, outcome: settled[0]?.outcome } },
      ]);
      expect(
        kiosk.store.list(rentals).filter((row) => row.value.stage === 'held'),
        `step ${step}`,
      ).toEqual([]);
    }
    expect(held).toBeGreaterThan(3);
    // Among them those where no byte of the key had come onto the medium.
    expect(before).toBeGreaterThan(0);
  });

  it.each(['decline', 'time-out', 'pulled'] as const)(
    'PAY-1: card %s: nothing written, nothing charged',
    async (behaviour) => {
      const kiosk = newKiosk();
      const stick = memoryMedium('stick');
      await kiosk.drive.insert(stick);
      kiosk.card.behave(behaviour);
      const code = { decline: 'card_declined', 'time-out': 'card_timeout', pulled: 'card_pulled' }[behaviour];
      expect(await rent(kiosk, [2])).toEqual([`failed ${code}`]);
      expect(stick.files.size).toBe(0);
      expect(kiosk.card.inspect()).toEqual([]);
    },
  );

  it('PAY-1: an answer that got lost is asked for again under the same key, held once', async () => {
    const kiosk = newKiosk();
    await kiosk.drive.insert(memoryMedium('stick'));
    kiosk.card.behave('unknown-then-approve');
    expect(await rent(kiosk, [2])).toEqual(['written']);
    expect(kiosk.card.inspect()).toHaveLength(1);
    expect(started(kiosk)[0]?.hold?.amount).toEqual(money(500, 'EUR'));
  });

  it.each([
    ['foreign hub refusal', 'title_withdrawn', 'title_withdrawn'],
    ['amount due', 'amount_due_open', 'amount_due_open'],
    ['no unit', 'units_exhausted', 'no_unit_free'],
    ['no price', 'tariff_missing', 'tariff_missing'],
  ])('LED-2: %s: refused before anything is written or held', async (_name, code, shown) => {
    const kiosk = newKiosk();
    const stick = memoryMedium('stick');
    await kiosk.drive.insert(stick);
    kiosk.hub.refusals.set(titleIdAt(2), code);
    expect(await rent(kiosk, [2])).toEqual([`failed ${shown}`]);
    expect(stick.files.size).toBe(0);
    expect(kiosk.card.inspect()).toEqual([]);
    expect(kinds(kiosk)).toEqual([]);
  });

  it('SYN-1: without the hub one title per member from the allotment, reported as offline', async () => {
    const kiosk = newKiosk();
    const stick = memoryMedium('stick');
    await kiosk.drive.insert(stick);
    await rent(kiosk, [0]);
    const { mediumId } = await visit(kiosk);
    kiosk.hub.known.set(String(mediumId), TOKEN);
    const facts = await visit(kiosk);
    // Signed in once online with this medium: the kiosk knows the member now.
    expect((await signIn(kiosk.deps, { medium: facts, memberNumber: null, pin: kiosk.hub.pin })).ok).toBe(
      true,
    );
    kiosk.hub.away = true;
    expect(await rent(kiosk, [1])).toEqual(['written']);
    expect(started(kiosk).at(-1)?.offline).toBe(true);
    expect(await rent(kiosk, [2])).toEqual(['failed offline_rental_open']);
  });

  it('MED-5: without the hub a PIN is checked here, five wrong tries lock it', async () => {
    const kiosk = newKiosk();
    await kiosk.drive.insert(memoryMedium('stick'));
    await rent(kiosk, [0]);
    const facts = await visit(kiosk);
    kiosk.hub.known.set(String(facts.mediumId), TOKEN);
    await signIn(kiosk.deps, { medium: facts, memberNumber: null, pin: kiosk.hub.pin });
    kiosk.hub.away = true;
    const tries: string[] = [];
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const answer = await signIn(kiosk.deps, { medium: facts, memberNumber: null, pin: '0000' });
      tries.push(
        answer.ok ? 'in' : `${answer.error.code} ${String(answer.error.details?.triesLeft ?? '')}`.trim(),
      );
    }
    expect(tries).toEqual([
      'pin_wrong 4',
      'pin_wrong 3',
      'pin_wrong 2',
      'pin_wrong 1',
      'pin_locked 0',
      'pin_locked 0',
    ]);
    const right = await signIn(kiosk.deps, { medium: facts, memberNumber: null, pin: kiosk.hub.pin });
    expect(right.ok ? 'in' : right.error.code).toBe('pin_locked');
  });

  it('CNT-1: three days without the hub: nothing is rented', async () => {
    const kiosk = newKiosk();
    await kiosk.drive.insert(memoryMedium('stick'));
    kiosk.knobs.leaseOver = true;
    expect(await rent(kiosk, [0])).toEqual(['failed lease_over']);
  });

  it('RNT-2: after a crash what was begun is void before the key and held after it; holds are given back', async () => {
    const kiosk = newKiosk();
    await kiosk.drive.insert(memoryMedium('stick'));
    await rent(kiosk, [2]);
    const [active] = kiosk.store.list(rentals);
    if (active === undefined) throw new Error('one rental is active');
    kiosk.deps.runtime.record((tx) => {
      tx.put(rentals, 'a', {
        ...active.value,
        rentalId: active.value.rentalId,
        stage: 'writing',
        keyBegun: null,
      });
    });
    const begun = { ...active.value, stage: 'key_begun' as const };
    kiosk.deps.runtime.record((tx) => {
      tx.remove(rentals, 'a');
      tx.put(rentals, active.value.rentalId, begun);
    });
    expect(recoverRentals(kiosk.deps)).toEqual({ voided: 0, held: 1 });
    expect(kinds(kiosk).at(-1)).toBe('rental.held');
    kiosk.deps.runtime.record((tx) => tx.put(rentals, active.value.rentalId, { ...begun, stage: 'writing' }));
    expect(recoverRentals(kiosk.deps)).toEqual({ voided: 1, held: 0 });
    expect(kinds(kiosk).at(-1)).toBe('rental.failed');
    expect(kiosk.store.list(holdVoids)).toHaveLength(1);
    expect(recoverRentals(kiosk.deps)).toEqual({ voided: 0, held: 0 });
  });
});
