import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { table } from '#shared/edge/store.ts';
import { memoryStore } from '#shared/edge/store-memory.ts';
import { decodeBatch, decodeHeartbeat, encode } from '#shared/protocol/decode.ts';
import { decodeEvent } from '#shared/protocol/events.ts';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { storeIn } from './in-version.ts';
import { type Json, OLDEST, type Place, TABLES, TODAY, TOMORROW, Version } from './versions.ts';

const root = join(projectRoot(), 'test', 'golden', 'protocol');
const CHANNELS: Readonly<Record<string, Place>> = {
  ...{ batch: 'up', heartbeat: 'tm', presence: 'st', ack: 'ack', command: 'cmd', config: 'cfg' },
  'hub-record': 'hub',
};

/** Where programs of terminals keep tables. */
const TERMINALS = ['shared/edge', 'kiosk', 'return-terminal'];

/** What was said in a minor version for the first time: golden files, each with its place. */
function golden(minor: number): readonly { readonly place: Place; readonly message: Json }[] {
  const names = readdirSync(join(root, `1.${minor}`)).filter((name) => !/^(question|answer)\./.test(name));
  return names.map((name) => {
    const text = readFileSync(join(root, `1.${minor}`, name), 'utf8');
    const message = JSON.parse(text) as Json;
    const event = name.startsWith('event.');
    return event
      ? { place: `event ${String(message.kind)}` as Place, message: message.data as Json }
      : { place: CHANNELS[name.split('.')[0] ?? ''] as Place, message };
  });
}
const until = (minor: number) => Array.from({ length: minor + 1 }, (_, at) => golden(at)).flat();

describe('programs of other minor versions', () => {
  test.each(Array.from({ length: TODAY - OLDEST }, (_, at) => OLDEST + at))(
    'PR-2: one of 1.%i says no field of a golden file that came after it',
    (minor) => {
      const version = new Version(minor);
      const known = new Map<Place, Set<string>>();
      for (const { place, message } of until(minor))
        known.set(place, new Set([...(known.get(place) ?? []), ...Object.keys(message)]));
      for (const { place, message } of until(TODAY)) {
        const said = Object.keys(version.says(place, message));
        expect([place, said.filter((name) => known.get(place)?.has(name) === false)]).toEqual([place, []]);
        expect(Object.keys(version.hears(place, message))).toEqual(said);
      }
    },
  );

  test('PR-2: one of tomorrow says a field that nobody knows at every level, and is read', () => {
    const version = new Version(TOMORROW);
    const batches = until(TODAY).filter(({ place }) => place === 'up');
    expect(batches.length).toBeGreaterThan(2);
    for (const { message } of batches) {
      const said = version.says('up', message);
      expect(said).toMatchObject({
        version: { major: 1, minor: TOMORROW },
        fieldOfTomorrow: { deep: ['x'] },
      });
      expect(said).toHaveProperty('events.0.stamp.fieldOfTomorrow');
      expect(decodeBatch(encode(said))).toEqual({
        ok: true,
        value: { ...message, version: { major: 1, minor: TOMORROW } },
      });
    }
    for (const { place, message } of until(TODAY).filter((each) => each.place === 'tm'))
      expect(decodeHeartbeat(encode(version.says(place, message)))).toMatchObject({ ok: true });
    for (const { place, message } of until(TODAY).filter((each) => each.place.startsWith('event '))) {
      const kind = place.slice('event '.length);
      expect(decodeEvent(kind, version.says(place, message))).toEqual({
        ok: true,
        value: { kind, data: message },
      });
    }
  });

  test('PR-2, SYN-1: a row that another version wrote is read, and loses what the reader does not know where it writes it again', () => {
    const row = { rentalId: 'r', boot: 'b', begunElsewhere: true };
    const returns = table('rt_returns', z.looseObject({ rentalId: z.string() }));
    const store = memoryStore({ epoch: 'e' });
    const [oldest, tomorrow] = [OLDEST, TOMORROW].map((minor) => storeIn(new Version(minor), store));
    store.transaction((tx) => tx.put(returns, 'r', row));
    expect(oldest?.get(returns, 'r')).toEqual({ rentalId: 'r' });
    tomorrow?.transaction((tx) => tx.put(returns, 'r', row));
    expect(store.get(returns, 'r')).toMatchObject({ ...row, fieldOfTomorrow: {} });
    oldest?.transaction((tx) => tx.put(returns, 'r', { ...row, rentalId: 's' }));
    expect(store.get(returns, 'r')).toEqual({ rentalId: 's' });
  });

  test('PR-2, SYN-1: every table of a terminal’s store says since which minor version programs have it', () => {
    const named = TERMINALS.flatMap((folder) =>
      readdirSync(join(projectRoot(), folder), { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
        .map((path) => readFileSync(join(projectRoot(), folder, path), 'utf8'))
        .flatMap((text) => [...text.matchAll(/\btable\(\s*'([a-z_]+)'/g)].map(([, name]) => name)),
    );
    expect(named.sort()).toEqual([...TABLES.keys()].sort());
  });

  test('PR-2, RET-7: a program of before a table came neither reads nor writes it, and leaves what stands there', () => {
    const store = memoryStore({ epoch: 'e' });
    const givenUp = table('rt_given_up', z.looseObject({ at: z.number() }));
    store.transaction((tx) => tx.put(givenUp, 'r', { at: 1 }));
    const [before, since] = [5, 6].map((minor) => storeIn(new Version(minor), store));
    before?.transaction((tx) => tx.put(givenUp, 'r', { at: 2 }));
    expect([before?.get(givenUp, 'r'), before?.list(givenUp)]).toEqual([null, []]);
    expect(since?.get(givenUp, 'r')).toEqual({ at: 1 });
  });
});
