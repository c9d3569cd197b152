import { lostSpans } from '#hub/app/enrolment/restored.ts';
import type { AllotmentRow, RentalRow } from '#hub/ports/rows/index.ts';
import {
  ALLOTMENT_HOURS,
  type Allotment,
  type AllotmentFault,
  mayRentOffline,
  type OfflineRental,
} from '#shared/domain/allotment.ts';
import type { EventId } from '#shared/kernel/ids.ts';
import { add, money } from '#shared/kernel/money.ts';
import { fault, type Result } from '#shared/kernel/result.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import type { Applying } from './context.ts';

const ALLOTMENT_MS = ALLOTMENT_HOURS * 3_600_000;
/** From the permit to the verified copy: a large title on a slow medium. */
const WRITING_MS = 3 * 3_600_000;
/** How far a moment of the kiosk, as the hub reckons it, may lie from the truth without being uncertain (PR-17), twice. */
const RECKONED_MS = 10 * 60_000;
const MOST = 1_000;

/**
 * SYN-1, RSV-1: whether a kiosk that rented without the hub kept to its allotment, judged by the same rule as at the kiosk. The rental counts in any case, since the copy exists; staff hear of a
 * kiosk that went beyond. Told against it is only what it knew to be open: its own offline rentals that the hub had not heard of when this one began. Not judged
 * where a restored hub may have forgotten what it granted or heard. `said`: the moment by the kiosk's own clock, by which it judges too.
 */
export async function checkAllotment(
  applying: Applying,
  rental: RentalRow,
  { at, said }: { readonly at: EpochMs; readonly said: EpochMs },
): Promise<void> {
  const { stores, terminalId, now } = applying;
  const verdict = await judge(applying, rental, at, said);
  if (verdict.ok) return;
  const spans = await lostSpans(stores, now);
  if (spans.some(({ until }) => until > at - ALLOTMENT_MS)) return;
  await stores.alerts.raise(
    applying.newId(),
    {
      code: 'security_allotment_exceeded',
      subject: terminalId,
      severity: 'critical',
      message: `${terminalId} rented without the hub beyond its allotment (${verdict.error.message}), last with rental ${rental.rentalId}. The rental counts. Look at the kiosk.`,
      terminalId,
      rentalId: rental.rentalId,
    },
    now,
  );
}

async function judge(
  applying: Applying,
  rental: RentalRow,
  at: EpochMs,
  said: EpochMs,
): Promise<Result<void, AllotmentFault>> {
  const { stores, terminalId } = applying;
  const row = await stores.allotments.find({ terminalId });
  if (row === null) return fault('allotment_missing', 'the hub has given this kiosk no allotment');
  // The newest one ends last: whichever the kiosk had was over by then.
  if (said >= row.validUntil + WRITING_MS)
    return fault('allotment_expired', 'the allotment is not valid now');
  const made = await unheard(applying, rental, at);
  return mayRentOffline(await granted(applying, row, rental, at), made, offlineRental(rental), at);
}

/** The limits of a kiosk's allotments; of a title with limited units it never gets more than one. */
async function granted(
  { stores }: Applying,
  row: AllotmentRow,
  { titleId, tariff }: RentalRow,
  at: EpochMs,
): Promise<Allotment> {
  const title = await stores.titles.find({ titleId });
  // What staff changed within the allotment's time the kiosk need not know; who knows a title that was never changed knows its units.
  const known =
    title !== null && (title.updatedAt === title.createdAt || title.updatedAt <= at - ALLOTMENT_MS);
  const limited = known && title.unitsTotal !== null;
  const { rentals, perMemberMinor, totalMinor } = row;
  return {
    issuedAt: at,
    units: new Map([[titleId, limited ? 1 : null]]),
    perMember: { rentals, money: money(perMemberMinor, tariff.currency) },
    inAll: { rentals, money: money(totalMinor, tariff.currency) },
  };
}

/** The kiosk's offline rentals before this one that it must have counted: whose start the hub received only after this one began. */
async function unheard(
  { stores, terminalId }: Applying,
  { rentalId, tariff }: RentalRow,
  at: EpochMs,
): Promise<readonly OfflineRental[]> {
  const known = await stores.rentals.list(
    { kioskId: terminalId, offline: true, startedAt: { gte: epochMs(at - ALLOTMENT_MS) } },
    { limit: MOST },
  );
  const before = known.filter(
    (one) =>
      one.rentalId !== rentalId &&
      one.startedAt !== null &&
      one.startedAt <= at &&
      one.tariff.currency === tariff.currency,
  );
  if (before.length === 0) return [];
  const rentalIds = before.map((one) => one.rentalId);
  const starts = await stores.timeline.list(
    { rentalId: rentalIds, kind: 'started', terminalId },
    { limit: MOST },
  );
  const eventIds = starts.map(({ eventId }) => eventId).filter((id): id is EventId => id !== null);
  const heard = await stores.inboxEvents.list({ eventId: eventIds }, { limit: MOST });
  const late = new Set(
    heard.filter(({ receivedAt }) => receivedAt > at + RECKONED_MS).map(({ eventId }) => eventId),
  );
  const open = new Set(
    starts.filter(({ eventId }) => eventId !== null && late.has(eventId)).map((one) => one.rentalId),
  );
  return before.filter((one) => open.has(one.rentalId)).map((one) => ({ ...offlineRental(one), open: true }));
}

/** The money at stake as the kiosk reckons it: first period and what it held. */
const offlineRental = ({ memberToken, titleId, tariff }: RentalRow): Omit<OfflineRental, 'open'> => ({
  memberToken,
  titleId,
  money: add(money(tariff.firstPrice, tariff.currency), money(tariff.hold.amount, tariff.currency)),
});
