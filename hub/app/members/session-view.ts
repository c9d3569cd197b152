import type { HubDeps } from '#hub/app/deps.ts';
import { memberBalances } from '#hub/app/ledger/balances.ts';
import { playersOf, revokedPlayersOf } from '#hub/app/members/players.ts';
import { visitOf } from '#hub/app/members/visit.ts';
import { ageAt, type Recommender } from '#hub/app/recommendations/recommender.ts';
import { placeIn, queueOf } from '#hub/app/reservations/queue.ts';
import type { MemberRow, RentalRow, TerminalRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { computeCharge } from '#shared/domain/charge.ts';
import { type Money, zero } from '#shared/kernel/money.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { MemberSession, Recommendation } from '#shared/protocol/terminal-api.ts';

export type ViewDeps = HubDeps & {
  readonly recommender: Recommender;
  /** `HubSecrets.challengeKey`. */
  readonly challengeKey: Uint8Array;
};

const SHOWN: readonly RentalRow['status'][] = ['active', 'returning', 'held', 'kept'];

/** All that a signed-in member may see at a terminal: kept there in memory only (SEC-6). */
export async function sessionView(
  deps: ViewDeps,
  member: MemberRow,
  terminal: TerminalRow,
  sessionToken: string,
): Promise<MemberSession> {
  const { stores } = deps.db;
  const now = deps.clock.now();
  const { memberId } = member;
  const purse = await memberBalances(stores, memberId, member.currency);
  const rentals = await stores.rentals.list(
    { memberId },
    { orderBy: ['rentalId'], descending: true, limit: 300 },
  );
  const players = await playersOf(stores, memberId);
  return {
    sessionToken,
    memberToken: member.token,
    greeting: member.displayName,
    language: member.language,
    ageYears: ageAt(member.birthYear, now),
    currency: member.currency,
    prepaid: purse.prepaid,
    points: purse.points,
    amountDue: purse.amountDue,
    preferredMeans: member.preferredMeans.slice(0, 4),
    playerKeys: players.map(({ playerId, recipient, signingKey, name, addedAt }) => ({
      playerId,
      recipient,
      ...(signingKey === null ? {} : { signingKey }),
      name,
      addedAt,
    })),
    revokedPlayers: [...(await revokedPlayersOf(stores, memberId))],
    rentals: rentals
      .filter(({ status }) => SHOWN.includes(status))
      .slice(0, 200)
      .map((rental) => openRental(rental, now)),
    reservations: await reservationsOf(stores, memberId, now),
    history: await historyOf(stores, rentals),
    recommendations: await recommendationsFor(deps, member, terminal, 40),
    heldRental: rentals.some(({ status }) => status === 'held'),
    visit: visitOf(deps.challengeKey, terminal.terminalId, member.token),
  };
}

/** A copy whose start the hub does not know yet (held, or its kiosk is away) shows no time before the licence's. */
function openRental(rental: RentalRow, now: EpochMs): MemberSession['rentals'][number] {
  const startedAt = rental.startedAt ?? rental.preparedAt;
  return {
    rentalId: rental.rentalId,
    titleId: rental.titleId,
    startedAt,
    dueAt: rental.dueAt ?? startedAt,
    state: rental.status,
    runningCharge: chargeAt(rental, now),
  };
}

/** What the rental would cost if it were returned now; what is over costs what it cost. */
export function chargeAt(rental: RentalRow, now: EpochMs): Money {
  const nothing = zero(rental.tariff.currency);
  if (rental.charge !== null) return rental.charge.total;
  if (rental.startedAt === null || rental.status === 'held') return nothing;
  const charge = computeCharge({
    terms: { tariff: rental.tariff, site: rental.calendar },
    start: rental.startedAt,
    stop: now < rental.startedAt ? rental.startedAt : now,
    ending: 'returned',
    discounts: rental.discounts,
    coupons: rental.coupons,
  });
  return charge.ok ? charge.value.total : nothing;
}

async function reservationsOf(
  stores: Stores,
  memberId: MemberRow['memberId'],
  now: EpochMs,
): Promise<MemberSession['reservations']> {
  const rows = await stores.reservations.list(
    { memberId, state: ['waiting', 'paused', 'ready'] },
    { orderBy: ['requestedAt'], limit: 100 },
  );
  const shown: MemberSession['reservations'] = [];
  for (const row of rows) {
    const title = await stores.titles.find({ titleId: row.titleId });
    if (title === null) continue;
    const queue = await queueOf(stores, title, null, now);
    const place = await placeIn(stores, title, queue, row.reservationId, now);
    shown.push({
      reservationId: row.reservationId,
      titleId: row.titleId,
      position: place.position,
      state: row.state,
      readyUntil: row.readyUntil,
      waitSeconds: place.waitSeconds,
    });
  }
  return shown;
}

async function historyOf(stores: Stores, rentals: readonly RentalRow[]): Promise<MemberSession['history']> {
  const closed = rentals
    .filter(({ status, closedAt }) => status === 'closed' && closedAt !== null)
    .slice(0, 100);
  const ratings = await stores.ratings.list(
    { rentalId: closed.map(({ rentalId }) => rentalId) },
    { limit: 100 },
  );
  const stars = new Map(ratings.map((row) => [row.rentalId, row.stars] as const));
  return closed.map((rental) => ({
    titleId: rental.titleId,
    returnedAt: rental.closedAt ?? rental.preparedAt,
    charge: rental.charge?.total ?? zero(rental.tariff.currency),
    stars: stars.get(rental.rentalId) ?? null,
  }));
}

export async function recommendationsFor(
  deps: ViewDeps,
  member: MemberRow,
  terminal: Pick<TerminalRow, 'siteId'>,
  limit: number,
): Promise<Recommendation[]> {
  const found = await deps.recommender.forMember(member.memberId, terminal.siteId, limit);
  return found.map(({ titleId, reason }) => ({ titleId, reason }));
}

/** What a return terminal writes onto the medium: titles and dates only (RET-6). */
export async function mediumHistory(
  stores: Stores,
  memberId: MemberRow['memberId'],
): Promise<{ titleId: RentalRow['titleId']; returnedAt: EpochMs; stars: number | null }[]> {
  const rentals = await stores.rentals.list(
    { memberId, status: 'closed' },
    { orderBy: ['rentalId'], descending: true, limit: 100 },
  );
  const history = await historyOf(stores, rentals);
  return history.map(({ titleId, returnedAt, stars }) => ({ titleId, returnedAt, stars }));
}
