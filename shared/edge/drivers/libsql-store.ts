import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';
import { z } from 'zod';
import { assert } from '#shared/kernel/assert.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import type { Lane } from '#shared/protocol/envelope.ts';
import { type EdgeReader, type EdgeStore, type EdgeTransaction, StoreFailure, type Table } from '../store.ts';
import {
  assertAcknowledgeable,
  decodeRow,
  decodeStoredEvent,
  encodeEvent,
  encodeRow,
  type LaneBook,
  positionOf,
} from '../store-rows.ts';

/** Columns are named wherever something is written: a newer program may have added some, before it fell back to this one. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS entries (
    kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, name)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS lanes (lane INTEGER PRIMARY KEY, last INTEGER NOT NULL, acked INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS outbox (
    lane INTEGER NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL, acked_at INTEGER,
    PRIMARY KEY (lane, sequence)
  );
  INSERT OR IGNORE INTO lanes (lane, last, acked) VALUES (0, -1, -1), (1, -1, -1);
`;

const text = z.object({ value: z.string() });
const named = z.object({ name: z.string(), value: z.string() });
const number = z.object({ value: z.number() });
const laneRow = z.object({
  lane: z.union([z.literal(0), z.literal(1)]),
  last: z.number(),
  acked: z.number(),
});
const eventRow = z.object({ sequence: z.number(), body: z.string() });

/**
 * Opens or makes the store in one file (WAL, synchronous FULL, for this process alone). `newEpoch` names the epoch of a store that is
 * born now. With a `key` its pages lie encrypted (AES-256-CBC of SQLite3 Multiple Ciphers, which keeps secrets and proves nothing about
 * changes); a store from before is encrypted once. Throws `StoreFailure`: `store_in_use` while another process has it open, `store_not_durable` when the file system refuses what
 * durability needs, `store_io_error` otherwise.
 */
export function openLibsqlStore(path: string, newEpoch: () => string, key: string | null = null): EdgeStore {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const unlock = holdAlone(`${path}.lock`);
  if (key !== null) guarded(() => encryptFormer(path, key));
  const database = guarded(() => new Database(path, encryptionOptions(key)));
  guarded(() => {
    database.exec('PRAGMA journal_mode = WAL');
    database.exec('PRAGMA synchronous = FULL');
    database.exec(SCHEMA);
  });
  guarded(() => assertDurable(database));
  const prepared = new Map<string, Database.Statement>();
  let open = false;
  let closed = false;
  /** The driver ends the whole process where a closed database is asked: what comes late is refused here. */
  const assertOpen = (): void => {
    if (closed) throw new StoreFailure('store_io_error', 'the store is closed');
  };
  const statement = (sql: string): Database.Statement => {
    undoFailed();
    const known = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, known);
    return known;
  };
  const one: One = (sql, ...values) => guarded(() => statement(sql).get(...values));
  const all: All = (sql, ...values) => guarded(() => statement(sql).all(...values));
  const run = (sql: string, ...values: unknown[]): number =>
    guarded(() => statement(sql).run(...values).changes);
  /** A disk that refused even the ROLLBACK is asked again before anything else: nobody reads what was never committed. */
  const undoFailed = (): void => {
    assertOpen();
    if (!open && database.inTransaction) database.exec('ROLLBACK');
  };

  if (one('SELECT value FROM meta WHERE name = ?', 'epoch') === undefined)
    run('INSERT INTO meta (name, value) VALUES (?, ?)', 'epoch', newEpoch());
  let epoch = text.parse(one('SELECT value FROM meta WHERE name = ?', 'epoch')).value;
  let lanes = loadLanes(all, one);

  const atomically = <T>(work: () => T): T => {
    assert(!open, 'transactions of the store do not nest');
    const before = { 0: { ...lanes[0] }, 1: { ...lanes[1] } };
    try {
      return guarded(() => {
        undoFailed();
        open = true;
        database.exec('BEGIN IMMEDIATE');
        const value = work();
        assert(!(value instanceof Promise), 'a transaction of the store is not asynchronous');
        database.exec('COMMIT');
        return value;
      });
    } catch (failure) {
      lanes = before;
      open = false;
      if (!closed) guarded(undoFailed);
      throw failure;
    } finally {
      open = false;
    }
  };

  const saveLane = (lane: Lane): void => {
    run('UPDATE lanes SET last = ?, acked = ? WHERE lane = ?', lanes[lane].last, lanes[lane].acked, lane);
  };
  const refreshHeld = (lane: Lane): void => {
    lanes[lane].firstHeld = firstHeldOf(one, lane) ?? lanes[lane].last + 1;
  };

  const reader: EdgeReader = {
    get: <T>(from: Table<T>, key: string): T | null => {
      const row = one('SELECT value FROM entries WHERE kind = ? AND name = ?', from.name, key);
      return row === undefined ? null : decodeRow(from, key, text.parse(row).value);
    },
    list: <T>(from: Table<T>, choice: { prefix?: string; limit?: number } = {}) => {
      const prefix = choice.prefix ?? '';
      const found = all(
        `SELECT name, value FROM entries WHERE kind = ? AND name >= ? AND substr(name, 1, ?) = ?
         ORDER BY name LIMIT ?`,
        from.name,
        prefix,
        prefix.length,
        prefix,
        choice.limit ?? -1,
      );
      return z
        .array(named)
        .parse(found)
        .map(({ name, value }) => ({ key: name, value: decodeRow(from, name, value) }));
    },
  };

  const transaction: EdgeTransaction = {
    ...reader,
    put: (into, key, value) => {
      run(
        'INSERT OR REPLACE INTO entries (kind, name, value) VALUES (?, ?, ?)',
        into.name,
        key,
        encodeRow(into, key, value),
      );
    },
    remove: (from, key) => {
      run('DELETE FROM entries WHERE kind = ? AND name = ?', from.name, key);
    },
    append: (event) => {
      const { lane } = event;
      const sequence = lanes[lane].last + 1;
      run(
        'INSERT INTO outbox (lane, sequence, at, body) VALUES (?, ?, ?, ?)',
        lane,
        sequence,
        event.stamp.deviceTime,
        encodeEvent(event, sequence),
      );
      lanes[lane].last = sequence;
      saveLane(lane);
      return sequence;
    },
  };

  return {
    ...reader,
    transaction: (work) => atomically(() => work(transaction)),
    epoch: () => epoch,
    position: (lane) => positionOf(lanes[lane], (sequence) => timeOf(one, lane, sequence)),
    read: (lane, from, limits) => readEvents(all, lane, from, limits),
    acknowledge: (lane, contiguous, at) => {
      assertAcknowledgeable(lane, lanes[lane], contiguous);
      if (contiguous <= lanes[lane].acked) return;
      atomically(() => {
        if (lane === 1) run('DELETE FROM outbox WHERE lane = 1 AND sequence <= ?', contiguous);
        else
          run(
            'UPDATE outbox SET acked_at = ? WHERE lane = 0 AND sequence > ? AND sequence <= ? AND acked_at IS NULL',
            at,
            lanes[lane].acked,
            contiguous,
          );
        lanes[lane].acked = contiguous;
        saveLane(lane);
        refreshHeld(lane);
      });
    },
    rewind: (lane, contiguous) => {
      if (contiguous >= lanes[lane].acked) return;
      atomically(() => {
        lanes[lane].acked = contiguous;
        saveLane(lane);
      });
    },
    beginEpoch: (next) => {
      atomically(() => {
        for (const lane of [0, 1] as const) {
          // Through negative numbers, so that no renumbered row meets one that still has its old number.
          run(
            `UPDATE outbox SET acked_at = NULL, sequence = -1 - (sequence - ?) WHERE lane = ?`,
            lanes[lane].firstHeld,
            lane,
          );
          run('UPDATE outbox SET sequence = -1 - sequence WHERE lane = ?', lane);
          lanes[lane] = { firstHeld: 0, last: lanes[lane].last - lanes[lane].firstHeld, acked: -1 };
          saveLane(lane);
        }
        run('UPDATE meta SET value = ? WHERE name = ?', next, 'epoch');
      });
      epoch = next;
    },
    purgeAcknowledged: (before) =>
      atomically(() => {
        const firstKept = one(
          'SELECT min(sequence) AS value FROM outbox WHERE lane = 0 AND (acked_at IS NULL OR acked_at >= ?)',
          before,
        );
        const kept = number.safeParse(firstKept);
        const until = kept.success ? kept.data.value : lanes[0].last + 1;
        const gone = run(
          'DELETE FROM outbox WHERE lane = 0 AND sequence < ? AND sequence <= ?',
          until,
          lanes[0].acked,
        );
        refreshHeld(0);
        return gone;
      }),
    dropTelemetry: (keep) =>
      atomically(() => {
        const gone = run('DELETE FROM outbox WHERE lane = 1 AND sequence <= ?', lanes[1].last - keep);
        refreshHeld(1);
        return gone;
      }),
    close: () => {
      if (closed) return;
      closed = true;
      database.close();
      unlock();
    },
  };
}

/**
 * Two processes on one store would number events twice. The lock is a database of its own in which an exclusive transaction stays open: the
 * operating system gives it back however the process ends. (Exclusive locking of the store itself outlives `close` in this driver.)
 */
function holdAlone(path: string): () => void {
  const lock = guarded(() => new Database(path));
  guarded(() => {
    lock.exec('PRAGMA journal_mode = DELETE');
    lock.exec('BEGIN EXCLUSIVE');
  });
  return () => {
    lock.exec('ROLLBACK');
    lock.close();
  };
}

type One = (sql: string, ...values: unknown[]) => unknown;
type All = (sql: string, ...values: unknown[]) => unknown[];

function loadLanes(all: All, one: One): Record<Lane, LaneBook> {
  const books: Record<Lane, LaneBook> = {
    0: { firstHeld: 0, last: -1, acked: -1 },
    1: { firstHeld: 0, last: -1, acked: -1 },
  };
  for (const { lane, last, acked } of z.array(laneRow).parse(all('SELECT lane, last, acked FROM lanes')))
    books[lane] = { firstHeld: firstHeldOf(one, lane) ?? last + 1, last, acked };
  return books;
}

function firstHeldOf(one: One, lane: Lane): number | null {
  const first = number.safeParse(one('SELECT min(sequence) AS value FROM outbox WHERE lane = ?', lane));
  return first.success ? first.data.value : null;
}

function timeOf(one: One, lane: Lane, sequence: number): EpochMs | null {
  const row = number.safeParse(
    one('SELECT at AS value FROM outbox WHERE lane = ? AND sequence = ?', lane, sequence),
  );
  return row.success ? epochMs(row.data.value) : null;
}

function readEvents(all: All, lane: Lane, from: number, limits: { events: number; bytes: number }) {
  const rows = z
    .array(eventRow)
    .parse(
      all(
        'SELECT sequence, body FROM outbox WHERE lane = ? AND sequence >= ? ORDER BY sequence LIMIT ?',
        lane,
        from,
        limits.events,
      ),
    );
  const found = [];
  let bytes = 0;
  for (const { sequence, body } of rows) {
    bytes += Buffer.byteLength(body) + 1;
    if (found.length > 0 && bytes > limits.bytes) break;
    found.push(decodeStoredEvent(body, sequence));
  }
  return found;
}

/** Confirmed facts must survive a power cut (SYN-1): a store that cannot promise it is not opened. */
function assertDurable(database: Database.Database): void {
  const mode = z.array(z.object({ journal_mode: z.string() })).parse(database.pragma('journal_mode'));
  const level = z.array(z.object({ synchronous: z.number() })).parse(database.pragma('synchronous'));
  if (mode[0]?.journal_mode === 'wal' && level[0]?.synchronous === 2) return;
  throw new StoreFailure('store_not_durable', 'the store needs WAL with synchronous FULL');
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (failure) {
    const code: unknown = failure instanceof Error ? Reflect.get(failure, 'code') : undefined;
    if (typeof code !== 'string' || !code.startsWith('SQLITE_')) throw failure;
    const message = failure instanceof Error ? failure.message : code;
    if (code.startsWith('SQLITE_FULL')) throw new StoreFailure('store_full', message);
    if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))
      throw new StoreFailure('store_in_use', 'another process holds this store');
    throw new StoreFailure('store_io_error', `${code}: ${message}`);
  }
}

/** What the driver takes and its types do not yet name. */
export const encryptionOptions = (key: string | null): Database.Options =>
  (key === null ? {} : { encryptionCipher: 'aes256cbc', encryptionKey: key }) as Database.Options;
const TABLES = { meta: 2, entries: 3, lanes: 3, outbox: 5 } as const;
const PLAIN_HEADER = 'SQLite format 3\0';

/** A store that still lies plain is copied into an encrypted one, which takes its place whole or not at all. */
function encryptFormer(path: string, key: string): void {
  if (!existsSync(path) || !readHeader(path).equals(Buffer.from(PLAIN_HEADER))) return;
  const beside = `${path}.sealing`;
  rmSync(beside, { force: true });
  const from = new Database(path);
  // Power may have gone before the former program had made its tables.
  from.exec(SCHEMA);
  // Its log is empty from here on, so that none of it is ever applied to what takes its place.
  from.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const to = new Database(beside, encryptionOptions(key));
  to.exec('PRAGMA synchronous = FULL');
  to.exec(SCHEMA);
  to.exec('BEGIN');
  for (const [table, columns] of Object.entries(TABLES)) {
    const insert = to.prepare(
      `INSERT OR REPLACE INTO ${table} VALUES (${Array(columns).fill('?').join(', ')})`,
    );
    for (const row of from.prepare(`SELECT * FROM ${table}`).raw().all()) insert.run(...(row as unknown[]));
  }
  to.exec('COMMIT');
  to.close();
  from.close();
  for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
  renameSync(beside, path);
}

function readHeader(path: string): Buffer {
  const header = Buffer.alloc(PLAIN_HEADER.length);
  const file = openSync(path, 'r');
  try {
    readSync(file, header, 0, header.length, 0);
  } finally {
    closeSync(file);
  }
  return header;
}
