import { seededRandom } from '#firmware-sim/sim/random.ts';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { verifyLog } from '#hub/app/log/verify.ts';
import type { InboxEventRow, RentalRow } from '#hub/ports/rows/index.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import { OUR_VERSION } from '#shared/protocol/decode.ts';
import type { Lane } from '#shared/protocol/envelope.ts';

import type { World } from '../world/world.ts';

const MOST = 1_000_000;
/**
 * A T0 that the hub named in a quote stands in no event, and of several quotes for one return only the last is kept: two answers about one clock are this far apart, at
 * most.
 */
const ANSWERS_APART_MS = 1_000;

/** SEC-4: ledger, audit trail and receipts, replayed against the signed log over the books, are what was signed. */
export async function booksReplayed(world: World, trust: FleetTrust): Promise<readonly string[]> {
  const { damage } = await verifyLog(world.database, trust);
  return damage === null ? [] : [`SEC-4: the log over the books: ${JSON.stringify(damage)}`];
}

/**
 * SYN-2: the hub's log of events, replayed over the fleet as it was founded, gives the same rentals, charges and ratings as the tables: no state hangs on
 * anything that is in no event, and none on when it was applied. The database is set back for that and then to its end again; a real one is not.
 */
export async function logReplayed(world: World): Promise<readonly string[]> {
  const { database, backUp, founded, hub } = world;
  if (backUp === null || founded === null) return [];
  const { stores } = database;
  // What a revoked terminal sent waits for staff, and did nothing.
  const waits = await stores.deadLetters.list({ state: 'quarantined' }, { limit: MOST });
  const unheard = new Set(waits.map(({ eventId }) => eventId));
  const log = (await stores.inboxEvents.list({ lane: 0 }, { limit: MOST })).filter(
    ({ eventId }) => !unheard.has(eventId),
  );
  // What the hub made by itself and events hang on: its answers to opened returns, certificates, prices, days on which shops closed, and that it was set back.
  const quotes = (await stores.quotes.list({}, { limit: MOST })).toSorted((a, b) => a.madeAt - b.madeAt);
  const certificates = await stores.certificates.list({}, { limit: MOST });
  const sites = await stores.sites.list({}, { limit: MOST });
  const tariffs = await stores.tariffs.list({}, { limit: MOST });
  const timelines = await stores.timelines.list({}, { limit: MOST });
  const there = await stateOf(world);
  const end = await backUp();
  await founded();
  for (const row of certificates) await stores.certificates.put(row);
  for (const row of sites) await stores.sites.put(row);
  for (const row of tariffs) await stores.tariffs.insert(row);
  for (const row of timelines) await stores.timelines.put(row);
  const { rules } = hub.inside().ingestQueue;
  const random = seededRandom(`${world.seed} replay`);
  for (const { batch, receivedAt } of batchesOf(log)) {
    // A price counts from when it was told: a restored hub has heard of a T0 before it was asked for its price again.
    for (; quotes[0] !== undefined && quotes[0].madeAt <= receivedAt; quotes.shift())
      await stores.quotes.insert(quotes[0]);
    const clock = { ...rules.clock, now: () => receivedAt };
    const { read, rewards, challengeKey } = rules;
    await commitGroup(database, { read, rewards, challengeKey, clock, random }, [{ batch, receivedAt }]);
  }
  const again = await stateOf(world);
  await end();
  return differences(there, again);
}

/** In the order of their arrival, as the hub took them: what came together of one lane together. */
function batchesOf(log: readonly InboxEventRow[]) {
  const groups = new Map<string, InboxEventRow[]>();
  for (const row of log) {
    const name = `${row.receivedAt} ${row.terminalId} ${row.epoch}`;
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return [...groups.values()]
    .map((rows) => rows.toSorted((a, b) => a.sequence - b.sequence))
    .sort(([a], [b]) => (a?.receivedAt ?? 0) - (b?.receivedAt ?? 0))
    .map((rows) => {
      const [first] = rows as [InboxEventRow];
      const { terminalId, epoch, receivedAt } = first;
      const events = rows.map(({ sequence, eventId, kind, stamp, data }) => ({
        ...{ sequence, id: eventId, kind, stamp, data },
      }));
      const batch = {
        ...{ version: OUR_VERSION, terminal: terminalId, session: 'replay', epoch, lane: 0 as Lane },
        ...{ firstHeld: 0, last: events.at(-1)?.sequence ?? 0, sentAt: receivedAt, events },
      };
      return { batch, receivedAt };
    });
}

interface State {
  readonly rentals: ReadonlyMap<string, RentalRow>;
  /** Rentals of whose times the hub was not sure: what it guessed hangs on what it knew of the clocks then (SYN-4). */
  readonly guessed: ReadonlySet<string>;
  readonly stars: ReadonlyMap<string, number>;
}

async function stateOf({ database: { stores }, stolen }: World): Promise<State> {
  // What a thief says that he wrote hangs on when his certificate was revoked, which is no event.
  const rentals = (await stores.rentals.list({}, { limit: MOST })).filter(
    ({ kioskId }) => kioskId === null || kioskId !== stolen?.id,
  );
  const timeline = await stores.timeline.list({}, { limit: MOST });
  const ratings = await stores.ratings.list({}, { limit: MOST });
  return {
    rentals: new Map(rentals.map((rental) => [rental.rentalId as string, rental])),
    guessed: new Set(
      timeline.filter(({ detail }) => detail.uncertain === true).map(({ rentalId }) => rentalId as string),
    ),
    stars: new Map(ratings.map(({ rentalId, stars }) => [rentalId as string, stars])),
  };
}

interface Charged {
  /** Of the charge's start and stop; 0: none. */
  readonly times: readonly number[];
  readonly rest: readonly unknown[];
}

const charged = ({ state, charge }: RentalRow): Charged => ({
  times: [state?.basis?.start ?? 0, state?.basis?.stop ?? 0],
  rest: [state?.basis?.returnId, charge?.total.minor],
});

function differences(there: State, again: State): readonly string[] {
  const wrong: string[] = [];
  const unlike = (rentalId: string, what: string, one: unknown, other: unknown): void => {
    wrong.push(
      `SYN-2: ${what} of rental ${rentalId} is ${String(one)}, the replayed log says ${String(other)}`,
    );
  };
  for (const [rentalId, rental] of there.rentals) {
    const replayed = again.rentals.get(rentalId);
    // What never began, or not yet, leaves no trace in a hub that did not permit it.
    if (
      ['void', 'pending'].includes(rental.status) &&
      (replayed === undefined || replayed.status === 'pending')
    )
      continue;
    // What staff settled as found again (RNT-7) stands in no event: in the log it is lost still.
    if (rental.state?.facts.found != null && replayed?.status === 'lost') continue;
    if (replayed?.status !== rental.status) {
      unlike(rentalId, 'the status', rental.status, replayed?.status ?? 'unknown');
      continue;
    }
    if (there.guessed.has(rentalId) || again.guessed.has(rentalId)) continue;
    const [one, other] = [charged(rental), charged(replayed)];
    const apart = one.times.map((at, which) => Math.abs(at - (other.times[which] ?? 0)));
    if (Math.max(...apart) > ANSWERS_APART_MS || JSON.stringify(one.rest) !== JSON.stringify(other.rest))
      unlike(rentalId, 'the charge', JSON.stringify(one), JSON.stringify(other));
  }
  for (const rentalId of again.rentals.keys())
    if (!there.rentals.has(rentalId))
      unlike(rentalId, 'the status', 'unknown', again.rentals.get(rentalId)?.status);
  for (const [rentalId, stars] of there.stars)
    if (again.stars.get(rentalId) !== stars) unlike(rentalId, 'the rating', stars, again.stars.get(rentalId));
  return wrong;
}
