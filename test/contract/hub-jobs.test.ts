import { afterAll, beforeAll, expect, it } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { beginTimeline, currentTimeline } from '#hub/app/ingest/timeline.ts';
import { memberBalances } from '#hub/app/ledger/balances.ts';
import { authorisePart, topUp } from '#hub/app/ledger/payments.ts';
import {
  authorisationsExpire,
  commandsExpire,
  pointsExpire,
  rentalsByTime,
  reservationsPassOn,
  terminalsStale,
} from '#hub/jobs/jobs.ts';
import { KEPT_DAYS, removeOld } from '#hub/jobs/retention.ts';
import { createTicker } from '#hub/jobs/ticker.ts';
import { DatabaseTrouble } from '#hub/ports/database.ts';
import type { RentalId, ReturnId, TerminalId } from '#shared/kernel/ids.ts';
import { epochMs, milliseconds } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import {
  DAY,
  type Devices,
  furnish,
  HOUR,
  id,
  lane,
  MEMBER,
  makeDevices,
  openHub,
  REWARDS,
  returned,
  rulesFor,
  START,
  started,
  TITLE,
  writtenCopy,
} from './hub-world.ts';

let devices: Devices;
let hub: Awaited<ReturnType<typeof openHub>>;
beforeAll(async () => {
  devices = await makeDevices();
  hub = await openHub();
  await furnish(hub.db);
});
afterAll(() => hub.db.close());

const jobsAt = (time: number, lifetime: number | null = null) => ({
  db: hub.db,
  clock: simulatedClock(epochMs(time)),
  random: hub.random,
  log: silentLog,
  rewards: { ...REWARDS, lifetime: lifetime === null ? null : milliseconds(lifetime) },
});

it('RNT-7: a rental is kept 7 days after its keep limit, not before, and charged the keep price', async () => {
  const keep = { price: 1900, afterLate: { unit: 'days' as const, count: 10 } };
  const rental = await writtenCopy(devices, START, { tariff: { keep } });
  const kiosk = lane('kiosk-1', 0, 'keep');
  kiosk.add('rental.started', started(rental), START);
  await commitGroup(hub.db, rulesFor(devices, hub), [kiosk.batch()]);
  const keepAt = (await hub.db.stores.rentals.find({ rentalId: rental.rentalId }))?.keepAt ?? 0;
  expect(keepAt).toBeGreaterThan(START + 11 * DAY);
  expect(await rentalsByTime(jobsAt(keepAt + 7 * DAY - 1))).toBe(0);
  expect(await rentalsByTime(jobsAt(keepAt + 7 * DAY))).toBe(1);
  const row = await hub.db.stores.rentals.find({ rentalId: rental.rentalId });
  expect(row).toMatchObject({ status: 'kept', endlessLicenceDue: true });
  expect(row?.charge?.total.minor).toBe(1900);
  expect(await rentalsByTime(jobsAt(keepAt + 8 * DAY))).toBe(0);
});

it('RNT-6: a held copy goes to staff a week after its licence end, uncharged', async () => {
  const rental = await writtenCopy(devices);
  const kiosk = lane('kiosk-1', 0, 'held');
  const { slotProofKey, chunkHashes, licence, rentalId } = started(rental);
  kiosk.add('rental.held', { rentalId, licence, slotBegunAt: START, slotProofKey, chunkHashes }, START);
  await commitGroup(hub.db, rulesFor(devices, hub), [kiosk.batch()]);
  expect(await hub.db.stores.rentals.find({ rentalId })).toMatchObject({ status: 'held', charge: null });
  expect(await rentalsByTime(jobsAt(START + 36 * DAY))).toBe(0);
  expect(await rentalsByTime(jobsAt(START + 38 * DAY))).toBe(1);
  expect(await hub.db.stores.rentals.find({ rentalId })).toMatchObject({ needsStaff: true, charge: null });
  expect(await rentalsByTime(jobsAt(START + 39 * DAY))).toBe(0);
});

it('LED-1, PAY-1: a reservation of balance expires once, and a late receipt is booked all the same', async () => {
  const { db } = hub;
  const funds = {
    key: 'top',
    memberId: MEMBER,
    siteId: null,
    authorisationId: 'a',
    purpose: 'prepaid' as const,
  };
  await db.transaction((stores) =>
    topUp(stores, { ...funds, amount: { minor: 400, currency: 'EUR' } }, START),
  );
  const rental = await writtenCopy(devices);
  const t0 = epochMs(START + HOUR);
  const back = await returned(rental, devices.returns, t0);
  const wanted = {
    key: `${rental.rentalId}:${back.returnId}:prepaid`,
    rentalId: rental.rentalId as RentalId,
    returnId: back.returnId as ReturnId,
    memberId: MEMBER,
    siteId: null,
    means: 'prepaid' as const,
    amount: { minor: 400, currency: 'EUR' as const },
    points: null,
  };
  const part = await db.transaction((stores) => authorisePart(stores, wanted, t0));
  if (!part.ok) throw new Error(part.error.code);
  const dayLater = t0 + 24 * HOUR;
  expect(await authorisationsExpire(jobsAt(dayLater - 1))).toBe(0);
  expect(await authorisationsExpire(jobsAt(dayLater))).toBe(1);
  expect(await authorisationsExpire(jobsAt(dayLater))).toBe(0);
  expect((await memberBalances(db.stores, MEMBER, 'EUR')).prepaid.minor).toBe(400);
  const events = lane('return-1', 0, 'late');
  events.add('return.destroyed', { ...back.destroyed, parts: [part.value] }, t0);
  await commitGroup(db, rulesFor(devices, hub), [events.batch()]);
  expect((await memberBalances(db.stores, MEMBER, 'EUR')).prepaid.minor).toBe(0);
});

it('RWD-1: points expire after their lifetime, once', async () => {
  const rental = await writtenCopy(devices);
  const events = lane('return-1', 0, 'points');
  const t0 = epochMs(START + HOUR);
  events.add('return.destroyed', (await returned(rental, devices.returns, t0, { due: 400 })).destroyed, t0);
  const rules = { ...rulesFor(devices, hub), rewards: { ...REWARDS, lifetime: milliseconds(DAY) } };
  const before = (await memberBalances(hub.db.stores, MEMBER, 'EUR')).points;
  await commitGroup(hub.db, rules, [events.batch()]);
  expect((await memberBalances(hub.db.stores, MEMBER, 'EUR')).points).toBe(before + 10);
  expect(await pointsExpire(jobsAt(START + 3 * DAY, DAY))).toBe(1);
  expect(await pointsExpire(jobsAt(START + 4 * DAY, DAY))).toBe(0);
  expect((await memberBalances(hub.db.stores, MEMBER, 'EUR')).points).toBe(before);
});

it('RSV-1: a pick-up time that ran out passes the unit to the next in line', async () => {
  await hub.db.stores.titles.patch({ titleId: TITLE }, { unitsTotal: 100 });
  const place = async (requestedAt: number, ready: boolean) => {
    const reservationId = id<never>();
    const row = {
      reservationId,
      titleId: TITLE,
      memberId: id<never>(),
      siteId: null,
      rentalId: null,
      requestedBy: null,
      requestedAt: epochMs(requestedAt),
      readyAt: null,
      endedAt: null,
      rewarded: false,
    };
    await hub.db.stores.reservations.insert({
      ...row,
      state: ready ? 'ready' : 'waiting',
      readyUntil: ready ? epochMs(START + DAY) : null,
    });
    return reservationId;
  };
  const first = await place(START, true);
  const second = await place(START + 1, false);
  await reservationsPassOn(jobsAt(START + DAY));
  expect(await hub.db.stores.reservations.find({ reservationId: first })).toMatchObject({ state: 'expired' });
  expect(await hub.db.stores.reservations.find({ reservationId: second })).toMatchObject({
    state: 'ready',
    readyUntil: START + 3 * DAY,
  });
});

it('FLT-1, FLT-2: silent terminals and orders past their time are said to be so', async () => {
  const terminalId = 'kiosk-1' as TerminalId;
  await hub.db.stores.terminals.patch({ terminalId }, { online: true, lastContactAt: START });
  expect(await terminalsStale(jobsAt(START + 80_000))).toBe(0);
  expect(await terminalsStale(jobsAt(START + 100_000))).toBe(1);
  expect(await hub.db.stores.terminals.find({ terminalId })).toMatchObject({ online: false });
  const row = {
    commandId: id<never>(),
    terminalId,
    order: { kind: 'restart' as const },
    state: 'queued' as const,
    issuedBy: 'hub',
  };
  await hub.db.stores.commands.insert({
    ...row,
    issuedAt: START,
    expiresAt: epochMs(START + 10),
    updatedAt: START,
    fault: null,
    output: null,
  });
  expect(await commandsExpire(jobsAt(START + 9))).toBe(0);
  expect(await commandsExpire(jobsAt(START + 10))).toBe(1);
});

it('OPS-5: of two hubs one runs the jobs, each at its interval; the other takes over when it is silent', async () => {
  const clock = simulatedClock(epochMs(START + 100 * DAY));
  const ran: string[] = [];
  const make = (holder: string) =>
    createTicker({
      db: hub.db,
      clock,
      log: silentLog,
      holder,
      jobs: [{ name: 'job', every: milliseconds(30_000), run: async () => ran.push(holder) }],
    });
  const first = make('a');
  const second = make('b');
  await first.tick();
  await second.tick();
  await first.tick();
  expect(ran).toEqual(['a']);
  await clock.advance(30_000);
  await first.tick();
  expect(ran).toEqual(['a', 'a']);
  await clock.advance(60_000);
  await second.tick();
  expect(ran).toEqual(['a', 'a', 'b']);
});

it('OPS-4: a job that meets a full or lost database warns and comes up again; any other failure is an error', async () => {
  const said: string[] = [];
  const failing = [
    new DatabaseTrouble('53100', true, 'no space left on device', null, null),
    new DatabaseTrouble('23505', false, 'a row twice', null, null),
    new Error('a mistake'),
  ];
  const clock = simulatedClock(epochMs(START + 300 * DAY));
  const ticker = createTicker({
    db: hub.db,
    clock,
    log: {
      ...silentLog,
      warn: (fields) => void said.push(`warn ${String(Reflect.get(fields, 'error'))}`),
      error: (fields) => void said.push(`error ${String(Reflect.get(fields, 'error'))}`),
    },
    holder: 'fails',
    jobs: [
      {
        name: 'job',
        every: milliseconds(30_000),
        run: async () => {
          const error = failing.shift();
          if (error !== undefined) throw error;
          said.push('done');
          return 1;
        },
      },
    ],
  });
  for (let tick = 0; tick < 4; tick += 1) {
    await ticker.tick();
    await clock.advance(30_000);
  }
  expect(said).toEqual([
    'warn DatabaseTrouble: no space left on device',
    'error DatabaseTrouble: a row twice',
    'error Error: a mistake',
    'done',
  ]);
});

it('SYN-6: the timeline stays until a restore begins a new one', async () => {
  const deps = { clock: hub.clock, random: hub.random };
  const first = await currentTimeline(hub.db, deps);
  expect(await currentTimeline(hub.db, deps)).toBe(first);
  const second = await beginTimeline(hub.db, deps, 'restored');
  expect(second).not.toBe(first);
  expect(await currentTimeline(hub.db, deps)).toBe(second);
});

it('SEC-9, CHG-7: what a return would have cost goes 60 days after it ran out, where its rental is over and nothing waits for its challenge', async () => {
  const own = await openHub();
  await furnish(own.db);
  const { stores } = own.db;
  const [open, over, unproven] = [
    await writtenCopy(devices),
    await writtenCopy(devices),
    await writtenCopy(devices),
  ];
  const t0 = epochMs(START + HOUR);
  const kiosk = lane('kiosk-1');
  for (const rental of [open, over]) kiosk.add('rental.started', started(rental), START);
  const terminal = lane('return-1');
  const back = [await returned(over, devices.returns, t0), await returned(unproven, devices.returns, t0)];
  for (const { destroyed } of back) terminal.add('return.destroyed', destroyed, t0);
  await commitGroup(own.db, rulesFor(devices, own), [kiosk.batch(), terminal.batch()]);
  const now = own.clock.now();
  const quoted = (rentalId: string, returnId: string, days: number) =>
    stores.quotes.insert({
      returnId: returnId as ReturnId,
      rentalId: rentalId as RentalId,
      terminalId: 'return-1' as TerminalId,
      ...{ t0, total: null, answer: {}, nonce: returnId, chunkIndices: [], madeAt: t0 },
      validUntil: epochMs(now - days * DAY),
    });
  await quoted(over.rentalId, 'just kept', KEPT_DAYS.quotes - 1);
  await quoted(over.rentalId, back[0]?.returnId ?? '', KEPT_DAYS.quotes + 1);
  for (let more = 0; more < 600; more += 1) await quoted(over.rentalId, `more ${more}`, KEPT_DAYS.quotes + 2);
  await quoted(open.rentalId, 'open', 400);
  await quoted(unproven.rentalId, back[1]?.returnId ?? '', 400);
  await quoted('never told of', 'unknown', 400);
  expect(await removeOld(own)).toBe(601);
  expect(await removeOld(own)).toBe(0);
  const left = await stores.quotes.list({}, { limit: 1000 });
  expect(left.map(({ returnId }) => returnId).sort()).toEqual(
    ['just kept', 'open', 'unknown', back[1]?.returnId].sort(),
  );
  await own.db.close();
});

it('SEC-9, FLT-2: an order that came to an end goes after 90 days, one that is still open never', async () => {
  const own = await openHub();
  const { stores } = own.db;
  const ordered = (name: string, state: 'done' | 'expired' | 'running', days: number) => {
    const at = epochMs(own.clock.now() - days * DAY);
    return stores.commands.insert({
      commandId: name as never,
      terminalId: 'kiosk-1' as TerminalId,
      order: { kind: 'restart' },
      ...{
        state,
        issuedBy: 'staff:admin',
        issuedAt: at,
        expiresAt: at,
        updatedAt: at,
        fault: null,
        output: null,
      },
    });
  };
  await ordered('just kept', 'done', KEPT_DAYS.endedCommands - 1);
  await ordered('done', 'done', KEPT_DAYS.endedCommands + 1);
  await ordered('expired', 'expired', KEPT_DAYS.endedCommands + 1);
  await ordered('running', 'running', 400);
  expect(await removeOld(own)).toBe(2);
  const left = await stores.commands.list({}, { limit: 10 });
  expect(left.map(({ commandId }) => commandId).sort()).toEqual(['just kept', 'running']);
  await own.db.close();
});
