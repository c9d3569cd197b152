import { describe, expect, it } from 'vitest';
import { epochMs } from '#shared/kernel/time.ts';
import { OUR_VERSION } from '#shared/protocol/decode.ts';
import type { Ack } from '#shared/protocol/envelope.ts';
import { type AckContext, readAck } from './hub-position.ts';

const at = epochMs(1);
const anAck = (change: Partial<Ack> = {}): Ack => ({
  version: OUR_VERSION,
  timeline: 't1',
  session: 's1',
  epoch: 'e1',
  lane: 0,
  contiguous: 7,
  window: 400,
  rejection: null,
  clock: { sentAt: at, receivedAt: at, answeredAt: at },
  ...change,
});
const context: AckContext = {
  session: 's1',
  epoch: 'e1',
  position: { firstHeld: 3, last: 9, acked: 5, queued: 4, oldestAt: at },
  timeline: 't1',
  replaced: new Set(['t0']),
};

describe('what an ack means', () => {
  it.each<[string, Partial<Ack>, object]>([
    ['PR-10: more is committed', {}, { kind: 'advance', contiguous: 7 }],
    ['PR-10: nothing new is committed', { contiguous: 5 }, { kind: 'advance', contiguous: 5 }],
    [
      'PR-15: a late ack of the same timeline moves nothing back',
      { contiguous: 4 },
      { kind: 'ignore', why: 'late' },
    ],
    ['PR-15: an early first position is late too', { contiguous: -1 }, { kind: 'ignore', why: 'late' }],
    [
      'SYN-6: a new timeline may stand before',
      { timeline: 't2', contiguous: 4 },
      { kind: 'rewind', contiguous: 4 },
    ],
    ['SYN-6: a new timeline may stand where it was', { timeline: 't2' }, { kind: 'advance', contiguous: 7 }],
    ['PR-15: a replaced timeline is over', { timeline: 't0' }, { kind: 'ignore', why: 'old_timeline' }],
    [
      'PR-14: a hub that knows more than was made',
      { contiguous: 10 },
      { kind: 'new_epoch', why: 'hub_ahead' },
    ],
    [
      'PR-14: a hub before what is still held',
      { timeline: 't2', contiguous: 1 },
      { kind: 'new_epoch', why: 'hub_before_held' },
    ],
    [
      'SYN-6: exactly at what is still held',
      { timeline: 't2', contiguous: 2 },
      { kind: 'rewind', contiguous: 2 },
    ],
    [
      'PR-16: lane 1 may have a gap',
      { lane: 1, timeline: 't2', contiguous: 1 },
      { kind: 'rewind', contiguous: 1 },
    ],
    [
      'PR-14: another epoch’s ack is not heeded',
      { epoch: 'e0', contiguous: 9 },
      { kind: 'ignore', why: 'other_epoch' },
    ],
    [
      'PR-6: another session’s ack is not heeded',
      { session: 's0' },
      { kind: 'ignore', why: 'other_session' },
    ],
    [
      'PR-4: a refusal without session is for us',
      { session: '', rejection: 'malformed' },
      { kind: 'rejected' },
    ],
    ['PR-4: an ack without session is not', { session: '' }, { kind: 'ignore', why: 'other_session' }],
    ['PR-5: a refusal is one', { rejection: 'revoked_terminal' }, { kind: 'rejected' }],
    ['PR-13: a conflict of this epoch', { rejection: 'epoch_conflict' }, { kind: 'rejected' }],
    [
      'PR-13: a conflict of the epoch before is settled already',
      { rejection: 'epoch_conflict', epoch: 'e0' },
      { kind: 'ignore', why: 'other_epoch' },
    ],
  ])('%s', (_title, change, meaning) => {
    expect(readAck(anAck(change), context)).toEqual(meaning);
  });

  it('PR-6: without a connection nothing is heeded', () => {
    expect(readAck(anAck(), { ...context, session: null })).toMatchObject({ kind: 'ignore' });
  });
});
