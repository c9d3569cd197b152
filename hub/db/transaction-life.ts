import { DatabaseTrouble } from '#hub/ports/database.ts';
import type { Db } from './drizzle.ts';
import { asTrouble } from './trouble.ts';

/** Whether a transaction can still be written in. */
export interface TransactionLife {
  over: boolean;
  /** Why its last statement failed that was not refused for an earlier one's sake. */
  cause?: unknown;
}

interface PreparedLike {
  execute(...values: unknown[]): Promise<unknown>;
}
interface SessionLike {
  prepareQuery(...values: unknown[]): PreparedLike;
}

const sessionOf = (db: Db): SessionLike => (db as unknown as { _: { session: SessionLike } })._.session;

/** Sessions that are bound already, with the life of their transaction. */
const lives = new WeakMap<SessionLike, TransactionLife>();

/** What waits for this waits for ever, and is collected as garbage. */
const never = <T>(): Promise<T> => new Promise<T>(() => {});

/**
 * Lets a transaction end with its connection. When a connection is lost, postgres.js rejects the transaction as a whole; but a statement that
 * the work, or postgres.js's own rollback, then still issues goes to a connection that is gone (an uncaught exception) or to a new one,
 * *outside* of any transaction (half of the work would be written). So from the first sign of a lost connection on, nothing of this
 * transaction reaches the driver any more: its work stands still and the rejection of the whole is the only answer.
 * A session of Drizzle belongs to one transaction; a savepoint has one of its own (postgres.js) or its transaction's (PGlite).
 */
export function boundToConnection(tx: Db, life: TransactionLife): Db {
  const session = sessionOf(tx);
  if (lives.has(session)) return tx;
  lives.set(session, life);
  const prepare = session.prepareQuery.bind(session);
  session.prepareQuery = (...values) => {
    const prepared = prepare(...values);
    const execute = prepared.execute.bind(prepared);
    prepared.execute = async (...given) => {
      if (life.over) return never();
      try {
        return await execute(...given);
      } catch (error) {
        const trouble = asTrouble(error);
        if (trouble instanceof DatabaseTrouble && endsConnection(trouble)) life.over = true;
        if (life.over) return never();
        if (trouble instanceof DatabaseTrouble && trouble.state === REFUSED_FOR_ANOTHER) {
          // Of statements side by side this one may be heard first: whether the whole passes is for the one that failed to say.
          throw life.cause ?? error;
        }
        life.cause = error;
        throw error;
      }
    };
    return prepared;
  };
  return tx;
}

/** The same for what the work does beside the database: after the end it neither resolves (a commit would follow) nor rejects (a rollback). */
export async function whileAlive<T>(work: Promise<T>, life: TransactionLife): Promise<T> {
  try {
    const value = await work;
    return life.over ? await never<T>() : value;
  } catch (error) {
    if (life.over) return never<T>();
    throw error;
  }
}

/**
 * A transaction of its own, bound to its connection; inside another one a savepoint that lives as long as that one: its end ends nothing else.
 * Every transaction of the hub goes this way.
 */
export async function atomically<T>(db: Db, work: (tx: Db, life: TransactionLife) => Promise<T>): Promise<T> {
  const outer = lives.get(sessionOf(db));
  const life: TransactionLife = outer ?? { over: false };
  try {
    return await db.transaction((tx) => whileAlive(work(boundToConnection(tx, life), life), life));
  } finally {
    if (outer === undefined) life.over = true;
  }
}

/** `in_failed_sql_transaction`: an earlier statement failed. */
const REFUSED_FOR_ANOTHER = '25P02';

/** Only what is surely followed by the connection's end: lost sockets, and a server that was told to end it. */
const endsConnection = ({ state }: DatabaseTrouble): boolean =>
  /^(57P0[12]$|CONNECTION_|E[A-Z]+$)/.test(state);
