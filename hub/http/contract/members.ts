import { z } from '@hono/zod-openapi';
import { paymentMeans } from '#shared/protocol/events.ts';
import {
  count,
  mediumId,
  rentalId,
  reservationId,
  sha256Hex,
  siteId,
  titleId,
} from '#shared/protocol/primitives.ts';
import { registerRequest } from '#shared/protocol/terminal-api.ts';
import { curve } from './catalogue.ts';
import { listQuery, moment, money, pageOf } from './common.ts';

export const memberId = z.string().max(36);
export const memberSummary = z.object({
  memberId,
  number: z.string(),
  displayName: z.string(),
  siteId: siteId.nullable(),
  state: z.enum(['active', 'blocked', 'deleted']),
  pinLocked: z.boolean(),
  createdAt: moment,
});
export type MemberSummary = z.infer<typeof memberSummary>;
export const memberPage = pageOf(memberSummary);
export const memberQuery = listQuery({ since: 'text', name: 'text', number: 'text' }).extend({
  state: memberSummary.shape.state.optional(),
  siteId: siteId.optional(),
});

export const reservationView = z.object({
  reservationId,
  titleId,
  titleName: z.string(),
  memberId,
  memberName: z.string(),
  state: z.enum(['waiting', 'paused', 'ready', 'collected', 'expired', 'cancelled']),
  position: count,
  waitSeconds: count.nullable(),
  requestedAt: moment,
  readyUntil: moment.nullable(),
});
export type ReservationView = z.infer<typeof reservationView>;
export const reservationList = pageOf(reservationView);
export const reservationQuery = listQuery({ requested: 'number' }, { first: 1000, most: 1000 }).extend({
  state: z.enum(['waiting', 'paused', 'ready']).optional(),
  titleId: titleId.optional(),
});

export const ledgerLine = z.object({
  transferId: z.string(),
  phase: z.enum(['single', 'pending', 'posted', 'voided', 'expired']),
  reason: z.string(),
  correctsId: z.string().nullable(),
  rentalId: rentalId.nullable(),
  memberId: memberId.nullable(),
  siteId: siteId.nullable(),
  accountId: z.string(),
  /** Debit positive, credit negative; minor units of `unit`, or whole points where it is `PTS`. */
  amount: z.int(),
  unit: z.string(),
  at: moment,
  bookedAt: moment,
  detail: z.record(z.string(), z.unknown()),
});
export type LedgerLine = z.infer<typeof ledgerLine>;
export const ledgerPage = pageOf(ledgerLine);
/** By when it was booked (newest first where nothing is said) or when it happened; the key of a line is its place and its transfer. */
export const ledgerQuery = listQuery(
  { booked: 'number', at: 'number' },
  { keyForm: /^\d{1,4}:[\s\S]{1,300}$/ },
).extend({
  account: z.string().max(120).optional(),
  memberId: memberId.optional(),
  rentalId: rentalId.optional(),
});
/** `before`: as the books stood then, by the time of the facts; absent: now. */
export const balanceQuery = z.object({ before: z.coerce.number().pipe(moment).optional() });
/** Every account with its balance; `balanced` says that debits and credits of each unit add up to 0 (LED-1). */
export const balanceSheet = z.object({
  at: moment,
  accounts: z.array(z.object({ accountId: z.string(), kind: z.string(), unit: z.string(), posted: z.int() })),
  totals: z.array(z.object({ unit: z.string(), kind: z.string(), posted: z.int() })),
  balanced: z.boolean(),
});
export type BalanceSheet = z.infer<typeof balanceSheet>;

export const rentalSummary = z.object({
  rentalId,
  titleId,
  titleName: z.string(),
  memberId: memberId.nullable(),
  memberName: z.string().nullable(),
  siteId: siteId.nullable(),
  kioskId: z.string().nullable(),
  status: z.enum(['pending', 'active', 'returning', 'closed', 'held', 'void', 'kept', 'lost']),
  startedAt: moment.nullable(),
  dueAt: moment.nullable(),
  closedAt: moment.nullable(),
  preparedAt: moment,
  offline: z.boolean(),
  needsStaff: z.boolean(),
  /** Final where the rental is over, else what it would cost now. */
  charge: money,
});
export type RentalSummary = z.infer<typeof rentalSummary>;
export const rentalPage = pageOf(rentalSummary);
export const rentalQuery = listQuery({
  made: 'number',
  started: 'number',
  due: 'number',
  closed: 'number',
}).extend({
  status: z.enum(['pending', 'active', 'returning', 'closed', 'held', 'void', 'kept', 'lost']).optional(),
  open: z.enum(['true']).optional(),
  needsStaff: z.enum(['true']).optional(),
  siteId: siteId.optional(),
  titleId: titleId.optional(),
  memberId: memberId.optional(),
  kioskId: z.string().max(32).optional(),
});

/** SEC-6: a player at home that this member's copies may be bound to. */
export const memberPlayer = z.object({
  playerId: z.string(),
  /** As it calls itself. */
  name: z.string(),
  addedAt: moment.nullable(),
  addedBy: z.enum(['medium', 'code', 'staff']).nullable(),
});
export type MemberPlayer = z.infer<typeof memberPlayer>;
/** The code that the player shows, however it is typed. */
export const pairBody = z.object({ code: z.string().trim().min(8).max(20) });

export const blockCause = z.enum(['misuse', 'unpaid', 'stolen', 'asked']);
export const blockBody = z.object({ cause: blockCause });
export const unblockBody = z.object({ cause: z.enum(['settled', 'mistaken', 'asked']) });

export const memberDetail = memberSummary.extend({
  /** Null: not blocked. `cause` null: blocked before causes were kept. */
  blocked: z.object({ since: moment.nullable(), cause: blockCause.nullable() }).nullable(),
  birthYear: z.int(),
  language: z.enum(['en', 'ja', 'de']),
  currency: money.shape.currency,
  prepaid: money,
  points: count,
  amountDue: money,
  preferredMeans: z.array(paymentMeans),
  media: z.array(z.object({ mediumId, mediumClass: z.enum(['plain', 'secure']), lastSeenAt: moment })),
  players: z.array(memberPlayer),
  rentals: z.array(rentalSummary),
  reservations: z.array(reservationView),
  entries: z.array(ledgerLine),
});
export type MemberDetail = z.infer<typeof memberDetail>;

/** SEC-9: what the hub holds of a person, by the tables it stands in. */
export const memberExport = z.looseObject({
  format: z.literal('keyturn-member-export/1'),
  exportedAt: moment,
});
/** `paidOut`: the balance that was just given back in cash; null where there is none. */
export const eraseBody = z.object({ paidOut: money.nullable() });

export const registerMemberBody = registerRequest.extend({ siteId });
export const paymentBody = z.object({
  /** Made by the page when its form opens: sent twice, it is one payment. */
  key: z.string().min(8).max(100),
  purpose: z.enum(['prepaid', 'amount_due']),
  amount: money,
});
export const balances = z.object({ prepaid: money, points: count, amountDue: money });
export const pinBody = z.object({ pin: registerRequest.shape.pin });

export const timelineEntry = z.object({
  at: moment,
  recordedAt: moment,
  kind: z.string(),
  outcome: z.string(),
  terminalId: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
});
export const receiptView = z.object({
  receiptId: sha256Hex,
  returnId: z.string(),
  terminalId: z.string(),
  /** Its place in the chain of the terminal's receipts. */
  counter: count,
  claim: z.string(),
  readBack: z.string(),
  destroyedAt: moment,
  jws: z.string(),
  /** Where the customer checks it; null: this hub has no address for customers. */
  address: z.string().nullable(),
});
export const rentalDetail = rentalSummary.extend({
  copyId: z.string(),
  mediumId,
  binding: z.enum(['none', 'players']),
  tariff: z.object({ name: z.string(), version: count }),
  lines: z.array(
    z.object({
      kind: z.string(),
      refId: z.string().nullable(),
      from: moment.nullable(),
      to: moment.nullable(),
      units: count,
      amount: money,
    }),
  ),
  tax: money.nullable(),
  keepAt: moment.nullable(),
  licenceStatus: z.string(),
  licenceEnd: moment.nullable(),
  /** What is known of the copy, for complaints (RNT-8). */
  copy: z.object({ chunksKnown: count, slotProofKnown: z.boolean() }),
  returns: z.array(
    z.object({
      returnId: z.string(),
      terminalId: z.string().nullable(),
      state: z.string(),
      t0: moment.nullable(),
      destroyedAt: moment.nullable(),
      proof: z.string(),
      /** What was taken at the terminal, by means. */
      paid: z.array(z.object({ means: paymentMeans, amount: money, points: count.nullable() })),
      /** What was left unpaid; null until the key was destroyed. */
      due: money.nullable(),
    }),
  ),
  /** What it costs by the day of return, on its own terms, and where it stands now or ended; null: it never began. */
  price: z.object({ points: curve.shape.points, at: moment, total: money, ended: z.boolean() }).nullable(),
  receipts: z.array(receiptView),
  stars: z.int().min(1).max(5).nullable(),
  timeline: z.array(timelineEntry),
  entries: z.array(ledgerLine),
});
export type RentalDetail = z.infer<typeof rentalDetail>;

export const reasonBody = z.object({ reason: z.string().trim().min(3).max(500) });
export const foundBody = reasonBody.extend({ decision: z.enum(['handed_in', 'resume']) });
export const complaintBody = reasonBody.extend({
  key: z.string().min(8).max(100),
  kind: z.enum(['refund', 'exchange']),
  /** For a refund; absent: all that was charged. */
  amount: money.optional(),
});
export const complaintAnswer = z.object({
  refunded: money.nullable(),
  couponId: z.string().nullable(),
  /** Above the limit: nothing was refunded yet, this request waits for a second person. */
  requestId: z.string().nullable(),
});

export const ratingView = z.object({
  rentalId,
  titleId,
  titleName: z.string(),
  memberId,
  stars: z.int().min(1).max(5),
  at: moment,
});
export type RatingView = z.infer<typeof ratingView>;
export const ratingList = pageOf(ratingView);
export const ratingQuery = listQuery({ at: 'number', stars: 'number' }, { first: 200, most: 200 }).extend({
  stars: z.coerce.number().int().min(1).max(5).optional(),
  titleId: titleId.optional(),
});

/** SEC-6: players of all members, for the list. */
export const playerView = memberPlayer.extend({
  memberId: memberId.nullable(),
  memberName: z.string().nullable(),
  seenAt: moment,
  revokedAt: moment.nullable(),
});
export type PlayerView = z.infer<typeof playerView>;
export const playerPage = pageOf(playerView);
export const playerQuery = listQuery({ seen: 'number' }).extend({
  state: z.enum(['good', 'removed']).optional(),
});

/** What the command bar finds by a few letters: at most a handful of each. */
export const foundView = z.object({
  items: z.array(
    z.object({
      kind: z.enum(['rental', 'terminal', 'member', 'title', 'site']),
      id: z.string(),
      name: z.string(),
      /** Number, shop, state: what tells it from others of that name. */
      note: z.string(),
    }),
  ),
});
export type FoundItem = z.infer<typeof foundView>['items'][number];
export const findQuery = z.object({ q: z.string().trim().min(1).max(60) });

/** REC-1 explained to staff: what is recommended to a member, how strongly, and which of the member's own titles led there. */
export const whyView = z.object({
  trainedAt: moment.nullable(),
  interactions: count,
  members: count,
  items: z.array(
    z.object({
      titleId,
      titleName: z.string(),
      reason: z.string(),
      fromTitleId: titleId.nullable(),
      genre: z.string().nullable(),
      score: z.number(),
      from: z.array(z.object({ titleId, titleName: z.string(), share: z.number() })),
    }),
  ),
});
export type WhyView = z.infer<typeof whyView>;
