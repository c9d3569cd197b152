import { sessionShell } from '#shared/edge/session-shell.ts';
import { StoreFailure } from '#shared/edge/store.ts';
import type { TerminalSession } from '#shared/edge/terminal-program.ts';
import { unreachable } from '#shared/kernel/assert.ts';
import { points } from '#shared/kernel/money.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { ReturnDeps } from '../deps.ts';
import { type Visit, visitMedium } from '../medium/visit.ts';
import { receiptAddress, receiptLines } from '../receipt/paper.ts';
import { abandonRow } from '../returning/abandon.ts';
import { askAdvice, reservableOf } from '../returning/next-visit.ts';
import { forgetOld, recoverReturns } from '../returning/recovery.ts';
import { destroyedChange, returnCopies } from '../returning/return-copies.ts';
import { captureOwed, settleVoids } from '../returning/settle.ts';
import { cancelReservation, giveRating, requestReservation } from '../returning/wishes.ts';
import { troubleOf } from '../trouble.ts';
import { type ReturnIntent, type ReturnSnapshot, returnIntent, type ScreenLanguage } from './contract.ts';
import { lineOf, namedLines, recoveredLine } from './lines.ts';
import { mayTimeOut, reduce, returnable } from './reducer.ts';
import {
  type SessionEffect,
  type SessionEvent,
  type SessionState,
  startState,
  type TerminalFacts,
} from './state.ts';
import { pointsEarned, snapshotOf, terminalObstacle } from './view.ts';

/** Session in the edge process: the reducer with hardware, hub and clock around it. The page is only its window (DESIGN §7). */
export type ReturnSession = TerminalSession<ReturnSnapshot, ReturnIntent>;

const SETTLE_EVERY = milliseconds(60_000);
const FORGET_EVERY = milliseconds(86_400_000);
/** Screens on which nobody's return is under way. */
const RESTING = new Set(['welcome', 'take']);

/** Nothing of these begins anything (OPS-1). */
const WHILE_CLOSING: ReadonlySet<ReturnIntent['type']> = new Set([
  'language',
  'dismiss_trouble',
  'rate',
  'print',
  'finish',
]);

export function returnSession(deps: ReturnDeps): ReturnSession {
  const { runtime } = deps;
  const { clock, log } = runtime;
  let visit: Visit | null = null;
  let insertion = 0;
  /** A recovery or destruction takes the power off its own port: only its outcome says what became of the medium. */
  let cycling = false;
  let answerCard: ((answer: 'again' | 'later') => void) | null = null;
  let cancels: (() => void)[] = [];
  let cancelSettling: () => void = () => {};
  let givingBack: Promise<void> = Promise.resolve();
  let cancelForgetting: () => void = () => {};
  /** Captures may be owed: after a start, and after each return. */
  let mayOwe = true;

  function defaultLanguage(): ScreenLanguage {
    const [first] = runtime.bundle() === null ? [] : runtime.config().languages;
    return first ?? 'en';
  }

  const facts: TerminalFacts = {
    get defaultLanguage() {
      return defaultLanguage();
    },
    get monotonic() {
      return runtime.clock.monotonic();
    },
    closed: () => terminalObstacle(runtime),
  };

  const shell = sessionShell<SessionState, ReturnIntent, SessionEvent, SessionEffect>({
    runtime,
    first: startState(0, defaultLanguage(), false),
    reduce: (state, event) => reduce(state, event, facts),
    mayTimeOut,
    whileClosing: WHILE_CLOSING,
    lingers: ({ screen }) => screen === 'receipt' || screen === 'take',
    begins: (before, after) => before.session !== after.session || before.screen === 'welcome',
    perform,
  });
  const { dispatch, publish, track } = shell;

  async function perform(effect: SessionEffect, answer: (event: SessionEvent) => void): Promise<void> {
    switch (effect.type) {
      case 'read_medium':
        return readMedium();
      case 'give_up':
        return giveUp();
      case 'sign_in':
        return unlockPoints(effect.pin, answer);
      case 'sign_out': {
        const result = await runtime.hub.signOut({ sessionToken: effect.purse.sessionToken });
        if (!result.ok) log.info({ code: result.error.code }, 'the hub ends the sign-in by itself');
        return;
      }
      case 'return':
        return returnAll(effect, answer);
      case 'card_answer':
        answerCard?.(effect.answer);
        answerCard = null;
        return;
      case 'rate':
        giveRating(runtime, effect.rentalId, effect.titleId, effect.stars);
        return renewReceipt(answer);
      case 'reserve': {
        const { titleId, rentalId, memberToken } = effect;
        const reservationId = requestReservation(runtime, { titleId, rentalId, memberToken });
        answer({ type: 'reserved', titleId, reservationId });
        return renewReceipt(answer);
      }
      case 'cancel_reservation':
        cancelReservation(runtime, effect.reservationId, effect.memberToken);
        return renewReceipt(answer);
      case 'print': {
        const result = await deps.printer.print(effect.lines, effect.qr);
        if (!result.ok) answer({ type: 'failed', trouble: troubleOf(result.error) });
        return answer({ type: 'printed', done: result.ok });
      }
      case 'session_ended':
        return sessionEnded(effect.outcome);
      default:
        return unreachable(effect);
    }
  }

  function sessionEnded(outcome: string): void {
    const at = clock.now();
    const seconds = shell.seconds();
    runtime.record((tx) =>
      tx.emit({ kind: 'session.ended', data: { kind: 'return', outcome, seconds, at } }),
    );
  }

  /** Belongs to the insertion: what is read of a medium that was pulled meanwhile is given up again. */
  async function readMedium(): Promise<void> {
    const mine = insertion;
    const seen = await visitMedium(deps);
    if (mine !== insertion) {
      if (seen.ok) abandonAll(seen.value);
      return;
    }
    if (!seen.ok) {
      if (seen.error.code === 'medium_missing' || seen.error.code === 'medium_pulled') return;
      dispatch({ type: 'medium_failed', trouble: troubleOf(seen.error) });
      return;
    }
    visit = seen.value;
    const { session } = shell.state();
    for (const { rentalId, accepted } of visit.copies)
      if (accepted !== null)
        log.info({ session, rentalId, returnId: accepted.returnId }, 'a copy is taken for return');
    dispatch({
      type: 'medium_read',
      lines: visit.copies.map(lineOf),
      offline: visit.copies.some((copy) => copy.offline),
      mediumKnown: visit.report.identity !== null,
      secure: visit.report.controllerId !== null,
    });
  }

  function giveUp(): void {
    const old = visit;
    visit = null;
    if (old !== null) abandonAll(old);
  }

  /** CHG-1: what was accepted and not begun was never returned. Rows that got further are left alone by `abandonRow`. */
  function abandonAll(old: Visit): void {
    for (const copy of old.copies) if (copy.accepted !== null) abandonRow(runtime, copy.accepted.returnId);
    giveBack();
  }

  /** Gives back what is owed on cards, beside everything else: a reader that is slow with it keeps nobody waiting (PAY-1, SCR-7). */
  function giveBack(): Promise<void> {
    givingBack = givingBack.then(() => settleVoids(deps));
    track(givingBack);
    return givingBack;
  }

  async function unlockPoints(pin: string, answer: (event: SessionEvent) => void): Promise<void> {
    const identity = visit?.report.identity ?? null;
    const bundle = runtime.bundle();
    if (identity === null || bundle === null)
      return answer({ type: 'sign_in_failed', trouble: troubleOf({ code: 'member_unknown' }) });
    const { mediumId, accessKey } = identity;
    const signed = await runtime.hub.signIn({ mediumId, accessKey, memberNumber: null, pin });
    if (!signed.ok) return answer({ type: 'sign_in_failed', trouble: troubleOf(signed.error) });
    const { sessionToken } = signed.value;
    const purse = {
      sessionToken,
      balance: points(signed.value.points),
      pointsPerMinorUnit: bundle.rewards.pointsPerMinorUnit,
    };
    answer({ type: 'signed_in', purse });
  }

  async function returnAll(
    effect: Extract<SessionEffect, { type: 'return' }>,
    answer: (event: SessionEvent) => void,
  ): Promise<void> {
    const mine = visit;
    if (mine === null) return;
    mayOwe = true;
    cycling = true;
    const first = mine.copies.find((copy) => effect.copyIds.includes(copy.copyId));
    const token = first?.memberToken ?? null;
    const advice = token === null || first?.offline === true ? Promise.resolve(null) : askAdvice(deps, token);
    void advice.then((known) =>
      answer({ type: 'reservable', titles: reservableOf(deps, runtime.bundle(), known) }),
    );
    try {
      const { advised } = await returnCopies(deps, mine, effect.copyIds, {
        purse: effect.purse,
        advice,
        atReader: (amount) => answer({ type: 'at_reader', amount }),
        // A program that ends asks nobody for another card: what is left is an amount due.
        declined: async (trouble) =>
          runtime.closing()
            ? 'later'
            : new Promise((resolve) => {
                answerCard = resolve;
                answer({ type: 'declined', trouble });
              }),
        destroying: () => answer({ type: 'destroying' }),
        line: (copyId, change) => answer({ type: 'line', copyId, change }),
        stars: (copyId) => shell.state().lines.find((line) => line.copyId === copyId)?.stars ?? null,
      });
      // Copies that stay on the medium are not returned; their T0 counts for nothing (CHG-1).
      giveUp();
      answer({ type: 'return_over', ...paper(), advised });
    } finally {
      cycling = false;
      giveBack();
    }
    insertion += 1;
    if (deps.drive.current() === null) dispatch({ type: 'medium_removed' });
  }

  const paper = (): { readonly receipt: readonly string[]; readonly qr: string | null } => {
    const bundle = runtime.bundle();
    const state = shell.state();
    const lines = state.lines.filter((line) => line.chosen && returnable(line));
    return {
      receipt: receiptLines(
        bundle,
        namedLines(bundle, lines, state.language),
        state.language,
        pointsEarned(bundle, state),
      ),
      qr: receiptAddress(bundle, lines),
    };
  };

  /** Ratings and reservations after the receipt change what it says of points. */
  function renewReceipt(answer: (event: SessionEvent) => void): void {
    if (shell.state().screen === 'receipt') answer({ type: 'paper', ...paper() });
  }

  function mediumChanged(present: boolean): void {
    // While a declined card waits for the customer, no power is cycled: a medium that goes then was taken.
    if (cycling && (present || answerCard === null)) return;
    insertion += 1;
    dispatch(present ? { type: 'medium_inserted' } : { type: 'medium_removed' });
  }

  /** What a crash left behind, before any customer; finished returns show their receipt to whoever still waits for it. */
  async function recover(): Promise<void> {
    cycling = true;
    try {
      const rows = await recoverReturns(deps);
      if (rows.length === 0) return;
      const bundle = runtime.bundle();
      const lines = [];
      for (const row of rows) lines.push(recoveredLine(bundle, row, await destroyedChange(deps, row)));
      dispatch({ type: 'recovered', lines });
      dispatch({ type: 'paper', ...paper() });
    } finally {
      cycling = false;
    }
  }

  async function settleOwed(): Promise<void> {
    if (mayOwe) mayOwe = await captureOwed(deps);
    await giveBack();
  }

  /** Captures and voids that the reader did not confirm, tried again between customers. */
  function settleLater(): void {
    cancelSettling = clock.after(deps.settleEvery ?? SETTLE_EVERY, () => {
      if (!shell.working()) track(settleOwed());
      settleLater();
    });
  }

  /** What this terminal keeps for days only; its program may run for months. */
  function forget(): void {
    cancelForgetting = clock.after(FORGET_EVERY, forget);
    try {
      forgetOld(deps);
    } catch (failure) {
      if (!(failure instanceof StoreFailure)) throw failure;
      log.warn({ code: failure.code }, 'the disk refuses to forget; tried again tomorrow');
    }
  }

  return {
    intents: returnIntent,
    snapshot: () => snapshotOf(runtime, shell.state()),
    subscribe: shell.subscribe,
    intent: shell.intent,
    busy: () => !RESTING.has(shell.state().screen) || shell.working(),
    start: async () => {
      const inside = deps.drive.current() !== null;
      shell.begin(startState(0, defaultLanguage(), inside));
      await recover();
      cancels = [runtime.watch(publish), deps.drive.watch((medium) => mediumChanged(medium !== null))];
      if (deps.drive.current() !== null && shell.state().screen === 'welcome') mediumChanged(true);
      settleLater();
      forget();
    },
    close: () => {
      answerCard?.('later');
      answerCard = null;
      return shell.close();
    },
    stop: async () => {
      for (const cancel of cancels) cancel();
      cancelSettling();
      cancelForgetting();
      answerCard?.('later');
      await shell.stop();
    },
  };
}
