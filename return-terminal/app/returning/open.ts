import type { z } from 'zod';
import { assert } from '#shared/kernel/assert.ts';
import type { CopyId, MediumId, RentalId, ReturnId, TerminalId, TitleId } from '#shared/kernel/ids.ts';
import type { Money } from '#shared/kernel/money.ts';
import { acceptReturn } from '#shared/media/destroy-copy.ts';
import { LIMITS } from '#shared/media/layout.ts';
import type { Licence } from '#shared/media/licence.ts';
import type { AcceptedReturn, AcceptFacts, CopyOnMedium } from '#shared/media/orders.ts';
import type { SlotChallenge } from '#shared/media/receipt.ts';
import { offlineChallenge } from '#shared/media/slot-proof.ts';
import { newId, type Random } from '#shared/ports/random.ts';
import type { openReturnAnswer } from '#shared/protocol/terminal-api.ts';
import { mediaOf, type ReturnDeps, type ReturnRuntime } from '../deps.ts';
import { type Trouble, troubleOf } from '../trouble.ts';
import { abandonRow, owePartsBack } from './abandon.ts';
import { nothingToPay, type Price, provisionalPrice, readQuote } from './price.ts';
import { challenges, givenUp, type ReturnRow, returns, seenAgain } from './tables.ts';

type HubAnswer = z.infer<typeof openReturnAnswer>;

/** What may pay beside the card reader, at most, as the hub said (LED-2); offline none of it. */
export interface Means {
  readonly prepaid: Money | null;
  readonly heldCard: {
    readonly cardToken: string;
    readonly maskedCard: string;
    readonly amount: Money;
  } | null;
}

/**
 * A copy on the medium and what can be done with it. `open`: can be returned now. `must_finish`: its destruction was begun, here or elsewhere,
 * and is finished (RET-3). `closed`: the hub or this terminal knows it as returned, what is left of its key is destroyed for nothing (RET-2).
 * `found`: so is that of a copy whose medium was reported lost (RNT-7). The others have no return.
 */
export interface OpenCopy {
  readonly kind:
    | 'open'
    | 'must_finish'
    | 'closed'
    | 'found'
    | 'already_returned'
    | 'kept'
    | 'held'
    | 'damaged';
  readonly copyId: CopyId;
  readonly rentalId: RentalId | null;
  readonly titleId: TitleId | null;
  readonly title: string | null;
  readonly memberToken: string | null;
  readonly accepted: AcceptedReturn | null;
  readonly price: Price | null;
  readonly means: Means;
  readonly trouble: Trouble | null;
  /** The hub was not reached for this copy. */
  readonly offline: boolean;
}

const DAY = 86_400_000;
const NO_MEANS: Means = { prepaid: null, heldCard: null };
/** Stages in which the medium may have been touched and no receipt exists. */
const UNPROVEN = new Set<ReturnRow['stage']>(['intent', 'torn']);

export const openRows = (runtime: ReturnRuntime): readonly ReturnRow[] =>
  runtime.store
    .list(returns)
    .map(({ value }) => value)
    .filter((row) => row.stage !== 'done');

/** Takes one copy for return in the order of PAY-1: T0, `return.accepted` durable, read and verified, quote and challenge answered. */
export async function openCopy(
  deps: ReturnDeps,
  copy: CopyOnMedium,
  options: { readonly askHub: boolean },
): Promise<OpenCopy> {
  const { runtime } = deps;
  forgetFinishedElsewhere(runtime, copy);
  const asked = new Asked(runtime, copy.condition === 'held', options.askHub);
  const outcome = await acceptReturn(mediaOf(deps), {
    copyId: copy.copyId,
    returnId: newId<ReturnId>(runtime.clock, runtime.random),
    openReturns: openRows(runtime).filter((row) => UNPROVEN.has(row.stage)),
    knownActive: copy.condition === 'held',
    challenge: (licence, facts) => asked.ask(licence, facts),
  });
  const base = baseOf(copy, asked.away);
  if (outcome.kind === 'already-returned') {
    const rentalId = outcome.licence?.keyturn.rentalId ?? outcome.state.rentalId;
    tellSeenAgain(runtime, rentalId, outcome.state);
    return { ...base, rentalId, kind: 'already_returned' };
  }
  if (outcome.kind === 'refused')
    return { ...base, kind: outcome.code === 'copy_held' ? 'held' : 'damaged', trouble: troubleOf(outcome) };
  return judge(deps, base, outcome.accepted, asked);
}

/**
 * RET-2: the hub notes that a returned copy was put in again, or learns of a return that nobody has reported yet: the terminal that made it may be lost with what it had to
 * say. So every terminal tells of every copy, once; what it told is remembered by the medium, as long as that keeps coming.
 */
function tellSeenAgain(
  runtime: ReturnRuntime,
  rentalId: RentalId,
  { copyId, mediumId }: { readonly copyId: CopyId; readonly mediumId: MediumId },
): void {
  const at = runtime.clock.now();
  const row = runtime.store.get(seenAgain, mediumId);
  const told = row?.copies ?? [];
  const news = !told.includes(copyId);
  if (!news && row !== null && at - row.at < DAY) return;
  const copies = news ? [...told, copyId].slice(-LIMITS.copies) : told;
  runtime.record((tx) => {
    tx.put(seenAgain, mediumId, { at, copies: [...copies] });
    if (news) tx.emit({ kind: 'return.repeated', data: { rentalId, copyId, at } });
  });
}

/** A torn return of ours that another terminal has finished and signed: that terminal has the receipt and the payment (RET-3). */
export function forgetFinishedElsewhere(runtime: ReturnRuntime, copy: CopyOnMedium): void {
  const { state } = copy;
  if (
    state?.state !== 'DESTROYED' ||
    state.returning === null ||
    state.terminal === runtime.identity.terminalId
  )
    return;
  const { returnId } = state.returning;
  runtime.record((tx) => {
    const row = tx.get(returns, returnId);
    if (row === null || !UNPROVEN.has(row.stage)) return;
    owePartsBack(tx, row);
    tx.remove(returns, returnId);
  });
}

const baseOf = (copy: CopyOnMedium, offline: boolean) => ({
  copyId: copy.copyId,
  rentalId: copy.licence?.keyturn.rentalId ?? null,
  titleId: copy.licence?.keyturn.titleId ?? null,
  title: copy.licence?.keyturn.title ?? null,
  memberToken: copy.licence?.keyturn.memberToken ?? null,
  accepted: null,
  price: null,
  means: NO_MEANS,
  trouble: null,
  offline,
});

/** An accepted copy as the hub's answer makes it: something to pay, or no return at all. */
async function judge(
  deps: ReturnDeps,
  base: ReturnType<typeof baseOf>,
  accepted: AcceptedReturn,
  asked: Asked,
): Promise<OpenCopy> {
  const { runtime } = deps;
  const { answer } = asked;
  // A held copy is an active rental only where the hub says so: nothing of it was recorded before (RNT-6).
  if (asked.heldCopy && answer?.outcome !== 'quoted' && answer?.outcome !== 'already_returned')
    return { ...base, kind: 'held', trouble: troubleOf({ code: 'copy_held' }) };
  // The medium lost what was written to it: the receipt and what was paid for it stand.
  if ((runtime.store.get(returns, accepted.returnId)?.receipt ?? null) !== null)
    return {
      ...base,
      kind: 'closed',
      accepted,
      price: nothingToPay(runtime, accepted.licence, accepted.startedAt),
    };
  dropEarlier(runtime, accepted);
  if (answer?.outcome === 'kept' || answer?.outcome === 'held') {
    abandonRow(runtime, accepted.returnId);
    const kind = answer.outcome;
    return { ...base, kind, trouble: troubleOf({ code: kind === 'kept' ? 'copy_kept' : 'copy_held' }) };
  }
  const price = await priceFor(runtime, accepted, answer);
  if (!price.ok) {
    abandonRow(runtime, accepted.returnId);
    return { ...base, kind: 'damaged', trouble: troubleOf(price.error) };
  }
  noteFigures(runtime, accepted, price.value);
  const signed = price.value.quote !== null;
  const closed = answer?.outcome === 'already_returned';
  return {
    ...base,
    kind: closed
      ? 'closed'
      : accepted.rolledForward
        ? 'must_finish'
        : answer?.found === true
          ? 'found'
          : 'open',
    memberToken: answer?.memberToken ?? base.memberToken,
    accepted,
    price: price.value,
    means: signed
      ? { prepaid: answer?.plan?.prepaid ?? null, heldCard: answer?.plan?.heldCard ?? null }
      : NO_MEANS,
  };
}

async function priceFor(runtime: ReturnRuntime, accepted: AcceptedReturn, answer: HubAnswer | null) {
  if (answer?.outcome === 'already_returned' || (answer?.outcome === 'quoted' && answer.quote === null))
    return { ok: true, value: nothingToPay(runtime, accepted.licence, accepted.startedAt) } as const;
  if (answer?.quote !== undefined && answer.quote !== null) {
    const quoted = await readQuote(runtime, answer.quote, accepted);
    if (quoted.ok) return quoted;
    runtime.log.error(
      { rentalId: accepted.rentalId },
      `the hub's quote does not hold: ${quoted.error.message}`,
    );
  }
  return provisionalPrice(runtime, accepted);
}

/** A return of the same rental that was begun before and came to nothing: its T0 does not count, what it reserved is given back (CHG-1). */
function dropEarlier(runtime: ReturnRuntime, accepted: AcceptedReturn): void {
  for (const row of openRows(runtime))
    if (row.rentalId === accepted.rentalId && row.returnId !== accepted.returnId && row.stage !== 'destroyed')
      abandonRow(runtime, row.returnId, { intact: true });
}

function noteFigures(runtime: ReturnRuntime, accepted: AcceptedReturn, price: Price): void {
  runtime.record((tx) => {
    const row = tx.get(returns, accepted.returnId);
    assert(row !== null, 'an accepted return has its row');
    const first = row.proof ?? tx.get(givenUp, row.returnId)?.proof ?? null;
    tx.put(returns, row.returnId, {
      ...row,
      acceptedBy: accepted.acceptedBy as TerminalId,
      rolledForward: accepted.rolledForward,
      begunElsewhere: row.begunElsewhere ?? accepted.begunElsewhere,
      quote: price.quote,
      provisional: price.quote === null ? price.total : null,
      total: price.total,
      // The slot was shown when it was still whole: what came after proves nothing more (RET-7).
      proof:
        accepted.proof.mac === '' && first !== null && first.mac !== ''
          ? first
          : { ...accepted.proof, chunkHashes: [...accepted.proof.chunkHashes] },
    });
  });
}

/** Asks the hub for quote and challenge while a copy is accepted; remembers what it said. */
class Asked {
  readonly heldCopy: boolean;
  answer: HubAnswer | null = null;
  away: boolean;
  private readonly runtime: ReturnRuntime;

  constructor(runtime: ReturnRuntime, heldCopy: boolean, askHub: boolean) {
    this.runtime = runtime;
    this.heldCopy = heldCopy;
    this.away = !askHub;
  }

  async ask(licence: Licence, facts: AcceptFacts): Promise<SlotChallenge> {
    // T0 is durable before anybody is asked; for a held copy only once the hub knows it as a rental.
    if (!this.heldCopy) recordAccepted(this.runtime, licence, facts);
    if (!this.away) {
      const { rentalId, copyId } = licence.keyturn;
      const stamp = this.runtime.stamp();
      const row = this.runtime.store.get(returns, facts.returnId);
      const t0Boot = row === null ? stamp.bootId : row.boot;
      const answer = await this.runtime.hub.openReturn({
        returnId: facts.returnId,
        rentalId,
        copyId,
        licence: facts.licenceJws,
        t0: facts.t0,
        acceptedBy: facts.acceptedBy as TerminalId,
        stamp,
        ...(t0Boot === undefined ? {} : { t0Boot }),
      });
      if (answer.ok) this.answer = answer.value;
      else {
        this.away = answer.error.code === 'hub_away';
        this.runtime.log.warn({ rentalId, code: answer.error.code }, 'no quote from the hub');
      }
    }
    if (this.heldCopy && (this.answer?.outcome === 'quoted' || this.answer?.outcome === 'already_returned'))
      recordAccepted(this.runtime, licence, facts);
    return this.answer === null
      ? ownChallenge(this.runtime)
      : { nonce: this.answer.nonce, origin: 'hub', chunkIndices: this.answer.chunkIndices };
  }
}

/**
 * RET-7 offline: over a counter of this terminal's own, durable before it is used. A store that is born begins it at a number of 48 bits by chance, so that a
 * terminal whose disk was lost uses none a second time (MS-29): the hub would take its customers' returns for replays.
 */
function ownChallenge(runtime: ReturnRuntime): SlotChallenge {
  const counter = runtime.record((tx) => {
    const next = (tx.get(challenges, 'own')?.counter ?? chance(runtime.random)) + 1;
    tx.put(challenges, 'own', { counter: next });
    return next;
  });
  return offlineChallenge(runtime.identity.terminalId, counter);
}

const chance = (random: Pick<Random, 'bytes'>): number => Buffer.from(random.bytes(6)).readUIntBE(0, 6);

/** CHG-1: row and `return.accepted` in one transaction. A return that goes on where it stopped has both already. */
function recordAccepted(runtime: ReturnRuntime, licence: Licence, facts: AcceptFacts): void {
  const { rentalId, copyId, titleId, mediumId, memberToken } = licence.keyturn;
  const self = runtime.identity.terminalId;
  const now = runtime.clock.now();
  runtime.record((tx) => {
    if (tx.get(returns, facts.returnId) !== null) return;
    tx.put(returns, facts.returnId, {
      returnId: facts.returnId,
      rentalId,
      copyId,
      titleId,
      mediumId,
      memberToken,
      stage: 'accepted',
      licence: facts.licenceJws,
      t0: facts.t0,
      acceptedBy: self,
      rolledForward: false,
      quote: null,
      provisional: null,
      total: null,
      proof: null,
      parts: [],
      due: null,
      asking: null,
      attempts: 0,
      receipt: null,
      settled: [],
      boot: runtime.stamp().bootId,
      at: now,
    });
    tx.emit({
      kind: 'return.accepted',
      data: {
        returnId: facts.returnId,
        rentalId,
        copyId,
        licence: facts.licenceJws,
        t0: facts.t0,
        offlineSince: runtime.offlineSince(),
      },
    });
  });
}
