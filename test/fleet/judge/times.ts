import { SURE_WITHIN_MS } from '#hub/domain/fact-time.ts';
import type { RentalRow } from '#hub/ports/rows/index.ts';
import { shownT0 } from '#shared/domain/return-times.ts';
import type { LogLine, World } from '../world/world.ts';

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
}

export function witness(world: World): Witness {
  const began = new Map<string, number>();
  const accepted = new Map<string, number>();
  const first = (times: Map<string, number>, id: string, at: number): void => {
    if (!times.has(id)) times.set(id, at);
  };
  return {
    began,
    accepted,
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
      if (kind === 'return.accepted') first(accepted, String(data.returnId), truly);
      else if (kind === 'rental.started' || data.outcome === 'complete')
        first(began, String(data.rentalId), truly);
    },
  };
}

/**
 * SYN-4, CHG-1: nobody pays for more time than he truly had the copy; and where every clock was known, a charge is of the true times. The price of the
 * times that were charged is the oracle's (`books.ts`), so this makes it the tariff's price of the true ones.
 */
export async function timesAtRest(world: World, { began, accepted }: Witness): Promise<readonly string[]> {
  const { rentals, timeline, alerts } = world.database.stores;
  const stolen: string | undefined = world.stolen?.id;
  // Of his own clock a thief says what he likes: it excuses nothing that is said of others' returns (SEC-4).
  const guessed = new Set(
    (await timeline.list({}, { limit: MOST }))
      .filter(
        ({ detail, terminalId }) =>
          detail.uncertain === true && (stolen === undefined || terminalId !== stolen),
      )
      .map(({ rentalId }) => rentalId as string),
  );
  const raised = await alerts.list({ code: 'return_time_unproven' }, { limit: MOST });
  const told = new Set(raised.filter(({ clearedAt }) => clearedAt === null).map(({ subject }) => subject));
  return (await rentals.list({}, { limit: MOST })).flatMap((rental) => {
    const { rentalId } = rental;
    const known = beforeProofs(world) ? unprovenReturn(rental) : null;
    if (known === null) return timesOf(rental, began.get(rentalId), accepted, guessed.has(rentalId));
    const late = known.t0 - (accepted.get(known.returnId) ?? known.t0) > TOLERANCE_MS;
    if (guessed.has(rentalId) && (!late || told.has(rentalId))) return [];
    return [
      `SYN-4: nobody is told that the return of rental ${rentalId} was begun before, by whom is not proven`,
    ];
  });
}

/** Programs of before 1.7 prove nothing of a return that they began, or hear of no proof (PR-30). */
const beforeProofs = ({ wire: { faults } }: World): boolean =>
  faults.has('older program') || faults.has('older hub');

/** The return that counts, where its receipt names nobody and no proof says who began it. */
function unprovenReturn({ state }: RentalRow) {
  const known = state?.facts.returns.find(({ returnId }) => returnId === state.basis?.returnId);
  return known?.unnamed === undefined || shownT0(known) !== null ? null : known;
}

function timesOf(
  { rentalId, state }: RentalRow,
  start: number | undefined,
  accepted: Witness['accepted'],
  guessed: boolean,
): readonly string[] {
  const basis = state?.basis ?? null;
  const stop = basis?.returnId == null ? undefined : accepted.get(basis.returnId);
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
