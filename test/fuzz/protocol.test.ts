import { describe, expect, it } from 'vitest';
import { assert } from '#shared/kernel/assert.ts';
import * as decoders from '#shared/protocol/decode.ts';
import { decodeEvent, EVENTS } from '#shared/protocol/events.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import { parseTopic } from '#shared/protocol/topics.ts';
import { fuzz } from './campaign.ts';
import { mutateBytes, nearText } from './mutate.ts';
import { expectSaid, expectSameAgain, refusal } from './oracle.ts';
import { goldenMessages } from './samples.ts';
import { spliceable, spliceDocument } from './splice.ts';

/** Executions of each message of the broker and of topics; events are one parser with a table of kinds. */
const RUNS = 200_000;
const EVENT_RUNS = 10_000;

const MESSAGES: Record<string, (payload: Uint8Array) => decoders.Decoded<unknown>> = {
  batch: decoders.decodeBatch,
  ack: decoders.decodeAck,
  presence: decoders.decodePresence,
  heartbeat: decoders.decodeHeartbeat,
  'hub-record': decoders.decodeHubRecord,
  command: decoders.decodeCommand,
  config: decoders.decodeConfig,
};

describe('messages of the broker', () => {
  it.each(Object.keys(MESSAGES))(
    'SEC-8 PR-2 PR-3 PR-4 SYN-3: %s of any bytes is read truly or refused',
    async (name) => {
      const decode = MESSAGES[name];
      assert(decode !== undefined, 'a decoder');
      const samples = goldenMessages(name).map(spliceable);
      const { executions } = await fuzz({
        name,
        runs: RUNS,
        accepted: 2000,
        refused: 20_000,
        input: (chance) => {
          if (chance.once(5000)) return Buffer.alloc(LIMITS.packetBytes + 1, chance.below(256));
          return spliceDocument(chance, samples);
        },
        judge: (payload) => {
          const decoded = decode(payload);
          if (!decoded.ok) return refusal(decoded.error);
          const sent: unknown = JSON.parse(new TextDecoder().decode(payload));
          if (name === 'batch') nameContent(sent as SentBatch);
          expectSaid(decoded.value, sent);
          expectSameAgain(decoded.value, (text) => {
            const again = decode(Buffer.from(text));
            assert(again.ok, 'what was accepted is accepted again');
            return again.value;
          });
          if (name === 'batch') expectRun(decoded.value);
          return 'accepted';
        },
      });
      expect(executions).toBeGreaterThanOrEqual(RUNS);
    },
  );

  it('PR-1 SEC-8: a topic is one of ours in its own partition, or none', async () => {
    const topics = [
      'kt1/07/kiosk-1/up',
      'kt1/00/hub',
      'kt1/15/hub',
      ...['up', 'tm', 'st', 'dn/ack', 'dn/cmd', 'dn/cfg'].flatMap(own),
    ];
    await fuzz({
      name: 'topic',
      runs: RUNS,
      accepted: 50,
      refused: 3000,
      input: (chance) => (chance.once(10) ? chance.pick(topics) : nearText(chance, chance.pick(topics))),
      judge: (topic) => {
        const parsed = parseTopic(topic);
        if (parsed === null) return 'no_topic';
        const tail = { up: '', down: '/dn', hub: '' }[parsed.kind];
        const again =
          parsed.kind === 'hub'
            ? `kt1/${parsed.partition}/hub`
            : `kt1/${parsed.partition}/${parsed.terminal}${tail}/${parsed.channel}`;
        assert(again === topic, `${again} is not ${topic}`);
        assert(/^kt1\/(0[0-9]|1[0-5])\//.test(topic), 'a partition of the fleet');
        assert(
          parsed.kind === 'hub' || fnv(parsed.terminal) === Number(parsed.partition),
          'its own partition',
        );
        return 'accepted';
      },
    });
  });
});

interface SentBatch {
  readonly events: { data?: unknown }[];
}

/** PR-8: an event whose data is none, or is written as none (1e999), is read as one with nothing in it. */
function nameContent({ events }: SentBatch): void {
  for (const event of events) if ((JSON.stringify(event.data) ?? 'null') === 'null') event.data = {};
}

const own = (channel: string) =>
  Array.from({ length: 16 }, (_, part) => `kt1/${String(part).padStart(2, '0')}/kiosk-1/${channel}`);

/** FNV-1a modulo 16, told with big integers. */
const fnv = (text: string): number =>
  Number(
    [...text].reduce(
      (hash, each) => ((hash ^ BigInt(each.charCodeAt(0))) * 0x01000193n) & 0xffffffffn,
      0x811c9dc5n,
    ) % 16n,
  );

/** PR-7, said once more by other means. */
function expectRun(value: unknown): void {
  const { events, firstHeld, last } = value as {
    events: { sequence: number }[];
    firstHeld: number;
    last: number;
  };
  const sequences = events.map(({ sequence }) => sequence);
  assert(new Set(sequences).size === sequences.length, 'no sequence twice');
  assert(Math.max(...sequences) - Math.min(...sequences) === sequences.length - 1, 'no hole');
  assert(Math.min(...sequences) >= firstHeld && Math.max(...sequences) <= last, 'inside what is held');
}

describe('events', () => {
  it.each(Object.keys(EVENTS))('SYN-3 PR-8 SEC-8: %s of any shape is read truly or refused', async (kind) => {
    const samples = goldenMessages(`event.${kind}`).map(({ data }) => spliceable(data));
    const { executions } = await fuzz({
      name: `event ${kind}`,
      runs: EVENT_RUNS,
      accepted: 200,
      refused: 1500,
      input: (chance) => spliceDocument(chance, samples),
      judge: (bytes) => {
        let sent: unknown;
        try {
          sent = JSON.parse(bytes.toString());
        } catch {
          return 'no_json';
        }
        const decoded = decodeEvent(kind, sent);
        if (!decoded.ok) return refusal(decoded.error);
        expectSaid(decoded.value.data, sent);
        expectSameAgain(decoded.value.data, (text) => {
          const again = decodeEvent(kind, JSON.parse(text));
          assert(again.ok, 'what was accepted is accepted again');
          return again.value.data;
        });
        return 'accepted';
      },
    });
    expect(executions).toBeGreaterThanOrEqual(EVENT_RUNS);
  });

  it('SYN-3: a kind that only looks like one of ours is unknown', async () => {
    const kinds = [...Object.keys(EVENTS), '__proto__', 'constructor', 'hasOwnProperty', 'toString'];
    await fuzz({
      name: 'event kind',
      runs: RUNS,
      accepted: 0,
      refused: 4000,
      input: (chance) => Buffer.from(mutateBytes(chance, Buffer.from(chance.pick(kinds)))).toString('utf8'),
      judge: (kind) => {
        const decoded = decodeEvent(kind, { rentalId: 1 });
        assert(!decoded.ok, 'this data fits no kind');
        return refusal(decoded.error);
      },
    });
  });
});
