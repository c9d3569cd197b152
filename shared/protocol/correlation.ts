import type { CopyId, EventId, RentalId, ReturnId } from '#shared/kernel/ids.ts';

/** What an action of a customer is followed by, from terminal to ledger (OPS-4). No personal data (SEC-9): neither member nor medium nor card. */
export interface Names {
  readonly rentalId?: RentalId;
  readonly returnId?: ReturnId;
  readonly copyId?: CopyId;
  /** The order of the hub that it answers. */
  readonly commandId?: EventId;
}

const NAMES = ['rentalId', 'returnId', 'copyId', 'commandId'] as const satisfies readonly (keyof Names)[];
/** Whatever else stands there is not repeated in a log (SEC-8). */
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** The names in an event's data, which may come from anybody. */
export function namesIn(data: unknown): Names {
  if (typeof data !== 'object' || data === null) return {};
  return Object.fromEntries(
    NAMES.flatMap((name) => {
      const value: unknown = Reflect.get(data, name);
      return typeof value === 'string' && UUID.test(value) ? [[name, value]] : [];
    }),
  );
}
