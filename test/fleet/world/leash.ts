import { PowerCut } from '#firmware-sim/media/simulated-drive.ts';
import { DatabaseTrouble, type HubDatabase, type Transaction } from '#hub/ports/database.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { DiskRefuses, endingWhereRefused } from './edge-disk.ts';

/** What waits for this waits for ever, and is collected as garbage. */
const never = <T>(): Promise<T> => new Promise<T>(() => {});

const NOTHING: ReadonlySet<PropertyKey> = new Set();

/** Whether a process still has power. A dead one stands still where it was: nothing from outside ever answers it. */
export class Life {
  #alive = true;
  readonly #ends = new Set<() => void>();
  readonly #pauses = new Set<() => void>();
  /** Resolves when a stopped process goes on; null: it is not stopped. */
  #standing: { readonly over: Promise<void>; readonly goOn: () => void } | null = null;

  readonly alive = (): boolean => this.#alive;
  /** Whether it does anything: a stopped process has its power and hears nothing. */
  readonly awake = (): boolean => this.#alive && this.#standing === null;

  /** Stops the process where it stands (SIGSTOP); answers that come meanwhile wait for it, as in the buffers of its machine. */
  pause(): void {
    if (!this.awake()) return;
    let goOn = (): void => {};
    const over = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    this.#standing = { over, goOn };
    for (const pause of this.#pauses) pause();
    this.#pauses.clear();
  }

  resume(): void {
    this.#standing?.goOn();
    this.#standing = null;
  }

  /** Returns how to forget the listener. */
  onPause(listener: () => void): () => void {
    this.#pauses.add(listener);
    return () => this.#pauses.delete(listener);
  }

  end(): void {
    if (!this.#alive) return;
    this.#alive = false;
    for (const end of this.#ends) end();
    this.#ends.clear();
  }

  /** Returns how to forget the listener. */
  onEnd(listener: () => void): () => void {
    this.#ends.add(listener);
    return () => this.#ends.delete(listener);
  }

  /** The answer, unless the process died meanwhile. A power cut in the middle of a step of the drive ends the process. */
  async of<T>(answer: Promise<T>): Promise<T> {
    try {
      const value = await answer;
      while (this.#standing !== null) await this.#standing.over;
      return this.#alive ? value : await never<T>();
    } catch (error) {
      while (this.#standing !== null) await this.#standing.over;
      if (error instanceof PowerCut || error instanceof DiskRefuses) this.end();
      if (!this.#alive) return never<T>();
      throw error;
    }
  }

  /**
   * Any object whose methods reach outside of the process, and its listeners; what `inside` makes of answers and of what hangs on it is on the same leash. `refused`: why nothing is
   * reached now. `seen`: what is answered at once, also to a process that died in the middle of its own work and goes on until it asks something outside.
   */
  hold<T extends object>(
    outside: T,
    inside: (value: unknown) => unknown = (value) => value,
    refused: () => Error | null = () => null,
    seen: ReadonlySet<PropertyKey> = NOTHING,
  ): T {
    const held = new Map<PropertyKey, unknown>();
    const listening = (given: unknown): unknown =>
      typeof given !== 'function'
        ? given
        : (...told: unknown[]) =>
            this.awake()
              ? endingWhereRefused(() => Reflect.apply(given, undefined, told.map(inside)))
              : undefined;
    return new Proxy(outside, {
      get: (target, name) => {
        const known = held.get(name);
        if (known !== undefined) return known;
        const value: unknown = Reflect.get(target, name, target);
        // What hangs on it reaches outside as well (a medium's controller).
        if (typeof value !== 'function') return inside(value);
        const call = (...given: unknown[]): unknown => {
          if (!this.#alive && !seen.has(name)) return never();
          const trouble = refused();
          if (trouble !== null) return Promise.reject(trouble);
          const answer: unknown = Reflect.apply(value, target, given.map(listening));
          return answer instanceof Promise ? this.of(answer).then(inside) : inside(answer);
        };
        held.set(name, call);
        return call;
      },
    });
  }
}

/** What may happen to a transaction beside what its work does. */
export interface TransactionFate {
  /** Whether it fails at its end because of another one (serialization) and is done again. */
  conflicts(): boolean;
  /** Whether its commit is done but its answer lost (a failover): the driver takes it for failed and runs it again. */
  forgotten(): boolean;
  /** Whether the database cannot be reached. */
  away(): boolean;
  /** Right after the commit, before anybody heard of it. */
  committed(): void;
}

/** A database that outlives the process which uses it: what was committed stays, what was under way at its death is undone. */
export function leashedDatabase(inner: HubDatabase, life: Life, fate: TransactionFate): HubDatabase {
  const dead = new Error('the process died');
  const away = (): DatabaseTrouble => new DatabaseTrouble('57P01', true, 'the database is away', null, null);
  const reach = (stores: Stores): Stores => holdStores(stores, life, () => (fate.away() ? away() : null));
  const bound = <T>(work: (stores: Stores, transaction: Transaction) => Promise<T>) =>
    inner.transaction((stores, transaction) => {
      if (!life.alive()) throw dead;
      if (!life.awake()) throw away();
      return new Promise<T>((resolve, reject) => {
        const forgetEnd = life.onEnd(() => reject(dead));
        // A database waits for nobody who holds its locks and says nothing (idle_in_transaction_session_timeout).
        let over: Error | null = null;
        const forgetPause = life.onPause(() => {
          over = away();
          reject(over);
        });
        const forget = (): void => {
          forgetEnd();
          forgetPause();
        };
        const hold = (own: Stores): Stores => holdStores(own, life, () => over);
        const held: Transaction = {
          savepoint: (part) => transaction.savepoint((own) => part(hold(own))),
        };
        work(hold(stores), held).then(resolve, reject).finally(forget);
      });
    });
  return {
    engine: inner.engine,
    stores: reach(inner.stores),
    administer: (statement) => life.of(inner.administer(statement)),
    dump: (take) => life.of(inner.dump(take)),
    close: async () => {},
    async transaction(work) {
      if (!life.alive()) return never();
      if (fate.away()) throw away();
      if (fate.conflicts()) {
        const conflict = new DatabaseTrouble('40001', true, 'could not serialize access', null, null);
        const failing = bound(async (stores, transaction) => {
          await work(stores, transaction);
          throw conflict;
        });
        await life.of(
          failing.catch((error: unknown) => {
            if (error !== conflict) throw error;
          }),
        );
      }
      let value = await life.of(bound(work));
      fate.committed();
      if (life.alive() && fate.forgotten()) value = await life.of(bound(work));
      return life.alive() ? value : never();
    },
  };
}

/** Each store is held when it is first asked for: most transactions touch few of them. */
function holdStores(stores: Stores, life: Life, refused: () => Error | null = () => null): Stores {
  const held = new Map<PropertyKey, object>();
  return new Proxy(stores, {
    get: (target, name) => {
      const known = held.get(name);
      if (known !== undefined) return known;
      const store: unknown = Reflect.get(target, name, target);
      if (store === null || typeof store !== 'object') return store;
      const leashed = life.hold(store, undefined, refused);
      held.set(name, leashed);
      return leashed;
    },
  });
}
