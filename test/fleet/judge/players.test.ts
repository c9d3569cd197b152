import { expect, test } from 'vitest';
import type { CopyId, MemberId } from '#shared/kernel/ids.ts';
import type { Licence } from '#shared/media/licence.ts';
import type { StateRecord } from '#shared/media/state-record.ts';
import { type CopyTruth, causesOf, judgeAnswer, openedByStrangers } from './players.ts';

const HOUR = 3_600_000;
const NOW = 1_000 * HOUR;
const COPY = 'copy' as CopyId;
const NO_TROUBLE = { troubled: false, returned: false };

const licence = {
  issued: NOW - HOUR,
  updated: null,
  rights: {
    start: NOW - HOUR,
    end: NOW + 100 * HOUR,
    startWithinSeconds: null,
    finishWithinSeconds: 8 * 3600,
  },
  keyturn: { keep: { at: NOW + 200 * HOUR } },
} as unknown as Licence;

/** A copy in order, or not. */
const aCopy = (change: Partial<CopyTruth> = {}): CopyTruth => ({
  ...{ copyId: COPY, readable: true, readers: [], counterfeit: false, unnamed: false, mark: null, licence },
  state: { state: 'ACTIVE', startedAt: NOW - HOUR } as StateRecord,
  ...change,
});

const bound = aCopy({
  readers: ['own'],
  licence: { ...licence, keyturn: { ...licence.keyturn, binding: 'players' } },
});

const said = (
  truth: CopyTruth,
  answer: string | null,
  clock: {
    readonly wall?: number;
    readonly floor?: number;
    readonly used?: number;
    readonly own?: boolean;
  } = {},
  circumstances: Parameters<typeof judgeAnswer>[3] = NO_TROUBLE,
): readonly string[] => {
  const { wall = NOW, floor = NOW - HOUR, used, own = true } = clock;
  const player = {
    wall: () => wall,
    floor: () => floor,
    firstUse: new Map(used === undefined ? [] : [[COPY, used]]),
  };
  const causes = causesOf({ truth, all: [truth] }, player, NOW, own ? 'own' : 'another');
  return judgeAnswer(
    COPY,
    causes,
    answer === null ? { address: 'here' } : { code: answer },
    circumstances,
    'p',
  );
};

const state = (name: string): StateRecord => ({ state: name, startedAt: NOW - HOUR }) as StateRecord;

test.each([
  ['copy_returned', aCopy({ readable: false, mark: 'DESTROYED', state: state('DESTROYED') }), {}],
  ['copy_returned', aCopy({ readable: false, state: state('RETURNING') }), {}],
  ['copy_not_confirmed', aCopy({ state: { state: 'WRITING', startedAt: null } as StateRecord }), {}],
  ['copy_damaged', aCopy({ readable: false }), {}],
  ['medium_foreign', aCopy({ readable: false, counterfeit: true }), {}],
  ['copy_expired', aCopy(), { wall: NOW + 101 * HOUR }],
  ['copy_expired', aCopy(), { used: NOW - 9 * HOUR }],
  ['copy_not_for_this_player', bound, { own: false }],
  ['clock_set_back', aCopy(), { wall: NOW - HOUR, floor: NOW }],
] as const)(
  'PLY-1: %s is the true reason of such a copy, another one is wrong, and so is that it opens',
  (code, copy, clock) => {
    expect(said(copy, code, clock)).toEqual([]);
    expect(said(copy, 'copy_foreign', clock)).toHaveLength(1);
    expect(said(copy, null, clock)).toEqual([expect.stringMatching(/^PLY-1: .* in spite of /)]);
  },
);

test('PLY-1, RNT-7: what is in order opens, also once it is kept, and no reason to refuse it is true', () => {
  for (const clock of [{}, { wall: NOW + 201 * HOUR }]) {
    expect(said(aCopy(), null, clock)).toEqual([]);
    expect(said(aCopy(), 'copy_expired', clock)).toEqual([expect.stringMatching(/^PLY-1: .* does not open/)]);
  }
});

test('RET-3: what opens has no receipt', () => {
  expect(said(aCopy(), null, {}, { troubled: false, returned: true })).toEqual([
    expect.stringMatching(/^RET-3: .* has a receipt/),
  ]);
});

test('MED-3: a drive that failed is a reason to say that the stick cannot be read, and no other', () => {
  const circumstances = { troubled: true, returned: false };
  expect(said(aCopy(), 'medium_unreadable', {}, circumstances)).toEqual([]);
  expect(said(aCopy(), 'copy_returned', {}, circumstances)).toHaveLength(1);
});

test('SEC-8, SEC-6: of a bound copy staff rightly hear where its player is another member’s, who typed its code (simulation, seed 172), and in no other case', () => {
  const [own, other] = ['own' as MemberId, 'other' as MemberId];
  const strange = (memberId: MemberId, addedBy: 'code' | 'medium', opened = COPY) =>
    openedByStrangers(
      [{ copyId: COPY, memberId: own }],
      [{ copyId: opened, playerId: 'player' }],
      [{ playerId: 'player', memberId, addedBy }],
    );
  expect([...strange(other, 'code')]).toEqual([COPY]);
  expect([...strange(own, 'code')]).toEqual([]);
  expect([...strange(other, 'medium')]).toEqual([]);
  expect([...strange(other, 'code', 'unbound' as CopyId)]).toEqual([]);
});
