import { defaultHubSettings } from '#hub/config.ts';
import type { RentalRow, TransferRow } from '#hub/ports/rows/index.ts';
import { makeTable, oracleCharge, type ZoneTable } from '#shared/domain/testing/charge-oracle.ts';
import { FOUNDED_AT, HUB_SECRET } from '../world/fixture.ts';
import type { World } from '../world/world.ts';
import { inventedIn } from './invented.ts';

const DAY_S = 86_400;
const MOST = 1_000_000;
const { HUB_POINTS_FOR_RATING: POINTS_FOR_RATING } = defaultHubSettings({
  ...{ KEYTURN_HOME: '/nowhere', HUB_SECRET, HUB_URL: 'https://keyturn.example' },
});
const tables = new Map<string, ZoneTable>();

/** Made once for all worlds: they all lie within these days. */
function tableOf(zone: string): ZoneTable {
  const known = tables.get(zone) ?? makeTable(zone, FOUNDED_AT / 1000, FOUNDED_AT / 1000 + 200 * DAY_S);
  tables.set(zone, known);
  return known;
}

/** LED-1: debits and credits add up to 0, for each unit. */
export async function unbalanced(world: World): Promise<readonly string[]> {
  const sums = new Map<string, number>();
  for (const { unit, posted } of await world.database.stores.ledger.trialBalance())
    sums.set(unit, (sums.get(unit) ?? 0) + posted);
  return [...sums].filter(([, sum]) => sum !== 0).map(([unit, sum]) => `LED-1: ${unit} adds up to ${sum}`);
}

/** Everything about rentals and money that must hold once every event is in. */
export async function booksAtRest(world: World, closed: boolean): Promise<readonly string[]> {
  const { stores } = world.database;
  const wrong: string[] = [...(await unbalanced(world))];
  const rentals = await stores.rentals.list({}, { limit: MOST });
  const transfers = await allTransfers(world);
  const rated = new Set((await stores.ratings.list({}, { limit: MOST })).map(({ rentalId }) => rentalId));
  const invented = await inventedIn(world);
  for (const rental of rentals) {
    const postings = transfers.get(rental.rentalId) ?? [];
    wrong.push(
      ...chargeOf(rental, postings, invented.has(rental.rentalId)),
      ...pointsOf(rental, postings, rated.has(rental.rentalId)),
    );
  }
  wrong.push(...cardsAgree(world, transfers));
  if (closed) wrong.push(...openHolds(world, rentals));
  return wrong;
}

export interface Posting {
  readonly transfer: TransferRow;
  readonly entries: readonly { readonly accountId: string; readonly amount: number }[];
}

/** Every posting, by rental; those of none under ''. */
export async function allTransfers(world: World): Promise<Map<string, Posting[]>> {
  const { ledger, members, rentals } = world.database.stores;
  const ids = new Set<string>();
  for (const { memberId } of await members.list({}, { limit: MOST }))
    for (const line of await ledger.lines({ memberId }, { limit: MOST, offset: 0 }))
      ids.add(line.transfer.transferId);
  for (const { rentalId } of await rentals.list({}, { limit: MOST }))
    for (const line of await ledger.lines({ rentalId }, { limit: MOST, offset: 0 }))
      ids.add(line.transfer.transferId);
  const byRental = new Map<string, Posting[]>();
  for (const posting of await ledger.contents([...ids])) {
    const key = posting.transfer.rentalId ?? '';
    byRental.set(key, [...(byRental.get(key) ?? []), posting]);
  }
  return byRental;
}

/** Reservations that nothing has ended yet. */
export async function openPendings(world: World): Promise<readonly TransferRow[]> {
  const far = world.time.now() + 400 * DAY_S * 1000;
  return world.database.stores.ledger.expiredPending(far as never, MOST);
}

/** What accounts of these names earned. */
const earned = (postings: readonly Posting[], accounts: RegExp): number =>
  postings
    .flatMap(({ entries }) => entries)
    .filter(({ accountId }) => accounts.test(accountId))
    .reduce((sum, { amount }) => sum - amount, 0);

/** CHG-5, CHG-6, RNT-3: a closed rental costs what the oracle says, posted once; one that never began costs nothing. `invented`: a thief named its times, perhaps of other years. */
function chargeOf(rental: RentalRow, postings: readonly Posting[], invented: boolean): readonly string[] {
  const { rentalId, status, charge, state, tariff, calendar } = rental;
  const posted = earned(postings, /^site_(revenue|tax):/);
  const wrong: string[] = [];
  const expected = charge?.total.minor ?? 0;
  if (posted !== expected) wrong.push(`LED-1: ${rentalId} is charged ${expected}, posted ${posted}`);
  const basis = state?.basis ?? null;
  if (['closed', 'lost', 'kept'].includes(status) !== (basis !== null))
    wrong.push(`RNT-3: ${rentalId} is ${status} and its charge is ${basis === null ? 'none' : 'due'}`);
  if (basis === null || basis.ending === 'kept' || invented) return wrong;
  const oracle = oracleCharge(tableOf(calendar.zone), {
    terms: { tariff, site: calendar },
    start: basis.start,
    stop: basis.stop,
    lost: basis.ending === 'lost',
    discounts: rental.discounts.map(({ basisPoints }) => basisPoints),
    coupons: rental.coupons.map(({ amount }) => amount.minor),
  });
  if (oracle.total !== expected)
    wrong.push(`CHG-6: ${rentalId} costs ${expected}, the oracle says ${oracle.total}`);
  const tax = earned(postings, /^site_tax:/);
  if (oracle.total === expected && tax !== oracle.tax)
    wrong.push(`CHG-5: ${rentalId} has ${tax} of tax posted, the oracle says ${oracle.tax}`);
  return wrong;
}

/** RWD-1: points are what the rental's entries say: by its tariff where it is charged, once where it was rated. */
function pointsOf(rental: RentalRow, postings: readonly Posting[], rated: boolean): readonly string[] {
  const { rentalId, charge, state, tariff } = rental;
  const pointsFor = (reason: string): number =>
    earned(
      postings.filter(({ transfer }) => transfer.reason === reason),
      /^member_points:/,
    );
  const expected = charge === null || state?.basis?.ending === 'lost' ? 0 : tariff.pointsPerRental;
  const wrong: string[] = [];
  const [byRental, byRating] = [pointsFor('points_for_rental'), pointsFor('points_for_rating')];
  if (byRental !== expected)
    wrong.push(`RWD-1: ${rentalId} earned ${byRental} points, its tariff says ${expected}`);
  if (byRating !== (rated ? POINTS_FOR_RATING : 0))
    wrong.push(`RWD-1: ${rentalId} earned ${byRating} points by its ${rated ? 'one rating' : 'no rating'}`);
  return wrong;
}

/** PAY-1: at the end nothing is held on a card any more for a rental that came to nothing or for any return; a rental's own hold ends by itself. */
function openHolds(world: World, rentals: readonly RentalRow[]): readonly string[] {
  const kept = new Set(
    rentals.filter(({ status }) => status !== 'void').map(({ rentalId }) => rentalId as string),
  );
  return [...world.cards.values()].flatMap((card) =>
    card
      .inspect()
      .filter(({ state }) => state === 'authorised')
      .filter(({ key }) => key.split(':').length > 2 || !kept.has(key.split(':')[0] ?? ''))
      .map(({ key }) => `PAY-1: ${key} is still held on a card`),
  );
}

/** What the ledger says that cards were charged. */
const byCard = (postings: readonly Posting[]): number =>
  postings
    // What goes back to a customer is the ledger's word to the provider (CHG-7); the reader hears nothing of it.
    .filter(({ transfer }) => ['single', 'posted'].includes(transfer.phase) && transfer.reason !== 'refund')
    .flatMap(({ entries }) => entries)
    .filter(({ accountId }) => accountId.startsWith('card_clearing:'))
    .reduce((sum, { amount }) => sum + amount, 0);

/** What members have paid by card for no rental of theirs: a fact that the hub makes itself. */
export const paidAtKiosks = async (world: World): Promise<number> =>
  byCard((await allTransfers(world)).get('') ?? []);

/** PAY-1: what the card provider took is what the ledger says it took, rental by rental, and never more than was authorised. */
function cardsAgree(world: World, byRental: ReadonlyMap<string, readonly Posting[]>): readonly string[] {
  const wrong: string[] = [];
  const captured = new Map<string, number>();
  for (const card of world.cards.values()) wrong.push(...card.wrong);
  for (const card of world.cards.values())
    for (const record of card.inspect()) {
      if (record.captured > record.authorisation.amount.minor)
        wrong.push(`PAY-1: ${record.key} took more than was authorised`);
      // Payments at the kiosk belong to no rental.
      const rental = record.key.startsWith('top-up:') ? '' : (record.key.split(':')[0] ?? '');
      captured.set(rental, (captured.get(rental) ?? 0) + record.captured);
    }
  for (const rental of new Set([...captured.keys(), ...byRental.keys()])) {
    const booked = byCard(byRental.get(rental) ?? []) + (rental === '' ? world.lostFacts.paidAtKiosks : 0);
    const taken = captured.get(rental) ?? 0;
    if (booked !== taken)
      wrong.push(
        `PAY-1: cards were charged ${taken}, the ledger says ${booked}, for ${rental === '' ? 'payments at kiosks' : `rental ${rental}`}`,
      );
  }
  return wrong;
}
