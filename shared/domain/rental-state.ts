import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import type {
  ChargeBasis,
  KnownReturn,
  RentalFacts,
  RentalStart,
  RentalState,
  RentalStatus,
} from './rental-types.ts';

/** Status, start of the meter and charge basis as they follow from the facts, whatever order those came in (RNT-3, SYN-2). */
export function deriveRental(facts: RentalFacts): RentalState {
  const start = startOf(facts);
  const status = statusOf(facts, start);
  return { status, start, basis: basisOf(facts, status, start), facts };
}

/** The return that closes the rental: the earliest T0 whose destruction is proven and which counts (CHG-1, RET-2). */
export const winningReturn = (facts: RentalFacts): KnownReturn | null =>
  facts.returns.find((known) => known.receipts.length > 0 && known.ruling === 'counts') ?? null;

/** A failed write, unless a readable copy was proven (RNT-1). */
const failed = (facts: RentalFacts): boolean =>
  (facts.voided !== null || facts.wiped !== null) && facts.started === null && facts.settled === null;

/**
 * When the meter began. The kiosk's word counts; a held copy runs from the moment it was seen complete (RNT-6), at a kiosk or at a return
 * terminal: of one that a kiosk settled only a return that destroyed it says more, since that it was handed in anybody with a terminal's key can tell (SEC-4).
 * Until the kiosk is heard of, the licence says it (RET-1).
 */
function startOf(facts: RentalFacts): RentalStart | null {
  if (failed(facts)) return null;
  if (facts.started !== null) return { at: facts.started, source: 'kiosk' };
  const seen = facts.returns[0];
  if (facts.settled !== null) {
    const returned = winningReturn(facts);
    const at = returned === null ? facts.settled : epochMs(Math.min(facts.settled, returned.t0));
    return { at, source: 'settled' };
  }
  if (seen === undefined) return null;
  if (facts.held !== null) return { at: seen.t0, source: 'return_of_held' };
  const latest = Math.max(...facts.returns.map((known) => known.licenceStart));
  return { at: epochMs(latest), source: 'licence' };
}

function statusOf(facts: RentalFacts, start: RentalStart | null): RentalStatus {
  if (failed(facts)) return 'void';
  if (start === null) {
    if (facts.held !== null) return 'held';
    return facts.pendingExpired !== null ? 'void' : 'pending';
  }
  if (winningReturn(facts) !== null || handedIn(facts)) return 'closed';
  if (isLost(facts) && !keptBeforeLoss(facts)) return 'lost';
  if (facts.keepLimit !== null) return 'kept';
  return facts.returns.some((known) => isUnderWay(facts, known)) ? 'returning' : 'active';
}

const isLost = (facts: RentalFacts): boolean => facts.lost !== null && facts.found === null;
const handedIn = (facts: RentalFacts): boolean =>
  facts.lost !== null && facts.found?.decision === 'handed_in';
const keptBeforeLoss = ({ lost, keepLimit }: RentalFacts): boolean =>
  lost !== null && keepLimit !== null && keepLimit <= lost;
const isUnderWay = (facts: RentalFacts, known: KnownReturn): boolean =>
  known.receipts.length === 0 && known.ruling === 'counts' && !facts.abandoned.includes(known.returnId);

/** A stop before the start, which only uncertain clocks can tell, is the start: what is uncertain is decided for the customer (SYN-4). */
function basisOf(facts: RentalFacts, status: RentalStatus, start: RentalStart | null): ChargeBasis | null {
  if (start === null) return null;
  const until = (stop: EpochMs, ending: ChargeBasis['ending'], returnId: ChargeBasis['returnId'] = null) => ({
    start: start.at,
    stop: epochMs(Math.max(stop, start.at)),
    ending,
    returnId,
  });
  const winner = winningReturn(facts);
  if (status === 'closed' && winner !== null) return until(winner.t0, 'returned', winner.returnId);
  if (status === 'closed' && facts.lost !== null) return until(facts.lost, 'returned');
  if (status === 'lost' && facts.lost !== null) return until(facts.lost, 'lost');
  if (status === 'kept' && facts.keepLimit !== null) return until(facts.keepLimit, 'kept');
  return null;
}
