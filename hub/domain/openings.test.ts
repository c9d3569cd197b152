import { describe, expect, it } from 'vitest';
import type { MemberId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { CLOCK_SLACK_MS, judgeSitting, type OpenedCopy, type Sitting } from './openings.ts';

const MINUTE = 60_000;
const NOON = Date.UTC(2026, 5, 1, 12);
const ANN = '019b7800-0000-7000-8000-00000000000a' as MemberId;
const BEN = '019b7800-0000-7000-8000-00000000000b' as MemberId;
const free: OpenedCopy = { binding: 'none', memberId: ANN, destroyedAt: null };

const sat = (playerId: string, from: number, until: number): Sitting => ({
  playerId,
  from: epochMs(NOON + from * MINUTE),
  until: epochMs(NOON + until * MINUTE),
});

describe('what a sitting says of its copy', () => {
  it('SEC-8: two players that had it open together beyond what their clocks may differ', () => {
    const slack = CLOCK_SLACK_MS / MINUTE;
    const evening = sat('one', 0, 90);
    expect(judgeSitting(free, evening, null, [evening, sat('two', 30, 120)])).toEqual(['open_at_two']);
    expect(judgeSitting(free, evening, null, [evening, sat('two', 90 - slack, 200)])).toEqual([]);
    expect(judgeSitting(free, evening, null, [evening, sat('two', 90 - slack - 1, 200)])).toEqual([
      'open_at_two',
    ]);
    expect(judgeSitting(free, evening, null, [evening, sat('one', 30, 120)])).toEqual([]);
    expect(judgeSitting(free, evening, null, [evening, sat('two', 100, 190)])).toEqual([]);
  });

  it('SEC-8: one that began after the key was destroyed', () => {
    const returned = { ...free, destroyedAt: epochMs(NOON) };
    expect(judgeSitting(returned, sat('one', 16, 20), null, [])).toEqual(['opened_after_return']);
    expect(judgeSitting(returned, sat('one', 15, 20), null, [])).toEqual([]);
    expect(judgeSitting(returned, sat('one', -90, 200), null, [])).toEqual([]);
  });

  it('SEC-6: a copy bound to players was open at none of its member’s', () => {
    const bound: OpenedCopy = { ...free, binding: 'players' };
    const sitting = sat('one', 0, 10);
    expect(judgeSitting(bound, sitting, ANN, [])).toEqual([]);
    expect(judgeSitting(bound, sitting, BEN, [])).toEqual(['player_not_registered']);
    expect(judgeSitting(bound, sitting, null, [])).toEqual(['player_not_registered']);
    expect(judgeSitting(free, sitting, null, [])).toEqual([]);
  });
});
