import { DatabaseTrouble } from '#hub/ports/database.ts';

/** SQLSTATE classes and connection codes after which the same call may succeed: never a reason to call an event bad (SYN-3). */
const PASSING_STATES = new Set([
  '40001',
  '40P01',
  '55P03',
  '57P01',
  '57P02',
  '57P03',
  '57014',
  '25P03',
  '25006',
]);
const PASSING_CLASSES = ['08', '53', '58'];
const PASSING_CODES =
  /^(CONNECTION_|CONNECT_TIMEOUT|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|EAI_AGAIN)/;

/** Turns whatever a driver threw into a `DatabaseTrouble`; what is no database error is answered as it is. */
export function asTrouble(error: unknown): unknown {
  if (error instanceof DatabaseTrouble) return error;
  const source = databaseCause(error);
  if (source === null) return error;
  const { code, message, constraint } = source;
  const passing =
    PASSING_STATES.has(code) ||
    PASSING_CODES.test(code) ||
    PASSING_CLASSES.some((start) => isState(code) && code.startsWith(start));
  return new DatabaseTrouble(code, passing, message, constraint, error);
}

const isState = (code: string) => /^[0-9A-Z]{5}$/.test(code);

/** Drizzle wraps the driver's error, sometimes twice: the innermost one with a code is meant. */
function databaseCause(error: unknown): { code: string; message: string; constraint: string | null } | null {
  let found: { code: string; message: string; constraint: string | null } | null = null;
  let current: unknown = error;
  for (let depth = 0; depth < 6 && current instanceof Error; depth += 1) {
    const fields = current as { code?: unknown; constraint_name?: unknown; constraint?: unknown };
    if (typeof fields.code === 'string') {
      const constraint = fields.constraint_name ?? fields.constraint;
      found = {
        code: fields.code,
        message: current.message,
        constraint: typeof constraint === 'string' ? constraint : null,
      };
    }
    current = current.cause;
  }
  return found;
}

/** Runs one database call so that only `DatabaseTrouble` or a bug comes out of it. */
export async function guarded<T>(call: () => PromiseLike<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw asTrouble(error);
  }
}
