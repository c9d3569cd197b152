import type { Broker } from '#hub/ports/broker.ts';
import type { HttpTransport } from '#shared/edge/http-transport.ts';
import type { EdgeReader, EdgeStore, EdgeTransaction, Table } from '#shared/edge/store.ts';
import type { LinkMessage, MessageLink } from '#shared/ports/message-link.ts';
import { encode } from '#shared/protocol/decode.ts';
import type { EnvelopeEvent, Lane } from '#shared/protocol/envelope.ts';
import { isJson, type Json, type Place, type Version } from './versions.ts';

/** What reaches outside of a program, or lies on its disk, as one of another version has it: today's program inside, another one to everybody around. */

const channelOf = (topic: string): Place => topic.slice(topic.lastIndexOf('/') + 1) as Place;

/** What is no JSON goes as it is. */
function rewritten(bytes: Uint8Array, change: (message: Json) => Json): Uint8Array {
  let message: unknown;
  try {
    message = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return bytes;
  }
  return isJson(message) ? encode(change(message)) : bytes;
}

/** The terminal's line to the broker. `store` is its outbox as it lies on the disk. */
export function linkIn(version: Version, link: MessageLink, store: EdgeStore): MessageLink {
  const said = (topic: string, payload: Uint8Array): Uint8Array =>
    rewritten(payload, (message) => {
      const dated = channelOf(topic) !== 'up' || version.datesWhenSending();
      return version.says(channelOf(topic), dated ? message : asNoted(store, message));
    });
  return {
    connect: (options) => {
      const { will } = options;
      return link.connect(
        will === undefined
          ? options
          : { ...options, will: { ...will, payload: said(will.topic, will.payload) } },
      );
    },
    publish: (topic, payload, options) => link.publish(topic, said(topic, payload), options),
    onMessage: (listener) =>
      link.onMessage((message: LinkMessage) =>
        listener({
          ...message,
          payload: rewritten(message.payload, (heard) => version.hears(channelOf(message.topic), heard)),
        }),
      ),
    onDown: (listener) => link.onDown(listener),
    close: () => link.close(),
  };
}

/** Events with the stamps of the moment they were noted in. */
function asNoted(store: EdgeStore, batch: Json): Json {
  const events = batch.events as readonly EnvelopeEvent[];
  const from = events[0]?.sequence ?? 0;
  const limits = { events: events.length, bytes: Number.MAX_SAFE_INTEGER };
  const stamps = new Map(
    store.read(batch.lane as Lane, from, limits).map(({ sequence, stamp }) => [sequence, stamp]),
  );
  return {
    ...batch,
    events: events.map((event) => ({ ...event, stamp: stamps.get(event.sequence) ?? event.stamp })),
  };
}

/** The terminal's questions to the hub. */
export function transportIn(version: Version, transport: HttpTransport): HttpTransport {
  return {
    request: (request) => {
      const { body, url } = request;
      if (body === undefined) return transport.request(request);
      const asked = rewritten(Buffer.from(body), (question) =>
        version.says(`asks ${questionOf(url)}`, question),
      );
      return transport.request({ ...request, body: Buffer.from(asked).toString('utf8') });
    },
  };
}

/** `/returns/open` of `https://…/terminal/v1/returns/open?…`. */
const questionOf = (url: string): string => new URL(url).pathname.replace(/^\/terminal\/v1/, '');

/** What a hub reads of a question, and what it answers. */
export const doorIn = (version: Version) => ({
  knows: (url: string): boolean => version.answers(questionOf(url)),
  heard: (url: string, body: string): string =>
    Buffer.from(
      rewritten(Buffer.from(body), (question) => version.hears(`asks ${questionOf(url)}`, question)),
    ).toString('utf8'),
  said: (url: string, body: Uint8Array): Uint8Array =>
    rewritten(body, (answer) => version.says(`answers ${questionOf(url)}`, answer)),
});
export type DoorInVersion = ReturnType<typeof doorIn>;

/** The hub's end of the wire. */
export function brokerIn(version: Version, broker: Broker): Broker {
  return {
    ...{ kind: broker.kind, start: () => broker.start(), stop: () => broker.stop() },
    subscribe: (filters) => broker.subscribe(filters),
    unsubscribe: (filters) => broker.unsubscribe(filters),
    publish: (topic, payload, options) =>
      broker.publish(
        topic,
        rewritten(payload, (message) => version.says(channelOf(topic), message)),
        options,
      ),
    onMessage: (listener) =>
      broker.onMessage((message) =>
        listener({
          ...message,
          payload: rewritten(message.payload, (heard) => version.hears(channelOf(message.topic), heard)),
        }),
      ),
    onConnected: (listener) => broker.onConnected(listener),
    drop: (terminalId) => broker.drop(terminalId),
  };
}

/** The terminal's store: rows that another version wrote are read without what this one does not know, and lose it where they are written again. */
export function storeIn(version: Version, store: EdgeStore): EdgeStore {
  const reader = (inner: EdgeReader): EdgeReader => {
    const known = <T>(from: Table<T>, value: T): T =>
      isJson(value) ? (version.hears(`row ${from.name}`, value) as T) : value;
    return {
      get: (from, key) => {
        const value = version.hasTable(from.name) ? inner.get(from, key) : null;
        return value === null ? null : known(from, value);
      },
      list: (from, options) =>
        version.hasTable(from.name)
          ? inner.list(from, options).map(({ key, value }) => ({ key, value: known(from, value) }))
          : [],
    };
  };
  const writer = (inner: EdgeTransaction): EdgeTransaction => ({
    ...reader(inner),
    put: (into, key, value) => {
      if (!version.hasTable(into.name)) return;
      inner.put(into, key, isJson(value) ? (version.says(`row ${into.name}`, value) as typeof value) : value);
    },
    remove: (from, key) => inner.remove(from, key),
    append: (event) => {
      const { kind, data } = event;
      return inner.append(isJson(data) ? { ...event, data: version.says(`event ${kind}`, data) } : event);
    },
  });
  return { ...store, ...reader(store), transaction: (work) => store.transaction((tx) => work(writer(tx))) };
}
