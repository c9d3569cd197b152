import { describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { challengeOf } from '#hub/app/ingest/proof.ts';
import { openReturn } from '#hub/app/quotes/open-return.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { offlineChallenge, slotMac } from '#shared/media/slot-proof.ts';
import { silentLog } from '#shared/ports/log.ts';
import {
  balancesOf,
  CHALLENGE_KEY,
  cardPart,
  HOUR,
  id,
  lane,
  returned,
  START,
  started,
  type TestRental,
  type TestReturn,
  writtenCopy,
} from './hub-world.ts';
import { intentOf, proofOf, reportedReturns, T0 } from './reported-returns.ts';

/**
 * PR-30: a medium is torn at T0 and loses its record of that; hours later a terminal finishes it, which finds the slot overwritten and nothing beside, so its receipt names nobody. A
 * third one is a thief, who knows the return's id from the slot's pattern.
 */
const stage = reportedReturns();
const { causesOf, lettersOf, alertsOf, terminal, out } = stage;

const LATER = epochMs(T0 + 10 * HOUR);
type Told = ReturnType<typeof lane>;
type ReturnId = TestReturn['returnId'];

interface Case {
  /** What began it: a terminal of today, one before 1.7, or one of which nobody hears any more. */
  readonly beginner: '1.7' | '1.6' | 'silent';
  /** T0 as the thief tells it. */
  readonly lie: EpochMs;
  /** Whether he dates his events with it, or with the day on which he tells it. */
  readonly dated: boolean;
  /** The content still shows that the medium was there, for the hub's challenge. */
  readonly content: boolean;
}

const PIECE = { index: 0, sha256: 'cd'.repeat(32) };

async function torn({ beginner, lie, dated, content }: Case) {
  const rental = await writtenCopy(stage.devices);
  const kiosk = lane('kiosk-1', 0, `torn-${rental.rentalId}`);
  kiosk.add('rental.started', { ...started(rental), chunkHashes: [PIECE] }, START);
  const [first, finisher, thief] = [await terminal(), await terminal(), await terminal()];
  const begun = await returned(rental, first, T0, { acceptedOnly: true });
  const { returnId } = begun;
  const nonce = content
    ? challengeOf(CHALLENGE_KEY, { rentalId: rental.rentalId, returnId })
    : offlineChallenge(finisher.id, 1).nonce;
  const proof = { nonce, mac: '', chunkHashes: content ? [PIECE] : [] };
  const receipt = { proof, nonceOrigin: content ? 'hub' : 'offline' };
  const end = await returned(rental, finisher, LATER, { returnId, receipt });
  const lied = await returned(rental, thief, lie, { returnId, acceptedOnly: true });
  const told = { beginner: lane(first.id), thief: lane(thief.id), finisher: lane(finisher.id) };
  if (beginner !== 'silent') {
    const shown = beginner === '1.7' ? [proofOf(rental, first.id, returnId)] : [];
    told.beginner.add('return.accepted', begun.accepted, T0);
    told.beginner.add('return.intent', intentOf(rental, returnId, ...shown), T0);
  }
  const at = dated ? lie : LATER;
  told.thief.add('return.accepted', lied.accepted, at);
  const guess = { nonce: offlineChallenge(thief.id, 3).nonce, mac: slotMac('Z3Vlc3NlZA', 'AAAA', returnId) };
  told.thief.add('return.intent', intentOf(rental, returnId, guess), at);
  told.finisher.add('return.accepted', end.accepted, LATER);
  told.finisher.add('return.intent', intentOf(rental, returnId), LATER);
  told.finisher.add('return.destroyed', end.destroyed, LATER);
  return { rental, returnId, kiosk, told, by: { first, finisher, thief } };
}

async function take(...lanes: readonly Told[]): Promise<void> {
  for (const each of lanes)
    if (each.events.length > 0) await commitGroup(stage.hub.db, stage.rules, [each.batch()]);
}

/** Status, when the meter stopped, and T0 as the return's row has it. */
async function endOf({ rentalId }: TestRental, returnId: ReturnId) {
  const { stores } = stage.hub.db;
  const row = await stores.rentals.find({ rentalId });
  const [guessed] = (await stores.timeline.list({ rentalId, kind: 'destroyed' }, { limit: 1 })).map(
    ({ detail }) => detail.uncertain,
  );
  return {
    status: row?.status,
    stop: row?.state?.basis?.stop,
    t0: (await stores.returns.find({ returnId }))?.t0,
    uncertain: guessed,
  };
}

const open = (rentalId: string) =>
  stage.hub.db.stores.alerts.list(
    { code: 'return_time_unproven', subject: rentalId, clearedAt: null },
    { limit: 2 },
  );

const NAMES = ['beginner', 'thief', 'finisher'] as const;
const ORDERS = NAMES.flatMap((one) =>
  NAMES.filter((other) => other !== one).map(
    (two) => [one, two, NAMES.find((x) => x !== one && x !== two)] as const,
  ),
) as readonly (readonly (typeof NAMES)[number][])[];
/** The rental's start, and a day after it was torn. */
const LIES = [START, epochMs(T0 + 24 * HOUR)];
const iso = (at: number) => new Date(at).toISOString();

describe('a torn return whose record the medium lost', () => {
  it.each(ORDERS.map((order) => [order.join(', ')] as const))(
    'PR-30, SEC-4, CHG-1: %s: counts from the T0 of the terminal that showed the slot, whatever a thief tells, and waits for nobody',
    async (name) => {
      for (const lie of LIES)
        for (const [content, dated] of [
          [true, false],
          [false, true],
          [false, false],
        ] as const) {
          const { rental, returnId, kiosk, told, by } = await torn({ beginner: '1.7', lie, dated, content });
          await take(kiosk, ...name.split(', ').map((who) => told[who as (typeof NAMES)[number]]));
          const why = `${lie - T0} ${content} ${dated}`;
          expect(await endOf(rental, returnId), why).toMatchObject({ status: 'closed', stop: T0, t0: T0 });
          for (const each of Object.values(by)) expect(await causesOf(each.id), why).toEqual([]);
          expect(await open(rental.rentalId), why).toEqual([]);
          expect(await alertsOf('security_proof_mismatch', by.thief.id)).toBe(1);
          expect(await alertsOf('security_proof_mismatch', by.first.id)).toBe(0);
        }
    },
  );

  it.each(ORDERS.map((order) => [order.join(', ')] as const))(
    'PR-30, SEC-4, SYN-4: %s: without any proof it counts from when it was finished, flagged as uncertain, and staff see every time that was told',
    async (name) => {
      for (const beginner of ['1.6', 'silent'] as const)
        for (const lie of LIES) {
          const { rental, returnId, kiosk, told, by } = await torn({
            beginner,
            lie,
            dated: true,
            content: true,
          });
          await take(kiosk, ...name.split(', ').map((who) => told[who as (typeof NAMES)[number]]));
          const why = `${beginner} ${lie - T0}`;
          expect(await endOf(rental, returnId), why).toEqual({
            ...{ status: 'closed', stop: LATER, t0: LATER, uncertain: true },
          });
          const [alert] = await open(rental.rentalId);
          const earlier = lie < LATER;
          expect(alert !== undefined, why).toBe(earlier || beginner === '1.6');
          if (earlier) expect(alert?.message, why).toContain(`${by.thief.id} says ${iso(lie)}`);
          if (beginner === '1.6') expect(alert?.message, why).toContain(`${by.first.id} says ${iso(T0)}`);
          if (alert !== undefined) expect(alert.message).toContain(iso(LATER));
        }
    },
  );

  it.each(ORDERS.map((order) => [order.join(', ')] as const))(
    'PR-30, RET-7, SEC-4: %s: where nothing shows that the medium was there, nobody’s word takes the place of the proof: it waits for staff, who see the times',
    async (name) => {
      for (const beginner of ['1.6', 'silent'] as const)
        for (const lie of LIES) {
          const { rental, kiosk, told, by } = await torn({ beginner, lie, dated: true, content: false });
          await take(kiosk, ...name.split(', ').map((who) => told[who as (typeof NAMES)[number]]));
          const row = await stage.hub.db.stores.rentals.find({ rentalId: rental.rentalId });
          expect([row?.status, row?.state?.basis]).toEqual(['returning', null]);
          const [letter, ...more] = await lettersOf(by.finisher.id);
          expect([letter?.cause, more]).toEqual(['return_unproven', []]);
          expect(letter?.message).toContain(`${by.finisher.id} says T0 ${iso(LATER)}`);
          expect(letter?.message).toContain(`${by.thief.id} says T0 ${iso(lie)}`);
          if (beginner === '1.6') expect(letter?.message).toContain(`${by.first.id} says T0 ${iso(T0)}`);
        }
    },
  );

  it('PR-30, CHG-1, LED-1: a proof that comes after closing moves the stop and pays back, once; the alert ends', async () => {
    const lie = START;
    const { rental, returnId, kiosk, told } = await torn({
      beginner: '1.7',
      lie,
      dated: true,
      content: true,
    });
    const [accepted, intent] = told.beginner.events;
    await take(kiosk, told.thief, told.finisher);
    await commitGroup(stage.hub.db, stage.rules, [
      told.beginner.batch(accepted === undefined ? [] : [accepted]),
    ]);
    expect(await endOf(rental, returnId)).toMatchObject({ status: 'closed', stop: LATER });
    expect(await open(rental.rentalId)).toHaveLength(1);
    await commitGroup(stage.hub.db, stage.rules, [told.beginner.batch(intent === undefined ? [] : [intent])]);
    expect(await endOf(rental, returnId)).toMatchObject({ status: 'closed', stop: T0, t0: T0 });
    expect(await open(rental.rentalId)).toEqual([]);
    const [step] = await stage.hub.db.stores.timeline.list(
      { rentalId: rental.rentalId, kind: 'slot_shown' },
      { limit: 2 },
    );
    expect(step?.outcome).toBe('applied');
    const books = await balancesOf(stage.hub.db);
    await take(told.beginner, told.thief, told.finisher);
    expect(await balancesOf(stage.hub.db)).toEqual(books);
  });

  it('PR-30, RET-1, SYN-6: a proof that comes before the write is known is judged with it', async () => {
    for (const false_ of [false, true]) {
      const { rental, returnId, kiosk, told, by } = await torn({
        ...{ beginner: false_ ? '1.6' : '1.7', lie: START, dated: true, content: true },
      });
      await take(told.thief, told.finisher, told.beginner);
      expect(await endOf(rental, returnId)).toMatchObject({ status: 'closed', stop: LATER });
      await take(kiosk);
      expect((await endOf(rental, returnId)).stop).toBe(false_ ? LATER : T0);
      expect((await open(rental.rentalId)).length).toBe(false_ ? 1 : 0);
      expect(await alertsOf('security_proof_mismatch', by.thief.id)).toBe(1);
    }
  });

  it('PR-30, RET-3: a terminal that lost its disk proves by what it told before that it began the return which it finishes', async () => {
    const rental = await out();
    const again = await terminal();
    const begun = await returned(rental, again, T0, { acceptedOnly: true });
    const { returnId } = begun;
    const before = lane(again.id);
    before.add('return.accepted', begun.accepted, T0);
    before.add('return.intent', intentOf(rental, returnId, proofOf(rental, again.id, returnId)), T0);
    const proof = { nonce: offlineChallenge(again.id, 99).nonce, mac: '', chunkHashes: [] };
    const end = await returned(rental, again, LATER, { returnId, receipt: { proof } });
    const after = lane(again.id, 0, 'epoch2');
    after.add('return.accepted', end.accepted, LATER);
    after.add('return.destroyed', end.destroyed, LATER);
    await take(before, after);
    expect(await endOf(rental, returnId)).toMatchObject({ status: 'closed', stop: T0, uncertain: false });
  });
});

describe('a proof in INTENT', () => {
  const first = async (proof: (rental: TestRental, by: string, returnId: ReturnId) => unknown) => {
    const rental = await out();
    const [thief, finisher] = [await terminal(), await terminal()];
    const lied = await returned(rental, thief, START, { acceptedOnly: true });
    const { returnId } = lied;
    const part = cardPart(rental, returnId, 400);
    const told = lane(thief.id);
    told.add('return.accepted', lied.accepted, START);
    const shown = (await proof(rental, thief.id, returnId)) as { nonce: string; mac: string };
    told.add('return.intent', { ...intentOf(rental, returnId, shown), parts: [part] }, START);
    const noSlot = { nonce: offlineChallenge(finisher.id, 1).nonce, mac: '', chunkHashes: [] };
    const end = await returned(rental, finisher, LATER, { returnId, receipt: { proof: noSlot } });
    const finished = lane(finisher.id);
    finished.add('return.destroyed', end.destroyed, LATER);
    await take(told, finished);
    const row = await stage.hub.db.stores.returns.find({ returnId });
    expect(row?.payments[part.key]?.part).toEqual(part);
    expect(await causesOf(thief.id)).toEqual([]);
    return [await stage.statusOf(rental), await alertsOf('security_proof_mismatch', thief.id)];
  };

  it('PR-30, RET-7, MS-29: counts over a challenge of the terminal’s own or of the hub’s for this return, and no other', async () => {
    const hubs = (rental: TestRental, returnId: ReturnId) =>
      challengeOf(CHALLENGE_KEY, { rentalId: rental.rentalId, returnId });
    const of = (nonce: (rental: TestRental, by: string, returnId: ReturnId) => string) =>
      first((rental, by, returnId) => proofOf(rental, by, returnId, nonce(rental, by, returnId)));
    expect(await of((_, by) => offlineChallenge(by, 5).nonce)).toEqual(['closed', 0]);
    expect(await of((rental, _, returnId) => hubs(rental, returnId))).toEqual(['closed', 0]);
    // Hubs of before made it by chance, and noted it.
    const noted = await first(async (rental, by, returnId) => {
      const none = { total: null, answer: {}, chunkIndices: [], madeAt: START, validUntil: START };
      const quote = { returnId, rentalId: rental.rentalId, terminalId: by as TerminalId, t0: START };
      await stage.hub.db.stores.quotes.insert({ ...quote, ...none, nonce: 'b2xkZXI' });
      return proofOf(rental, by, returnId, 'b2xkZXI');
    });
    expect(noted).toEqual(['closed', 0]);
    expect(await of(() => offlineChallenge('rt-of-another', 5).nonce)).toEqual(['returning', 1]);
    expect(await of((rental) => hubs(rental, id<ReturnId>()))).toEqual(['returning', 1]);
    expect(await of(() => 'AAAA')).toEqual(['returning', 1]);
  });

  it('PR-30, RET-7: counts with the slot’s own key for this very return; what does not fit is told staff and hinders no payment', async () => {
    const by = (make: (rental: TestRental, nonce: string, returnId: ReturnId) => string) =>
      first((rental, terminalId, returnId) => {
        const { nonce } = offlineChallenge(terminalId, 5);
        return { nonce, mac: make(rental, nonce, returnId) };
      });
    expect(await by((_, nonce, returnId) => slotMac('Z3Vlc3NlZA', nonce, returnId))).toEqual([
      'returning',
      1,
    ]);
    expect(await by((rental, nonce) => slotMac(rental.proofKey, nonce, id<ReturnId>()))).toEqual([
      'returning',
      1,
    ]);
    expect(await by(() => '')).toEqual(['returning', 0]);
  });
});

describe('a price', () => {
  const asked = async (beginner: Case['beginner'], acceptedBy: 'finisher' | 'beginner' | null) => {
    const { rental, returnId, kiosk, told, by } = await torn({
      ...{ beginner, lie: START, dated: true, content: false },
    });
    await take(kiosk, told.thief, told.beginner);
    const { db, clock } = stage.hub;
    const total = { minor: 1, currency: 'EUR' as const };
    const answer = { outcome: 'quoted' };
    await db.stores.quotes.insert({
      ...{ returnId, rentalId: rental.rentalId, terminalId: by.thief.id as TerminalId, t0: START },
      ...{ total, answer, nonce: 'AAAA', chunkIndices: [], madeAt: T0, validUntil: T0 },
    });
    const terminalRow = await db.stores.terminals.find({ terminalId: by.finisher.id as TerminalId });
    if (terminalRow === null) throw new Error('the terminal is furnished');
    const { trust, hubSigner: signer } = stage.devices.fleet;
    const names = { finisher: by.finisher.id, beginner: by.first.id };
    clock.jump(epochMs(Math.max(clock.now(), LATER)));
    const stamp = { deviceTime: LATER, monotonic: 1, bootId: 'boot', clockOffset: 0, clockError: 5 };
    const opened = await openReturn(
      { ...stage.hub, log: silentLog, trust, signer, challengeKey: CHALLENGE_KEY },
      terminalRow,
      {
        ...{ returnId, rentalId: rental.rentalId, copyId: rental.copyId, licence: rental.licence },
        ...{ t0: LATER, stamp },
        ...(acceptedBy === null ? {} : { acceptedBy: names[acceptedBy] as TerminalId }),
      },
    );
    expect(opened).toMatchObject({ ok: true, value: { outcome: 'quoted' } });
    return (await db.stores.quotes.find({ returnId }))?.t0;
  };

  it('PR-30, CHG-7, SEC-4: is told for no T0 that another told or asked for in the name of this return, but for one that is proven or that the medium names', async () => {
    expect(await asked('silent', 'finisher')).toBe(LATER);
    expect(await asked('1.6', 'finisher')).toBe(LATER);
    expect(await asked('1.7', 'finisher')).toBe(T0);
    expect(await asked('1.6', 'beginner')).toBe(T0);
    // A terminal before 1.7 does not say whom the medium names.
    expect(await asked('1.6', null)).toBe(LATER);
    expect(await asked('1.7', null)).toBe(T0);
  });
});
