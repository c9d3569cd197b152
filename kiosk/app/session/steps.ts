import { type KioskFacts, type SessionEffect, type SessionState, type Step, startState } from './state.ts';

/** Steps that customer's intents and answers from outside have in common. */
export const stay = (state: SessionState): Step => ({ state, effects: [] });

/** From the attract screen into a session, unless the kiosk rents nothing: then the attract screen says why. */
export const begun = (state: SessionState, facts: KioskFacts): SessionState =>
  state.screen === 'attract' && facts.closed() === null ? { ...state, screen: 'browse' } : state;

export function ended(state: SessionState, facts: KioskFacts, outcome: string): Step {
  const effects: SessionEffect[] = [];
  if (state.member !== null) effects.push({ type: 'sign_out', member: state.member });
  if (state.screen !== 'attract') effects.push({ type: 'session_ended', kind: state.goal, outcome });
  // Nothing of this customer stays but the medium itself, if it was left in the drive; its shelf is not shown to the next one.
  const next = { ...startState(state.session + 1, facts.defaultLanguage), medium: state.medium };
  return { state: next, effects };
}

/** The next screen on the way to writing: a medium, then who it is, then what it costs. */
export function towardsRent(state: SessionState, facts: KioskFacts): SessionState {
  if (state.cart.length === 0) return { ...state, screen: 'cart' };
  const closed = facts.closed();
  if (closed !== null) return { ...state, screen: 'cart', trouble: closed };
  if (state.medium.kind !== 'ready' || facts.mediumObstacle(state) !== null)
    return { ...state, screen: 'insert' };
  if (state.member === null) return identifying({ ...state, goal: 'rent' });
  return { ...state, screen: 'confirm' };
}

export const identifying = (state: SessionState): SessionState => {
  const known = state.medium.kind === 'ready' && state.medium.owner === 'known';
  const by = known ? 'medium' : state.goal === 'mine' ? 'number' : 'choose';
  return { ...state, screen: 'identify', identify: { by, busy: false, trouble: null } };
};
