import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { openReturn } from '#hub/app/quotes/open-return.ts';
import { rentalsByTime } from '#hub/jobs/jobs.ts';
import type { ReturnId, TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import {
  CHALLENGE_KEY,
  DAY,
  type Devices,
  furnish,
  id,
  lane,
  makeDevices,
  openHub,
  REWARDS,
  returned,
  rulesFor,
  START,
  started,
  writtenCopy,
} from './hub-world.ts';

let devices: Devices;
let hub: Awaited<ReturnType<typeof openHub>>;
let rules: ReturnType<typeof rulesFor>;

beforeAll(async () => {
  devices = await makeDevices();
});
beforeEach(async () => {
  hub = await openHub();
  rules = rulesFor(devices, hub);
  await furnish(hub.db);
  return () => hub.db.close();
});

describe('a destroyed copy of a rental that is open', () => {
  const repeated = (rental: Awaited<ReturnType<typeof writtenCopy>>) => ({
    rentalId: rental.rentalId,
    copyId: rental.copyId,
    at: epochMs(START + 2 * DAY),
  });
  const open = (subject: string) =>
    hub.db.stores.alerts.list({ code: 'return_unreported', subject, clearedAt: null }, { limit: 10 });

  it('RET-2: staff are told which terminal and rental, until the lost receipt comes; a closed one is no news', async () => {
    const rental = await writtenCopy(devices);
    const kiosk = lane('kiosk-1');
    const other = lane('return-2');
    kiosk.add('rental.started', started(rental), START);
    other.add('return.repeated', repeated(rental), epochMs(START + 2 * DAY));
    await commitGroup(hub.db, rules, [kiosk.batch(), other.batch()]);
    const [alert] = await open(rental.rentalId);
    expect(alert).toMatchObject({
      severity: 'critical',
      terminalId: 'return-2',
      rentalId: rental.rentalId,
      message: expect.stringContaining(rental.rentalId),
    });
    expect(alert?.message).toContain('return-2');
    expect(await hub.db.stores.rentals.find({ rentalId: rental.rentalId })).toMatchObject({
      status: 'active',
    });

    const t0 = epochMs(START + DAY);
    const terminal = lane('return-1');
    const back = await returned(rental, devices.returns, t0, { offlineSince: START });
    terminal.add('return.destroyed', back.destroyed, t0);
    await commitGroup(hub.db, rules, [terminal.batch()]);
    expect(await open(rental.rentalId)).toEqual([]);
    other.add('return.repeated', repeated(rental), epochMs(START + 3 * DAY));
    await commitGroup(hub.db, rules, [other.batch()]);
    expect(await open(rental.rentalId)).toEqual([]);
  });

  it('RET-2, MS-19: also when a kiosk tells it, which clears the records away; of a closed rental that is no news', async () => {
    const rental = await writtenCopy(devices);
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.started', started(rental), START);
    kiosk.add('return.repeated', repeated(rental), epochMs(START + 2 * DAY));
    await commitGroup(hub.db, rules, [kiosk.batch()]);
    expect(await open(rental.rentalId)).toMatchObject([{ terminalId: 'kiosk-1', rentalId: rental.rentalId }]);
    const t0 = epochMs(START + DAY);
    const terminal = lane('return-1');
    terminal.add(
      'return.destroyed',
      (await returned(rental, devices.returns, t0, { offlineSince: START })).destroyed,
      t0,
    );
    await commitGroup(hub.db, rules, [terminal.batch()]);
    kiosk.add('return.repeated', repeated(rental), epochMs(START + 3 * DAY));
    await commitGroup(hub.db, rules, [kiosk.batch()]);
    expect(await open(rental.rentalId)).toEqual([]);
    expect(await hub.db.stores.deadLetters.count({})).toBe(0);
  });

  it('RET-2: also when the hub has not heard of the rental at all', async () => {
    const rental = await writtenCopy(devices);
    const other = lane('return-2');
    other.add('return.repeated', repeated(rental), epochMs(START + 2 * DAY));
    await commitGroup(hub.db, rules, [other.batch()]);
    expect(await open(rental.rentalId)).toMatchObject([{ terminalId: 'return-2', rentalId: null }]);
  });
});

it('CHG-1, RNT-7: a return that began before the keep limit is quoted as of its T0 when its medium comes back after it; another one is not', async () => {
  const keep = { price: 1900, afterLate: { unit: 'days' as const, count: 10 } };
  const rental = await writtenCopy(devices, START, { tariff: { keep } });
  const kiosk = lane('kiosk-1');
  const terminal = lane('return-1');
  const t0 = epochMs(START + DAY);
  const begun = await returned(rental, devices.returns, t0, { acceptedOnly: true });
  kiosk.add('rental.started', started(rental), START);
  terminal.add('return.accepted', begun.accepted, t0);
  await commitGroup(hub.db, rules, [kiosk.batch(), terminal.batch()]);
  const clock = simulatedClock(epochMs(START + 30 * DAY));
  const deps = { db: hub.db, clock, random: hub.random, log: silentLog };
  await rentalsByTime({ ...deps, rewards: REWARDS });
  expect(await hub.db.stores.rentals.find({ rentalId: rental.rentalId })).toMatchObject({ status: 'kept' });

  const asking = await hub.db.stores.terminals.find({ terminalId: 'return-2' as TerminalId });
  if (asking === null) throw new Error('the hub is furnished');
  const ask = async (returnId: ReturnId) => {
    const now = clock.now();
    const stamp = { deviceTime: now, monotonic: 1, bootId: 'boot', clockOffset: 0, clockError: 5 };
    const { rentalId, copyId, licence } = rental;
    const opened = await openReturn(
      { ...deps, trust: devices.fleet.trust, signer: devices.returns, challengeKey: CHALLENGE_KEY },
      asking,
      { returnId, rentalId, copyId, licence, t0, stamp },
    );
    if (!opened.ok) throw new Error(opened.error.code);
    const { outcome, quote } = opened.value;
    const payload = Buffer.from(quote?.split('.')[1] ?? 'bnVsbA', 'base64url').toString();
    return { outcome, total: (JSON.parse(payload) as { total: { minor: number } } | null)?.total.minor };
  };
  expect(await ask(begun.returnId)).toEqual({ outcome: 'quoted', total: 400 });
  expect(await ask(id<ReturnId>())).toEqual({ outcome: 'kept', total: undefined });
});
