import { unreachable } from '#shared/kernel/assert.ts';
import type { TitleId } from '#shared/kernel/ids.ts';
import { money } from '#shared/kernel/money.ts';
import { troubleOf } from '../trouble.ts';
import { CART_LIMIT, type KioskIntent, NO_SEARCH, type Search } from './contract.ts';
import type { KioskFacts, PlayerChange, SessionState, Step } from './state.ts';
import { begun, ended, identifying, stay, towardsRent } from './steps.ts';

/** What the customer asks for, one step each; an intent that does not belong to the present screen changes nothing. */
export function reduceIntent(state: SessionState, intent: KioskIntent, facts: KioskFacts): Step {
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
    case 'more_results':
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
    case 'add_player':
    case 'pair_player':
    case 'remove_player':
      return players(state, intent);
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
        effects: [{ type: 'print', lines: state.receipt }],
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
      return isSearch(state.search)
        ? stay({ ...state, search: NO_SEARCH, searchPages: 1 })
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
    {
      type:
        | 'search'
        | 'more_results'
        | 'open_title'
        | 'fetch_title'
        | 'add_to_cart'
        | 'remove_from_cart'
        | 'open_cart';
    }
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
      return stay({ ...state, screen: 'browse', search: searched(state.search, intent), searchPages: 1 });
    case 'more_results':
      return stay(
        state.screen === 'browse' && state.searchPages < MOST_PAGES
          ? { ...state, searchPages: state.searchPages + 1 }
          : state,
      );
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

/** Nobody looks through more: the catalogue of a kiosk is searched by then. */
const MOST_PAGES = 100;

/** Whether anything is looked for at all. */
export const isSearch = (search: Search): boolean =>
  search.query.trim() !== '' ||
  search.kind !== null ||
  search.genre !== null ||
  search.age !== null ||
  search.tongue !== null ||
  search.fits ||
  search.fresh;

/** Another kind has other genres: the one chosen before is let go. */
function searched(before: Search, change: Extract<KioskIntent, { type: 'search' }>): Search {
  const genre = change.kind !== undefined && change.kind !== before.kind ? null : before.genre;
  return {
    query: change.query ?? before.query,
    kind: change.kind === undefined ? before.kind : change.kind,
    genre: change.genre === undefined ? genre : change.genre,
    age: change.age === undefined ? before.age : change.age,
    tongue: change.tongue === undefined ? before.tongue : change.tongue,
    fits: change.fits ?? before.fits,
    fresh: change.fresh ?? before.fresh,
  };
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

/** The member's players, where the member is signed in and sees them: before paying, and among the own things (SEC-6). */
function players(
  state: SessionState,
  intent: Extract<KioskIntent, { type: 'add_player' | 'pair_player' | 'remove_player' }>,
): Step {
  const { member, medium } = state;
  if (member === null || state.playersBusy || !free(state)) return stay(state);
  if (state.screen !== 'mine' && state.screen !== 'confirm') return stay(state);
  const change: PlayerChange =
    intent.type === 'pair_player'
      ? { kind: 'pair', code: intent.code }
      : { kind: intent.type === 'add_player' ? 'add' : 'remove', playerId: intent.playerId };
  return {
    state: { ...state, playersBusy: true, trouble: null },
    effects: [
      { type: 'change_players', member, medium: medium.kind === 'ready' ? medium.facts : null, change },
    ],
  };
}

function confirm(state: SessionState, facts: KioskFacts): Step {
  if (state.screen !== 'confirm' || state.cardBusy || state.playersBusy || state.member === null)
    return stay(state);
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
