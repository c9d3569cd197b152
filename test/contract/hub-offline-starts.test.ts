import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import type { MemberId, RentalId, TerminalId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { type HubStage, openStage } from './hub-stage.ts';
import { addMember, DAY, HOUR, id, lane, START, started, TITLE, writtenCopy } from './hub-world.ts';

/** SYN-1, RSV-1: what a kiosk without the hub was allowed, and staff hear of one that took more. */
const KIOSK = 'kiosk-1' as TerminalId;
/** When the line was lost. */
const AWAY = epochMs(START + 10 * DAY);
const since = (hours: number): EpochMs => epochMs(AWAY + hours * HOUR);

/** One message of the kiosk, and the copies it tells of: when each was written, and by which member. */
interface Heard {
  readonly at: EpochMs;
  readonly copies: readonly (readonly [at: EpochMs, member: number])[];
}

describe.each(['a group at once', 'one by one'] as const)('offline starts, %s', (how) => {
  let stage: HubStage;
  let runs = 0;
  const stores = () => stage.hub.db.stores;
  const tokenOf = (member: number): string => `mt_of_offline_member_${member}`;
  beforeAll(async () => {
    stage = await openStage();
    for (const n of [1, 2, 3, 4]) await addMember(stage.hub.db, id<MemberId>(), tokenOf(n), `200000${n}`);
  });
  afterAll(() => stage.close());
  beforeEach(async () => {
    await stores().allotments.put({
      ...{ terminalId: KIOSK, issuedAt: AWAY, validUntil: since(72), rentals: 3 },
      ...{ perMemberMinor: 5_000, totalMinor: 50_000, units: [{ titleId: TITLE, units: 1 }] },
    });
    await stores().titles.patch({ titleId: TITLE }, { unitsTotal: 5, updatedAt: START });
    await stores().settings.removeWhere({ name: 'fleet.restored' });
  });

  /** What staff are told after these messages: of which copy, and why. Each call is a stretch without the hub of its own. */
  const told = async (...messages: readonly Heard[]) => {
    runs += 1;
    await stores().rentals.patchWhere({ offline: true }, { startedAt: START });
    await stores().alerts.clear({ code: 'security_allotment_exceeded', subject: KIOSK }, 'staff:test', START);
    const kiosk = lane(KIOSK, 0, `offline-${runs}`);
    const rentalIds: RentalId[] = [];
    for (const { at: heard, copies } of messages) {
      const events = [];
      for (const [at, member] of copies) {
        const rental = await writtenCopy(stage.devices, at, { memberToken: tokenOf(member) });
        rentalIds.push(rental.rentalId);
        events.push(kiosk.add('rental.started', { ...started(rental), offline: true }, at));
      }
      const { batch } = kiosk.batch(events);
      const rules = { ...stage.rules, oneByOne: how === 'one by one' };
      await commitGroup(stage.hub.db, rules, [{ batch: { ...batch, sentAt: heard }, receivedAt: heard }]);
    }
    // Whatever is thought of the kiosk: the copies exist.
    expect(await stores().rentals.count({ rentalId: rentalIds, status: 'active' })).toBe(rentalIds.length);
    const open = { code: 'security_allotment_exceeded', clearedAt: null } as const;
    return (await stores().alerts.list(open, { limit: 9 })).map((alert) => {
      expect(alert).toMatchObject({ subject: KIOSK, terminalId: KIOSK, severity: 'critical' });
      return [
        rentalIds.findIndex((rentalId) => rentalId === alert.rentalId),
        /beyond its allotment \(([^)]*)\)/.exec(alert.message)?.[1],
      ];
    });
  };
  const unlimited = () => stores().titles.patch({ titleId: TITLE }, { unitsTotal: null });
  const back = since(40);

  it('SYN-1, RSV-1: a second copy of a title with limited units while the hub knows of none is told, and counts', async () => {
    const copies = [[since(1), 1] as const, [since(3), 2] as const];
    expect(await told({ at: back, copies })).toEqual([[1, 'all units in escrow are taken']]);
  });

  it('SYN-1: who kept to the allotment is not told of: the hub had heard of each copy before the next one began', async () => {
    const copy = (hours: number, member: number) => [[since(hours), member] as const];
    expect(
      await told(
        { at: since(2), copies: copy(1, 1) },
        { at: since(4), copies: copy(3, 2) },
        { at: back, copies: copy(5, 1) },
      ),
    ).toEqual([]);
  });

  it('SYN-1: of a title without a limit each member takes one', async () => {
    await unlimited();
    const each = [1, 2, 3].map((n) => [since(n), n] as const);
    expect(await told({ at: back, copies: each })).toEqual([]);
    const twice = [1, 2].map((n) => [since(n), 1] as const);
    expect(await told({ at: back, copies: twice })).toEqual([[1, 'the member has an open offline rental']]);
  });

  it('SYN-1: no more rentals and no more money than allowed in all', async () => {
    await unlimited();
    const four = [1, 2, 3, 4].map((n) => [since(n), n] as const);
    expect(await told({ at: back, copies: four })).toEqual([[3, 'as many offline rentals as allowed']]);
    await stores().allotments.patch({ terminalId: KIOSK }, { totalMinor: 700 });
    expect(await told({ at: back, copies: four.slice(0, 2) })).toEqual([
      [1, 'more money than allowed for this kiosk'],
    ]);
  });

  it('SYN-1: not when the allotment is over by the kiosk’s own clock, and none without one', async () => {
    const over = epochMs(since(72) + 3 * HOUR);
    const one = (at: EpochMs) => ({ at: since(100), copies: [[at, 1] as const] });
    expect(await told(one(epochMs(over - 1)))).toEqual([]);
    expect(await told(one(over))).toEqual([[0, 'the allotment is not valid now']]);
    await stores().allotments.removeWhere({ terminalId: KIOSK });
    expect(await told(one(since(1)))).toEqual([[0, 'the hub has given this kiosk no allotment']]);
  });

  it('SYN-1, SYN-6: nothing is said where the kiosk could not know better, or a restored hub may have forgotten', async () => {
    const copies = [[since(1), 1] as const, [since(3), 2] as const];
    // Staff gave the title its units when the kiosk was away already.
    await stores().titles.patch({ titleId: TITLE }, { updatedAt: AWAY });
    expect(await told({ at: back, copies })).toEqual([]);
    await stores().titles.patch({ titleId: TITLE }, { updatedAt: START });
    const spans = [{ from: epochMs(START + 49 * DAY), until: epochMs(START + 50 * DAY) }];
    await stores().settings.put({ name: 'fleet.restored', value: { spans }, updatedAt: AWAY });
    expect(await told({ at: back, copies })).toEqual([]);
    await stores().settings.removeWhere({ name: 'fleet.restored' });
    expect(await told({ at: back, copies })).toHaveLength(1);
  });
});
