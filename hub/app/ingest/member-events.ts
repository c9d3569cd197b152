import { createHash } from 'node:crypto';
import { grantPoints } from '#hub/app/ledger/points.ts';
import { countWrongPin } from '#hub/app/members/sign-in.ts';
import { advanceQueue, asQueue, readQueue, titleUnits } from '#hub/app/rentals/queue.ts';
import { rate, type Stars } from '#shared/domain/rating.ts';
import { reserve } from '#shared/domain/reservation.ts';
import { pointsForRating, pointsForReservation, takeBackReservation } from '#shared/domain/rewards.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { EventData } from '#shared/protocol/events.ts';
import { type Applying, EventRefused, letIn, memberOf, orRefuse, timeOf } from './context.ts';
import { hold } from './held.ts';
import { knownRental } from './rental-events.ts';
import { handedIn } from './return-accepted.ts';

/**
 * RAT-1, RWD-1: a rating for a rental that took place; changed until the member's next one; earns points once. It travels with a return (RET-5), so only a terminal to which the
 * medium came can tell of it.
 */
export async function ratingGiven(applying: Applying, data: EventData<'rating.given'>): Promise<void> {
  const { stores, rules, now } = applying;
  const rental = await knownRental(applying, data.rentalId);
  if (rental.titleId !== data.titleId)
    throw new EventRefused('rating_other_title', 'the rental was of another title');
  if (rental.memberId === null) throw new EventRefused('member_unknown', 'a rating needs its member');
  if (!(await handedIn(applying, data.rentalId)))
    throw new EventRefused('rating_not_yours', 'the medium of this rental was never handed in here');
  const { memberId } = rental;
  const { at } = timeOf(applying, data.at, 'stop');
  const mine = await stores.ratings.find({ rentalId: data.rentalId });
  // Of the others only a later one matters: it makes this rating final.
  const later = mine === null ? null : await stores.ratings.first({ memberId, at: { gt: mine.at } });
  const earlier = [mine, later].filter((rating) => rating !== null);
  if (mine !== null && mine.at > at) return;
  const rated = rate({
    rating: { rentalId: data.rentalId, titleId: data.titleId, stars: data.stars, at },
    rentalStatus: rental.status,
    earlier: earlier.map((rating) => ({ ...rating, stars: rating.stars as Stars })),
  });
  // A rating that a later one made final is an answer, not a fault: nothing changes, nobody has to look at it.
  if (!rated.ok && rated.error.code === 'rating_final') return;
  const { rating } = orRefuse(rated);
  await stores.ratings.put({
    rentalId: data.rentalId,
    titleId: data.titleId,
    memberId,
    stars: rating.stars,
    at,
    eventId: applying.eventId,
  });
  await grantPoints(
    stores,
    memberId,
    pointsForRating(rules, data.rentalId, at),
    { rentalId: data.rentalId, at, eventId: applying.eventId },
    now,
  );
}

/** RSV-1, RWD-1: a place in the queue; made at a return it earns points, once for the return's rental. */
export async function reservationRequested(
  applying: Applying,
  data: EventData<'reservation.requested'>,
): Promise<void> {
  const { stores, rules, now } = applying;
  const member = await memberOf(applying, data.memberToken);
  const title = await stores.titles.find({ titleId: data.titleId });
  if (title === null) throw new EventRefused('title_unknown', 'no title has this id');
  if ((await stores.reservations.find({ reservationId: data.reservationId })) !== null) return;
  const { at } = timeOf(applying, data.at, 'stop');
  const rows = await readQueue(stores, data.titleId);
  const units = await titleUnits(stores, title);
  const wanted = { reservationId: data.reservationId, memberId: member.memberId };
  const placed = reserve(asQueue(rows), units, wanted, at);
  const forRental = data.rentalId === null ? null : await stores.rentals.find({ rentalId: data.rentalId });
  const atReturn =
    forRental !== null &&
    forRental.memberId === member.memberId &&
    (await handedIn(applying, forRental.rentalId));
  const rewards = placed.ok && atReturn;
  const grant = forRental === null ? null : pointsForReservation(rules, forRental.rentalId, at);
  const granted =
    rewards && grant !== null
      ? await grantPoints(
          stores,
          member.memberId,
          grant,
          { rentalId: data.rentalId, at, eventId: applying.eventId },
          now,
        )
      : 'nothing_to_post';
  await stores.reservations.insert({
    reservationId: data.reservationId,
    titleId: data.titleId,
    memberId: member.memberId,
    siteId: data.siteId,
    rentalId: data.rentalId,
    requestedBy: applying.terminalId,
    // One who queues already, or need not queue, has no second place; one whom staff blocked is passed over until they are let in again (SEC-6).
    state: !placed.ok ? 'cancelled' : member.state === 'blocked' ? 'paused' : 'waiting',
    requestedAt: at,
    readyAt: null,
    readyUntil: null,
    endedAt: placed.ok ? null : now,
    rewarded: granted === 'created',
  });
  await advanceQueue(applying, data.titleId);
}

/** RSV-1, RWD-1: the place is given up; what an unused reservation earned is taken back. */
export async function reservationCancelled(
  applying: Applying,
  data: EventData<'reservation.cancelled'>,
): Promise<void> {
  const { stores, rules, now } = applying;
  const member = await memberOf(applying, data.memberToken);
  const row = await stores.reservations.findForUpdate({ reservationId: data.reservationId });
  if (row === null) throw new EventRefused('reservation_unknown', 'no reservation has this id');
  if (row.memberId !== member.memberId)
    throw new EventRefused('reservation_other_member', 'a place of somebody else');
  // Without a PIN: at the same return at which it was asked for (RET-5). That a medium was handed in there anybody with a terminal's key can say, so it is who asked (SEC-4).
  const here = row.requestedBy === null || row.requestedBy === applying.terminalId;
  const atReturn = here && row.rentalId !== null && (await handedIn(applying, row.rentalId));
  if (!atReturn && !(await letIn(applying, member, data.visit)))
    hold(
      applying,
      'member_not_here',
      'the hub let this member in nowhere there: nobody gives up others’ places',
    );
  if (!['waiting', 'paused', 'ready'].includes(row.state)) return;
  await stores.reservations.patch(
    { reservationId: row.reservationId },
    { state: 'cancelled', endedAt: now, readyUntil: null, rewarded: false },
  );
  if (row.rewarded && row.rentalId !== null) {
    const { at } = timeOf(applying, data.at, 'stop');
    const taken = takeBackReservation(pointsForReservation(rules, row.rentalId, row.requestedAt));
    await grantPoints(
      stores,
      member.memberId,
      taken,
      { rentalId: row.rentalId, at, eventId: applying.eventId },
      now,
    );
  }
  await advanceQueue(applying, row.titleId);
}

/** MED-5: whose medium it is. A medium belongs to the member it was first registered for, and stays of the class that it was then (SEC-5): no controller comes or goes. */
export async function mediumRegistered(
  applying: Applying,
  data: EventData<'medium.registered'>,
): Promise<void> {
  const { identity } = applying.read;
  assert(identity !== null, 'read with its identity');
  if (identity.mediumId !== data.mediumId)
    throw new EventRefused('identity_other_medium', 'the identity belongs to another medium');
  const member = await memberOf(applying, data.memberToken);
  const { stores, now } = applying;
  const known = await stores.media.findForUpdate({ mediumId: data.mediumId });
  if (known !== null && known.memberId !== null && known.memberId !== member.memberId)
    throw new EventRefused('medium_other_member', 'the medium is registered for somebody else');
  await stores.media.put({
    mediumId: data.mediumId,
    memberId: member.memberId,
    mediumClass: known?.mediumClass ?? identity.mediumClass,
    identity: data.identity,
    accessKeyHash: createHash('sha256').update(identity.accessKey).digest('hex'),
    registeredAt: known?.registeredAt ?? now,
    lastSeenAt: now,
  });
}

/** MED-5: a wrong PIN at a kiosk without the hub counts with those at all others. Somebody deleted since has nothing to lock. */
export async function pinRefused(applying: Applying, data: EventData<'pin.refused'>): Promise<void> {
  const { stores, now, terminalId } = applying;
  const member = await stores.members.first({ token: data.memberToken });
  const row = member === null ? null : await stores.members.findForUpdate({ memberId: member.memberId });
  if (row === null || row.state === 'deleted') return;
  // Mistyped before staff gave the PIN that counts now.
  if (row.pinChangedAt !== null && timeOf(applying, data.at, 'stop').at < row.pinChangedAt) return;
  await countWrongPin(stores, row, { now, alertId: applying.newId(), terminalId });
}
