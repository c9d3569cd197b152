import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { epochMs } from '#shared/kernel/time.ts';
import {
  DAY,
  type Devices,
  furnish,
  lane,
  makeDevices,
  openHub,
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

  it('RET-2: also when the hub has not heard of the rental at all', async () => {
    const rental = await writtenCopy(devices);
    const other = lane('return-2');
    other.add('return.repeated', repeated(rental), epochMs(START + 2 * DAY));
    await commitGroup(hub.db, rules, [other.batch()]);
    expect(await open(rental.rentalId)).toMatchObject([{ terminalId: 'return-2', rentalId: null }]);
  });
});
