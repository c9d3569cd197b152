import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'libsql';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { encryptionOptions, openLibsqlStore } from '#shared/edge/drivers/libsql-store.ts';
import { StoreFailure, table } from '#shared/edge/store.ts';
import { memoryStore } from '#shared/edge/store-memory.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { anEvent, edgeStoreSuite } from './edge-store-suite.ts';

const NOTES = table('notes', z.string());
const folder = mkdtempSync(join(tmpdir(), 'keyturn-store-'));
let made = 0;
let epochs = 0;
const KEY = 'ab'.repeat(32);
const nextEpoch = (): number => {
  epochs += 1;
  return epochs;
};
const freshPath = (): string => {
  made += 1;
  return join(folder, `${made}`, 'store.db');
};
afterAll(() => rmSync(folder, { recursive: true, force: true }));

edgeStoreSuite('memory', () => {
  let fail = false;
  const store = memoryStore({
    epoch: 'first-epoch',
    beforeCommit: () => {
      if (!fail) return;
      fail = false;
      throw new StoreFailure('store_full', 'played');
    },
  });
  return {
    store,
    reopen: () => store,
    failNextCommit: () => {
      fail = true;
    },
  };
});

edgeStoreSuite('libsql', () => {
  const path = freshPath();
  const open = () => openLibsqlStore(path, () => `epoch-${nextEpoch()}`);
  const store = open();
  return {
    store,
    reopen: () => {
      store.close();
      return open();
    },
    failNextCommit: () => refuseEvents(path),
  };
});

edgeStoreSuite('libsql, encrypted', () => {
  const path = freshPath();
  const open = () => openLibsqlStore(path, () => `epoch-${nextEpoch()}`, KEY);
  const store = open();
  return {
    store,
    reopen: () => {
      store.close();
      return open();
    },
    failNextCommit: () => refuseEvents(path, encryptionOptions(KEY)),
  };
});

/** From a second connection: SQLite itself refuses the event after the business row was written. */
function refuseEvents(path: string, options: Database.Options = {}): void {
  const other = new Database(path, options);
  other.exec("CREATE TRIGGER refused BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'played'); END");
  other.close();
}

describe('edge store on disk', () => {
  it('SYN-1, OPS-1: whoever asks it after its end is refused, and the process lives on', () => {
    const store = openLibsqlStore(freshPath(), () => 'one');
    store.transaction((tx) => tx.put(NOTES, 'a', 'kept'));
    store.close();
    store.close();
    for (const late of [
      () => store.get(NOTES, 'a'),
      () => store.list(NOTES),
      () => store.read(0, 0, { events: 1, bytes: 1 }),
      () => store.transaction((tx) => tx.put(NOTES, 'b', 'late')),
      () => store.dropTelemetry(1),
    ])
      expect(late).toThrow(StoreFailure);
  });

  it('SEC-3: with a key nothing of it can be read on the disk, and another key opens nothing', () => {
    const path = freshPath();
    const store = openLibsqlStore(path, () => 'one', KEY);
    store.transaction((tx) => tx.put(NOTES, 'a', 'who-was-here'));
    const disk = () => readdirSync(dirname(path)).map((name) => readFileSync(join(dirname(path), name)));
    expect(disk().some((bytes) => bytes.includes('who-was-here') || bytes.includes('notes'))).toBe(false);
    store.close();
    expect(disk().some((bytes) => bytes.includes('who-was-here'))).toBe(false);
    for (const key of ['cd'.repeat(32), null])
      expect(() => openLibsqlStore(path, () => 'two', key)).toThrow(StoreFailure);
  });

  it('SEC-3: a store that still lies plain is encrypted with all it holds, and begins no new epoch', () => {
    const path = freshPath();
    const plain = openLibsqlStore(path, () => 'one');
    plain.transaction((tx) => {
      tx.put(NOTES, 'a', 'who-was-here');
      tx.append(anEvent(0));
      tx.append(anEvent(0));
    });
    plain.acknowledge(0, 0, epochMs(5));
    const before = [plain.epoch(), plain.position(0), plain.read(0, 0, { events: 9, bytes: 99_999 })];
    plain.close();
    const sealed = openLibsqlStore(path, () => 'two', KEY);
    expect([sealed.epoch(), sealed.position(0), sealed.read(0, 0, { events: 9, bytes: 99_999 })]).toEqual(
      before,
    );
    expect(sealed.get(NOTES, 'a')).toBe('who-was-here');
    sealed.close();
    for (const name of readdirSync(dirname(path)))
      expect(readFileSync(join(dirname(path), name)).includes('who-was-here'), name).toBe(false);
  });

  it('SYN-1, PR-2: a store to which a newer program added a table and columns is read and written on by today’s after the fall-back, and by the newer one again', () => {
    const path = freshPath();
    const store = openLibsqlStore(path, () => 'one');
    store.transaction((tx) => tx.append(anEvent(0)));
    store.close();
    const newer = new Database(path);
    newer.exec(`
      ALTER TABLE entries ADD COLUMN mood TEXT;
      ALTER TABLE outbox ADD COLUMN route TEXT NOT NULL DEFAULT 'direct';
      ALTER TABLE lanes ADD COLUMN moved INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE meta ADD COLUMN since INTEGER;
      CREATE TABLE moods (mood TEXT PRIMARY KEY);
    `);
    newer.close();
    const again = openLibsqlStore(path, () => 'two');
    again.transaction((tx) => {
      tx.put(NOTES, 'a', 'noted after the fall-back');
      tx.append(anEvent(0));
    });
    again.acknowledge(0, 1, epochMs(5));
    expect(again.epoch()).toBe('one');
    expect(again.get(NOTES, 'a')).toBe('noted after the fall-back');
    expect(again.position(0)).toMatchObject({ last: 1, acked: 1, queued: 0 });
    again.beginEpoch('three');
    expect(again.read(0, 0, { events: 9, bytes: 99_999 })).toHaveLength(2);
    again.close();
    const raw = new Database(path);
    expect(raw.prepare('SELECT route FROM outbox').raw().all()).toEqual([['direct'], ['direct']]);
    raw.close();
  });

  it('SYN-1: a second process cannot open the same store', () => {
    const path = freshPath();
    const store = openLibsqlStore(path, () => 'one');
    expect(() => openLibsqlStore(path, () => 'two')).toThrow(StoreFailure);
    store.close();
  });

  it('SYN-1: the store runs in WAL mode with synchronous FULL', () => {
    const path = freshPath();
    const store = openLibsqlStore(path, () => 'one');
    store.transaction((tx) => tx.append(anEvent(0)));
    store.close();
    const database = new Database(path);
    expect(database.pragma('journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    database.close();
  });
});
