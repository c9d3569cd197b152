import type { z } from 'zod';
import type { HubDeps } from '#hub/app/deps.ts';
import { hubTimeOf } from '#hub/app/fleet/clock-evidence.ts';
import { challengeOf, chunksToAsk } from '#hub/app/ingest/proof.ts';
import { memberBalances } from '#hub/app/ledger/balances.ts';
import { rentalOfLicence, type SignedLicence } from '#hub/app/rentals/from-licence.ts';
import { ACCOUNTS } from '#hub/domain/accounts.ts';
import type { QuoteRow, RentalRow, TerminalRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { type Charge, type ChargeFault, computeCharge } from '#shared/domain/charge.ts';
import { planPayment } from '#shared/domain/payment-plan.ts';
import { applyRentalEvent } from '#shared/domain/rental.ts';
import { quotableT0 } from '#shared/domain/return-times.ts';
import type { CopyId, RentalId, ReturnId, TerminalId } from '#shared/kernel/ids.ts';
import { type Money, money, zero } from '#shared/kernel/money.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { LIMITS } from '#shared/media/layout.ts';
import { licenceSchema } from '#shared/media/licence.ts';
import { type FleetTrust, signJws, verifyJws } from '#shared/media/signing.ts';
import { newId } from '#shared/ports/random.ts';
import type { Signer } from '#shared/ports/signer.ts';
import type { Stamp } from '#shared/protocol/envelope.ts';
import type { openReturnAnswer, QuotePayload } from '#shared/protocol/terminal-api.ts';
import { nextStep } from './next-step.ts';

export type QuoteDeps = HubDeps & {
  readonly trust: FleetTrust;
  readonly signer: Signer;
  /** `HubSecrets.challengeKey`. */
  readonly challengeKey: Uint8Array;
};
export type OpenAnswer = z.infer<typeof openReturnAnswer>;

export interface OpenReturn {
  readonly returnId: ReturnId;
  readonly rentalId: RentalId;
  readonly copyId: CopyId;
  readonly licence: string;
  /** In the terminal's own time, as its RETURNING record says it. */
  readonly t0: EpochMs;
  /** The times of the question, by which T0 becomes hub time (SYN-4). */
  readonly stamp: Stamp;
  /** The boot in which T0 was taken (PR-26). */
  readonly t0Boot?: string | undefined;
  /** Who took the medium at T0, as its record says (PR-30); absent: a peer older than 1.7. */
  readonly acceptedBy?: TerminalId | undefined;
}

export type OpenFault =
  | ChargeFault
  | Fault<
      | 'licence_invalid'
      | 'licence_foreign'
      | 'return_conflict'
      | 'licence_other_rental'
      | 'licence_contradicts_rental'
      | 'member_unknown'
      | 'terminal_unknown'
      | 'tariff_missing'
      | 'tariff_invalid'
      | 'calendar_invalid'
    >;

/** A quote holds as long as a customer may stand at the terminal; T0 is fixed in it, so a later one says the same. */
const QUOTE_MS = 30 * 60_000;

/**
 * Opens a return (PAY-1): what the rental costs if the medium was accepted at T0, signed by the hub (CHG-7), and the challenge that proves
 * that the terminal holds the slot (RET-7). The figure is computed by the very steps that will book it. The same return id gets the same
 * answer while its rental is open. A copy that was returned before gets "already returned", no charge, no error (RET-2), also where this very
 * return was quoted and then closed the rental: a medium that lost what was written to it asks nobody to pay again.
 */
export async function openReturn(
  deps: QuoteDeps,
  terminal: TerminalRow,
  request: OpenReturn,
): Promise<Result<OpenAnswer, OpenFault>> {
  const signed = await readLicence(deps, request.licence);
  if (!signed.ok) return signed;
  const made = await deps.db.transaction(async (stores): Promise<Result<Opened, OpenFault>> => {
    const before = await stores.quotes.find({ returnId: request.returnId });
    if (before !== null && before.rentalId !== request.rentalId)
      return fault('return_conflict', 'this return id belongs to another rental');
    const rental = await rentalOfLicence(stores, request.rentalId, signed.value);
    if (!rental.ok) return rental;
    if (rental.value.copyId !== request.copyId)
      return fault('licence_contradicts_rental', 'this copy belongs to another rental');
    const over = overFor(rental.value, request.returnId);
    if (before !== null && over !== null) return ok({ known: overAfter(before.answer as OpenAnswer, over) });
    if (before !== null && before.terminalId === terminal.terminalId && before.validUntil > deps.clock.now())
      return ok({ known: before.answer as OpenAnswer });
    const draft = await draftOf(deps, stores, terminal, request, rental.value, signed.value);
    return draft.ok ? ok({ ...draft.value, renews: before }) : draft;
  });
  if (!made.ok) return made;
  if ('known' in made.value) return ok(made.value.known);
  return ok(await store(deps, terminal, request, made.value));
}

type Opened = { readonly known: OpenAnswer } | Draft;
interface Draft {
  /** The answer of the same return that ran out, or that a terminal got which did not finish it (RET-3): same T0, same challenge. */
  readonly renews: QuoteRow | null;
  readonly outcome: OpenAnswer['outcome'];
  readonly payload: QuotePayload | null;
  readonly chunkIndices: number[];
  readonly memberToken: string | null;
  /** The rental was reported lost. */
  readonly found: boolean;
  readonly plan: OpenAnswer['plan'];
}

async function readLicence(
  deps: QuoteDeps,
  jws: string,
): Promise<Result<SignedLicence, Fault<'licence_invalid' | 'licence_foreign'>>> {
  const verified = await verifyJws(jws, deps.trust, {
    type: 'keyturn-licence',
    schema: licenceSchema,
    roles: ['kiosk', 'hub'],
    validAt: 'signed-at',
    maxBytes: LIMITS.licenceBytes,
  });
  if (verified.ok) return ok({ licence: verified.value.payload, jws, signer: verified.value.signer });
  const { code } = verified.error;
  return code === 'certificate_foreign'
    ? fault('licence_foreign', 'this copy was rented from another fleet')
    : fault('licence_invalid', 'the licence is not what a kiosk signed', { cause: code });
}

async function draftOf(
  deps: QuoteDeps,
  stores: Stores,
  terminal: TerminalRow,
  request: OpenReturn,
  rental: RentalRow,
  signed: SignedLicence,
): Promise<Result<Draft, ChargeFault>> {
  const base = {
    renews: null,
    chunkIndices: chunksToAsk(rental),
    memberToken: rental.memberToken,
    found: rental.status === 'lost',
  };
  const over = overFor(rental, request.returnId);
  if (over !== null) return ok({ ...base, outcome: over, payload: null, plan: null });
  const licenceStart = signed.licence.rights.start;
  const start = rental.startedAt ?? licenceStart;
  const now = deps.clock.now();
  const t0 = epochMs(Math.max(start, await acceptedAt(deps, stores, terminal, request, rental)));
  const charge = priceOf(rental, { returnId: request.returnId, terminal, t0, licenceStart });
  if (!charge.ok) return charge;
  const total = charge.value?.total ?? zero(rental.tariff.currency);
  const step = charge.value === null ? null : nextStep(rental, charge.value);
  const payload: QuotePayload = {
    returnId: request.returnId,
    rentalId: rental.rentalId,
    t0,
    total,
    tax: charge.value?.tax ?? zero(rental.tariff.currency),
    startedAt: charge.value?.start ?? start,
    dueAt: charge.value?.dueAt ?? rental.dueAt ?? start,
    lines: (charge.value?.lines ?? []).map((line) => ({
      code: line.kind,
      amount: money(line.amountMinor, total.currency),
      units: line.units,
      from: line.from,
      until: line.to,
    })),
    nextStepAt: step?.at ?? null,
    nextStepTotal: step?.total ?? null,
    validUntil: epochMs(now + QUOTE_MS),
  };
  return ok({
    ...base,
    outcome: 'quoted',
    payload,
    plan: await planOf(stores, rental, request.returnId, total, now),
  });
}

/**
 * T0 in hub time, exactly as ingest reads it (CHG-1, SYN-4): what was told of this return by whoever counts stands, else T0 is corrected by
 * the stamp of the question. Nothing certain: decided for the customer, and staff see it. What others told or asked in the name of this return says nothing (SEC-4).
 */
async function acceptedAt(
  deps: QuoteDeps,
  stores: Stores,
  { terminalId }: TerminalRow,
  { returnId, stamp, t0, t0Boot, acceptedBy }: OpenReturn,
  rental: RentalRow,
): Promise<EpochMs> {
  const known = rental.state?.facts.returns.find((each) => each.returnId === returnId);
  const counting = known === undefined ? undefined : quotableT0(known, terminalId, acceptedBy);
  if (counting !== undefined) return counting;
  const quoted = await stores.quotes.find({ returnId });
  const mine = quoted?.terminalId === terminalId || quoted?.terminalId === acceptedBy;
  if (quoted?.rentalId === rental.rentalId && quoted.total !== null && mine) return quoted.t0;
  const now = deps.clock.now();
  const { bootId, monotonic } = stamp;
  // Somebody waits for the answer: a question is on its way for seconds.
  const sentIn = t0Boot === bootId ? { bootId, monotonic, hubTime: now, sure: true } : null;
  const told = { terminalId, stamp, receivedAt: now, sentIn, behind: null };
  const { at, uncertain } = await hubTimeOf(stores, told, t0, 'stop');
  if (uncertain)
    await stores.alerts.raise(
      newId<string>(deps.clock, deps.random),
      {
        code: 'clock_uncertain',
        subject: returnId,
        severity: 'warning',
        message: `nothing tells how far the clock of ${terminalId} is off: the return of rental ${rental.rentalId} counts from the last moment the terminal was surely heard`,
        terminalId,
        rentalId: rental.state === null ? null : rental.rentalId,
      },
      now,
    );
  return at;
}

/** States in which nothing is to be paid by a return; a pending or void one may still be opened by the medium itself (RET-1). */
const OVER: Partial<Record<RentalRow['status'], OpenAnswer['outcome']>> = {
  closed: 'already_returned',
  kept: 'kept',
  held: 'held',
};

/** Why nothing is to be paid for this return; null: it is quoted. One that began before the keep limit still counts, once it is finished (CHG-1). */
function overFor({ status, state }: RentalRow, returnId: ReturnId): OpenAnswer['outcome'] | null {
  const begun =
    state?.facts.returns.some((known) => known.returnId === returnId && known.ruling === 'counts') === true &&
    !state.facts.abandoned.includes(returnId);
  return status === 'kept' && begun ? null : (OVER[status] ?? null);
}

/** What was quoted while its rental was open, and is not to be paid now; the challenge stays (RET-7). */
const overAfter = (quoted: OpenAnswer, outcome: OpenAnswer['outcome']): OpenAnswer => ({
  ...quoted,
  outcome,
  quote: null,
  plan: null,
});

/** The charge that the hub would book if the key were destroyed now; null: none (a lost medium found again is settled by staff). */
function priceOf(
  rental: RentalRow,
  facts: { returnId: ReturnId; terminal: TerminalRow; t0: EpochMs; licenceStart: EpochMs },
): Result<Charge | null, ChargeFault> {
  const { basis } = applyRentalEvent(rental.state, {
    kind: 'destroyed',
    at: facts.t0,
    returnId: facts.returnId,
    terminalId: facts.terminal.terminalId,
    t0: facts.t0,
    licenceStart: facts.licenceStart,
    offlineSinceT0: false,
    receiptId: 'quote',
  }).state;
  if (basis === null || basis.returnId !== facts.returnId) return ok(null);
  return computeCharge({
    terms: { tariff: rental.tariff, site: rental.calendar },
    start: basis.start,
    stop: basis.stop,
    ending: basis.ending === 'lost' ? 'lost' : 'returned',
    discounts: rental.discounts,
    coupons: rental.coupons,
  });
}

/** How the charge would be paid by the member's order without a PIN: no points (LED-2, RET-5). */
async function planOf(
  stores: Stores,
  rental: RentalRow,
  returnId: ReturnId,
  total: Money,
  now: EpochMs,
): Promise<OpenAnswer['plan']> {
  const member = rental.memberId === null ? null : await stores.members.find({ memberId: rental.memberId });
  if (member === null) return null;
  const balances = await memberBalances(stores, member.memberId, total.currency);
  // What this return reserved before it was cut off is its own to use again, under the same key (PAY-1).
  const reserved = await stores.ledger.openPending({ returnId });
  const own = ACCOUNTS.memberPrepaid(member.memberId, total.currency).accountId;
  const entries = await Promise.all(reserved.map(({ transferId }) => stores.ledger.entriesOf(transferId)));
  const again = entries.flat().reduce((sum, line) => sum + (line.accountId === own ? line.amount : 0), 0);
  const held = rental.hold !== null && (rental.holdExpiresAt ?? now) >= now ? rental.hold : null;
  const plan = planPayment({
    charge: total,
    order: member.preferredMeans,
    points: null,
    prepaid: again > 0 ? money(again, total.currency) : balances.prepaid,
    heldCard: held?.amount ?? null,
    cardReader: false,
  });
  const part = (means: 'prepaid' | 'held_card') => plan.parts.find((one) => one.means === means)?.amount;
  const fromHeld = part('held_card');
  return {
    prepaid: part('prepaid') ?? zero(total.currency),
    heldCard:
      held === null || fromHeld === undefined
        ? null
        : { cardToken: held.cardToken, maskedCard: held.maskedCard, amount: fromHeld },
    rest: plan.due,
  };
}

/** Signs and keeps the answer. Two requests at once: the first one stored is what both get. */
async function store(
  deps: QuoteDeps,
  terminal: TerminalRow,
  request: OpenReturn,
  draft: Draft,
): Promise<OpenAnswer> {
  const now = deps.clock.now();
  const nonce = draft.renews?.nonce ?? challengeOf(deps.challengeKey, request);
  const answer: OpenAnswer = {
    outcome: draft.outcome,
    quote: draft.payload === null ? null : await signJws('keyturn-quote', draft.payload, deps.signer, now),
    nonce,
    chunkIndices: draft.chunkIndices,
    memberToken: draft.memberToken,
    plan: draft.plan,
    ...(draft.found ? { found: true } : {}),
  };
  const row: QuoteRow = {
    returnId: request.returnId,
    rentalId: request.rentalId,
    terminalId: terminal.terminalId,
    t0: draft.payload?.t0 ?? request.t0,
    total: draft.payload?.total ?? null,
    answer,
    nonce,
    chunkIndices: draft.chunkIndices,
    madeAt: now,
    validUntil: draft.payload?.validUntil ?? epochMs(now + QUOTE_MS),
  };
  if (draft.renews !== null) {
    await deps.db.stores.quotes.put(row);
    return answer;
  }
  if ((await deps.db.stores.quotes.insert(row)) === 'created') return answer;
  const first = await deps.db.stores.quotes.find({ returnId: request.returnId });
  return (first?.answer as OpenAnswer | undefined) ?? answer;
}
