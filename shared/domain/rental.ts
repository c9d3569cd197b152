import type { ReturnId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { rentalEffects } from './rental-effects.ts';
import { deriveRental, winningReturn } from './rental-state.ts';
import type {
  KnownReturn,
  RentalAlert,
  RentalEvent,
  RentalFacts,
  RentalOutcome,
  RentalState,
  RentalStep,
  ReturnFacts,
} from './rental-types.ts';
import { recounted, toldOf } from './return-times.ts';

export type * from './rental-types.ts';

/** What a fact does to the facts known so far. */
interface Absorbed {
  readonly facts: RentalFacts;
  readonly outcome: RentalOutcome;
  readonly alerts: readonly RentalAlert[];
}

const NOTHING_KNOWN: RentalFacts = {
  prepared: null,
  started: null,
  held: null,
  settled: null,
  wiped: null,
  heldUnseen: null,
  voided: null,
  pendingExpired: null,
  returns: [],
  abandoned: [],
  keepLimit: null,
  lost: null,
  found: null,
};

/**
 * One fact, applied to what is known (RNT-3). Total: every event has an answer in every state, none throws, none re-opens a closed
 * rental. `null` is a rental nobody has heard of. Pure; the caller persists the state and carries out the effects in one transaction.
 *
 * Facts are only collected; status and charge basis follow from the collection, so that facts of different terminals commute (SYN-2). What
 * depends on the order of arrival on purpose, because RET-2 says so, is ruled once when a return is first heard of and then kept as a fact.
 */
export function applyRentalEvent(state: RentalState | null, event: RentalEvent): RentalStep {
  const absorbed = absorb(state ?? deriveRental(NOTHING_KNOWN), event);
  const after = deriveRental(absorbed.facts);
  return {
    state: after,
    effects: [
      ...rentalEffects(state, after),
      ...absorbed.alerts.map((alert) => ({ kind: 'alert' as const, alert })),
    ],
    outcome: absorbed.outcome,
  };
}

function absorb(state: RentalState, event: RentalEvent): Absorbed {
  switch (event.kind) {
    case 'prepared':
      return once(state, 'prepared', event.at);
    case 'started':
      return write(state, 'started', event.at);
    case 'held':
      return once(state, 'held', event.at);
    case 'held_settled_complete':
      return write(state, 'settled', event.at);
    case 'held_wiped':
      return write(state, 'wiped', event.at);
    case 'voided':
      return write(state, 'voided', event.at);
    case 'held_unseen':
      return state.status === 'held'
        ? { ...once(state, 'heldUnseen', event.at), alerts: ['held_unseen'], outcome: 'to_staff' }
        : ignored(state);
    case 'pending_expired':
      return state.status === 'pending' ? once(state, 'pendingExpired', event.at) : ignored(state);
    case 'return_accepted':
      return accepted(state, event);
    case 'slot_shown':
      return slotShown(state, event);
    case 'return_abandoned':
      return abandoned(state, event.returnId);
    case 'destroyed':
      return destroyed(state, event);
    case 'keep_limit_passed':
      return keepLimitPassed(state, event.keepAt);
    case 'reported_lost':
      return reportedLost(state, event.at);
    case 'found_again':
      return foundAgain(state, event);
  }
}

type MomentName =
  | 'prepared'
  | 'started'
  | 'held'
  | 'settled'
  | 'wiped'
  | 'heldUnseen'
  | 'voided'
  | 'pendingExpired';

const ignored = (state: RentalState, alerts: readonly RentalAlert[] = []): Absorbed => ({
  facts: state.facts,
  outcome: alerts.length > 0 ? 'to_staff' : 'no_effect',
  alerts,
});

/** Notes a moment. The kiosk reports each once; told again it is a duplicate and the first telling stays. */
function once(state: RentalState, name: MomentName, at: RentalEvent['at']): Absorbed {
  if (state.facts[name] !== null) return { facts: state.facts, outcome: 'duplicate', alerts: [] };
  const facts = { ...state.facts, [name]: at };
  const after = deriveRental(facts);
  const same =
    after.status === state.status && (state.facts.returns.length > 0 || state.status !== 'pending');
  return { facts, outcome: same ? 'confirmed' : 'applied', alerts: [] };
}

/** How the write ended. Proof of a readable copy stands against a report of failure only in a fault: staff hear of it, the proof counts. */
function write(
  state: RentalState,
  name: 'started' | 'settled' | 'wiped' | 'voided',
  at: RentalEvent['at'],
): Absorbed {
  const noted = once(state, name, at);
  if (noted.outcome === 'duplicate') return noted;
  const { started, settled, wiped, voided } = noted.facts;
  const contradiction = (started !== null || settled !== null) && (wiped !== null || voided !== null);
  return contradiction ? { ...noted, outcome: 'to_staff', alerts: ['facts_contradict'] } : noted;
}

type Accepted = Extract<RentalEvent, { kind: 'return_accepted' }>;
type Destroyed = Extract<RentalEvent, { kind: 'destroyed' }>;

function accepted(state: RentalState, event: Accepted): Absorbed {
  const { facts } = state;
  const known = facts.returns.find((other) => other.returnId === event.returnId);
  if (known !== undefined) {
    // A torn return that two terminals tell of: the one that began it has the earlier T0, whichever is heard first (CHG-1).
    const earlier = (known.receipts.length === 0 || event.began === true) && event.t0 < known.t0;
    const { t0, terminalId } = event;
    const heard = alsoTold(known, event);
    const named = heard.overwritten === undefined ? {} : { overwritten: { ...heard.overwritten, t0 } };
    const after = recounted(earlier ? { ...heard, t0, terminalId, ...named } : heard);
    return {
      facts: earlier || heard !== known ? withReturn(facts, after) : facts,
      outcome: 'duplicate',
      alerts: [],
    };
  }
  const noted = withReturn(facts, newReturn(state, event));
  if (state.status === 'void') return { facts: noted, outcome: 'no_effect', alerts: [] };
  const outcome = state.status === 'closed' ? 'already_returned' : 'applied';
  const settled = state.status === 'lost' || state.status === 'kept';
  return { facts: noted, outcome: settled ? 'no_effect' : outcome, alerts: [] };
}

/** Whose T0 counts is not known before a receipt that says so, so each is kept, and of each terminal the first. */
function alsoTold(known: KnownReturn, { terminalId, told, guessed }: Accepted): KnownReturn {
  const settled = known.receipts.length > 0 && known.overwritten === undefined;
  if (settled || known.terminalId === terminalId) return known;
  if (told !== undefined)
    return { ...known, told: { [known.terminalId]: known.t0, [terminalId]: told, ...known.told } };
  if (guessed === undefined) return known;
  return { ...known, guessed: { [terminalId]: guessed, ...known.guessed } };
}

/** RET-7: who held the slot before a byte of it was overwritten. Whether that says anything of T0 is decided where the receipt names nobody. */
function slotShown(state: RentalState, event: Extract<RentalEvent, { kind: 'slot_shown' }>): Absorbed {
  const { facts } = state;
  const known = facts.returns.find(({ returnId }) => returnId === event.returnId);
  if (known === undefined) return ignored(state);
  const { terminalId, proof } = event;
  if (known.shown?.[terminalId] === 'fits') return { facts, outcome: 'duplicate', alerts: [] };
  const noted = recounted({ ...known, shown: { ...known.shown, [terminalId]: proof ?? 'fits' } });
  return {
    facts: withReturn(facts, noted),
    outcome: noted.t0 === known.t0 ? 'confirmed' : 'applied',
    alerts: [],
  };
}

type Proven = Omit<Destroyed, 'kind' | 'at' | 'receiptId'>;

/**
 * T0 of a return that is proven now. Anybody with a terminal's key and a return's id can tell one (SEC-4); where the receipt says for certain who took the medium, it is that
 * terminal's, or as the one that signed the receipt read it on the medium (RET-3). Where it shows nothing of the slot, `recounted` says more.
 */
export function provenT0(known: KnownReturn | undefined, proven: Proven): EpochMs {
  if (known === undefined) return proven.t0;
  if (proven.overwritten !== undefined) return withOverwritten(known, proven).t0;
  return proven.finisher === undefined || known.receipts.length > 0 ? known.t0 : namedT0(known, proven);
}

function namedT0(known: KnownReturn, { terminalId, finisher, t0 }: Proven): EpochMs {
  if (finisher === undefined) return toldOf(known, terminalId) ?? t0;
  if (known.terminalId === terminalId) return known.t0;
  return (
    known.told?.[terminalId] ?? (known.terminalId === finisher ? known.t0 : known.told?.[finisher]) ?? t0
  );
}

/** A return whose receipt shows nothing of the slot. What is known of one that has a receipt already stays. */
function withOverwritten(known: KnownReturn, proven: Proven): KnownReturn {
  if (known.receipts.length > 0) return known;
  const told = { [known.terminalId]: known.t0, ...known.told };
  const named = proven.overwritten === 'named';
  const overwritten = { by: proven.terminalId, t0: namedT0(known, proven), named };
  return recounted({ ...known, told, overwritten });
}

/** The return as this receipt proves it: one of which only others told is ruled on as if it were heard of now. */
function provenReturn(state: RentalState, known: KnownReturn | undefined, event: Destroyed): KnownReturn {
  const { finisher, terminalId, overwritten } = event;
  if (overwritten !== undefined) {
    const proven = withOverwritten(known ?? newReturn(state, event), event);
    if (proven.t0 === known?.t0) return proven;
    return { ...proven, ruling: newReturn(state, { ...event, t0: proven.t0 }).ruling };
  }
  if (known === undefined) return newReturn(state, event);
  if (finisher === undefined || known.receipts.length > 0 || known.terminalId === terminalId) return known;
  const t0 = provenT0(known, event);
  return t0 === known.t0 ? { ...known, terminalId } : newReturn(state, { ...event, t0 });
}

function abandoned(state: RentalState, returnId: ReturnId): Absorbed {
  const { facts } = state;
  if (facts.abandoned.includes(returnId)) return { facts, outcome: 'duplicate', alerts: [] };
  const noted = { ...facts, abandoned: [...facts.abandoned, returnId].sort() };
  const proven = facts.returns.some((known) => known.returnId === returnId && known.receipts.length > 0);
  if (proven) return { facts: noted, outcome: 'to_staff', alerts: ['facts_contradict'] };
  return { facts: noted, outcome: state.status === 'returning' ? 'applied' : 'no_effect', alerts: [] };
}

/** RET-2: the same return again gets the same answer; another one of a closed rental changes it only if it is earlier and allowed to. */
function destroyed(state: RentalState, event: Destroyed): Absorbed {
  const { facts } = state;
  const { receiptId } = event;
  const known = facts.returns.find((other) => other.returnId === event.returnId);
  if (known?.receipts.includes(receiptId)) return { facts, outcome: 'duplicate', alerts: [] };
  const mine = provenReturn(state, known, event);
  const noted = withReturn(facts, { ...mine, receipts: [...mine.receipts, receiptId].sort() });
  const contradiction: RentalAlert[] = facts.abandoned.includes(event.returnId) ? ['facts_contradict'] : [];
  if (known !== undefined && known.receipts.length > 0)
    return { facts: noted, outcome: 'duplicate', alerts: contradiction };
  const clone: RentalAlert[] = facts.returns.some((other) => other.receipts.length > 0)
    ? ['clone_suspected']
    : [];
  const alerts = [...contradiction, ...clone];
  if (state.status === 'void') return { facts: noted, outcome: 'no_effect', alerts };
  // Staff have it in their hands and said so before the terminal was heard: what it destroyed changes nothing (RNT-7).
  if (mine.ruling === 'staff' && handedIn(facts) && !before(mine, facts.lost))
    return { facts: noted, outcome: 'already_returned', alerts };
  if (mine.ruling === 'staff') {
    const why: RentalAlert =
      state.status === 'lost' && !before(mine, facts.lost) ? 'found_after_loss' : 'return_needs_staff';
    return { facts: noted, outcome: 'to_staff', alerts: [...alerts, why] };
  }
  const winner = winningReturn(noted);
  if (winner?.returnId !== mine.returnId) return { facts: noted, outcome: 'already_returned', alerts };
  const overturns = state.status === 'closed' || state.status === 'kept' || state.status === 'lost';
  return { facts: noted, outcome: overturns ? 'earlier_return_wins' : 'applied', alerts };
}

/**
 * Whether a return that is first heard of now may count by itself. A rental that is still open: always. One that was settled meanwhile (another
 * return, kept, lost): only if it is the earlier stop and its terminal was without the hub from T0 until now (RET-2); one that came after
 * the settlement changes nothing and may be noted, except that a medium found after its loss was reported is for staff (RNT-7).
 */
function newReturn(state: RentalState, event: ReturnFacts): KnownReturn {
  const { returnId, terminalId, t0, licenceStart, offlineSinceT0 } = event;
  const bare = { returnId, terminalId, t0, licenceStart, receipts: [] };
  const { facts } = state;
  const winner = winningReturn(facts);
  const lost = state.status === 'lost' || handedIn(facts) ? facts.lost : null;
  if (lost !== null && t0 >= lost) return { ...bare, ruling: 'staff' };
  const kept = state.status === 'kept' ? facts.keepLimit : null;
  const settledAt = lost ?? kept ?? winner?.t0 ?? null;
  const changes = settledAt !== null && t0 < settledAt;
  return { ...bare, ruling: changes && !offlineSinceT0 ? 'staff' : 'counts' };
}

const handedIn = ({ found }: RentalFacts): boolean => found?.decision === 'handed_in';
const before = (known: KnownReturn, at: number | null): boolean => at !== null && known.t0 < at;

function withReturn(facts: RentalFacts, known: KnownReturn): RentalFacts {
  const others = facts.returns.filter((other) => other.returnId !== known.returnId);
  const order = (a: KnownReturn, b: KnownReturn) => a.t0 - b.t0 || (a.returnId < b.returnId ? -1 : 1);
  return { ...facts, returns: [...others, known].sort(order) };
}

/** RNT-7, decided by the hub. A torn return that nobody finished did not happen, so `returning` becomes kept as well. */
function keepLimitPassed(state: RentalState, keepAt: RentalFacts['keepLimit']): Absorbed {
  if (state.status === 'kept') return { facts: state.facts, outcome: 'duplicate', alerts: [] };
  if (state.status !== 'active' && state.status !== 'returning') return ignored(state);
  return { facts: { ...state.facts, keepLimit: keepAt }, outcome: 'applied', alerts: [] };
}

function reportedLost(state: RentalState, at: RentalEvent['at']): Absorbed {
  const { facts } = state;
  const note = (outcome: RentalOutcome, alerts: readonly RentalAlert[] = []): Absorbed => ({
    facts: { ...facts, lost: at, found: null },
    outcome,
    alerts,
  });
  if (state.status === 'closed') {
    const t0 = winningReturn(facts)?.t0 ?? null;
    return t0 !== null && at < t0
      ? ignored(state, ['lost_after_return'])
      : { facts, outcome: 'already_returned', alerts: [] };
  }
  if (facts.lost !== null && facts.found === null)
    return at < facts.lost ? note('applied') : { facts, outcome: 'duplicate', alerts: [] };
  if (facts.found !== null && at <= facts.found.at) return ignored(state);
  if (state.status === 'kept' && facts.keepLimit !== null && at >= facts.keepLimit) return ignored(state);
  // Noted all the same: proof of a readable copy may still arrive.
  if (state.status === 'void') return note('no_effect');
  if (state.status === 'held') return note('to_staff', ['held_reported_lost']);
  return note('applied');
}

function foundAgain(state: RentalState, event: Extract<RentalEvent, { kind: 'found_again' }>): Absorbed {
  const { facts } = state;
  if (facts.found !== null && facts.found.decision === event.decision)
    return { facts, outcome: 'duplicate', alerts: [] };
  if (state.status !== 'lost') return ignored(state);
  const found = { at: event.at, decision: event.decision };
  return { facts: { ...facts, found }, outcome: 'applied', alerts: [] };
}
