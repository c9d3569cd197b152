import type { DumpPart } from './dump.ts';
import type { Stores } from './stores.ts';

/** Thrown by stores. `passing`: the same call may succeed later (connection, lock, serialization); never a reason to call an event bad (SYN-3). */
export class DatabaseTrouble extends Error {
  override readonly name = 'DatabaseTrouble';
  readonly passing: boolean;
  /** SQLSTATE or connection code. */
  readonly state: string;
  readonly constraint: string | null;

  constructor(state: string, passing: boolean, message: string, constraint: string | null, cause: unknown) {
    super(message, { cause });
    this.state = state;
    this.passing = passing;
    this.constraint = constraint;
  }
}

export const isPassing = (error: unknown): boolean => error instanceof DatabaseTrouble && error.passing;

/** What can be done inside a transaction beside reading and writing. */
export interface Transaction {
  /** Runs `work` so that its failure undoes only what it did itself, and is thrown on. */
  savepoint<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
}

/** The hub's database: PGlite or PostgreSQL, one schema (DESIGN §2); in memory for simulation and tests. */
export interface HubDatabase {
  readonly engine: 'pglite' | 'postgresql' | 'memory';
  /** Each call on these is its own transaction. */
  readonly stores: Stores;
  /**
   * Runs `work` in one transaction (read committed). A passing fault runs it again, up to a bound, then throws the
   * `DatabaseTrouble`; anything else that is thrown rolls back and is thrown on. Inside `work` only the stores that it was given may be
   * used: PGlite has one connection, so a call on `HubDatabase.stores` would wait for ever.
   */
  transaction<T>(work: (stores: Stores, transaction: Transaction) => Promise<T>): Promise<T>;
  /**
   * One statement of raw SQL with the rights of the database's owner: for operators' maintenance, and for tests that attack from there. No use case calls it.
   */
  administer(statement: string): Promise<void>;
  /** Every row as one moment saw it, for a backup (OPS-2). */
  dump(take: (part: DumpPart) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}
