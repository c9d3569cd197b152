import type { ReturnId, TerminalId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';

/** RNT-3. `returning` is the time between T0 and the receipt; `closed`, `void`, `kept` and `lost` are ends. */
export type RentalStatus = 'pending' | 'active' | 'returning' | 'closed' | 'held' | 'void' | 'kept' | 'lost';

/** What a return says of itself; the same in acceptance and receipt, since either may arrive first. */
export interface ReturnFacts {
  /** The return in which destruction began: a terminal that finishes another's torn return reports that one's id and T0 (CHG-1). */
  readonly returnId: ReturnId;
  readonly terminalId: TerminalId;
  readonly t0: EpochMs;
  /** From the licence on the medium: opens the rental where the kiosk has not reported yet (RET-1). */
  readonly licenceStart: EpochMs;
  /** The hub's own knowledge at arrival: the terminal was without the hub from T0 until now (RET-2). */
  readonly offlineSinceT0: boolean;
}

/**
 * What may happen to a rental. `at` is the corrected device time of the fact in epoch milliseconds. Kiosk: prepared, started, held …;
 * return terminal: return_…, destroyed; hub: pending_expired, held_unseen, keep_limit_passed; staff and members: reported_lost, found_again.
 */
export type RentalEvent =
  | { readonly kind: 'prepared'; readonly at: EpochMs }
  /** Written, read back, verified: the meter runs from `at` (RNT-1). */
  | { readonly kind: 'started'; readonly at: EpochMs }
  /** Pulled after SLOT_BEGIN, before the proof (RNT-6). */
  | { readonly kind: 'held'; readonly at: EpochMs }
  | { readonly kind: 'held_settled_complete'; readonly at: EpochMs }
  | { readonly kind: 'held_wiped'; readonly at: EpochMs }
  /** A week after the licence end, never seen again: to staff, uncharged. */
  | { readonly kind: 'held_unseen'; readonly at: EpochMs }
  | { readonly kind: 'voided'; readonly at: EpochMs; readonly reason: string }
  | { readonly kind: 'pending_expired'; readonly at: EpochMs }
  /** `began`: the receipt, which is known by then, names the terminal that tells of this as the one that took the medium: its T0 counts, although it is heard of last. */
  | ({
      readonly kind: 'return_accepted';
      readonly at: EpochMs;
      readonly began?: boolean;
      /** What this terminal itself says, where it is sure of it; `t0` is what counts until the receipt says whose word does. */
      readonly told?: EpochMs;
      /** The same where nothing tells how far its clock is off (SYN-4). */
      readonly guessed?: EpochMs;
    } & ReturnFacts)
  /**
   * RET-7: before it overwrote a byte this terminal showed that it held the slot. `proof`: what it showed, where the hub has not heard of the write and cannot
   * judge it yet; it counts once the same is told without.
   */
  | {
      readonly kind: 'slot_shown';
      readonly at: EpochMs;
      readonly returnId: ReturnId;
      readonly terminalId: TerminalId;
      readonly proof?: SlotShown;
    }
  /** Pulled before overwriting began: never returned, the meter never stopped (CHG-1). */
  | { readonly kind: 'return_abandoned'; readonly at: EpochMs; readonly returnId: ReturnId }
  /**
   * `finisher` signed the receipt, and the receipt says for certain who took the medium (`terminalId`): what others told of T0 does not count (RET-3). `overwritten`: who signed it found
   * the slot so, and shows nothing of it. `named`: it read on the medium that `terminalId` took it, which may have found it so itself; `unnamed`: there was no record of that, so
   * `terminalId` is the one that signed, and somebody took the medium before.
   */
  | ({
      readonly kind: 'destroyed';
      readonly at: EpochMs;
      readonly receiptId: string;
      readonly finisher?: TerminalId;
      readonly overwritten?: 'named' | 'unnamed';
    } & ReturnFacts)
  /** The keep limit `keepAt` has passed and no return can still arrive (7 days later, RNT-7). */
  | { readonly kind: 'keep_limit_passed'; readonly at: EpochMs; readonly keepAt: EpochMs }
  | { readonly kind: 'reported_lost'; readonly at: EpochMs }
  /** Staff settle a medium that was found again: handed in, or the rental goes on as if it had never been reported. */
  | { readonly kind: 'found_again'; readonly at: EpochMs; readonly decision: 'handed_in' | 'resume' };

export type RentalEventKind = RentalEvent['kind'];

/** The answer to a challenge (RET-7), without the pieces of the content. */
export interface SlotShown {
  readonly nonce: string;
  readonly mac: string;
}

/** One return as far as it is known. */
export interface KnownReturn {
  readonly returnId: ReturnId;
  readonly terminalId: TerminalId;
  /** As `terminalId` told it. */
  readonly t0: EpochMs;
  /** What each terminal told of T0, where several did before the receipt, or for one that shows nothing. */
  readonly told?: Readonly<Record<string, EpochMs>>;
  /** The same of terminals that were not sure of their clock (SYN-4). */
  readonly guessed?: Readonly<Record<string, EpochMs>>;
  /** Which terminals showed that they held the slot before a byte of it was overwritten (RET-7); a proof that nobody could judge yet stands here itself. */
  readonly shown?: Readonly<Record<string, 'fits' | SlotShown>>;
  /** The first receipt shows nothing of the slot (RET-3): whom it names as who took the medium, for want of another name itself, and that one's T0. */
  readonly overwritten?: { readonly by: TerminalId; readonly t0: EpochMs; readonly named: boolean };
  readonly licenceStart: EpochMs;
  /** Sorted; empty while no key is known to be destroyed. A torn return that two terminals finished has two. */
  readonly receipts: readonly string[];
  /** `staff`: it would change a settled rental but may not by itself (RET-2, RNT-7); decided once, when the return is first heard of. */
  readonly ruling: 'counts' | 'staff';
}

/** Everything known of a rental. Plain data: stored as it is, compared by value. Facts are kept, `status` and `basis` follow from them. */
export interface RentalState {
  readonly status: RentalStatus;
  /** What the charge is computed from; null while nothing is due. */
  readonly basis: ChargeBasis | null;
  /** Start of the meter as far as known, and who says so. */
  readonly start: RentalStart | null;
  readonly facts: RentalFacts;
}

export interface RentalStart {
  readonly at: EpochMs;
  readonly source: 'kiosk' | 'settled' | 'return_of_held' | 'licence';
}

/** Input of `computeCharge`: `kept` is computed with stop = keep limit, where the keep price applies. */
export interface ChargeBasis {
  readonly start: EpochMs;
  readonly stop: EpochMs;
  readonly ending: 'returned' | 'lost' | 'kept';
  readonly returnId: ReturnId | null;
}

export interface RentalFacts {
  readonly prepared: EpochMs | null;
  readonly started: EpochMs | null;
  readonly held: EpochMs | null;
  readonly settled: EpochMs | null;
  readonly wiped: EpochMs | null;
  readonly heldUnseen: EpochMs | null;
  readonly voided: EpochMs | null;
  readonly pendingExpired: EpochMs | null;
  /** Sorted by T0, then return id. */
  readonly returns: readonly KnownReturn[];
  /** Returns that were given up before overwriting began; sorted. */
  readonly abandoned: readonly ReturnId[];
  readonly keepLimit: EpochMs | null;
  readonly lost: EpochMs | null;
  readonly found: { readonly at: EpochMs; readonly decision: 'handed_in' | 'resume' } | null;
}

/** What the hub has to do because the rental changed. Computed from before and after, so that every order of arrival sums up to the same. */
export type RentalEffect =
  /** A unit of the title is taken (RSV-1: open and held), given back, used up (kept), or no longer used up but taken again (`restore`). */
  | { readonly kind: 'unit'; readonly change: UnitChange }
  | { readonly kind: 'post_charge'; readonly basis: ChargeBasis }
  | { readonly kind: 'correct_charge'; readonly from: ChargeBasis; readonly to: ChargeBasis }
  | { readonly kind: 'cancel_charge'; readonly from: ChargeBasis }
  /** RNT-6: no new rental for the member until the held copy is settled. */
  | { readonly kind: 'member_block'; readonly blocked: boolean }
  /** LIC-1: what the licence's status document says from now on. */
  | {
      readonly kind: 'licence';
      readonly status: 'ready' | 'active' | 'returned' | 'cancelled' | 'revoked';
      readonly end: EpochMs | null;
    }
  /** RNT-7: a licence without end at the next contact. */
  | { readonly kind: 'endless_licence' }
  | { readonly kind: 'release_hold' }
  | { readonly kind: 'alert'; readonly alert: RentalAlert };

export type UnitChange = 'occupy' | 'release' | 'consume' | 'restore';

export type RentalAlert =
  | 'clone_suspected'
  | 'return_needs_staff'
  | 'facts_contradict'
  | 'held_unseen'
  | 'held_reported_lost'
  | 'found_after_loss'
  | 'lost_after_return';

/** The answer to whoever reported the fact (RET-2: the same return gets the same answer). */
export type RentalOutcome =
  | 'applied'
  | 'confirmed'
  | 'duplicate'
  | 'already_returned'
  | 'earlier_return_wins'
  | 'to_staff'
  | 'no_effect';

export interface RentalStep {
  readonly state: RentalState;
  readonly effects: readonly RentalEffect[];
  readonly outcome: RentalOutcome;
}
