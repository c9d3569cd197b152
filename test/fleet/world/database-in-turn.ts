import type { HubDatabase, Transaction } from '#hub/ports/database.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { WorldTime } from './time.ts';

/**
 * Any database in a simulated world: one transaction after the other in the order in which they were asked for, one call after the other, each begun and
 * answered when nobody can do anything else. However long a real database takes, the world goes on as it does with one that answers at once.
 */
export function databaseInTurn(inner: HubDatabase, time: WorldTime): HubDatabase {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
  return {
    engine: inner.engine,
    stores: eachCall(inner.stores, (call) => inTurn(() => time.ask(call))),
    transaction: (work) =>
      inTurn(() =>
        inSteps(
          time,
          (whole) => inner.transaction(whole),
          ({ stores, transaction }) =>
            work(callsOf(stores, time), {
              savepoint: (part) =>
                inSteps(
                  time,
                  (whole) => transaction.savepoint((own) => whole(own, transaction)),
                  (open) => part(callsOf(open.stores, time)),
                ),
            }),
        ),
      ),
    administer: (statement) => inTurn(() => time.ask(() => inner.administer(statement))),
    dump: (take) => inTurn(() => time.ask(() => inner.dump(take))),
    close: () => inner.close(),
  };
}

type Call = (...given: readonly unknown[]) => Promise<unknown>;
const callsOf = (stores: Stores, time: WorldTime): Stores => eachCall(stores, (call) => time.ask(call));

/** The same stores, whose calls go through `pass`. */
function eachCall(stores: Stores, pass: (call: () => Promise<unknown>) => Promise<unknown>): Stores {
  const passed = Object.entries(stores).map(([name, store]: [string, Readonly<Record<string, Call>>]) => [
    name,
    Object.fromEntries(
      Object.entries(store).map(([method, call]) => [
        method,
        (...given: readonly unknown[]) => pass(() => call(...given)),
      ]),
    ),
  ]);
  return Object.fromEntries(passed) as Stores;
}

interface Open {
  readonly stores: Stores;
  readonly transaction: Transaction;
}
type Whole = (stores: Stores, transaction: Transaction) => Promise<void>;

/** A transaction or savepoint whose beginning and end are calls like any other, so that the world stands still for them and not for what is done between. */
async function inSteps<T>(
  time: WorldTime,
  run: (whole: Whole) => Promise<void>,
  work: (open: Open) => Promise<T>,
): Promise<T> {
  const undone = new Error('undone');
  let end: { readonly keep: () => void; readonly undo: () => void } | null = null;
  let whole: Promise<void> = Promise.resolve();
  const open = await time.ask(
    () =>
      new Promise<Open>((opened, failed) => {
        whole = run((stores, transaction) => {
          assert(end === null, 'the database runs no work again: it would know nothing of what was done');
          return new Promise<void>((keep, undo) => {
            end = { keep, undo: () => undo(undone) };
            opened({ stores, transaction });
          });
        });
        whole.catch(failed);
      }),
  );
  const over = (how: 'keep' | 'undo'): Promise<void> =>
    time.ask(() => {
      end?.[how]();
      return whole;
    });
  let value: T;
  try {
    value = await work(open);
  } catch (error) {
    await over('undo').catch((why: unknown) => assert(why === undone, 'a transaction is undone'));
    throw error;
  }
  await over('keep');
  return value;
}
