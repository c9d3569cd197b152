import { expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { visitOf } from '#hub/app/members/visit.ts';
import type { MemberId, TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { hubOfEachTest } from './hub-stage.ts';
import { addMember, HOUR, id, lane, START, started, writtenCopy } from './hub-world.ts';

const TOKEN = 'mt_0000000000000000000009';
const there = hubOfEachTest();

it('RNT-7, SYN-6, SYN-2: a loss that one kiosk reports to a restored hub before another kiosk tells again of the rental stops its meter all the same, and staff have nothing to do', async () => {
  const { devices, hub, rules } = there;
  await addMember(hub.db, id<MemberId>(), TOKEN, '300009');
  const copies = [
    await writtenCopy(devices, START, { memberToken: TOKEN }),
    await writtenCopy(devices, START, { memberToken: TOKEN }),
  ];
  const other = 'kiosk-2' as TerminalId;
  const at = epochMs(START + HOUR);
  const reports = lane(other);
  const visit = visitOf(rules.challengeKey, other, TOKEN);
  const rentalIds = copies.map(({ rentalId }) => rentalId);
  reports.add('medium.lost', { rentalIds, memberToken: TOKEN, visit, at }, at);
  await commitGroup(hub.db, rules, [reports.batch()]);
  const waiting = () => hub.db.stores.deadLetters.count({ state: 'dead' });
  const alerts = () => hub.db.stores.alerts.count({ code: 'dead_letter', clearedAt: null });
  expect(await waiting()).toBe(1);
  const told = lane(devices.kiosk.id);
  const lostAt: (number | null | undefined)[] = [];
  for (const copy of copies) {
    told.add('rental.started', started(copy), START);
    await commitGroup(hub.db, rules, [told.batch()]);
    const row = await hub.db.stores.rentals.find({ rentalId: copy.rentalId });
    lostAt.push(row?.state?.facts.lost);
  }
  expect(lostAt).toEqual([null, at]);
  expect((await hub.db.stores.rentals.list({}, { limit: 10 })).map(({ status }) => status)).toEqual([
    'lost',
    'lost',
  ]);
  expect([await waiting(), await alerts()]).toEqual([0, 0]);
});
