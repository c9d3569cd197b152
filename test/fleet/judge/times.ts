import { SURE_WITHIN_MS } from '#hub/domain/fact-time.ts';
import type { RentalRow } from '#hub/ports/rows/index.ts';
import type { LogLine, World } from '../world/world.ts';
import { beforeProofs, unprovenReturn } from './unproven.ts';

const MOST = 1_000_000;
const LIMITS = { events: 100_000, bytes: Number.MAX_SAFE_INTEGER };
/** SYN-4: a clock that is called known may be off by this much, once at each end; a message's way is small beside it. */
const TOLERANCE_MS = SURE_WITHIN_MS + 5_000;

/** What really happened when, by the world's own time, whatever the terminals' clocks said. */
export interface Witness {
  /** Hears what programs log (OPS-4). */
  readonly hears: (line: LogLine) => void;
  /** Each rental's verified write. */
  readonly began: ReadonlyMap<string, number>;
  /** Each return's T0: a terminal accepted the medium. */
  readonly accepted: ReadonlyMap<string, number>;
  /** When this terminal did, the first or another one. */
  readonly acceptedAt: (returnId: string, terminalId: string) => number | undefined;
}

export function witness(world: World): Witness {
  const began = new Map<string, number>();
  const accepted = new Map<string, number>();
  const each = new Map<string, number>();
  const first = (times: Map<string, number>, id: string, at: number): void => {
    if (!times.has(id)) times.set(id, at);
  };
  return {
    began,
    accepted,
    acceptedAt: (returnId, terminalId) => each.get(`${returnId} ${terminalId}`),
    hears: ({ program, message, fields }) => {
      if (message !== 'event noted') return;
      const { kind, event: eventId } = fields;
      if (kind !== 'rental.started' && kind !== 'rental.held_settled' && kind !== 'return.accepted') return;
      const store = world.terminals.find(({ id }) => id === program)?.store;
      const { last = 0 } = store?.position(0) ?? {};
      const event = store?.read(0, Math.max(0, last - 50), LIMITS).find(({ id }) => id === eventId);
      const data = event?.data as Readonly<Record<string, string | number>> | undefined;
      if (event === undefined || data === undefined) return;
      const at = Number(data.startedAt ?? data.t0 ?? data.at);
      // The same clock dated the event and what it tells: what lies between both really passed.
      const truly = world.time.now() - (event.stamp.deviceTime - at);
      if (kind === 'return.accepted') {
        first(accepted, String(data.returnId), truly);
        first(each, `${data.returnId} ${program}`, truly);
      } else if (kind === 'rental.started' || data.outcome === 'complete')
        first(began, String(data.rentalId), truly);
    },
  };
}

/**
 * SYN-4, CHG-1: nobody pays for more time than he truly had the copy; and where every clock was known, a charge is of the true times. The price of the
 * times that were charged is the oracle's (`books.ts`), so this makes it the tariff's price of the true ones.
 */
export async function timesAtRest(world: World, truth: Witness): Promise<readonly string[]> {
  const { began, accepted, acceptedAt } = truth;
  const { rentals, timeline, alerts } = world.database.stores;
  const stolen: string | undefined = world.stolen?.id;
  // Of his own clock a thief says what he likes: it excuses nothing that is said of others' returns (SEC-4).
  const guesses = (await timeline.list({}, { limit: MOST })).filter(
    ({ detail, terminalId }) => detail.uncertain === true && (stolen === undefined || terminalId !== stolen),
  );
  const guessed = new Set<string>(guesses.map(({ rentalId }) => rentalId));
  const clocks = new Set<string>(
    guesses.filter(({ kind }) => kind !== 'destroyed').map(({ rentalId }) => rentalId),
  );
  const raised = await alerts.list({ code: 'return_time_unproven' }, { limit: MOST });
  const told = new Set(raised.filter(({ clearedAt }) => clearedAt === null).map(({ subject }) => subject));
  const unprovable = await beforeProofs(world);
  // RNT-6: that a held copy is complete any kiosk may say, a stolen one too; its meter runs from that word.
  const settled = await timeline.list({ kind: 'held_settled_complete' }, { limit: MOST });
  const begunByThief = new Set<string>(
    settled
      .filter(({ outcome, terminalId }) => outcome === 'applied' && terminalId === stolen)
      .map(({ rentalId }) => rentalId),
  );
  return (await rentals.list({}, { limit: MOST })).flatMap((rental) => {
    const { rentalId } = rental;
    const start = begunByThief.has(rentalId) ? rental.state?.basis?.start : began.get(rentalId);
    const known = unprovenReturn(rental);
    if (known === null || !unprovable(known.returnId))
      return timesOf(rental, start, accepted.get(rental.state?.basis?.returnId ?? ''), guessed.has(rentalId));
    // It counts from the moment at which the one that finished it took the medium, as a guess, and staff see who tells an earlier one.
    const late = known.t0 - (accepted.get(known.returnId) ?? known.t0) > TOLERANCE_MS;
    const seen = guessed.has(rentalId) && (!late || told.has(rentalId));
    const untold = `SYN-4: nobody is told that the return of rental ${rentalId} was begun before, by whom is not proven`;
    const end = acceptedAt(known.returnId, known.by);
    return [...timesOf(rental, start, end, clocks.has(rentalId)), ...(seen ? [] : [untold])];
  });
}

function timesOf(
  { rentalId, state }: RentalRow,
  start: number | undefined,
  stop: number | undefined,
  guessed: boolean,
): readonly string[] {
  const basis = state?.basis ?? null;
  if (basis === null || start === undefined || stop === undefined) return [];
  const [early, late] = [start - basis.start, basis.stop - stop];
  const longer = basis.stop - basis.start - (stop - start);
  const said = (what: string, by: number): string =>
    `SYN-4: rental ${rentalId} ${what} by ${Math.round(by / 1000)} s${guessed ? ', of which the hub was not sure' : ''}`;
  if (early > TOLERANCE_MS) return [said('is charged from before its true start', early)];
  if (longer > 2 * TOLERANCE_MS) return [said('is charged for longer than it truly was rented', longer)];
  if (guessed) return [];
  if (-early > TOLERANCE_MS) return [said('is charged from after its true start', -early)];
  return Math.abs(late) > TOLERANCE_MS ? [said('is charged to another moment than its true T0', late)] : [];
}
