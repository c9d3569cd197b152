import type { Charge, Coupon, Discount } from '#shared/domain/charge.ts';
import type { RentalState, RentalStatus } from '#shared/domain/rental.ts';
import type { SiteCalendar } from '#shared/domain/site.ts';
import type { Tariff } from '#shared/domain/tariff.ts';
import type {
  CopyId,
  EditionId,
  EventId,
  MediumId,
  MemberId,
  RentalId,
  ReservationId,
  ReturnId,
  SiteId,
  TerminalId,
  TitleId,
} from '#shared/kernel/ids.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { PaymentPart } from '#shared/protocol/events.ts';

export interface ChunkHash {
  readonly index: number;
  readonly sha256: string;
}
export interface HeldCard {
  readonly authorisationId: string;
  readonly cardToken: string;
  readonly maskedCard: string;
  readonly amount: Money;
}

/** One part of a payment: what the terminal meant to take, took with the destruction, and said of it afterwards. */
export interface ReturnPayment {
  readonly part: PaymentPart;
  /** Reported with the destroyed key: captured by that (PAY-1). */
  readonly taken: boolean;
  /** The last word of the terminal about a card payment, by its time. */
  readonly outcome: { readonly kind: 'captured' | 'voided' | 'failed'; readonly at: EpochMs } | null;
  /** The terminal that reported it, and alone may say how it ended; absent in returns of before this was kept. */
  readonly by?: TerminalId;
  /** How often the ledger entry of this part was booked or taken back: names the next one. */
  readonly bookings: number;
  readonly booked: boolean;
}

/** One row a rental. `state` is what `applyRentalEvent` made of all facts; the columns beside it serve questions only. */
export interface RentalRow {
  readonly rentalId: RentalId;
  readonly copyId: CopyId;
  readonly titleId: TitleId;
  readonly editionId: EditionId;
  readonly mediumId: MediumId;
  /** Null only while nobody has told whose it is. */
  readonly memberId: MemberId | null;
  readonly memberToken: string;
  readonly siteId: SiteId | null;
  readonly kioskId: TerminalId | null;
  readonly binding: 'none' | 'players';
  /** Frozen at the start (CHG-4): later edits of tariff or site never touch them. */
  readonly tariff: Tariff;
  readonly calendar: SiteCalendar;
  readonly discounts: Discount[];
  readonly coupons: Coupon[];
  readonly status: RentalStatus;
  readonly state: RentalState | null;
  readonly startedAt: EpochMs | null;
  readonly dueAt: EpochMs | null;
  readonly keepAt: EpochMs | null;
  readonly licenceEnd: EpochMs | null;
  readonly closedAt: EpochMs | null;
  readonly licence: string | null;
  readonly licenceStatus: 'ready' | 'active' | 'returned' | 'cancelled' | 'revoked';
  /** RNT-7: a licence without end is to be handed over at the next contact. */
  readonly endlessLicenceDue: boolean;
  /** K of RET-7, published nowhere. */
  readonly slotProofKey: string | null;
  readonly chunkHashes: ChunkHash[];
  readonly hold: HeldCard | null;
  readonly holdExpiresAt: EpochMs | null;
  readonly reservationId: ReservationId | null;
  readonly preparedAt: EpochMs;
  /** Until when a prepared rental waits for its start; null once it began. */
  readonly permitExpiresAt: EpochMs | null;
  readonly offline: boolean;
  readonly needsStaff: boolean;
  /** The charge as it stands now; null while nothing is due. */
  readonly charge: Charge | null;
  /** Counts the charges of this rental, so that each posting and correction has its own id (LED-1). */
  readonly chargeRevision: number;
  /** What settlements (refund, goodwill, points earned) of this rental posted so far: reason → account → sum. */
  readonly settled: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** What happened to a rental, for staff: every fact with the answer it got. */
export interface TimelineEntryRow {
  readonly entryId: string;
  readonly rentalId: RentalId;
  readonly at: EpochMs;
  readonly recordedAt: EpochMs;
  readonly kind: string;
  readonly outcome: string;
  readonly terminalId: TerminalId | null;
  readonly eventId: EventId | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** One return as far as it is known; what was quoted and taken stands here, what it did to the rental in the rental's state. */
export interface ReturnRow {
  readonly returnId: ReturnId;
  readonly rentalId: RentalId;
  readonly copyId: CopyId | null;
  readonly terminalId: TerminalId | null;
  readonly state: 'opened' | 'accepted' | 'intent' | 'destroyed' | 'abandoned';
  readonly t0: EpochMs | null;
  readonly destroyedAt: EpochMs | null;
  readonly offlineSince: EpochMs | null;
  /** What terminal and customer agreed on: the hub's signed quote, or offline the terminal's own figure (CHG-7). */
  readonly agreed: Money | null;
  /** What was left unpaid at the terminal; null until the key was destroyed. */
  readonly due: Money | null;
  /** What is known of each part of the payment, by its idempotence key (PAY-1). */
  readonly payments: Readonly<Record<string, ReturnPayment>>;
  /** RET-7: `unchecked` where the hub never learned K. */
  readonly proof: 'pending' | 'proven' | 'mismatch' | 'unchecked';
  readonly receiptId: string | null;
  /** Terminals other than `terminalId` that took this return over to finish it (RET-3). */
  readonly finishers: TerminalId[];
  readonly updatedAt: EpochMs;
}

/** What the hub answered to an opened return; the same return id gets the same answer (CHG-7, RET-2). */
export interface QuoteRow {
  readonly returnId: ReturnId;
  readonly rentalId: RentalId;
  readonly terminalId: TerminalId;
  readonly t0: EpochMs;
  readonly total: Money | null;
  /** The whole HTTP answer, as sent. */
  readonly answer: Readonly<Record<string, unknown>>;
  readonly nonce: string;
  readonly chunkIndices: number[];
  readonly madeAt: EpochMs;
  readonly validUntil: EpochMs;
}

/** Signed proofs of destruction; `receiptId` is the SHA-256 of the JWS, `previous` chains them per terminal. */
export interface ReceiptRow {
  readonly receiptId: string;
  readonly returnId: ReturnId;
  readonly rentalId: RentalId;
  readonly terminalId: TerminalId;
  readonly counter: number;
  readonly previous: string;
  readonly jws: string;
  readonly claim: string;
  readonly readBack: string;
  readonly destroyedAt: EpochMs;
  readonly receivedAt: EpochMs;
  /** Epoch of the terminal's store in which it was first reported, and the receipt with which its chain began. */
  readonly epoch: string;
  readonly chain: string;
  /** What the slot's proof was made over; null where there was no slot left to prove. */
  readonly nonce: string | null;
}

/** Places in the queue of a title (RSV-1). Order: `requestedAt`, then id; the dense position is computed. */
export interface ReservationRow {
  readonly reservationId: ReservationId;
  readonly titleId: TitleId;
  readonly memberId: MemberId;
  readonly siteId: SiteId | null;
  /** The rental at whose return it was made: earns points once (RWD-1). */
  readonly rentalId: RentalId | null;
  /** The terminal that asked for it (SEC-4); null: one of before that was noted. */
  readonly requestedBy: TerminalId | null;
  readonly state: 'waiting' | 'paused' | 'ready' | 'collected' | 'expired' | 'cancelled';
  readonly requestedAt: EpochMs;
  readonly readyAt: EpochMs | null;
  readonly readyUntil: EpochMs | null;
  readonly endedAt: EpochMs | null;
  readonly rewarded: boolean;
}

/** One rating a rental, the latest by device time (RAT-1). */
export interface RatingRow {
  readonly rentalId: RentalId;
  readonly titleId: TitleId;
  readonly memberId: MemberId;
  readonly stars: number;
  readonly at: EpochMs;
  readonly eventId: EventId;
}

/** Units and money that an offline kiosk may rent within (SYN-1). */
export interface AllotmentRow {
  readonly terminalId: TerminalId;
  readonly issuedAt: EpochMs;
  readonly validUntil: EpochMs;
  readonly rentals: number;
  readonly perMemberMinor: number;
  readonly totalMinor: number;
  readonly units: { titleId: TitleId; units: number }[];
}
