import { DatabaseTrouble, type HubDatabase } from '#hub/ports/database.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { undoLog } from './heap.ts';
import { openHeaps } from './heaps.ts';
import { memoryStores } from './stores.ts';

export interface MemoryDatabase extends HubDatabase {
  /** A backup: everything that is committed now. The answer restores it. */
  keep(): Promise<() => Promise<void>>;
}

/**
 * The hub's database in memory, for the simulation of the fleet and for tests: the schema's keys, unique columns, required columns and
 * triggers hold as in PostgreSQL (`test/contract/hub-database-suite.ts`). Transactions follow one another, so the same calls
 * in the same order give the same rows. Nothing outlives the process.
 */
export function memoryDatabase(): MemoryDatabase {
  const undo = undoLog();
  const heaps = openHeaps(undo);
  const inner = memoryStores(heaps);
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  /** Runs after everything that was asked for before. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(async () => {
      if (closed) throw new DatabaseTrouble('CONNECTION_ENDED', true, 'the database is closed', null, null);
      // What somebody still did after the end of his transaction stands by itself.
      undo.forget();
      return undoing(work);
    });
    last = turn.catch(() => {});
    return turn;
  };
  const undoing = async <T>(work: () => Promise<T>): Promise<T> => {
    const mark = undo.mark();
    try {
      return await work();
    } catch (error) {
      undo.undoTo(mark);
      throw error;
    } finally {
      if (mark === 0) undo.forget();
    }
  };

  return {
    engine: 'memory',
    stores: eachCall(inner, inTurn),
    transaction: (work) => inTurn(() => work(inner, { savepoint: (part) => undoing(() => part(inner)) })),
    async administer() {
      throw new DatabaseTrouble('0A000', false, 'the database in memory knows no SQL', null, null);
    },
    async dump() {
      throw new DatabaseTrouble('0A000', false, 'the database in memory is not backed up', null, null);
    },
    keep: () =>
      inTurn(async () => {
        const back = heaps.keep();
        return () =>
          inTurn(async () => {
            back();
            undo.forget();
          });
      }),
    async close() {
      closed = true;
      await last;
    },
  };
}

type Call = (...given: readonly unknown[]) => Promise<unknown>;

/** The same stores, each call a transaction of its own. */
function eachCall(stores: Stores, inTurn: <T>(work: () => Promise<T>) => Promise<T>): Stores {
  const wrapped = Object.entries(stores).map(([name, store]: [string, Readonly<Record<string, Call>>]) => [
    name,
    Object.fromEntries(
      Object.entries(store).map(([method, call]) => [
        method,
        (...given: readonly unknown[]) => inTurn(() => call(...given)),
      ]),
    ),
  ]);
  return Object.fromEntries(wrapped) as Stores;
}
