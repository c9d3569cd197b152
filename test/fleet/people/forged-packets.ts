import type { EventId } from '#shared/kernel/ids.ts';
import { encode, OUR_VERSION } from '#shared/protocol/decode.ts';
import type { Batch } from '#shared/protocol/envelope.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import { downTopic, hubTopic, partitionOf, upTopic } from '#shared/protocol/topics.ts';
import type { Deed, Means } from './deed.ts';

const deed = (name: string, work: (means: Means) => Promise<void>): Deed => ({
  name,
  commit: async (means) => {
    await work(means);
    return true;
  },
});

/** A batch on his own line. */
const sends = (name: string, batch: (means: Means) => unknown): Deed =>
  deed(name, (means) => means.stolen.publish(upTopic(means.stolen.id, 'up'), bytes(batch(means))));

const bytes = (message: unknown): Uint8Array =>
  typeof message === 'string' ? Buffer.from(message, 'utf8') : encode(message as object);

/** Nothing in it that could be refused but what the deed changes. */
const tells = ({ stolen }: Means, change: Partial<Batch>): Batch =>
  stolen.batch(Math.max(0, stolen.written() - 1), change);

const nested = (depth: number): unknown => (depth === 0 ? 0 : [nested(depth - 1)]);

/** What his line must not do: others' topics and names (SEC-2, PR-5), shapes that are none (PR-2 … PR-4), places that are not his turn (PR-7, PR-13, PR-16). */
export const FORGED_PACKETS: readonly Deed[] = [
  sends('repeats a sequence with another content', (means) => {
    const { stolen } = means;
    const place = means.random.below(Math.max(1, stolen.written()));
    const event = stolen.event(place);
    const other = { ...event, id: stolen.id7<EventId>(), data: { of: 'a thief' } };
    return tells(means, event === null ? {} : { events: [other as never], last: place });
  }),
  sends('leaves a gap', (means) => {
    const { stolen } = means;
    const sequence = stolen.written() + 1 + means.random.below(50);
    const event = { id: stolen.id7<EventId>(), kind: 'session.ended', stamp: stolen.stamp(), data: {} };
    return tells(means, { last: sequence, events: [{ ...event, sequence }] });
  }),
  sends('leaves a gap of millions', (means) => {
    const { stolen } = means;
    const sequence = 1_000_000 + means.random.below(1_000_000_000);
    const event = { id: stolen.id7<EventId>(), kind: 'session.ended', stamp: stolen.stamp(), data: {} };
    return tells(means, { last: sequence, events: [{ ...event, sequence }] });
  }),
  sends('no longer holds what nobody had', (means) => {
    const { stolen } = means;
    const sequence = stolen.written() + 3;
    const event = { id: stolen.id7<EventId>(), kind: 'session.ended', stamp: stolen.stamp(), data: {} };
    return tells(means, { firstHeld: sequence, last: sequence, events: [{ ...event, sequence }] });
  }),
  sends('sends a batch in another’s name', (means) => tells(means, { terminal: means.heard.other() })),
  sends('sends a batch of another session', (means) => tells(means, { session: 'another' })),
  sends('speaks a version to come', (means) => ({
    ...tells(means, {}),
    version: { major: OUR_VERSION.major + 1, minor: 0 },
  })),
  sends('sends no JSON', () => '{"version":{"major":1,'),
  sends('sends a list without an end', () => '['.repeat(20_000)),
  sends('sends an event deeper than can be stored', (means) => {
    const { stolen } = means;
    const event = { sequence: stolen.written(), id: stolen.id7<EventId>(), kind: 'session.ended' };
    const made = { ...event, stamp: stolen.stamp(), data: nested(LIMITS.depth + 8) };
    return tells(means, { last: event.sequence, events: [made] });
  }),
  sends('sends an event that cannot be stored', (means) => {
    const { stolen } = means;
    const event = { sequence: stolen.written(), id: stolen.id7<EventId>(), kind: 'session\u0000' };
    const made = { ...event, stamp: stolen.stamp(), data: { text: '\ud800\u0000' } };
    return tells(means, { last: event.sequence, events: [made] });
  }),
  sends('sends more events than a batch holds', (means) => {
    const { stolen } = means;
    const from = stolen.written();
    const events = Array.from({ length: LIMITS.batchEvents + 1 }, (_, at) => ({
      ...{ sequence: from + at, id: stolen.id7<EventId>(), kind: 'session.ended' },
      ...{ stamp: stolen.stamp(), data: {} },
    }));
    return tells(means, { last: from + events.length, events });
  }),
  sends('sends a packet that is too large', (means) => ({
    ...tells(means, {}),
    more: 'x'.repeat(LIMITS.packetBytes),
  })),
  sends('sends nothing', () => ''),
  deed('says a whole store again in another epoch', async ({ stolen }) => stolen.beginAgain()),
  deed('publishes on another’s topic', async ({ stolen, heard }) => {
    const terminal = heard.other();
    await stolen.publish(upTopic(terminal, 'up'), encode(stolen.batch(0, { terminal })));
  }),
  deed('is born in another’s name', async ({ stolen, heard }) => {
    const terminal = heard.other();
    const birth = encode(stolen.presence({ terminal }));
    await stolen.publish(upTopic(stolen.id, 'st'), birth, true);
    await stolen.publish(upTopic(terminal, 'st'), birth, true);
  }),
  deed('leaves a will for another', async ({ stolen, heard }) => {
    const terminal = heard.other();
    await stolen.listen(downTopic(stolen.id, 'ack'), stolen.presence({ terminal, online: false }));
  }),
  deed('listens to another', async ({ stolen, heard }) =>
    stolen.listen(downTopic(heard.other(), 'ack'), stolen.presence({ online: false })),
  ),
  deed('listens to everybody', async ({ stolen }) =>
    stolen.listen('kt1/+/+/up', stolen.presence({ online: false })),
  ),
  deed('speaks as the hub', async ({ stolen, heard, random }) => {
    const other = heard.other();
    const partition = partitionOf(other);
    const record = { version: OUR_VERSION, partition, generation: 10 ** 6, timeline: 'thief' };
    const at = stolen.now();
    if (random.below(2) === 0) await stolen.publish(hubTopic(partition), encode({ ...record, at }), true);
    else await stolen.publish(downTopic(other, 'ack'), encode({ version: OUR_VERSION }));
  }),
  deed('keeps what a broker should forget', async ({ stolen }) =>
    stolen.publish(upTopic(stolen.id, 'up'), encode(stolen.batch(0)), true),
  ),
  deed('beats in another boot', async ({ stolen, random }) => {
    const stamp = stolen.stamp({ bootId: `boot-${random.below(1_000)}`, monotonic: random.below(2 ** 32) });
    await stolen.publish(upTopic(stolen.id, 'tm'), encode(stolen.heartbeat({ stamp })));
  }),
  deed('beats with figures that cannot be', async ({ stolen, random }) => {
    const far = { lane0: 2 ** 50, lane1: 2 ** 50, oldestAt: stolen.stamp().deviceTime };
    const storage = { totalBytes: 0, freeBytes: 2 ** 52 };
    const configVersion = random.below(2 ** 32);
    const beat = stolen.heartbeat({ queue: far, storage, configVersion, temperatureCelsius: 149 });
    await stolen.publish(upTopic(stolen.id, 'tm'), encode(beat));
  }),
  deed('beats in another’s name', async ({ stolen, heard }) =>
    stolen.publish(upTopic(stolen.id, 'tm'), encode(stolen.heartbeat({ terminal: heard.other() }))),
  ),
];
