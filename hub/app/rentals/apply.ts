import type { RentalRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { type Charge, computeCharge, dueAt, keepAt, type RentalTerms } from '#shared/domain/charge.ts';
import {
  applyRentalEvent,
  type RentalEffect,
  type RentalEvent,
  type RentalOutcome,
  type RentalState,
  type RentalStatus,
} from '#shared/domain/rental.ts';
import type { RewardRules } from '#shared/domain/rewards.ts';
import { licenceEnd } from '#shared/domain/tariff.ts';
import type { EventId, TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { bringBooksUpToDate } from './books.ts';
import { advanceQueue } from './queue.ts';

export interface Cause {
  /** Unique in the rental's timeline: the event's id, or one made by the hub. */
  readonly entryId: string;
  readonly terminalId: TerminalId | null;
  readonly eventId: EventId | null;
  readonly detail: Readonly<Record<string, unknown>>;
}
export interface ApplyContext {
  readonly stores: Stores;
  readonly rules: RewardRules;
  readonly now: EpochMs;
  /** The event of a terminal that is being applied: what it books says so (OPS-4). */
  readonly eventId?: EventId;
  newId(): string;
}

/** Why a fact could not be applied; such an event goes to the dead letters (SYN-3). */
export type ApplyFault = Fault;

/**
 * One fact, applied to a stored rental in the caller's transaction: state machine, charge from the frozen terms, ledger, alerts, timeline,
 * queue of the title. `rental` was read for update. Faults: codes of `computeCharge`, `member_unknown`, `site_unknown`.
 */
export async function applyToRental(
  context: ApplyContext,
  rental: RentalRow,
  event: RentalEvent,
  cause: Cause,
): Promise<Result<{ readonly rental: RentalRow; readonly outcome: RentalOutcome }, ApplyFault>> {
  const step = applyRentalEvent(rental.state, event);
  const derived = derive(rental, step.state);
  if (!derived.ok) return derived;
  const { stores, now } = context;
  const needsStaff = rental.needsStaff || step.outcome === 'to_staff';
  let after: RentalRow = { ...rental, ...derived.value, needsStaff };
  const touchesMoney = after.charge !== null || rental.charge !== null || event.kind === 'destroyed';
  if (touchesMoney) {
    if (after.memberId === null) return fault('member_unknown', 'a charge needs its member');
    if (after.siteId === null) return fault('site_unknown', 'a charge needs the renting site');
    const books = { memberId: after.memberId, siteId: after.siteId };
    const change = { before: rental, after, books, at: event.at, eventId: cause.eventId };
    after = await bringBooksUpToDate(stores, change, context.rules, now);
  }
  await stores.rentals.put(after);
  await stores.timeline.insert({
    entryId: cause.entryId,
    rentalId: rental.rentalId,
    at: event.at,
    recordedAt: now,
    kind: event.kind,
    outcome: step.outcome,
    terminalId: cause.terminalId,
    eventId: cause.eventId,
    detail: cause.detail,
  });
  for (const effect of step.effects) await carryOut(context, after, effect);
  return ok({ rental: after, outcome: step.outcome });
}

/** The books again after something else than the state machine changed: a payment's outcome, a late intent (PAY-1). */
export async function rebook(context: ApplyContext, rental: RentalRow, at: EpochMs): Promise<RentalRow> {
  if (rental.memberId === null || rental.siteId === null) return rental;
  const books = { memberId: rental.memberId, siteId: rental.siteId };
  const change = { before: rental, after: rental, books, at, eventId: context.eventId ?? null };
  const after = await bringBooksUpToDate(context.stores, change, context.rules, context.now);
  await context.stores.rentals.put(after);
  return after;
}

const LICENCE_STATUS: Readonly<Record<RentalStatus, RentalRow['licenceStatus']>> = {
  pending: 'ready',
  held: 'ready',
  active: 'active',
  returning: 'active',
  kept: 'active',
  closed: 'returned',
  lost: 'revoked',
  void: 'cancelled',
};

/** Everything in the row that follows from the state: dates, licence, charge (CHG-1 … CHG-4). */
function derive(rental: RentalRow, state: RentalState): Result<Partial<RentalRow>, ApplyFault> {
  const terms: RentalTerms = { tariff: rental.tariff, site: rental.calendar };
  const start = state.start?.at ?? null;
  const due = start === null ? ok(null) : dueAt(terms, start);
  if (!due.ok) return due;
  const keep = start === null ? ok(null) : keepAt(terms, start);
  if (!keep.ok) return keep;
  const charge = chargeOf(rental, terms, state);
  if (!charge.ok) return charge;
  const ended = ['closed', 'void', 'kept', 'lost'].includes(state.status);
  return ok({
    state,
    status: state.status,
    startedAt: start,
    dueAt: due.value,
    keepAt: keep.value,
    licenceEnd: start === null ? rental.licenceEnd : licenceEnd(rental.tariff, start),
    closedAt: ended ? (state.basis?.stop ?? rental.closedAt) : null,
    licenceStatus: LICENCE_STATUS[state.status],
    endlessLicenceDue: state.status === 'kept',
    permitExpiresAt: state.status === 'pending' ? rental.permitExpiresAt : null,
    charge: charge.value,
  });
}

function chargeOf(
  rental: RentalRow,
  terms: RentalTerms,
  state: RentalState,
): Result<Charge | null, ApplyFault> {
  const { basis } = state;
  if (basis === null) return ok(null);
  return computeCharge({
    terms,
    start: basis.start,
    stop: basis.stop,
    ending: basis.ending === 'lost' ? 'lost' : 'returned',
    discounts: rental.discounts,
    coupons: rental.coupons,
  });
}

async function carryOut(context: ApplyContext, rental: RentalRow, effect: RentalEffect): Promise<void> {
  const { stores, now } = context;
  if (effect.kind === 'alert' && effect.alert === 'clone_suspected') await tellClone(context, rental);
  else if (effect.kind === 'alert') {
    const draft = {
      code: effect.alert,
      subject: rental.rentalId,
      severity: 'warning' as const,
      message: `rental ${rental.rentalId}: ${effect.alert}`,
      terminalId: null,
      rentalId: rental.rentalId,
    };
    await stores.alerts.raise(context.newId(), draft, now);
  }
  if (effect.kind === 'unit') await advanceQueue(context, rental.titleId);
}

/** SEC-8: a copy was destroyed twice: on one of the media it was a clone, or a restored image. Both receipts are named; what it means is for staff. */
async function tellClone({ stores, now, newId }: ApplyContext, rental: RentalRow): Promise<void> {
  const seen = (rental.state?.facts.returns ?? []).filter(({ receipts }) => receipts.length > 0);
  const returns = seen.map(
    ({ returnId, terminalId, t0, receipts }) =>
      `${returnId} at ${terminalId}, T0 ${new Date(t0).toISOString()}, receipt ${receipts[0]?.slice(0, 16)}`,
  );
  const message = `copy ${rental.copyId} was returned ${seen.length} times: ${returns.join('; ')}`;
  await stores.alerts.raise(
    newId(),
    {
      code: 'security_clone_returned',
      subject: rental.copyId,
      severity: 'critical',
      message: message.slice(0, 500),
      terminalId: seen.at(-1)?.terminalId ?? null,
      rentalId: rental.rentalId,
    },
    now,
  );
}
