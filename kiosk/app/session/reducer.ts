import { unreachable } from '#shared/kernel/assert.ts';
import { type Trouble, type TroubleCode, troubleOf } from '../trouble.ts';
import { reduceIntent } from './intents.ts';
import type { KioskFacts, MediumFacts, SessionEffect, SessionEvent, SessionState, Step } from './state.ts';
import { begun, ended, stay, towardsRent } from './steps.ts';

/**
 * The kiosk's session as a pure function (SCR-1, SCR-7): an event in, the next state and what has to be done out. Events that do not belong
 * to the present screen change nothing, so that a late answer or a double tap is harmless.
 */
export function reduce(state: SessionState, event: SessionEvent, facts: KioskFacts): Step {
  switch (event.type) {
    case 'intent':
      return reduceIntent(awake(state), event.intent, facts);
    case 'medium_inserted':
      return {
        state: { ...state, trouble: stillTrue(state, 'medium_missing'), medium: { kind: 'checking' } },
        effects: [{ type: 'read_medium' }],
      };
    case 'medium_removed':
      return mediumRemoved(state);
    case 'medium_read':
      return mediumRead(state, event, facts);
    case 'medium_failed':
      return mediumFailed(begun(state, facts), event.trouble);
    case 'signed_in':
      return signedIn(state, event, facts);
    case 'identify_failed':
      return stay({ ...state, identify: { ...state.identify, busy: false, trouble: event.trouble } });
    case 'member_changed':
      return stay(
        state.member === null ? state : { ...state, member: { ...state.member, session: event.session } },
      );
    case 'players_changed':
      return stay({ ...state, playersBusy: false, notice: event.notice });
    case 'players_failed':
      return stay({ ...state, playersBusy: false, trouble: event.trouble });
    case 'paid':
      return stay({
        ...state,
        cardBusy: false,
        notice: { code: event.purpose === 'prepaid' ? 'topped_up' : 'due_paid', name: null },
      });
    case 'card_failed':
      return stay({ ...state, cardBusy: false, trouble: event.trouble });
    case 'write_line':
      return stay({
        ...state,
        writes: state.writes.map((line, index) => (index === event.index ? event.line : line)),
      });
    case 'rent_refused':
      return stay({ ...state, screen: 'confirm', writes: [], trouble: event.trouble });
    case 'rent_over':
      return rentOver(state, event);
    case 'printed':
      return stay({ ...state, printed: event.done ? 'yes' : 'failed' });
    case 'notice':
      return stay({ ...state, notice: event.notice });
    case 'failed':
      return stay({ ...state, trouble: event.trouble });
    case 'idle':
      if (!mayTimeOut(state)) return stay({ ...state, idleSeconds: null });
      return event.secondsLeft > 0
        ? stay({ ...state, idleSeconds: event.secondsLeft })
        : ended(state, facts, 'timed_out');
    case 'closing':
      return closing(state, event.last, facts);
    default:
      return unreachable(event);
  }
}

const awake = (state: SessionState): SessionState => ({ ...state, idleSeconds: null, notice: null });

/** A session may end by itself only when nothing is under way that the customer waits for. */
export const mayTimeOut = (state: SessionState): boolean =>
  state.screen !== 'attract' && state.screen !== 'writing' && !state.cardBusy && !state.identify.busy;

/** OPS-1: who pays, signs in or is written for is told and waits for the end of it; a receipt may be read; everybody else has begun nothing. */
function closing(state: SessionState, last: boolean, facts: KioskFacts): Step {
  if (state.screen === 'attract') return stay({ ...state, trouble: null });
  const underWay = !mayTimeOut(state) || state.playersBusy || state.screen === 'done';
  if (underWay && !last)
    return stay({ ...state, idleSeconds: null, trouble: troubleOf({ code: 'kiosk_restarting' }) });
  return ended(state, facts, state.screen === 'done' ? 'rented' : 'restarted');
}

/** Screens that have a place of their own for what is wrong with a medium, or nobody before them. */
const SAYS_ITSELF: ReadonlySet<SessionState['screen']> = new Set(['attract', 'insert', 'writing', 'done']);

function mediumFailed(state: SessionState, trouble: Trouble): Step {
  const medium = { kind: 'trouble', trouble } as const;
  return stay(SAYS_ITSELF.has(state.screen) ? { ...state, medium } : { ...state, medium, trouble });
}

/** What was said about a medium is over as soon as it is out or another one is in: nobody has to press it away. */
const stillTrue = (
  { trouble, medium }: SessionState,
  over: TroubleCode | null = medium.kind === 'trouble' ? medium.trouble.code : null,
): Trouble | null => (trouble?.code === over ? null : trouble);

function mediumRemoved(state: SessionState): Step {
  const next: SessionState = { ...state, trouble: stillTrue(state), medium: { kind: 'absent' } };
  if (state.screen === 'confirm' || (state.screen === 'identify' && state.goal === 'rent')) {
    return stay({ ...next, screen: 'insert', trouble: troubleOf({ code: 'medium_missing' }) });
  }
  if (state.member === null || state.member.byMedium === null || ASKED_AGAIN.has(state.screen))
    return stay(next);
  const { member } = state;
  return {
    state: { ...next, member: null, forYou: [], screen: state.screen === 'mine' ? 'browse' : state.screen },
    effects: [{ type: 'sign_out', member }],
  };
}

/** On the way through a rental the medium is asked for again, and another one signs out. On other screens who takes it has gone (SEC-6). */
const ASKED_AGAIN: ReadonlySet<SessionState['screen']> = new Set([
  'insert',
  'identify',
  'confirm',
  'writing',
  'done',
]);

function mediumRead(
  state: SessionState,
  event: Extract<SessionEvent, { type: 'medium_read' }>,
  facts: KioskFacts,
): Step {
  const opened = begun(state, facts);
  const settled = event.facts.settled[0];
  const next: SessionState = {
    ...opened,
    medium: { kind: 'ready', facts: event.facts, owner: event.owner },
    forYou: opened.screen === 'attract' ? [] : merged(event.facts.recommendations, event.more),
    notice:
      settled !== undefined
        ? { code: settled.outcome === 'complete' ? 'held_settled' : 'held_wiped', name: null }
        : event.owner === 'known' && opened.screen !== 'attract' && state.medium.kind === 'checking'
          ? { code: 'welcome_back', name: null }
          : opened.notice,
  };
  if (swapped(next, event.facts)) {
    const effects: SessionEffect[] = next.member === null ? [] : [{ type: 'sign_out', member: next.member }];
    const after = towardsRent(
      { ...next, member: null, trouble: troubleOf({ code: 'medium_swapped' }) },
      facts,
    );
    return { state: next.screen === 'insert' ? after : { ...next, member: null }, effects };
  }
  const refresh: SessionEffect[] =
    settled !== undefined && next.member !== null && !next.member.offline
      ? [{ type: 'refresh_member', member: next.member }]
      : [];
  return { state: next.screen === 'insert' ? towardsRent(next, facts) : next, effects: refresh };
}

/** The PIN was given for one medium and another one is in the drive now: the sign-in does not carry over (MED-5). */
const swapped = (state: SessionState, medium: MediumFacts): boolean =>
  state.member !== null && state.member.byMedium !== null && medium.mediumId !== state.member.byMedium;

function merged<T extends { readonly titleId: string }>(
  first: readonly T[],
  second: readonly T[],
): readonly T[] {
  const seen = new Set(first.map((one) => one.titleId));
  return [...first, ...second.filter((one) => !seen.has(one.titleId))].slice(0, 40);
}

function signedIn(
  state: SessionState,
  event: Extract<SessionEvent, { type: 'signed_in' }>,
  facts: KioskFacts,
): Step {
  if (state.screen !== 'identify') return { state, effects: [{ type: 'sign_out', member: event.member }] };
  const wanted = event.member.session.language;
  const next: SessionState = {
    ...state,
    member: event.member,
    newNumber: event.newNumber,
    identify: { ...state.identify, busy: false, trouble: null },
    forYou: merged(state.forYou, event.member.session.recommendations),
    language: state.languageChosen ? state.language : (wanted ?? state.language),
  };
  return stay(state.goal === 'mine' ? { ...next, screen: 'mine' } : towardsRent(next, facts));
}

function rentOver(state: SessionState, event: Extract<SessionEvent, { type: 'rent_over' }>): Step {
  const written = new Set(
    state.writes
      .filter((line) => line.state === 'written' || line.state === 'held')
      .map((line) => line.titleId),
  );
  return stay({
    ...state,
    screen: 'done',
    cart: state.cart.filter((titleId) => !written.has(titleId)),
    receipt: event.receipt,
    qr: event.qr,
    printed: 'no',
  });
}
