import type { Actor } from '#hub/app/deps.ts';
import { bringBooksUpToDate } from '#hub/app/rentals/books.ts';
import { contextOf, type PrepareDeps } from '#hub/app/renting/prepare.ts';
import type { RentalRow, SiteRow } from '#hub/ports/rows/index.ts';
import { type Charge, type ChargeFault, computeCharge, dueAt, keepAt } from '#shared/domain/charge.ts';
import type { Closure } from '#shared/domain/site.ts';
import type { RentalId, SiteId } from '#shared/kernel/ids.ts';
import { type Money, subtract } from '#shared/kernel/money.ts';
import { fault, ok, type Result } from '#shared/kernel/result.ts';
import { newId } from '#shared/ports/random.ts';
import { enterClosure, type SiteFault, sameClosure, withClosures } from './sites.ts';

export interface ClosureEffect {
  readonly rentalId: RentalId;
  readonly before: Money | null;
  readonly after: Money | null;
  readonly difference: Money | null;
  readonly reason: 'closure_entered' | 'due_moved';
}

/** Kept copies stay as they were agreed: the keep price was taken and the copy is the member's. */
const CONCERNED: readonly RentalRow['status'][] = ['held', 'active', 'returning', 'closed', 'lost'];
const PAGE = 200;

/**
 * CHG-4: enters a closure and applies it to the rentals of this site that it concerns, open and closed ones: due moments move, charges that
 * were posted are corrected by new entries that name what they correct. Entered twice, the second time changes nothing.
 */
export async function closeSite(
  deps: PrepareDeps,
  actor: Actor,
  siteId: SiteId,
  closure: Closure,
): Promise<
  Result<{ readonly site: SiteRow; readonly effects: readonly ClosureEffect[] }, SiteFault | ChargeFault>
> {
  const site = await enterClosure(deps, siteId, closure);
  if (!site.ok) return site;
  const effects: ClosureEffect[] = [];
  for (let after = '' as RentalId; ; ) {
    const page = await deps.db.stores.rentals.list(
      { siteId, status: CONCERNED, rentalId: { gt: after } },
      { orderBy: ['rentalId'], limit: PAGE },
    );
    for (const { rentalId } of page) {
      const effect = await adjustOne(deps, rentalId, closure);
      if (!effect.ok) return effect;
      if (effect.value !== null) effects.push(effect.value);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = last.rentalId;
  }
  await deps.db.stores.audit.append({
    at: deps.clock.now(),
    actor,
    action: 'site.closed',
    subject: siteId,
    detail: { from: closure.from, to: closure.to, adjusted: effects.length },
  });
  return ok({ site: site.value, effects });
}

async function adjustOne(
  deps: PrepareDeps,
  rentalId: RentalId,
  closure: Closure,
): Promise<Result<ClosureEffect | null, ChargeFault>> {
  return deps.db.transaction(async (stores) => {
    const rental = await stores.rentals.findForUpdate({ rentalId });
    if (rental === null) return ok(null);
    if (rental.calendar.closures.some((one) => sameClosure(one, closure))) return ok(null);
    if (rental.startedAt === null) {
      await stores.rentals.patch({ rentalId }, { calendar: withClosures(rental.calendar, [closure]) });
      return ok(null);
    }
    const changed = withClosure(rental, closure);
    if (!changed.ok) return changed;
    const { before, after } = { before: rental, after: changed.value };
    const moved = subtractOrNull(after.charge, before.charge);
    if (
      after.dueAt === before.dueAt &&
      after.keepAt === before.keepAt &&
      (moved === null || moved.minor === 0)
    ) {
      // Nothing moves yet, but a later return may have these days in its late time.
      await stores.rentals.patch({ rentalId }, { calendar: after.calendar });
      return ok(null);
    }
    const now = deps.clock.now();
    const context = contextOf(deps, stores);
    const booked =
      after.memberId === null || after.siteId === null
        ? after
        : await bringBooksUpToDate(
            stores,
            {
              ...{ before, after, at: now, eventId: null },
              books: { memberId: after.memberId, siteId: after.siteId },
            },
            context.rules,
            now,
          );
    await stores.rentals.put(booked);
    const reason = moved !== null && moved.minor !== 0 ? 'closure_entered' : 'due_moved';
    await stores.timeline.insert({
      entryId: newId<string>(deps.clock, deps.random),
      rentalId,
      at: now,
      recordedAt: now,
      kind: 'closure_entered',
      outcome: reason,
      terminalId: null,
      eventId: null,
      detail: { from: closure.from, to: closure.to, differenceMinor: moved?.minor ?? 0 },
    });
    return ok({
      rentalId,
      before: before.charge?.total ?? null,
      after: after.charge?.total ?? null,
      difference: moved,
      reason,
    });
  });
}

/** The rental as it would be if the closure had been known when it was agreed. */
function withClosure(rental: RentalRow, closure: Closure): Result<RentalRow, ChargeFault> {
  const calendar = withClosures(rental.calendar, [closure]);
  const terms = { tariff: rental.tariff, site: calendar };
  if (rental.startedAt === null) return fault('charge_out_of_range', 'a rental that began has a start');
  const due = dueAt(terms, rental.startedAt);
  if (!due.ok) return due;
  const keep = keepAt(terms, rental.startedAt);
  if (!keep.ok) return keep;
  const basis = rental.state?.basis ?? null;
  let charge: Charge | null = null;
  if (basis !== null) {
    const computed = computeCharge({
      terms,
      start: basis.start,
      stop: basis.stop,
      ending: basis.ending === 'lost' ? 'lost' : 'returned',
      discounts: rental.discounts,
      coupons: rental.coupons,
    });
    if (!computed.ok) return computed;
    charge = computed.value;
  }
  return ok({ ...rental, calendar, dueAt: due.value, keepAt: keep.value, charge });
}

const subtractOrNull = (a: Charge | null, b: Charge | null): Money | null =>
  a === null || b === null ? null : subtract(a.total, b.total);
