import { expect, it } from 'vitest';
import type { RentalId, ReservationId, SiteId } from '#shared/kernel/ids.ts';
import type { KioskDeps } from '../deps.ts';
import type { SignedIn } from '../session/state.ts';
import { cancelReservation, reportLost } from './wishes.ts';

const RENTAL = '01900000-0000-7000-8000-000000000001' as RentalId;
const OTHERS = '01900000-0000-7000-8000-000000000002' as RentalId;
const PLACE = '01900000-0000-7000-8000-000000000003' as ReservationId;

function aRuntime() {
  const events: unknown[] = [];
  const emit = (event: unknown) => events.push(event);
  const runtime = {
    record: (work: (tx: object) => void) => work({ emit }),
    clock: { now: () => 7 },
    identity: { siteId: 'site-1' as SiteId },
  } as unknown as KioskDeps['runtime'];
  return { runtime, events };
}
const member = (visit?: string): SignedIn =>
  ({
    session: {
      memberToken: 'mt_1',
      rentals: [{ rentalId: RENTAL }],
      ...(visit === undefined ? {} : { visit }),
    },
  }) as unknown as SignedIn;

it('PR-29 RSV-1, SEC-6: who gives up a place shows that the hub let the member in here; an older hub gave nothing to show', () => {
  const { runtime, events } = aRuntime();
  cancelReservation(runtime, member('shown'), PLACE);
  cancelReservation(runtime, member(), PLACE);
  const data = { reservationId: PLACE, memberToken: 'mt_1', at: 7 };
  expect(events).toEqual([
    { kind: 'reservation.cancelled', data: { ...data, visit: 'shown' } },
    { kind: 'reservation.cancelled', data },
  ]);
});

it('PR-29 RNT-7: a loss is shown the same way, for rentals of this member alone', () => {
  const { runtime, events } = aRuntime();
  expect(reportLost(runtime, member('shown'), [OTHERS])).toBe(false);
  expect(reportLost(runtime, member('shown'), [OTHERS, RENTAL])).toBe(true);
  expect(events).toEqual([
    { kind: 'medium.lost', data: { rentalIds: [RENTAL], memberToken: 'mt_1', visit: 'shown', at: 7 } },
  ]);
});
