import { describe, expect, it } from 'vitest';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { decodeAck, decodeBatch, decodeHeartbeat, decodeHubRecord, encode, OUR_VERSION } from './decode.ts';
import { decodeEvent, laneOf, rentalOf } from './events.ts';
import { LIMITS } from './limits.ts';
import {
  allPartitions,
  downTopic,
  hubSubscriptions,
  hubTopic,
  parseTopic,
  partitionOf,
  terminalSubscriptions,
  upTopic,
} from './topics.ts';
import { REJECTIONS, refuseVersion } from './version.ts';

const kiosk = 'kiosk-1' as TerminalId;
const stamp = { deviceTime: 1, monotonic: 1, bootId: 'b', clockOffset: null, clockError: null };
const event = (sequence: number) => ({
  sequence,
  id: `0199d0c8-1c00-7000-8000-${String(sequence).padStart(12, '0')}`,
  kind: 'whatever',
  stamp,
  data: null,
});
const batch = (change: object) => ({
  version: OUR_VERSION,
  terminal: kiosk,
  session: 's',
  epoch: 'e',
  lane: 0,
  firstHeld: 2,
  last: 6,
  sentAt: 1,
  events: [event(3), event(4)],
  ...change,
});

describe('topics', () => {
  it('PR-1: every topic that we write is read as what it is', () => {
    for (const channel of ['up', 'tm', 'st'] as const)
      expect(parseTopic(upTopic(kiosk, channel))).toMatchObject({ kind: 'up', terminal: kiosk, channel });
    for (const channel of ['ack', 'cmd', 'cfg'] as const)
      expect(parseTopic(downTopic(kiosk, channel))).toMatchObject({ kind: 'down', terminal: kiosk, channel });
    expect(parseTopic(hubTopic('03'))).toEqual({ kind: 'hub', partition: '03' });
  });

  it('PR-1: the partition of a terminal never changes', () => {
    expect(['kiosk-1', 'kiosk-2', 'return-1'].map((id) => partitionOf(id as TerminalId))).toEqual([
      '10',
      '07',
      '05',
    ]);
    expect(allPartitions()).toHaveLength(16);
  });

  it.each([
    '',
    'kt1',
    'kt2/00/hub',
    'kt1/16/hub',
    'kt1/0/hub',
    'kt1/00/hub/x',
    `kt1/${partitionOf(kiosk)}/kiosk-1`,
    `kt1/${partitionOf(kiosk)}/kiosk-1/dn`,
    `kt1/${partitionOf(kiosk)}/kiosk-1/dn/up`,
    `kt1/${partitionOf(kiosk)}/kiosk-1/ack`,
    `kt1/${partitionOf(kiosk)}/Kiosk-1/up`,
    `kt1/${partitionOf(kiosk)}/+/up`,
    `kt1/${partitionOf(kiosk) === '00' ? '01' : '00'}/kiosk-1/up`,
    `/kt1/${partitionOf(kiosk)}/kiosk-1/up`,
  ])('PR-1: %j is no topic of ours', (topic) => {
    expect(parseTopic(topic)).toBeNull();
  });

  it('PR-1: terminals hear their own topics, hubs every terminal of a partition', () => {
    expect(terminalSubscriptions(kiosk)).toHaveLength(4);
    expect(hubSubscriptions('04')).toEqual(['kt1/04/+/up', 'kt1/04/+/tm', 'kt1/04/+/st']);
  });
});

describe('reading messages', () => {
  it.each(['"data":null', '"data":1e999'])(
    'SYN-3 PR-8: an event with %s has nothing in it, and its batch is read',
    (content) => {
      const text = encode(batch({})).toString().replace('"data":null', content);
      const read = decodeBatch(Buffer.from(text));
      expect(read.ok && read.value.events.map(({ data }) => data)).toEqual([{}, {}]);
    },
  );

  it('PR-2: only the major version decides', () => {
    expect(refuseVersion({ major: 1, minor: 99 })).toBeNull();
    expect(refuseVersion({ major: 2, minor: 0 })).toBe('version_too_new');
    expect(refuseVersion({ major: 0, minor: 9 })).toBe('version_too_old');
  });

  it('PR-2: the version is read before the shape', () => {
    const said = decodeAck(encode({ version: { major: 2, minor: 0 }, entirely: 'different' }));
    expect(said).toMatchObject({ error: { code: 'version_too_new' } });
  });

  it('PR-3: a payload above the limit is refused unread', () => {
    const large = Buffer.alloc(LIMITS.packetBytes + 1, 0x20);
    expect(decodeBatch(large)).toMatchObject({ error: { code: 'too_large' } });
    expect(decodeBatch(large.subarray(1))).toMatchObject({ error: { code: 'malformed' } });
  });

  it.each([
    ['nothing', Buffer.from('')],
    ['no JSON', Buffer.from('{')],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['null', Buffer.from('null')],
    ['a list', Buffer.from('[]')],
    ['no version', encode({})],
    ['a version of text', encode({ version: '1.0' })],
    ['half a version', encode({ version: { major: 1 } })],
    ['a broken version', encode({ version: { major: 1.5, minor: 0 } })],
    ['no fields', encode({ version: OUR_VERSION })],
  ])('PR-4: %s is malformed', (_name, payload) => {
    for (const decode of [decodeBatch, decodeAck, decodeHubRecord])
      expect(decode(payload)).toMatchObject({ ok: false, error: { code: 'malformed' } });
  });

  it('PR-4: the reasons of a refusal are a closed list', () => {
    expect(REJECTIONS).toHaveLength(9);
  });

  it.each([
    ['a whole run', {}, true],
    ['a hole', { events: [event(3), event(5)] }, false],
    ['backwards', { events: [event(4), event(3)] }, false],
    ['the same twice', { events: [event(3), event(3)] }, false],
    ['before what is held', { firstHeld: 4 }, false],
    ['after what was made', { last: 3 }, false],
    ['no events', { events: [] }, false],
    ['too many', { last: 900, events: Array.from({ length: 201 }, (_, index) => event(3 + index)) }, false],
    ['an unknown lane', { lane: 2 }, false],
    ['a fraction', { firstHeld: 1.5 }, false],
  ])('PR-7: a batch with %s', (_name, change, accepted) => {
    expect(decodeBatch(encode(batch(change))).ok).toBe(accepted);
  });

  it('PR-8: an event is judged alone; the batch around it is read', () => {
    expect(decodeBatch(encode(batch({}))).ok).toBe(true);
    expect(decodeEvent('whatever', null)).toMatchObject({ error: { code: 'event_kind_unknown' } });
    expect(decodeEvent('toString', {})).toMatchObject({ error: { code: 'event_kind_unknown' } });
    expect(decodeEvent('config.applied', { version: -1, at: 1 })).toMatchObject({
      error: { code: 'event_malformed' },
    });
  });

  it('PR-9: everything is lane 0 but the telemetry named as such', () => {
    expect([laneOf('return.destroyed'), laneOf('alert.raised'), laneOf('session.ended')]).toEqual([0, 0, 1]);
  });

  it('SYN-3: the rental of an event is what later ones wait behind', () => {
    const decoded = decodeEvent('return.repeated', { rentalId: event(1).id, copyId: event(2).id, at: 1 });
    expect(decoded.ok && rentalOf(decoded.value)).toBe(event(1).id);
    const other = decodeEvent('config.applied', { version: 1, at: 1 });
    expect(other.ok && rentalOf(other.value)).toBeNull();
  });
});

describe('heartbeats', () => {
  const beat = (change: object) =>
    decodeHeartbeat(
      encode({
        ...{ version: OUR_VERSION, terminal: kiosk, session: 's', sentAt: 1, stamp },
        ...{ queue: { lane0: 3, lane1: 2, oldestAt: null }, storage: { totalBytes: 2 ** 50, freeBytes: 1 } },
        ...{ cache: { bytes: 2 ** 45, titles: 1, fetching: 0 }, drives: [], software: 'x', configVersion: 4 },
        ...{ locked: false, temperatureCelsius: null, ...change },
      }),
    );

  it('PR-4, SEC-8: figures that no fleet has, and no column holds, are malformed', () => {
    expect(beat({})).toMatchObject({ ok: true });
    for (const change of [
      { queue: { lane0: 2 ** 40, lane1: 0, oldestAt: null } },
      { cache: { bytes: 1, titles: 2 ** 31, fetching: 0 } },
      { configVersion: 2 ** 31 },
    ])
      expect(beat(change)).toMatchObject({ ok: false, error: { code: 'malformed' } });
  });
});
