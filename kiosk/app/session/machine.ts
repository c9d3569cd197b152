import { sessionShell } from '#shared/edge/session-shell.ts';
import { StoreFailure } from '#shared/edge/store.ts';
import type { TerminalSession } from '#shared/edge/terminal-program.ts';
import { unreachable } from '#shared/kernel/assert.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { type Catalogue, catalogueOf } from '../catalogue/titles.ts';
import type { KioskDeps } from '../deps.ts';
import { visitMedium } from '../medium/visit.ts';
import { changePlayers } from '../members/players.ts';
import { register, signIn } from '../members/sign-in.ts';
import { payments, recoverPayments, topUp } from '../members/top-up.ts';
import { forgetMedia } from '../members/verifier.ts';
import { cancelReservation, reportLost, requestReservation } from '../members/wishes.ts';
import { kioskObstacle, mediumObstacle, rentObstacle, titleObstacle } from '../obstacles.ts';
import { heldWithHolds, settleHeldElsewhere } from '../rent/held-elsewhere.ts';
import { settleHoldVoids } from '../rent/holds.ts';
import { receiptCode, receiptLines } from '../rent/receipt.ts';
import { forgetRentals, recoverRentals } from '../rent/recovery.ts';
import { rentCart } from '../rent/rent-cart.ts';
import { holdVoids } from '../rent/tables.ts';
import { troubleOf } from '../trouble.ts';
import { type KioskIntent, type KioskSnapshot, kioskIntent, type ScreenLanguage } from './contract.ts';
import { mayTimeOut, reduce } from './reducer.ts';
import {
  type KioskFacts,
  type SessionEffect,
  type SessionEvent,
  type SessionState,
  startState,
} from './state.ts';
import { snapshotOf } from './view.ts';

/** Session in the edge process: the reducer with hardware, hub and clock around it. The page is only its window (DESIGN §7). */
export type KioskSession = TerminalSession<KioskSnapshot, KioskIntent>;

const SETTLE_EVERY = milliseconds(60_000);
/** Held copies may wait for weeks for whoever has them. */
const ASK_OF_HELD_EVERY = milliseconds(300_000);
const FORGET_EVERY = milliseconds(86_400_000);

/** Nothing of these begins anything (OPS-1). */
const WHILE_CLOSING: ReadonlySet<KioskIntent['type']> = new Set([
  'language',
  'dismiss_trouble',
  'print',
  'finish',
]);

export function kioskSession(deps: KioskDeps): KioskSession {
  const { runtime } = deps;
  const { clock, log } = runtime;
  let catalogue: Catalogue | null = null;
  let insertion = 0;
  let settling = false;
  let stopWatching: () => void = () => {};
  /** A customer pays by card. */
  let paying = false;
  let settlingCards: Promise<void> = Promise.resolve();
  let cancelSettling: () => void = () => {};
  let cancelForgetting: () => void = () => {};

  function defaultLanguage(): ScreenLanguage {
    const [first] = runtime.bundle() === null ? [] : runtime.config().languages;
    return first ?? 'en';
  }

  const facts: KioskFacts = {
    get now() {
      return clock.now();
    },
    get defaultLanguage() {
      return defaultLanguage();
    },
    closed: () => kioskObstacle(runtime),
    titleObstacle: (titleId, at) =>
      catalogue === null
        ? troubleOf({ code: 'kiosk_not_ready' })
        : titleObstacle(runtime, catalogue, catalogue.byId.get(titleId), at),
    mediumObstacle: (at) => (catalogue === null ? null : mediumObstacle(catalogue, at)),
    rentObstacle: (at) =>
      catalogue === null ? troubleOf({ code: 'kiosk_not_ready' }) : rentObstacle(runtime, catalogue, at),
  };

  const shell = sessionShell<SessionState, KioskIntent, SessionEvent, SessionEffect>({
    runtime,
    first: startState(0, defaultLanguage()),
    reduce: (state, event) => reduce(state, event, facts),
    mayTimeOut,
    whileClosing: WHILE_CLOSING,
    lingers: ({ screen }) => screen === 'done',
    begins: (before, after) => before.screen === 'attract' && after.screen !== 'attract',
    perform,
  });
  const { dispatch, publish, track } = shell;

  async function perform(effect: SessionEffect, answer: (event: SessionEvent) => void): Promise<void> {
    switch (effect.type) {
      case 'read_medium':
        return readMedium();
      case 'sign_in': {
        const result = await signIn(deps, effect);
        return answer(
          result.ok
            ? { type: 'signed_in', member: result.value, newNumber: null }
            : { type: 'identify_failed', trouble: troubleOf(result.error) },
        );
      }
      case 'register': {
        const result = await register(deps, effect);
        return answer(
          result.ok
            ? { type: 'signed_in', member: result.value.member, newNumber: result.value.memberNumber }
            : { type: 'identify_failed', trouble: troubleOf(result.error) },
        );
      }
      case 'sign_out': {
        if (effect.member.offline) return;
        const result = await runtime.hub.signOut({ sessionToken: effect.member.session.sessionToken });
        if (!result.ok) log.info({ code: result.error.code }, 'the hub ends the sign-in by itself');
        return;
      }
      case 'top_up':
        return payByCard(effect, answer);
      case 'refresh_member': {
        const result = await runtime.hub.memberSession({ sessionToken: effect.member.session.sessionToken });
        if (result.ok) answer({ type: 'member_changed', session: result.value });
        return;
      }
      case 'change_players': {
        const changed = await changePlayers(deps, effect.member, effect.medium, effect.change);
        if (!changed.ok) return answer({ type: 'players_failed', trouble: troubleOf(changed.error) });
        answer({ type: 'member_changed', session: changed.value });
        const code = effect.change.kind === 'remove' ? 'player_removed' : 'player_added';
        return answer({ type: 'players_changed', notice: { code, name: null } });
      }
      case 'rent':
        return rent(effect, answer);
      case 'print': {
        const result = await deps.printer.print(effect.lines, null);
        if (!result.ok) answer({ type: 'failed', trouble: troubleOf(result.error) });
        return answer({ type: 'printed', done: result.ok });
      }
      case 'fetch': {
        const result = runtime.cache.request(effect.titleId);
        return answer(
          result.ok
            ? { type: 'notice', notice: { code: 'fetch_begun', name: null } }
            : { type: 'failed', trouble: troubleOf(result.error) },
        );
      }
      case 'reserve':
        requestReservation(runtime, effect.member, effect.titleId);
        return answer({ type: 'notice', notice: { code: 'reserved', name: null } });
      case 'cancel_reservation': {
        cancelReservation(runtime, effect.member, effect.reservationId);
        const reservations = effect.member.session.reservations.filter(
          (one) => one.reservationId !== effect.reservationId,
        );
        answer({ type: 'member_changed', session: { ...effect.member.session, reservations } });
        return answer({ type: 'notice', notice: { code: 'reservation_cancelled', name: null } });
      }
      case 'report_lost':
        if (reportLost(runtime, effect.member, effect.rentalIds))
          answer({ type: 'notice', notice: { code: 'lost_reported', name: null } });
        return;
      case 'session_ended':
        runtime.record((tx) =>
          tx.emit({
            kind: 'session.ended',
            data: {
              kind: effect.kind,
              outcome: effect.outcome,
              seconds: shell.seconds(),
              at: clock.now(),
            },
          }),
        );
        return;
      default:
        return unreachable(effect);
    }
  }

  /** Settling a held copy takes the power off the port as well; a true removal shows when it is over. */
  const settlingWith = async <T>(work: () => Promise<T>): Promise<T> => {
    settling = true;
    try {
      return await work();
    } finally {
      settling = false;
      settleCards();
      if (deps.drive.current() === null) mediumChanged(false);
    }
  };

  /** Belongs to the insertion, not to the customer: a slow answer about a medium that was pulled meanwhile is dropped. */
  async function readMedium(): Promise<void> {
    const mine = insertion;
    const visit = await visitMedium(deps, settlingWith);
    if (mine !== insertion) return;
    if (visit.ok) {
      dispatch({ type: 'medium_read', ...visit.value });
      return;
    }
    if (visit.error.code === 'medium_missing' || visit.error.code === 'medium_pulled') return;
    dispatch({ type: 'medium_failed', trouble: troubleOf(visit.error) });
  }

  async function payByCard(
    effect: Extract<SessionEffect, { type: 'top_up' }>,
    answer: (event: SessionEvent) => void,
  ): Promise<void> {
    paying = true;
    const paid = await topUp(deps, effect).finally(() => {
      paying = false;
      settleCardsLater();
    });
    if (!paid.ok) return answer({ type: 'card_failed', trouble: troubleOf(paid.error) });
    const fresh = await runtime.hub.memberSession({ sessionToken: effect.member.session.sessionToken });
    if (fresh.ok) answer({ type: 'member_changed', session: fresh.value });
    answer({ type: 'paid', purpose: effect.purpose });
  }

  async function rent(
    effect: Extract<SessionEffect, { type: 'rent' }>,
    answer: (event: SessionEvent) => void,
  ): Promise<void> {
    const { session } = shell.state();
    const copies = await rentCart(deps, {
      ...effect,
      line: (index, line) => answer({ type: 'write_line', index, line }),
    });
    for (const { line, rentalId } of copies)
      log.info(
        { session, rentalId, outcome: line.state, code: line.trouble?.code ?? null },
        'a copy is over',
      );
    settleCards();
    const bundle = runtime.bundle();
    if (bundle === null) return;
    const receipt = receiptLines(bundle, copies, effect.language, clock.now());
    answer({ type: 'rent_over', receipt, qr: receiptCode(receipt, copies) });
    // The medium's free space and copies are others now.
    insertion += 1;
    if (deps.drive.current() === null) dispatch({ type: 'medium_removed' });
    else await readMedium();
  }

  /**
   * PAY-1: what the reader did not confirm is asked about again, at the start, after each customer and then from time to time until nothing is owed.
   * Holds of copies that were settled elsewhere are owed as well. The reader may take its time: nobody waits for it. A payment of somebody who is there is left alone.
   */
  function settleCards(): void {
    cancelSettling();
    settlingCards = settlingCards.then(async () => {
      if (!paying) await recoverPayments(deps);
      await settleHeldElsewhere(runtime, () => deps.drive.current() === null);
      await settleHoldVoids(deps);
      settleCardsLater();
    });
    track(settlingCards);
  }

  function settleCardsLater(): void {
    cancelSettling();
    const { store } = runtime;
    if (store.list(holdVoids, { limit: 1 }).length + store.list(payments, { limit: 1 }).length > 0)
      cancelSettling = clock.after(SETTLE_EVERY, settleCards);
    else if (heldWithHolds(runtime).length > 0) cancelSettling = clock.after(ASK_OF_HELD_EVERY, settleCards);
  }

  function refreshCatalogue(): void {
    const bundle = runtime.bundle();
    if (bundle !== null && bundle.version !== catalogue?.bundle.version) {
      catalogue = catalogueOf(bundle);
      forgetMedia(runtime, bundle);
    }
    publish();
  }

  /** What this kiosk keeps for days only; its program may run for months. */
  function forget(): void {
    cancelForgetting = clock.after(FORGET_EVERY, forget);
    try {
      forgetMedia(runtime, runtime.bundle());
      forgetRentals(deps);
    } catch (failure) {
      if (!(failure instanceof StoreFailure)) throw failure;
      log.warn({ code: failure.code }, 'the disk refuses to forget; tried again tomorrow');
    }
  }

  function mediumChanged(present: boolean): void {
    // A write takes the power off its own port to read back: only its outcome says what became of the medium.
    if (shell.state().screen === 'writing' || settling) return;
    // Reading settles what is held on it: that waits for the next start.
    if (present && runtime.closing()) return;
    insertion += 1;
    dispatch(present ? { type: 'medium_inserted' } : { type: 'medium_removed' });
  }

  return {
    intents: kioskIntent,
    snapshot: () => snapshotOf(runtime, catalogue, shell.state()),
    subscribe: shell.subscribe,
    intent: shell.intent,
    busy: () => shell.state().screen !== 'attract' || shell.working(),
    start: async () => {
      recoverRentals(deps);
      forget();
      refreshCatalogue();
      shell.begin(startState(0, defaultLanguage()));
      const stops = [
        runtime.watch(refreshCatalogue),
        runtime.cache.watch(publish),
        deps.drive.watch((medium) => mediumChanged(medium !== null)),
        () => cancelForgetting(),
      ];
      stopWatching = () => {
        for (const stop of stops) stop();
      };
      if (deps.drive.current() !== null) mediumChanged(true);
      settleCards();
    },
    close: shell.close,
    stop: async () => {
      stopWatching();
      cancelSettling();
      await shell.stop();
    },
  };
}
