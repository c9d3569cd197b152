import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, describe, expect, it } from 'vitest';
import { openLibsqlStore } from '#shared/edge/drivers/libsql-store.ts';
import { StoreFailure } from '#shared/edge/store.ts';
import { memoryStore } from '#shared/edge/store-memory.ts';
import { anEvent, edgeStoreSuite } from './edge-store-suite.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyturn-store-'));
let made = 0;
let epochs = 0;
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

/** From a second connection: SQLite itself refuses the event after the business row was written. */
function refuseEvents(path: string): void {
  const other = new Database(path);
  other.exec("CREATE TRIGGER refused BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'played'); END");
  other.close();
}

describe('edge store on disk', () => {
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
