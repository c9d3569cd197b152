import { unreachable } from '#shared/kernel/assert.ts';
import { troubleOf } from '../trouble.ts';
import type { ReturnIntent } from './contract.ts';
import {
  type LineState,
  type SessionEffect,
  type SessionEvent,
  type SessionState,
  type Step,
  startState,
  type TerminalFacts,
} from './state.ts';

/**
 * The return terminal's session as a pure function (SCR-2, SCR-7): an event in, the next state and what has to be done out. Events that do not
 * belong to the present screen change nothing, so that a late answer or a double tap is harmless.
 */
export function reduce(state: SessionState, event: SessionEvent, facts: TerminalFacts): Step {
  switch (event.type) {
    case 'intent':
      return reduceIntent({ ...state, idleSeconds: null }, event.intent, facts);
    case 'medium_inserted':
      return inserted(state, facts);
    case 'medium_removed':
      return removed(state, facts);
    case 'medium_read':
      return mediumRead(state, event);
    case 'medium_failed':
      return state.screen === 'reading'
        ? stay({ ...state, screen: 'nothing', lines: [], trouble: event.trouble })
        : stay(state);
    case 'signed_in':
      return state.screen === 'points'
        ? stay({ ...state, screen: 'choose', purse: event.purse, points: NOT_BUSY })
        : { state, effects: [{ type: 'sign_out', purse: event.purse }] };
    case 'sign_in_failed':
      return stay({ ...state, points: { busy: false, trouble: event.trouble } });
    case 'at_reader':
      return state.screen === 'pay'
        ? stay({ ...state, atReader: event.amount, asked: event.amount ?? state.asked, declined: null })
        : stay(state);
    case 'declined':
      // Nobody is left to be asked: what the card did not pay is due.
      return state.screen === 'pay'
        ? stay({ ...state, atReader: null, declined: event.trouble })
        : { state, effects: [{ type: 'card_answer', answer: 'later' }] };
    case 'destroying':
      return state.screen === 'pay'
        ? stay({ ...state, screen: 'returning', atReader: null, declined: null })
        : stay(state);
    case 'line':
      return stay(changeLine(state, event.copyId, event.change));
    case 'reservable':
      return stay({ ...state, reservable: event.titles });
    case 'reserved':
      return stay({
        ...state,
        reserved: [...state.reserved, { titleId: event.titleId, reservationId: event.reservationId }],
      });
    case 'return_over':
      return stay({ ...state, ...RECEIPT, receipt: event.receipt, qr: event.qr, advised: event.advised });
    case 'recovered':
      return stay({ ...state, ...RECEIPT, lines: event.lines });
    case 'paper':
      return state.screen === 'receipt'
        ? stay({ ...state, receipt: event.receipt, qr: event.qr })
        : stay(state);
    case 'printed':
      return stay({ ...state, printed: event.done ? 'yes' : 'failed' });
    case 'failed':
      return stay({ ...state, trouble: event.trouble });
    case 'idle':
      return idle(state, event.secondsLeft, facts);
    case 'closing':
      return closing(state, event.last, facts);
    default:
      return unreachable(event);
  }
}

const NOT_BUSY = { busy: false, trouble: null } as const;
const RECEIPT = { screen: 'receipt', printed: 'no', atReader: null, declined: null, trouble: null } as const;
const stay = (state: SessionState): Step => ({ state, effects: [] });

/** A session ends by itself only when nothing is under way that the customer waits for. */
export const mayTimeOut = (state: SessionState): boolean => {
  switch (state.screen) {
    case 'choose':
    case 'nothing':
    case 'receipt':
      return true;
    case 'points':
      return !state.points.busy;
    case 'pay':
      return state.declined !== null;
    case 'welcome':
    case 'reading':
    case 'returning':
    case 'take':
      return false;
  }
};

/** Copies that can be destroyed here and now. */
export const returnable = (line: Pick<LineState, 'kind'>): boolean =>
  ['open', 'must_finish', 'closed', 'found'].includes(line.kind);

/** A customer may leave an open copy on the medium; what was begun is finished. */
export const choosable = (line: Pick<LineState, 'kind'>): boolean => line.kind === 'open';

function inserted(state: SessionState, facts: TerminalFacts): Step {
  const closed = facts.closed();
  const fresh =
    state.screen === 'take' || state.screen === 'receipt'
      ? startState(state.session + 1, facts.defaultLanguage, true)
      : { ...state, mediumInside: true };
  if (closed !== null) return stay({ ...fresh, screen: 'welcome', trouble: closed });
  return {
    state: { ...fresh, screen: 'reading', lines: [], trouble: null },
    effects: [{ type: 'read_medium' }],
  };
}

function removed(state: SessionState, facts: TerminalFacts): Step {
  const next: SessionState = { ...state, mediumInside: false };
  switch (state.screen) {
    case 'welcome':
    case 'receipt':
      return stay(next);
    case 'take':
      return ended(next, facts, 'returned', true);
    case 'nothing':
      return ended(next, facts, 'nothing_to_return', true);
    case 'reading':
    case 'choose':
    case 'points': {
      const step = ended(next, facts, 'medium_taken', true);
      return { ...step, state: { ...step.state, trouble: troubleOf({ code: 'return_abandoned' }) } };
    }
    // The work itself notices, and says what became of each copy.
    case 'pay':
    case 'returning':
      return state.declined === null
        ? stay(next)
        : { state: { ...next, declined: null }, effects: [{ type: 'card_answer', answer: 'later' }] };
  }
}

function mediumRead(state: SessionState, event: Extract<SessionEvent, { type: 'medium_read' }>): Step {
  if (state.screen !== 'reading') return { state, effects: [{ type: 'give_up' }] };
  const { lines, offline, mediumKnown, secure } = event;
  const screen = lines.some(returnable) ? 'choose' : 'nothing';
  return stay({ ...state, screen, lines, offline, mediumKnown, secure });
}

const changeLine = (
  state: SessionState,
  copyId: LineState['copyId'],
  change: Partial<LineState>,
): SessionState => ({
  ...state,
  lines: state.lines.map((line) => (line.copyId === copyId ? { ...line, ...change } : line)),
});

function idle(state: SessionState, secondsLeft: number, facts: TerminalFacts): Step {
  if (!mayTimeOut(state)) return stay({ ...state, idleSeconds: null });
  if (secondsLeft > 0) return stay({ ...state, idleSeconds: secondsLeft });
  if (state.screen === 'pay')
    return {
      state: { ...state, idleSeconds: null, declined: null },
      effects: [{ type: 'card_answer', answer: 'later' }],
    };
  return ended(state, facts, state.screen === 'receipt' ? 'returned' : 'timed_out', true);
}

/** OPS-1: a confirmed return is finished and its receipt may be read; what was not confirmed was never returned (CHG-1). */
function closing(state: SessionState, last: boolean, facts: TerminalFacts): Step {
  const trouble = troubleOf({ code: 'terminal_restarting' });
  switch (state.screen) {
    case 'welcome':
    case 'take':
      return stay({ ...state, trouble: null });
    case 'pay':
    case 'returning':
      return stay({ ...state, idleSeconds: null, declined: null, trouble });
    case 'receipt':
      return last ? ended(state, facts, 'returned', false) : stay({ ...state, idleSeconds: null, trouble });
    case 'reading':
    case 'nothing':
    case 'choose':
    case 'points': {
      const step = ended(state, facts, 'restarted', false);
      return { ...step, state: { ...step.state, trouble } };
    }
  }
}

/** Nothing of this customer stays but the medium itself, if it was left in the slot. */
function ended(state: SessionState, facts: TerminalFacts, outcome: string, leave: boolean): Step {
  const effects: SessionEffect[] = [{ type: 'give_up' }];
  if (state.purse !== null) effects.push({ type: 'sign_out', purse: state.purse });
  effects.push({ type: 'session_ended', outcome });
  const start = startState(state.session + 1, facts.defaultLanguage, state.mediumInside);
  return {
    state: leave || !state.mediumInside ? start : { ...start, screen: 'take', language: state.language },
    effects,
  };
}

function reduceIntent(state: SessionState, intent: ReturnIntent, facts: TerminalFacts): Step {
  switch (intent.type) {
    case 'touch':
      return stay(state);
    case 'language':
      return stay({ ...state, language: intent.language });
    case 'dismiss_trouble':
      return stay({ ...state, trouble: null, points: { ...state.points, trouble: null } });
    case 'read_again':
      return readAgain(state, facts);
    case 'back':
      return state.screen === 'points'
        ? stay({ ...state, screen: 'choose', points: NOT_BUSY })
        : state.screen === 'choose' || state.screen === 'nothing'
          ? ended(state, facts, 'left', false)
          : stay(state);
    case 'finish':
      return state.screen === 'choose' || state.screen === 'nothing' || state.screen === 'receipt'
        ? ended(state, facts, state.screen === 'receipt' ? 'returned' : 'left', false)
        : stay(state);
    case 'choose':
      return state.screen === 'choose' ? stay(chose(state, intent)) : stay(state);
    case 'confirm':
      return confirm(state, facts);
    case 'card_again':
    case 'pay_later':
      return state.screen === 'pay' && state.declined !== null
        ? {
            state: { ...state, declined: null },
            effects: [{ type: 'card_answer', answer: intent.type === 'card_again' ? 'again' : 'later' }],
          }
        : stay(state);
    case 'use_points':
    case 'sign_in':
      return unlockPoints(state, intent);
    case 'rate':
      return rate(state, intent);
    case 'reserve':
      return reserve(state, intent);
    case 'print':
      return state.screen === 'receipt' && state.printed !== 'printing' && state.receipt.length > 0
        ? {
            state: { ...state, printed: 'printing' },
            effects: [{ type: 'print', lines: state.receipt, qr: state.qr }],
          }
        : stay(state);
    default:
      return unreachable(intent);
  }
}

function readAgain(state: SessionState, facts: TerminalFacts): Step {
  const resting = state.screen === 'welcome' || state.screen === 'nothing' || state.screen === 'take';
  if (!resting || !state.mediumInside) return stay(state);
  const closed = facts.closed();
  if (closed !== null) return stay({ ...state, trouble: closed });
  const fresh = startState(state.session + 1, state.language, true);
  return {
    state: { ...fresh, screen: 'reading' },
    effects: [{ type: 'give_up' }, { type: 'read_medium' }],
  };
}

const chose = (state: SessionState, intent: Extract<ReturnIntent, { type: 'choose' }>): SessionState => ({
  ...state,
  lines: state.lines.map((line) =>
    line.copyId === intent.copyId && choosable(line) ? { ...line, chosen: intent.chosen } : line,
  ),
});

function confirm(state: SessionState, facts: TerminalFacts): Step {
  if (state.screen !== 'choose') return stay(state);
  const chosen = state.lines.filter((line) => line.chosen && returnable(line));
  if (chosen.length === 0) return stay(state);
  const over = chosen.some((line) => (line.price?.overAt ?? Number.POSITIVE_INFINITY) < facts.monotonic);
  if (over)
    return {
      state: { ...state, screen: 'reading', lines: [], trouble: troubleOf({ code: 'quote_over' }) },
      effects: [{ type: 'give_up' }, { type: 'read_medium' }],
    };
  return {
    state: { ...state, screen: 'pay', trouble: null, atReader: null, asked: null, declined: null },
    effects: [
      {
        type: 'return',
        copyIds: chosen.map((line) => line.copyId),
        purse: state.purse,
        language: state.language,
      },
    ],
  };
}

function unlockPoints(
  state: SessionState,
  intent: Extract<ReturnIntent, { type: 'use_points' | 'sign_in' }>,
): Step {
  if (intent.type === 'use_points')
    return state.screen === 'choose' && !state.offline && state.mediumKnown && state.purse === null
      ? stay({ ...state, screen: 'points', points: NOT_BUSY })
      : stay(state);
  if (state.screen !== 'points' || state.points.busy) return stay(state);
  return {
    state: { ...state, points: { busy: true, trouble: null } },
    effects: [{ type: 'sign_in', pin: intent.pin }],
  };
}

/** Only what is really being returned is rated: not a copy that stays on the medium (RET-5). */
const returning = (state: SessionState, line: LineState): boolean =>
  (state.screen === 'returning' || state.screen === 'receipt') &&
  line.chosen &&
  returnable(line) &&
  line.work !== 'abandoned';

function rate(state: SessionState, intent: Extract<ReturnIntent, { type: 'rate' }>): Step {
  const line = state.lines.find((one) => one.copyId === intent.copyId);
  if (line === undefined || !returning(state, line) || line.stars === intent.stars) return stay(state);
  const { rentalId, titleId } = line;
  if (rentalId === null || titleId === null) return stay(state);
  return {
    state: changeLine(state, line.copyId, { stars: intent.stars }),
    effects: [{ type: 'rate', rentalId, titleId, stars: intent.stars }],
  };
}

function reserve(state: SessionState, intent: Extract<ReturnIntent, { type: 'reserve' }>): Step {
  const line = state.lines.find((one) => returning(state, one));
  const offered = state.reservable.some((one) => one.titleId === intent.titleId);
  if (line?.memberToken == null || line.rentalId === null || !offered) return stay(state);
  const { memberToken, rentalId } = line;
  const known = state.reserved.find((one) => one.titleId === intent.titleId);
  if (intent.wanted === (known !== undefined)) return stay(state);
  if (known === undefined)
    return { state, effects: [{ type: 'reserve', titleId: intent.titleId, rentalId, memberToken }] };
  return {
    state: { ...state, reserved: state.reserved.filter((one) => one !== known) },
    effects: [{ type: 'cancel_reservation', reservationId: known.reservationId, memberToken }],
  };
}
