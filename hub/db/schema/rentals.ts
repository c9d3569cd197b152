import { boolean, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
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
import { amount, at, counter, id } from './columns.ts';

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
export const rentals = pgTable(
  'rentals',
  {
    rentalId: id<RentalId>().primaryKey(),
    copyId: id<CopyId>().notNull(),
    titleId: id<TitleId>().notNull(),
    editionId: id<EditionId>().notNull(),
    mediumId: id<MediumId>().notNull(),
    /** Null only while nobody has told whose it is. */
    memberId: id<MemberId>(),
    memberToken: text().notNull(),
    siteId: id<SiteId>(),
    kioskId: id<TerminalId>(),
    binding: text().$type<'none' | 'players'>().notNull(),
    /** Frozen at the start (CHG-4): later edits of tariff or site never touch them. */
    tariff: jsonb().$type<Tariff>().notNull(),
    calendar: jsonb().$type<SiteCalendar>().notNull(),
    discounts: jsonb().$type<Discount[]>().notNull(),
    coupons: jsonb().$type<Coupon[]>().notNull(),
    status: text().$type<RentalStatus>().notNull(),
    state: jsonb().$type<RentalState>(),
    startedAt: at(),
    dueAt: at(),
    keepAt: at(),
    licenceEnd: at(),
    closedAt: at(),
    licence: text(),
    licenceStatus: text().$type<'ready' | 'active' | 'returned' | 'cancelled' | 'revoked'>().notNull(),
    /** RNT-7: a licence without end is to be handed over at the next contact. */
    endlessLicenceDue: boolean().notNull(),
    /** K of RET-7, published nowhere. */
    slotProofKey: text(),
    chunkHashes: jsonb().$type<ChunkHash[]>().notNull(),
    hold: jsonb().$type<HeldCard>(),
    holdExpiresAt: at(),
    reservationId: id<ReservationId>(),
    preparedAt: at().notNull(),
    /** Until when a prepared rental waits for its start; null once it began. */
    permitExpiresAt: at(),
    offline: boolean().notNull(),
    needsStaff: boolean().notNull(),
    /** The charge as it stands now; null while nothing is due. */
    charge: jsonb().$type<Charge>(),
    /** Counts the charges of this rental, so that each posting and correction has its own id (LED-1). */
    chargeRevision: integer().notNull(),
    /** What settlements (refund, goodwill, points earned) of this rental posted so far: reason → account → sum. */
    settled: jsonb().$type<Readonly<Record<string, Readonly<Record<string, number>>>>>().notNull(),
  },
  (table) => [
    uniqueIndex('rentals_copy').on(table.copyId),
    index('rentals_member').on(table.memberId, table.status),
    index('rentals_title').on(table.titleId, table.status),
    index('rentals_status').on(table.status),
    index('rentals_medium').on(table.mediumId),
    index('rentals_prepared').on(table.preparedAt),
    index('rentals_started').on(table.startedAt),
    index('rentals_kiosk').on(table.kioskId, table.startedAt),
    index('rentals_staff').on(table.needsStaff, table.preparedAt),
    index('rentals_closed').on(table.closedAt),
    index('rentals_due').on(table.dueAt),
    index('rentals_site').on(table.siteId, table.preparedAt),
  ],
);

/** What happened to a rental, for staff: every fact with the answer it got. */
export const rentalTimeline = pgTable(
  'rental_timeline',
  {
    entryId: id<string>().primaryKey(),
    rentalId: id<RentalId>().notNull(),
    at: at().notNull(),
    recordedAt: at().notNull(),
    kind: text().notNull(),
    outcome: text().notNull(),
    terminalId: id<TerminalId>(),
    eventId: id<EventId>(),
    detail: jsonb().$type<Readonly<Record<string, unknown>>>().notNull(),
  },
  (table) => [
    index('rental_timeline_rental').on(table.rentalId, table.at),
    index('rental_timeline_recorded').on(table.recordedAt),
  ],
);

/** One return as far as it is known; what was quoted and taken stands here, what it did to the rental in the rental's state. */
export const returns = pgTable(
  'returns',
  {
    returnId: id<ReturnId>().primaryKey(),
    rentalId: id<RentalId>().notNull(),
    copyId: id<CopyId>(),
    terminalId: id<TerminalId>(),
    state: text().$type<'opened' | 'accepted' | 'intent' | 'destroyed' | 'abandoned'>().notNull(),
    t0: at(),
    destroyedAt: at(),
    offlineSince: at(),
    /** What terminal and customer agreed on: the hub's signed quote, or offline the terminal's own figure (CHG-7). */
    agreed: jsonb().$type<Money>(),
    /** What was left unpaid at the terminal; null until the key was destroyed. */
    due: jsonb().$type<Money>(),
    /** What is known of each part of the payment, by its idempotence key (PAY-1). */
    payments: jsonb().$type<Readonly<Record<string, ReturnPayment>>>().notNull(),
    /** RET-7: `unchecked` where the hub never learned K. */
    proof: text().$type<'pending' | 'proven' | 'mismatch' | 'unchecked'>().notNull(),
    receiptId: text(),
    /** Terminals other than `terminalId` that took this return over to finish it (RET-3). */
    finishers: jsonb().$type<TerminalId[]>().notNull().default([]),
    updatedAt: at().notNull(),
  },
  (table) => [
    index('returns_rental').on(table.rentalId),
    index('returns_terminal').on(table.terminalId, table.destroyedAt),
  ],
);

/** What the hub answered to an opened return; the same return id gets the same answer (CHG-7, RET-2). */
export const quotes = pgTable(
  'quotes',
  {
    returnId: id<ReturnId>().primaryKey(),
    rentalId: id<RentalId>().notNull(),
    terminalId: id<TerminalId>().notNull(),
    t0: at().notNull(),
    total: jsonb().$type<Money>(),
    /** The whole HTTP answer, as sent. */
    answer: jsonb().$type<Readonly<Record<string, unknown>>>().notNull(),
    nonce: text().notNull(),
    chunkIndices: jsonb().$type<number[]>().notNull(),
    madeAt: at().notNull(),
    validUntil: at().notNull(),
  },
  (table) => [index('quotes_rental').on(table.rentalId), index('quotes_end').on(table.validUntil)],
);

/** Signed proofs of destruction; `receiptId` is the SHA-256 of the JWS, `previous` chains them per terminal. */
export const receipts = pgTable(
  'receipts',
  {
    receiptId: text().primaryKey(),
    returnId: id<ReturnId>().notNull(),
    rentalId: id<RentalId>().notNull(),
    terminalId: id<TerminalId>().notNull(),
    counter: counter().notNull(),
    previous: text().notNull(),
    jws: text().notNull(),
    claim: text().notNull(),
    readBack: text().notNull(),
    destroyedAt: at().notNull(),
    receivedAt: at().notNull(),
    /** Epoch of the terminal's store in which it was first reported, and the receipt with which its chain began. */
    epoch: text().notNull().default(''),
    chain: text().notNull().default(''),
    /** What the slot's proof was made over; null where there was no slot left to prove. */
    nonce: text(),
  },
  (table) => [
    index('receipts_chain').on(table.terminalId, table.counter),
    index('receipts_nonce').on(table.nonce),
    index('receipts_rental').on(table.rentalId),
  ],
);

/** Places in the queue of a title (RSV-1). Order: `requestedAt`, then id; the dense position is computed. */
export const reservations = pgTable(
  'reservations',
  {
    reservationId: id<ReservationId>().primaryKey(),
    titleId: id<TitleId>().notNull(),
    memberId: id<MemberId>().notNull(),
    siteId: id<SiteId>(),
    /** The rental at whose return it was made: earns points once (RWD-1). */
    rentalId: id<RentalId>(),
    /** The terminal that asked for it (SEC-4); null: one of before that was noted. */
    requestedBy: id<TerminalId>(),
    state: text().$type<'waiting' | 'paused' | 'ready' | 'collected' | 'expired' | 'cancelled'>().notNull(),
    requestedAt: at().notNull(),
    readyAt: at(),
    readyUntil: at(),
    endedAt: at(),
    rewarded: boolean().notNull(),
  },
  (table) => [
    index('reservations_queue').on(table.titleId, table.state, table.requestedAt),
    index('reservations_member').on(table.memberId),
    index('reservations_requested').on(table.requestedAt),
  ],
);

/** One rating a rental, the latest by device time (RAT-1). */
export const ratings = pgTable(
  'ratings',
  {
    rentalId: id<RentalId>().primaryKey(),
    titleId: id<TitleId>().notNull(),
    memberId: id<MemberId>().notNull(),
    stars: integer().notNull(),
    at: at().notNull(),
    eventId: id<EventId>().notNull(),
  },
  (table) => [
    index('ratings_title').on(table.titleId),
    index('ratings_member').on(table.memberId),
    index('ratings_at').on(table.at),
  ],
);

/** Units and money that an offline kiosk may rent within (SYN-1). */
export const allotments = pgTable('allotments', {
  terminalId: id<TerminalId>().primaryKey(),
  issuedAt: at().notNull(),
  validUntil: at().notNull(),
  rentals: integer().notNull(),
  perMemberMinor: amount().notNull(),
  totalMinor: amount().notNull(),
  units: jsonb().$type<{ titleId: TitleId; units: number }[]>().notNull(),
});
