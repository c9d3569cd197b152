import { expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { closeSite } from '#hub/app/sites/closures.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { hubOfEachTest } from './hub-stage.ts';
import {
  balancesOf,
  DAY,
  id,
  lane,
  MEMBER,
  pulled,
  REWARDS,
  returned,
  SITE,
  START,
  started,
  TITLE,
  writtenCopy,
} from './hub-world.ts';

/** What else in the shop bears on a rental whenever it is heard of: places in queues, and days on which it was closed. */
const stage = hubOfEachTest();

it('RSV-1, SEC-8: a rental takes its own member’s place in the queue, never somebody else’s', async () => {
  await stage.hub.db.stores.titles.patch({ titleId: TITLE }, { unitsTotal: 1 });
  const other = id<typeof MEMBER>();
  const reservationId = id<never>();
  await stage.hub.db.stores.reservations.insert({
    reservationId,
    titleId: TITLE,
    memberId: other,
    siteId: SITE,
    rentalId: null,
    requestedBy: null,
    state: 'waiting',
    requestedAt: START,
    readyAt: null,
    readyUntil: null,
    endedAt: null,
    rewarded: false,
  });
  const rental = await writtenCopy(stage.devices);
  const kiosk = lane('kiosk-1');
  kiosk.add('rental.held', pulled(rental), START);
  await commitGroup(stage.hub.db, stage.rules, [kiosk.batch()]);
  await stage.hub.db.stores.rentals.patch({ rentalId: rental.rentalId }, { reservationId });
  const next = lane('kiosk-1', 0, 'epoch2');
  next.add('rental.started', started(rental), START);
  await commitGroup(stage.hub.db, stage.rules, [next.batch()]);
  expect((await stage.hub.db.stores.rentals.find({ rentalId: rental.rentalId }))?.status).toBe('active');
  expect((await stage.hub.db.stores.reservations.find({ reservationId }))?.state).toBe('waiting');
});

const day = (moment: number) => new Date(moment).toISOString().slice(0, 10);
const close = (from: number, to = from) =>
  closeSite(
    {
      ...stage.hub,
      log: { debug() {}, info() {}, warn() {}, error() {} },
      fleet: { rewards: REWARDS },
    } as never,
    'staff:test' as never,
    SITE,
    { from: day(from), to: day(to) } as never,
  );

for (const when of [
  'before the kiosk tells of the rental',
  'while it is held',
  'while it runs',
  'after its return',
])
  it(`CHG-4, SYN-2: a closure of late days entered ${when} is taken out of the late time`, async () => {
    const rental = await writtenCopy(stage.devices, START, { tariff: { keep: null } });
    const kiosk = lane('kiosk-1');
    kiosk.add('rental.held', pulled(rental), START);
    kiosk.add('rental.started', started(rental), START);
    const [held, begun] = kiosk.events;
    if (held === undefined || begun === undefined) throw new Error('two events');
    const t0 = epochMs(START + 5 * DAY);
    const terminal = lane('return-1');
    terminal.add(
      'return.destroyed',
      (await returned(rental, stage.devices.returns, t0, { due: 0 })).destroyed,
      t0,
    );
    const closed = () => close(START + 3 * DAY, START + 4 * DAY);
    if (when.startsWith('before')) await closed();
    await commitGroup(stage.hub.db, stage.rules, [kiosk.batch([held])]);
    if (when.includes('held')) await closed();
    await commitGroup(stage.hub.db, stage.rules, [kiosk.batch([begun])]);
    if (when.includes('runs')) await closed();
    await commitGroup(stage.hub.db, stage.rules, [terminal.batch()]);
    if (when.startsWith('after')) await closed();
    const row = await stage.hub.db.stores.rentals.find({ rentalId: rental.rentalId });
    expect(row?.status).toBe('closed');
    // Three days late, two of them closed: one further unit.
    expect(row?.charge?.total.minor).toBe(550);
    expect((await balancesOf(stage.hub.db))[`member_receivable:${MEMBER}:EUR`]).toBe(550);
  });
