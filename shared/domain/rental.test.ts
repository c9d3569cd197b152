import { describe, expect, test } from 'vitest';
import type { RentalEvent, RentalStep } from './rental.ts';
import {
  abandoned,
  accepted,
  alertsOf,
  basis,
  complete,
  destroyed,
  expired,
  found,
  held,
  keep,
  lost,
  prepared,
  proven,
  run,
  shown,
  started,
  toldBy,
  unseen,
  voided,
  wiped,
} from './testing/a-rental.ts';

/** How each state is reached. */
const REACH = {
  unknown: [],
  pending: [prepared],
  active: [prepared, started],
  returning: [prepared, started, accepted('r1', 200)],
  closed: [prepared, started, accepted('r1', 200), destroyed('r1', 200)],
  held: [prepared, held],
  void: [prepared, voided],
  kept: [prepared, started, keep],
  lost: [prepared, started, lost(300)],
} satisfies Record<string, RentalEvent[]>;
type Reached = keyof typeof REACH;

/** Every event in every state: state afterwards, outcome, alert. */
type Row = readonly [from: Reached, event: RentalEvent, status: string, outcome: string, alert?: string];
const rows: readonly Row[] = [
  ['unknown', prepared, 'pending', 'applied'],
  ['unknown', started, 'active', 'applied'],
  ['unknown', held, 'held', 'applied'],
  ['unknown', complete, 'active', 'applied'],
  ['unknown', wiped, 'void', 'applied'],
  ['unknown', unseen, 'pending', 'no_effect'],
  ['unknown', voided, 'void', 'applied'],
  ['unknown', expired, 'void', 'applied'],
  ['unknown', accepted('r1', 200), 'returning', 'applied'],
  ['unknown', abandoned('r1'), 'pending', 'no_effect'],
  ['unknown', shown('rt-1'), 'pending', 'no_effect'],
  ['pending', shown('rt-1'), 'pending', 'no_effect'],
  ['active', shown('rt-1'), 'active', 'no_effect'],
  ['returning', shown('rt-1'), 'returning', 'confirmed'],
  ['closed', shown('rt-1'), 'closed', 'confirmed'],
  ['held', shown('rt-1'), 'held', 'no_effect'],
  ['void', shown('rt-1'), 'void', 'no_effect'],
  ['kept', shown('rt-1'), 'kept', 'no_effect'],
  ['lost', shown('rt-1'), 'lost', 'no_effect'],
  ['unknown', destroyed('r1', 200), 'closed', 'applied'],
  ['unknown', keep, 'pending', 'no_effect'],
  ['unknown', lost(300), 'pending', 'applied'],
  ['unknown', found('resume'), 'pending', 'no_effect'],
  ['pending', prepared, 'pending', 'duplicate'],
  ['pending', started, 'active', 'applied'],
  ['pending', held, 'held', 'applied'],
  ['pending', complete, 'active', 'applied'],
  ['pending', wiped, 'void', 'applied'],
  ['pending', unseen, 'pending', 'no_effect'],
  ['pending', voided, 'void', 'applied'],
  ['pending', expired, 'void', 'applied'],
  ['pending', accepted('r1', 200), 'returning', 'applied'],
  ['pending', abandoned('r1'), 'pending', 'no_effect'],
  ['pending', destroyed('r1', 200), 'closed', 'applied'],
  ['pending', keep, 'pending', 'no_effect'],
  ['pending', lost(300), 'pending', 'applied'],
  ['pending', found('resume'), 'pending', 'no_effect'],
  ['active', prepared, 'active', 'duplicate'],
  ['active', started, 'active', 'duplicate'],
  ['active', held, 'active', 'confirmed'],
  ['active', complete, 'active', 'confirmed'],
  ['active', wiped, 'active', 'to_staff', 'facts_contradict'],
  ['active', unseen, 'active', 'no_effect'],
  ['active', voided, 'active', 'to_staff', 'facts_contradict'],
  ['active', expired, 'active', 'no_effect'],
  ['active', accepted('r1', 200), 'returning', 'applied'],
  ['active', abandoned('r1'), 'active', 'no_effect'],
  ['active', destroyed('r1', 200), 'closed', 'applied'],
  ['active', keep, 'kept', 'applied'],
  ['active', lost(300), 'lost', 'applied'],
  ['active', found('resume'), 'active', 'no_effect'],
  ['returning', prepared, 'returning', 'duplicate'],
  ['returning', started, 'returning', 'duplicate'],
  ['returning', held, 'returning', 'confirmed'],
  ['returning', complete, 'returning', 'confirmed'],
  ['returning', wiped, 'returning', 'to_staff', 'facts_contradict'],
  ['returning', unseen, 'returning', 'no_effect'],
  ['returning', voided, 'returning', 'to_staff', 'facts_contradict'],
  ['returning', expired, 'returning', 'no_effect'],
  ['returning', accepted('r1', 200), 'returning', 'duplicate'],
  ['returning', accepted('r2', 250), 'returning', 'applied'],
  ['returning', abandoned('r1'), 'active', 'applied'],
  ['returning', destroyed('r1', 200), 'closed', 'applied'],
  ['returning', destroyed('r2', 250), 'closed', 'applied'],
  ['returning', keep, 'kept', 'applied'],
  ['returning', lost(300), 'lost', 'applied'],
  ['returning', found('resume'), 'returning', 'no_effect'],
  ['closed', prepared, 'closed', 'duplicate'],
  ['closed', started, 'closed', 'duplicate'],
  ['closed', held, 'closed', 'confirmed'],
  ['closed', complete, 'closed', 'confirmed'],
  ['closed', wiped, 'closed', 'to_staff', 'facts_contradict'],
  ['closed', unseen, 'closed', 'no_effect'],
  ['closed', voided, 'closed', 'to_staff', 'facts_contradict'],
  ['closed', expired, 'closed', 'no_effect'],
  ['closed', accepted('r1', 200), 'closed', 'duplicate'],
  ['closed', accepted('r2', 250), 'closed', 'already_returned'],
  ['closed', abandoned('r1'), 'closed', 'to_staff', 'facts_contradict'],
  ['closed', abandoned('r2'), 'closed', 'no_effect'],
  ['closed', destroyed('r1', 200), 'closed', 'duplicate'],
  ['closed', destroyed('r1', 200, false, 'second'), 'closed', 'duplicate'],
  ['closed', destroyed('r2', 250), 'closed', 'already_returned', 'clone_suspected'],
  ['closed', destroyed('r2', 150, true), 'closed', 'earlier_return_wins', 'clone_suspected'],
  ['closed', destroyed('r2', 150, false), 'closed', 'to_staff', 'return_needs_staff'],
  ['closed', keep, 'closed', 'no_effect'],
  ['closed', lost(300), 'closed', 'already_returned'],
  ['closed', lost(150), 'closed', 'to_staff', 'lost_after_return'],
  ['closed', found('handed_in'), 'closed', 'no_effect'],
  ['held', prepared, 'held', 'duplicate'],
  ['held', started, 'active', 'applied'],
  ['held', held, 'held', 'duplicate'],
  ['held', complete, 'active', 'applied'],
  ['held', wiped, 'void', 'applied'],
  ['held', unseen, 'held', 'to_staff', 'held_unseen'],
  ['held', voided, 'void', 'applied'],
  ['held', expired, 'held', 'no_effect'],
  ['held', accepted('r1', 200), 'returning', 'applied'],
  ['held', abandoned('r1'), 'held', 'no_effect'],
  ['held', destroyed('r1', 200), 'closed', 'applied'],
  ['held', keep, 'held', 'no_effect'],
  ['held', lost(300), 'held', 'to_staff', 'held_reported_lost'],
  ['held', found('resume'), 'held', 'no_effect'],
  ['void', prepared, 'void', 'duplicate'],
  ['void', started, 'active', 'to_staff', 'facts_contradict'],
  ['void', held, 'void', 'confirmed'],
  ['void', complete, 'active', 'to_staff', 'facts_contradict'],
  ['void', wiped, 'void', 'confirmed'],
  ['void', unseen, 'void', 'no_effect'],
  ['void', voided, 'void', 'duplicate'],
  ['void', expired, 'void', 'no_effect'],
  ['void', accepted('r1', 200), 'void', 'no_effect'],
  ['void', abandoned('r1'), 'void', 'no_effect'],
  ['void', destroyed('r1', 200), 'void', 'no_effect'],
  ['void', keep, 'void', 'no_effect'],
  ['void', lost(300), 'void', 'no_effect'],
  ['void', found('resume'), 'void', 'no_effect'],
  ['kept', prepared, 'kept', 'duplicate'],
  ['kept', started, 'kept', 'duplicate'],
  ['kept', held, 'kept', 'confirmed'],
  ['kept', complete, 'kept', 'confirmed'],
  ['kept', wiped, 'kept', 'to_staff', 'facts_contradict'],
  ['kept', unseen, 'kept', 'no_effect'],
  ['kept', voided, 'kept', 'to_staff', 'facts_contradict'],
  ['kept', expired, 'kept', 'no_effect'],
  ['kept', accepted('r1', 200, true), 'kept', 'no_effect'],
  ['kept', abandoned('r1'), 'kept', 'no_effect'],
  ['kept', destroyed('r1', 200, true), 'closed', 'earlier_return_wins'],
  ['kept', destroyed('r1', 200, false), 'kept', 'to_staff', 'return_needs_staff'],
  ['kept', destroyed('r1', 650), 'closed', 'earlier_return_wins'],
  ['kept', keep, 'kept', 'duplicate'],
  ['kept', lost(650), 'kept', 'no_effect'],
  ['kept', lost(550), 'lost', 'applied'],
  ['kept', found('resume'), 'kept', 'no_effect'],
  ['lost', prepared, 'lost', 'duplicate'],
  ['lost', started, 'lost', 'duplicate'],
  ['lost', held, 'lost', 'confirmed'],
  ['lost', complete, 'lost', 'confirmed'],
  ['lost', wiped, 'lost', 'to_staff', 'facts_contradict'],
  ['lost', unseen, 'lost', 'no_effect'],
  ['lost', voided, 'lost', 'to_staff', 'facts_contradict'],
  ['lost', expired, 'lost', 'no_effect'],
  ['lost', accepted('r1', 350), 'lost', 'no_effect'],
  ['lost', abandoned('r1'), 'lost', 'no_effect'],
  ['lost', destroyed('r1', 350, true), 'lost', 'to_staff', 'found_after_loss'],
  ['lost', destroyed('r1', 250, true), 'closed', 'earlier_return_wins'],
  ['lost', destroyed('r1', 250, false), 'lost', 'to_staff', 'return_needs_staff'],
  ['lost', keep, 'lost', 'no_effect'],
  ['lost', lost(310), 'lost', 'duplicate'],
  ['lost', lost(290), 'lost', 'applied'],
  ['lost', found('handed_in'), 'closed', 'applied'],
  ['lost', found('resume'), 'active', 'applied'],
];

describe('RNT-3: every event has an answer in every state', () => {
  const title = ([from, event, status, outcome]: Row) =>
    `RNT-3: ${from} + ${JSON.stringify(event)} → ${status}, ${outcome}`;
  test.each(rows.map((row) => [title(row), row] as const))(
    '%s',
    (_title, [from, event, status, outcome, alert]) => {
      const step = run(...REACH[from], event);
      expect([step.state.status, step.outcome]).toEqual([status, outcome]);
      if (alert === undefined) expect(alertsOf(step)).toEqual([]);
      else expect(alertsOf(step)).toContain(alert);
    },
  );
  test('RNT-3: the table has a row for each of 15 events in each of 9 situations', () => {
    const pairs = new Set(rows.map(([from, event]) => `${from} ${event.kind}`));
    expect(pairs.size).toBe(15 * Object.keys(REACH).length);
  });
});

describe('what is charged', () => {
  test.each<[string, RentalEvent[], unknown]>([
    ['RNT-1: from the verified write to T0', REACH.closed, basis(100, 200, 'returned', 'r1')],
    [
      'CHG-1, RET-3: to the T0 of who began a torn return, though another that finished it was heard first',
      [prepared, started, accepted('r1', 230), accepted('r1', 200), destroyed('r1', 230)],
      basis(100, 200, 'returned', 'r1'),
    ],
    [
      'CHG-1, RET-3: what was closed keeps its T0',
      [...REACH.closed, accepted('r1', 150)],
      basis(100, 200, 'returned', 'r1'),
    ],
    [
      'CHG-1, RET-3: but where its key was overwritten by who is heard of last, that one took the medium first',
      [...REACH.closed, { ...accepted('r1', 150), began: true } as RentalEvent],
      basis(100, 150, 'returned', 'r1'),
    ],
    [
      'CHG-1, RET-3: which makes nothing later',
      [...REACH.closed, { ...accepted('r1', 250), began: true } as RentalEvent],
      basis(100, 200, 'returned', 'r1'),
    ],
    ...[
      [toldBy('thief', 130), toldBy('rt-1', 130, 200)],
      [toldBy('rt-1', 200), toldBy('thief', 130)],
      [toldBy('thief', 700), toldBy('rt-1', 700, 200)],
    ].map((tellings, way): [string, RentalEvent[], unknown] => [
      `SEC-4, RET-3: to the T0 of who took the medium, as the receipt says for certain, whatever another told of it (${way + 1})`,
      [prepared, started, ...tellings, proven(230, { took: 'rt-1', finisher: 'rt-1' })],
      basis(100, 200, 'returned', 'r1'),
    ]),
    [
      'SEC-4, RET-3: as its receipt tells it where that terminal was not sure before',
      [prepared, started, toldBy('thief', 130), proven(230, { took: 'rt-1', finisher: 'rt-1' })],
      basis(100, 230, 'returned', 'r1'),
    ],
    [
      'SEC-4, RET-3: of a torn return as the terminal that finished it read it, until the other is heard',
      [
        prepared,
        started,
        toldBy('thief', 130),
        toldBy('rt-2', 130, 205),
        proven(230, { took: 'rt-1', finisher: 'rt-2' }),
      ],
      basis(100, 205, 'returned', 'r1'),
    ],
    ['RNT-1: nothing while active', REACH.active, null],
    ['RNT-1: nothing after a failed write', REACH.void, null],
    ['RNT-6: nothing while held', REACH.held, null],
    [
      'RNT-6: settled complete, from that moment',
      [held, complete, destroyed('r1', 200)],
      basis(150, 200, 'returned', 'r1'),
    ],
    [
      'RNT-6: a held copy brought to a return terminal',
      [held, destroyed('r1', 200)],
      basis(200, 200, 'returned', 'r1'),
    ],
    ['RNT-6: never seen again, uncharged', [held, unseen], null],
    ['RNT-7: kept, up to the limit', REACH.kept, basis(100, 600, 'kept', null)],
    ['RNT-7: lost, up to the report', REACH.lost, basis(100, 300, 'lost', null)],
    [
      'RNT-7: found and handed in, the fee is gone',
      [...REACH.lost, found('handed_in')],
      basis(100, 300, 'returned', null),
    ],
    [
      'RNT-7, SYN-2: handed in, and the terminal that took it is heard of before staff say so',
      [...REACH.lost, accepted('r1', 400), destroyed('r1', 400), found('handed_in')],
      basis(100, 300, 'returned', null),
    ],
    [
      'RNT-7, SYN-2: or afterwards',
      [...REACH.lost, found('handed_in'), accepted('r1', 400), destroyed('r1', 400)],
      basis(100, 300, 'returned', null),
    ],
    ['RNT-7: found and resumed, the meter runs on', [...REACH.lost, found('resume')], null],
    [
      'RET-1: a return before its rental, from the licence',
      [destroyed('r1', 200)],
      basis(98, 200, 'returned', 'r1'),
    ],
    [
      'RET-1: the kiosk confirms later',
      [destroyed('r1', 200), prepared, started],
      basis(100, 200, 'returned', 'r1'),
    ],
    [
      'RET-2: the later of two returns changes nothing',
      [...REACH.closed, destroyed('r2', 250)],
      basis(100, 200, 'returned', 'r1'),
    ],
    [
      'RET-2: the earlier one, offline since, wins',
      [...REACH.closed, destroyed('r2', 150, true)],
      basis(100, 150, 'returned', 'r2'),
    ],
    [
      'RET-2: the earlier one, not offline, waits for staff',
      [...REACH.closed, destroyed('r2', 150)],
      basis(100, 200, 'returned', 'r1'),
    ],
    [
      'CHG-1: pulled before overwriting, returned later',
      [...REACH.returning, abandoned('r1'), destroyed('r2', 400)],
      basis(100, 400, 'returned', 'r2'),
    ],
    [
      'CHG-1: torn there, finished at another terminal: T0 of the first',
      [...REACH.returning, destroyed('r1', 200, false, 'other')],
      basis(100, 200, 'returned', 'r1'),
    ],
    [
      'SYN-4: a stop before the start is the start',
      [started, destroyed('r1', 50, true)],
      basis(100, 100, 'returned', 'r1'),
    ],
  ])('%s', (_name, events, expected) => {
    expect(run(...events).state.basis).toEqual(expected);
  });

  test('RET-2: the return heard of before a loss was reported counts, though its receipt comes later', () => {
    const step = run(started, accepted('r1', 200), lost(300), destroyed('r1', 200));
    expect([step.state.status, step.outcome]).toEqual(['closed', 'earlier_return_wins']);
    expect(step.effects).toContainEqual(expect.objectContaining({ kind: 'correct_charge' }));
  });
});

describe('effects', () => {
  const kinds = (step: RentalStep) =>
    step.effects.map((effect) => {
      if (effect.kind === 'unit') return effect.change;
      if (effect.kind === 'licence') return `licence ${effect.status}`;
      return effect.kind === 'member_block' ? `block ${effect.blocked}` : effect.kind;
    });
  test.each<[string, RentalEvent[], string[]]>([
    ['RSV-1: a prepared rental takes a unit', REACH.pending, ['occupy', 'licence ready']],
    ['LIC-1: started', REACH.active, ['licence active']],
    ['RET-3: closed', REACH.closed, ['release', 'post_charge', 'licence returned']],
    ['RNT-6: held keeps the member from renting', REACH.held, ['block true']],
    ['RNT-6: settled', [...REACH.held, complete], ['block false', 'licence active']],
    ['RNT-6: wiped', [...REACH.held, wiped], ['release', 'block false', 'licence cancelled', 'release_hold']],
    ['RNT-7: kept uses the unit up', REACH.kept, ['consume', 'post_charge', 'endless_licence']],
    ['RNT-7: lost', REACH.lost, ['release', 'post_charge', 'licence revoked']],
    ['RNT-7: resumed', [...REACH.lost, found('resume')], ['occupy', 'cancel_charge', 'licence active']],
    ['RET-1: opened and closed by the return', [destroyed('r1', 200)], ['post_charge', 'licence returned']],
    ['RET-2: told twice, nothing happens twice', [...REACH.closed, destroyed('r1', 200)], []],
  ])('%s', (_name, events, expected) => {
    expect(kinds(run(...events))).toEqual(expected);
  });
});

test('RNT-6, SEC-4: of a held copy that a kiosk settled only a return that destroyed it says that it was seen before', () => {
  const start = (...events: RentalEvent[]) => run(prepared, held, ...events).state.start;
  for (const events of [
    [accepted('said', 120), complete],
    [complete, accepted('said', 120)],
  ])
    expect(start(...events)).toEqual({ at: 150, source: 'settled' });
  expect(start(accepted('said', 110), complete, destroyed('true', 120))).toEqual({
    at: 120,
    source: 'settled',
  });
});
