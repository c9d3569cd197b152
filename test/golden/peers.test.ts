import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TERMINAL } from '#shared/edge/testing/a-bundle.ts';
import type { LinkMessage } from '#shared/ports/message-link.ts';
import {
  decodeAck,
  decodeBatch,
  decodeCommand,
  decodeConfig,
  decodeHeartbeat,
  decodeHubRecord,
  decodePresence,
  encode,
} from '#shared/protocol/decode.ts';
import { decodeEvent } from '#shared/protocol/events.ts';
import { aSite, type Site } from '#test/support/edge-site.ts';

/** Peers of other versions, in both directions (PR-2): what today's program reads of them, and what they read of it. */
type Json = Record<string, unknown>;
const root = join(import.meta.dirname, 'protocol');
const readAll = (version: string): readonly (readonly [string, Json])[] =>
  readdirSync(join(root, version)).map((name) => [
    name.replace(/\.json$/, ''),
    JSON.parse(readFileSync(join(root, version, name), 'utf8')) as Json,
  ]);
const FIRST = readAll('1.0');

const DECODERS = {
  ack: decodeAck,
  batch: decodeBatch,
  command: decodeCommand,
  config: decodeConfig,
  heartbeat: decodeHeartbeat,
  'hub-record': decodeHubRecord,
  presence: decodePresence,
} as const;

const accepts = (name: string, message: Json): boolean => {
  if (name.startsWith('event.')) return decodeEvent(String(message.kind), message.data).ok;
  return DECODERS[name.split('.')[0] as keyof typeof DECODERS](encode(message)).ok;
};

/** Ways to every field of a message, however deep; of a list the first entry stands for all. */
function paths(
  value: unknown,
  way: readonly (string | number)[] = [],
): readonly (readonly (string | number)[])[] {
  if (Array.isArray(value)) return value.length === 0 ? [] : paths(value[0], [...way, 0]);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[...way, key], ...paths(inner, [...way, key])]);
}
function without(message: Json, way: readonly (string | number)[]): Json {
  const copy = structuredClone(message);
  let at: unknown = copy;
  for (const key of way.slice(0, -1)) at = Reflect.get(at as object, key);
  Reflect.deleteProperty(at as object, way.at(-1) ?? '');
  return copy;
}

describe('a peer of version 1.0', () => {
  it('PR-2: gets every field that it demands: none that 1.0 had has become optional to today’s writer', () => {
    const loose = FIRST.flatMap(([name, message]) =>
      paths(name.startsWith('event.') ? { data: message.data } : message)
        .filter((way) => way.length > 1 || !name.startsWith('event.'))
        .filter((way) => accepts(name, without(message, way)))
        .map((way) => `${name}: ${way.join('.')}`),
    );
    // An event's data is read by its own kind, in its own file (PR-8).
    expect(loose.filter((each) => !each.includes('events.0.data.'))).toEqual([]);
    expect(FIRST.flatMap(([, message]) => paths(message)).length).toBeGreaterThan(300);
  });

  it('PR-2: is read by today’s program, with everything that later versions added absent', () => {
    for (const [name, message] of FIRST) expect([name, accepts(name, message)]).toEqual([name, true]);
  });
});

/** Moves everything in both directions, through the eyes of a hub of another version. */
async function talk(site: Site, as: (message: Json) => Json): Promise<void> {
  await site.clock.settle();
  while (site.link.up.length > 0 || site.hub.down.length > 0) {
    const up = site.link.up.shift();
    if (up !== undefined) site.hub.take(up);
    const down = site.hub.down.shift();
    if (down !== undefined) site.link.deliver(rewritten(down, as));
    await site.clock.settle();
  }
}
const rewritten = (message: LinkMessage, as: (message: Json) => Json): LinkMessage => ({
  ...message,
  payload: encode(as(JSON.parse(Buffer.from(message.payload).toString('utf8')) as Json)),
});
const speaking = (major: number, minor: number, more: Json) => (message: Json) => ({
  ...message,
  version: { major, minor },
  ...more,
});

describe('a terminal of today', () => {
  it.each([
    ['an older', 0, {}],
    ['a newer', 9, { fieldOfTomorrow: { deep: ['x'] }, window2: 7 }],
  ])('PR-2: works with %s hub of its major version: everything arrives, once', async (_name, minor, more) => {
    const site = aSite();
    const ids = [site.happen(0), site.happen(0)];
    const telemetry = site.happen(1);
    site.sync.start();
    await talk(site, speaking(1, minor, more));
    expect([site.hub.applied(0), site.hub.applied(1)]).toEqual([ids, [telemetry]]);
    expect(site.store.position(0).queued).toBe(0);
    await site.sync.stop();
  });

  it.each([0, 2])(
    'PR-2: loses nothing to a hub of major %i, does not flood it, and is served when one of its own is there',
    async (major) => {
      const site = aSite();
      const id = site.happen(0);
      site.sync.start();
      let sent = 0;
      for (let minute = 0; minute < 60; minute += 1) {
        const before = site.link.up.length;
        await site.clock.advance(60_000);
        sent += site.link.up.length - before;
        await talk(site, speaking(major, 0, {}));
      }
      expect(site.store.position(0).queued).toBe(1);
      expect(site.sync.status().lastContact).toBeNull();
      // Two heartbeats a minute, and the batch ever more seldom.
      expect(sent).toBeLessThan(60 * 4);
      await site.clock.advance(600_000);
      await site.flush();
      expect(site.store.position(0).queued).toBe(0);
      expect(site.hub.applied(0)).toEqual([id]);
      await site.sync.stop();
    },
  );

  it.each(['version_too_new', 'version_too_old'] as const)(
    'PR-2: refused as %s it keeps its outbox, asks seldom, and goes on when the hub can read it',
    async (rejection) => {
      const site = aSite();
      site.hub.refuseWith(rejection);
      const id = site.happen(0);
      site.sync.start();
      await site.flush();
      expect(site.sync.status().refused).toBe(rejection);
      for (let minute = 0; minute < 60; minute += 1) {
        await site.clock.advance(60_000);
        await site.flush();
      }
      expect(site.link.connections()).toBeLessThan(60);
      expect(site.store.position(0).queued).toBe(1);
      site.hub.refuseWith(null);
      await site.clock.advance(600_000);
      await site.flush();
      expect(site.hub.applied(0)).toEqual([id]);
      expect(site.sync.status().refused).toBeNull();
      await site.sync.stop();
    },
  );

  it('PR-2: its own messages, all of them, carry its version where a reader looks first', async () => {
    const site = aSite();
    site.happen(0);
    site.happen(1);
    site.sync.start();
    // Nobody answers: batches wait for the hub's time, and then no longer (PR-26).
    await site.clock.advance(6_000);
    const heard = site.link.up.map(
      ({ payload }) => JSON.parse(Buffer.from(payload).toString('utf8')) as Json,
    );
    expect(heard.length).toBeGreaterThan(3);
    for (const message of heard) expect(message).toMatchObject({ version: { major: 1 }, terminal: TERMINAL });
    await site.sync.stop();
  });
});
