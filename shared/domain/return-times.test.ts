import { describe, expect, test } from 'vitest';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { applyRentalEvent, type RentalEvent, type RentalState } from './rental.ts';
import { quotableT0, shownT0, unprovenTellings } from './return-times.ts';
import { accepted, basis, prepared, read, run, shown, started, toldBy, unnamed } from './testing/a-rental.ts';

/** What three terminals tell, each in its own order, in every order of arrival. */
function* mixed(...lanes: readonly (readonly RentalEvent[])[]): Generator<RentalEvent[]> {
  if (lanes.every((lane) => lane.length === 0)) yield [];
  for (const [which, lane] of lanes.entries()) {
    const [first, ...rest] = lane;
    if (first === undefined) continue;
    for (const others of mixed(...lanes.map((each, at) => (at === which ? rest : each))))
      yield [first, ...others];
  }
}

const id = (name: string) => name as TerminalId;
const guessedBy = (terminalId: string, t0: number): RentalEvent =>
  ({ ...accepted('r1', t0), terminalId, guessed: epochMs(t0) }) as RentalEvent;
const known = (state: RentalState | null) => {
  const [first] = state?.facts.returns ?? [];
  if (first === undefined) throw new Error('no return');
  return first;
};

/** Torn at 200, finished at 230 by a terminal that found the slot overwritten and no record. */
const FINISHED = [toldBy('finisher', 230), unnamed(230, 'finisher')];
const THIEF = [toldBy('thief', 130), shown('thief', { nonce: 'AAAA', mac: 'AAAA' })];

describe('T0 of a return whose receipt names nobody', () => {
  test.each<[string, readonly RentalEvent[], number]>([
    ['of the terminal that showed the slot', [toldBy('beginner', 200), shown('beginner')], 200],
    [
      'as that one guessed it where its clock is not known',
      [guessedBy('beginner', 190), shown('beginner')],
      190,
    ],
    [
      'of one whose proof could be judged later only',
      [toldBy('beginner', 200), shown('beginner', { nonce: 'AA', mac: 'BB' }), shown('beginner')],
      200,
    ],
    ['of who finished, where the one that began shows nothing', [toldBy('beginner', 200)], 230],
    ['of who finished, where nobody tells of having begun', [], 230],
  ])(
    'PR-30, SEC-4, CHG-1: %s, in every order of arrival, whatever a thief tells',
    (_what, beginner, stop) => {
      let orders = 0;
      for (const order of mixed(beginner, THIEF, FINISHED)) {
        const step = run(prepared, started, ...order);
        expect(step.state.status).toBe('closed');
        expect(step.state.basis, JSON.stringify(order)).toEqual(basis(100, stop, 'returned', 'r1'));
        orders += 1;
      }
      expect(orders).toBeGreaterThan(5);
    },
  );

  test.each<[string, readonly RentalEvent[], number]>([
    ['of the terminal that showed the slot', [toldBy('beginner', 200), shown('beginner')], 200],
    ['of the one that is named, where the one that began shows nothing', [toldBy('beginner', 200)], 215],
    ['of the one that is named, where nobody tells of having begun', [], 215],
  ])(
    'PR-30, RET-3, CHG-1: where it names, as the medium does, another one that found the slot overwritten: %s, in every order of arrival, and no time is left for staff',
    (_what, beginner, stop) => {
      const found = [toldBy('second', 215)];
      const finished = [toldBy('finisher', 215), read(215, { took: 'second', finisher: 'finisher' })];
      for (const order of mixed(beginner, THIEF, found, finished)) {
        const step = run(prepared, started, ...order);
        expect(step.state.basis, JSON.stringify(order)).toEqual(basis(100, stop, 'returned', 'r1'));
        expect(unprovenTellings(known(step.state))).toEqual([]);
      }
    },
  );

  test('PR-30, RET-7: the earliest of two that both held the slot', () => {
    const two = [shown('beginner'), shown('thief')];
    for (const order of mixed(
      [toldBy('beginner', 200), two[0] as RentalEvent],
      [toldBy('thief', 130), two[1] as RentalEvent],
      FINISHED,
    ))
      expect(run(prepared, started, ...order).state.basis?.stop).toBe(130);
  });

  test('PR-30: what is told again changes nothing, and says so', () => {
    const { state } = run(prepared, started, toldBy('beginner', 200), shown('beginner'), ...FINISHED);
    for (const event of [toldBy('beginner', 150), shown('beginner'), unnamed(230, 'finisher')]) {
      const again = applyRentalEvent(state, event);
      expect([again.outcome, again.effects]).toEqual(['duplicate', []]);
      expect(again.state.basis).toEqual(state.basis);
    }
  });

  test('PR-30, SYN-4: staff see every earlier time that nobody proved, until somebody does', () => {
    const before = run(prepared, started, toldBy('beginner', 200), toldBy('thief', 130), ...FINISHED).state;
    expect(unprovenTellings(known(before))).toEqual([
      { terminalId: 'beginner', t0: 200 },
      { terminalId: 'thief', t0: 130 },
    ]);
    const after = applyRentalEvent(before, shown('beginner'));
    expect(after.outcome).toBe('applied');
    expect(after.effects.map(({ kind }) => kind)).toContain('correct_charge');
    expect(unprovenTellings(known(after.state))).toEqual([]);
    expect(shownT0(known(after.state))).toEqual({ terminalId: 'beginner', t0: 200 });
  });

  test('PR-30, CHG-7: a price is told for the T0 of who showed the slot, of whom the medium names, or of who asks; never for another’s', () => {
    const told = [toldBy('beginner', 200), toldBy('thief', 130), toldBy('finisher', 230)];
    const { state } = run(prepared, started, ...told);
    const price = (asking: string, acceptedBy?: string, of = state) =>
      quotableT0(known(of), id(asking), acceptedBy === undefined ? undefined : id(acceptedBy));
    expect(price('finisher', 'finisher')).toBe(230);
    expect(price('finisher')).toBe(230);
    expect(price('finisher', 'beginner')).toBe(200);
    expect(price('stranger', 'stranger')).toBeUndefined();
    const { state: proven } = run(prepared, started, ...told, shown('beginner'));
    expect(price('finisher', 'finisher', proven)).toBe(200);
  });
});
