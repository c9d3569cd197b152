import { unreachable } from '#shared/kernel/assert.ts';
import type { TitleId } from '#shared/kernel/ids.ts';
import { money } from '#shared/kernel/money.ts';
import { troubleOf } from '../trouble.ts';
import { CART_LIMIT, type KioskIntent } from './contract.ts';
import {
  type KioskFacts,
  type MediumFacts,
  type SessionEffect,
  type SessionEvent,
  type SessionState,
  type Step,
  startState,
} from './state.ts';

/**
 * The kiosk's session as a pure function (SCR-1, SCR-7): an event in, the next state and what has to be done out. Events that do not belong
 * to the present screen change nothing, so that a late answer or a double tap is harmless.
 */
export function reduce(state: SessionState, event: SessionEvent, facts: KioskFacts): Step {
  switch (event.type) {
    case 'intent':
      return reduceIntent(awake(state), event.intent, facts);
    case 'medium_inserted':
      return { state: { ...state, medium: { kind: 'checking' } }, effects: [{ type: 'read_medium' }] };
    case 'medium_removed':
      return mediumRemoved(state);
    case 'medium_read':
      return mediumRead(state, event, facts);
    case 'medium_failed':
      return stay({ ...begun(state, facts), medium: { kind: 'trouble', trouble: event.trouble } });
    case 'signed_in':
      return signedIn(state, event, facts);
    case 'identify_failed':
      return stay({ ...state, identify: { ...state.identify, busy: false, trouble: event.trouble } });
    case 'member_changed':
      return stay(
        state.member === null ? state : { ...state, member: { ...state.member, session: event.session } },
      );
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
    default:
      return unreachable(event);
  }
}

/** A session may end by itself only when nothing is under way that the customer waits for. */
export const mayTimeOut = (state: SessionState): boolean =>
  state.screen !== 'attract' && state.screen !== 'writing' && !state.cardBusy && !state.identify.busy;

const stay = (state: SessionState): Step => ({ state, effects: [] });
const awake = (state: SessionState): SessionState => ({ ...state, idleSeconds: null, notice: null });

/** From the attract screen into a session, unless the kiosk rents nothing: then the attract screen says why. */
const begun = (state: SessionState, facts: KioskFacts): SessionState =>
  state.screen === 'attract' && facts.closed() === null ? { ...state, screen: 'browse' } : state;

function ended(state: SessionState, facts: KioskFacts, outcome: string): Step {
  const effects: SessionEffect[] = [];
  if (state.member !== null) effects.push({ type: 'sign_out', member: state.member });
  if (state.screen !== 'attract') effects.push({ type: 'session_ended', kind: state.goal, outcome });
  // Nothing of this customer stays but the medium itself, if it was left in the drive; its shelf is not shown to the next one.
  const next = { ...startState(state.session + 1, facts.defaultLanguage), medium: state.medium };
  return { state: next, effects };
}

function mediumRemoved(state: SessionState): Step {
  const next: SessionState = { ...state, medium: { kind: 'absent' } };
  if (state.screen === 'confirm' || (state.screen === 'identify' && state.goal === 'rent')) {
    return stay({ ...next, screen: 'insert', trouble: troubleOf({ code: 'medium_missing' }) });
  }
  return stay(next);
}

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

/** The next screen on the way to writing: a medium, then who it is, then what it costs. */
function towardsRent(state: SessionState, facts: KioskFacts): SessionState {
  if (state.cart.length === 0) return { ...state, screen: 'cart' };
  const closed = facts.closed();
  if (closed !== null) return { ...state, screen: 'cart', trouble: closed };
  if (state.medium.kind !== 'ready') return { ...state, screen: 'insert' };
  if (state.member === null) return identifying({ ...state, goal: 'rent' });
  return { ...state, screen: 'confirm' };
}

const identifying = (state: SessionState): SessionState => {
  const known = state.medium.kind === 'ready' && state.medium.owner === 'known';
  const by = known ? 'medium' : state.goal === 'mine' ? 'number' : 'choose';
  return { ...state, screen: 'identify', identify: { by, busy: false, trouble: null } };
};

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
    language: !state.languageChosen && (wanted === 'en' || wanted === 'ja') ? wanted : state.language,
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

function reduceIntent(state: SessionState, intent: KioskIntent, facts: KioskFacts): Step {
  switch (intent.type) {
    case 'touch':
      return stay(begun(state, facts));
    case 'language':
      return stay({ ...state, language: intent.language, languageChosen: true });
    case 'dismiss_trouble':
      return stay({ ...state, trouble: null, identify: { ...state.identify, trouble: null } });
    case 'back':
      return goBack(state, facts);
    case 'finish':
      return state.screen === 'writing' || state.cardBusy
        ? stay(state)
        : ended(state, facts, state.screen === 'done' ? 'rented' : 'left');
    case 'search':
    case 'open_title':
    case 'fetch_title':
    case 'add_to_cart':
    case 'remove_from_cart':
    case 'open_cart':
      return shop(state, intent, facts);
    case 'checkout':
      return state.screen === 'cart' || state.screen === 'insert'
        ? stay(towardsRent({ ...state, goal: 'rent' }, facts))
        : stay(state);
    case 'open_mine':
      if (!free(state)) return stay(state);
      return stay(
        state.member === null
          ? identifying({ ...state, goal: 'mine' })
          : { ...state, goal: 'mine', screen: 'mine' },
      );
    case 'choose_register':
    case 'choose_number':
    case 'sign_in':
    case 'register':
      return identify(state, intent);
    case 'top_up':
    case 'pay_due':
      return pay(state, intent);
    case 'confirm':
      return confirm(state, facts);
    case 'reserve':
    case 'cancel_reservation':
    case 'report_lost':
      return memberWish(state, intent);
    case 'print':
      if (state.screen !== 'done' || state.printed === 'printing') return stay(state);
      return {
        state: { ...state, printed: 'printing' },
        effects: [{ type: 'print', lines: state.receipt, qr: state.qr }],
      };
    default:
      return unreachable(intent);
  }
}

/** Screens between which the customer may walk as he likes. */
const free = (state: SessionState): boolean =>
  state.screen !== 'writing' && state.screen !== 'attract' && !state.cardBusy && !state.identify.busy;

function goBack(state: SessionState, facts: KioskFacts): Step {
  if (!free(state)) return stay(state);
  switch (state.screen) {
    case 'browse': {
      const searching =
        state.search.query !== '' || state.search.kind !== null || state.search.genre !== null;
      return searching
        ? stay({ ...state, search: { query: '', kind: null, genre: null } })
        : ended(state, facts, 'left');
    }
    case 'identify':
      if (state.identify.by === 'number' || state.identify.by === 'register') {
        if (state.goal === 'rent') return stay(identifying(state));
      }
      return stay({ ...state, screen: state.goal === 'rent' ? 'cart' : 'browse' });
    case 'insert':
    case 'confirm':
      return stay({ ...state, screen: 'cart' });
    case 'done':
      return ended(state, facts, 'rented');
    case 'title':
    case 'cart':
    case 'mine':
      return stay({ ...state, screen: 'browse' });
    default:
      return stay(state);
  }
}

function shop(
  state: SessionState,
  intent: Extract<
    KioskIntent,
    { type: 'search' | 'open_title' | 'fetch_title' | 'add_to_cart' | 'remove_from_cart' | 'open_cart' }
  >,
  facts: KioskFacts,
): Step {
  if (state.screen === 'attract' && intent.type === 'open_title') {
    const opened = begun(state, facts);
    return opened.screen === 'attract'
      ? stay(state)
      : stay({ ...opened, screen: 'title', titleId: intent.titleId });
  }
  if (!free(state) || state.screen === 'done') return stay(state);
  switch (intent.type) {
    case 'search':
      return stay({
        ...state,
        screen: 'browse',
        search: { query: intent.query, kind: intent.kind, genre: intent.genre },
      });
    case 'open_title':
      return stay({ ...state, screen: 'title', titleId: intent.titleId });
    case 'fetch_title':
      return { state, effects: [{ type: 'fetch', titleId: intent.titleId }] };
    case 'add_to_cart':
      return stay(addToCart(state, intent.titleId, facts));
    case 'remove_from_cart':
      return stay({ ...state, cart: state.cart.filter((titleId) => titleId !== intent.titleId) });
    case 'open_cart':
      return stay({ ...state, screen: 'cart' });
    default:
      return unreachable(intent);
  }
}

function addToCart(state: SessionState, titleId: TitleId, facts: KioskFacts): SessionState {
  if (state.cart.includes(titleId)) return { ...state, screen: 'cart' };
  if (state.cart.length >= CART_LIMIT) return { ...state, trouble: troubleOf({ code: 'cart_full' }) };
  const obstacle = facts.titleObstacle(titleId, state);
  if (obstacle !== null) return { ...state, trouble: obstacle };
  return { ...state, cart: [...state.cart, titleId], screen: 'cart' };
}

function identify(
  state: SessionState,
  intent: Extract<KioskIntent, { type: 'choose_register' | 'choose_number' | 'sign_in' | 'register' }>,
): Step {
  if (state.screen !== 'identify' || state.identify.busy) return stay(state);
  const { by } = state.identify;
  const busy: SessionState = { ...state, identify: { by, busy: true, trouble: null } };
  switch (intent.type) {
    case 'choose_register':
      return stay({ ...state, identify: { by: 'register', busy: false, trouble: null } });
    case 'choose_number':
      return stay({ ...state, identify: { by: 'number', busy: false, trouble: null } });
    case 'sign_in': {
      const byMedium = by === 'medium' && state.medium.kind === 'ready' ? state.medium.facts : null;
      if (byMedium === null && intent.memberNumber === null) return stay(state);
      return {
        state: busy,
        effects: [
          {
            type: 'sign_in',
            medium: byMedium,
            memberNumber: byMedium === null ? intent.memberNumber : null,
            pin: intent.pin,
          },
        ],
      };
    }
    case 'register':
      return {
        state: busy,
        effects: [
          {
            type: 'register',
            displayName: intent.displayName,
            birthYear: intent.birthYear,
            pin: intent.pin,
            language: state.language,
          },
        ],
      };
    default:
      return unreachable(intent);
  }
}

function pay(state: SessionState, intent: Extract<KioskIntent, { type: 'top_up' | 'pay_due' }>): Step {
  const { member } = state;
  if (member === null || state.cardBusy || (state.screen !== 'confirm' && state.screen !== 'mine'))
    return stay(state);
  if (member.offline) return stay({ ...state, trouble: troubleOf({ code: 'hub_away' }) });
  const due = member.session.amountDue;
  if (intent.type === 'pay_due' && due.minor <= 0) return stay(state);
  const amount = intent.type === 'pay_due' ? due : money(intent.amountMinor, member.session.currency);
  return {
    state: { ...state, cardBusy: true, trouble: null },
    effects: [
      { type: 'top_up', member, purpose: intent.type === 'pay_due' ? 'amount_due' : 'prepaid', amount },
    ],
  };
}

function confirm(state: SessionState, facts: KioskFacts): Step {
  if (state.screen !== 'confirm' || state.cardBusy || state.member === null) return stay(state);
  if (state.medium.kind !== 'ready') return stay({ ...state, screen: 'insert' });
  const obstacle = facts.closed() ?? facts.rentObstacle(state);
  if (obstacle !== null) return stay({ ...state, trouble: obstacle });
  return {
    state: {
      ...state,
      screen: 'writing',
      trouble: null,
      writes: state.cart.map((titleId) => ({
        titleId,
        state: 'waiting',
        phase: null,
        bytesDone: 0,
        bytesTotal: 0,
        bytesPerSecond: 0,
        secondsLeft: null,
        dueAt: null,
        firstPrice: null,
        trouble: null,
      })),
    },
    effects: [
      {
        type: 'rent',
        member: state.member,
        medium: state.medium.facts,
        titles: state.cart,
        language: state.language,
      },
    ],
  };
}

function memberWish(
  state: SessionState,
  intent: Extract<KioskIntent, { type: 'reserve' | 'cancel_reservation' | 'report_lost' }>,
): Step {
  const { member } = state;
  if (!free(state)) return stay(state);
  if (member === null) return stay(identifying({ ...state, goal: 'mine' }));
  switch (intent.type) {
    case 'reserve':
      return { state, effects: [{ type: 'reserve', member, titleId: intent.titleId }] };
    case 'cancel_reservation':
      return {
        state,
        effects: [{ type: 'cancel_reservation', member, reservationId: intent.reservationId }],
      };
    case 'report_lost':
      return { state, effects: [{ type: 'report_lost', member, rentalIds: intent.rentalIds }] };
    default:
      return unreachable(intent);
  }
}
