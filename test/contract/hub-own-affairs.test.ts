import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { acceptDeadLetter, dismissDeadLetter } from '#hub/app/ingest/dead-letters.ts';
import { visitOf } from '#hub/app/members/visit.ts';
import type { MemberId, ReservationId, TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { decodeBatch, encode } from '#shared/protocol/decode.ts';
import type { EventData, EventKind } from '#shared/protocol/events.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import { enrol } from '#test/support/test-fleet.ts';
import { type HubStage, openStage } from './hub-stage.ts';
import {
  addMember,
  addTerminal,
  balancesOf,
  CHALLENGE_KEY,
  cardPart,
  HOUR,
  id,
  lane,
  returned,
  SITE,
  START,
  TITLE,
} from './hub-world.ts';

/** SEC-4: a terminal with true keys speaks of what came to it, and of nothing else. The thief of `test/fleet` found these. */
let stage: HubStage;
let made = 0;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const T0 = epochMs(START + HOUR);

async function member() {
  made += 1;
  const memberId = id<MemberId>();
  const token = `mt_${String(made).padStart(22, 'm')}`;
  await addMember(stage.hub.db, memberId, token, `${2_000_000 + made}`);
  return { memberId, token };
}

async function kiosk(name: string): Promise<TerminalId> {
  await addTerminal(stage.hub.db, name as TerminalId, 'kiosk');
  return name as TerminalId;
}

let lanes = 0;
/** Reports one fact of a terminal in an epoch of its own. */
async function tell<K extends EventKind>(terminalId: string, kind: K, data: EventData<K>): Promise<void> {
  lanes += 1;
  const events = lane(terminalId, 0, `epoch-${lanes}`);
  events.add(kind, data, T0);
  await commitGroup(stage.hub.db, stage.rules, [events.batch()]);
}

const lettersOf = (terminalId: string) =>
  stage.hub.db.stores.deadLetters.list(
    { terminalId: terminalId as TerminalId, state: ['dead', 'parked'] },
    { orderBy: ['createdAt'], limit: 20 },
  );
const causesOf = async (terminalId: string) => (await lettersOf(terminalId)).map(({ cause }) => cause);
const statusOf = async ({ rentalId }: { rentalId: string }) =>
  (await stage.hub.db.stores.rentals.find({ rentalId: rentalId as never }))?.status;
const purseOf = async ({ memberId }: { memberId: string }) =>
  Object.entries(await balancesOf(stage.hub.db)).filter(([account]) => account.includes(memberId));

describe('payments', () => {
  it('PAY-1, SEC-4: what a terminal says it was paid for a copy that it never destroyed is in no books', async () => {
    const someone = await member();
    const rental = await stage.out({ memberToken: someone.token });
    const thief = await stage.terminal();
    const back = await returned(rental, thief, T0, { acceptedOnly: true });
    const part = cardPart(rental, back.returnId, 9_000);
    const { returnId } = back;
    const { rentalId } = rental;
    const events = lane(thief.id);
    events.add('return.accepted', back.accepted, T0);
    const nothing = { minor: 0, currency: 'EUR' as const };
    events.add(
      'return.intent',
      { returnId, rentalId, quote: null, provisional: part.amount, parts: [part], due: nothing },
      T0,
    );
    const { key, authorisationId, amount } = part;
    events.add('payment.captured', { key, rentalId, returnId, authorisationId, amount, at: T0 }, T0);
    await commitGroup(stage.hub.db, stage.rules, [events.batch()]);
    expect(await purseOf(someone)).toEqual([]);
    // The same words of the terminal that has the medium count with its destruction.
    const honest = await stage.terminal();
    const true_ = await returned(rental, honest, T0, {
      parts: [cardPart(rental, id(), 0)],
    });
    await tell(honest.id, 'return.destroyed', {
      ...true_.destroyed,
      parts: [cardPart(rental, true_.returnId, 400)],
    });
    expect(await statusOf(rental)).toBe('closed');
    const entries = await stage.hub.db.stores.ledger.lines({ rentalId }, { limit: 50 });
    const paid = entries.filter(({ transfer }) => transfer.reason === 'paid_card_reader');
    expect(new Set(paid.map(({ transfer }) => transfer.returnId))).toEqual(new Set([true_.returnId]));
  });

  it('PAY-1, SEC-4: a heap of false beginnings does not hide the true return’s payment', async () => {
    const someone = await member();
    const rental = await stage.out({ memberToken: someone.token });
    const thief = await stage.terminal();
    const events = lane(thief.id);
    for (let count = 0; count < 220; count += 1) {
      const back = await returned(rental, thief, T0, { acceptedOnly: true });
      events.add('return.accepted', back.accepted, T0);
    }
    await commitGroup(stage.hub.db, stage.rules, [events.batch()]);
    const honest = await stage.terminal();
    const back = await returned(rental, honest, T0);
    const parts = [cardPart(rental, back.returnId, 400)];
    await tell(honest.id, 'return.destroyed', { ...back.destroyed, parts });
    const { returns } = stage.hub.db.stores;
    expect((await returns.find({ returnId: back.returnId }))?.payments).toMatchObject({
      [parts[0]?.key ?? '']: { booked: true },
    });
  }, 60_000);
});

describe('members', () => {
  it('RAT-1, RWD-1, SEC-4: who never had the medium rates nothing, and what it reserves earns nothing', async () => {
    const someone = await member();
    const rental = await stage.out({ memberToken: someone.token });
    const thief = await stage.terminal();
    const { rentalId } = rental;
    await tell(thief.id, 'rating.given', { rentalId, titleId: TITLE, stars: 1, at: T0 });
    expect(await causesOf(thief.id)).toEqual(['rating_not_yours']);
    const wish = { titleId: TITLE, memberToken: someone.token, rentalId, siteId: SITE, at: T0 };
    const other = await stage.terminal();
    const { titles, reservations } = stage.hub.db.stores;
    // The only unit is out: a place is one that would earn points.
    await titles.patch({ titleId: TITLE }, { unitsTotal: 1 });
    const placed = id<ReservationId>();
    await tell(other.id, 'reservation.requested', { reservationId: placed, ...wish });
    expect(await reservations.find({ reservationId: placed })).toMatchObject({
      state: 'waiting',
      rewarded: false,
    });
    expect(await purseOf(someone)).toEqual([]);
    await titles.patch({ titleId: TITLE }, { unitsTotal: null });
    const honest = await stage.terminal();
    const back = await returned(rental, honest, T0);
    await tell(honest.id, 'return.accepted', back.accepted);
    await tell(honest.id, 'rating.given', { rentalId, titleId: TITLE, stars: 4, at: T0 });
    expect(await stage.hub.db.stores.ratings.find({ rentalId })).toMatchObject({ stars: 4 });
  });

  it('PR-29 RSV-1, SEC-6: nobody gives up the place of a member whom the hub never let in there', async () => {
    const someone = await member();
    const { stores } = stage.hub.db;
    const place = async (): Promise<ReservationId> => {
      const reservationId = id<ReservationId>();
      await stores.reservations.insert({
        ...{ reservationId, titleId: TITLE, memberId: someone.memberId, siteId: SITE, rentalId: null },
        ...{
          requestedBy: null,
          state: 'waiting',
          requestedAt: T0,
          readyAt: null,
          readyUntil: null,
          endedAt: null,
        },
        rewarded: false,
      });
      return reservationId;
    };
    const mine = { memberToken: someone.token, at: T0 };
    const stateOf = async (reservationId: ReservationId) =>
      (await stores.reservations.find({ reservationId }))?.state;
    const [first, second, third] = [await place(), await place(), await place()];
    const [thief, honest, older] = [await stage.terminal(), await stage.terminal(), await stage.terminal()];
    const visit = visitOf(CHALLENGE_KEY, honest.id as TerminalId, someone.token);
    await tell(thief.id, 'reservation.cancelled', { reservationId: first, ...mine });
    await tell(thief.id, 'reservation.cancelled', { reservationId: first, ...mine, visit });
    expect(await causesOf(thief.id)).toEqual(['member_not_here', 'member_not_here']);
    expect(await stateOf(first)).toBe('waiting');
    await tell(honest.id, 'reservation.cancelled', { reservationId: second, ...mine, visit });
    expect(await stateOf(second)).toBe('cancelled');
    // A terminal of an older version shows nothing; the session that was opened there says it.
    await stores.memberSessions.insert({
      ...{ tokenHash: 'of an older kiosk', memberId: someone.memberId, terminalId: older.id as TerminalId },
      ...{ createdAt: START, expiresAt: T0, endedAt: null },
    });
    await tell(older.id, 'reservation.cancelled', { reservationId: third, ...mine });
    expect(await stateOf(third)).toBe('cancelled');
  });

  it('RSV-1, RET-5, SEC-4: a place that was asked for at a return is given up without a PIN where it was asked for only, whoever says that the medium came there too', async () => {
    const someone = await member();
    const rental = await stage.out({ memberToken: someone.token });
    const { rentalId } = rental;
    const [thief, honest] = [await stage.terminal(), await stage.terminal()];
    const { titles, reservations } = stage.hub.db.stores;
    await titles.patch({ titleId: TITLE }, { unitsTotal: 1 });
    const back = await returned(rental, honest, T0);
    await tell(honest.id, 'return.accepted', back.accepted);
    const place = id<ReservationId>();
    const { token: memberToken } = someone;
    const wish = { reservationId: place, titleId: TITLE, memberToken, rentalId, siteId: SITE, at: T0 };
    await tell(honest.id, 'reservation.requested', wish);
    const lie = await returned(rental, thief, T0, { acceptedOnly: true });
    await tell(thief.id, 'return.accepted', lie.accepted);
    const given = { reservationId: place, memberToken, at: T0 };
    const stateOf = async () => (await reservations.find({ reservationId: place }))?.state;
    await tell(thief.id, 'reservation.cancelled', given);
    expect([await causesOf(thief.id), await stateOf()]).toEqual([['member_not_here'], 'waiting']);
    await tell(honest.id, 'reservation.cancelled', given);
    expect([await causesOf(honest.id), await stateOf()]).toEqual([[], 'cancelled']);
    await titles.patch({ titleId: TITLE }, { unitsTotal: null });
  });

  it('PR-29 RNT-7, SEC-4: nobody reports the media of a member lost who was never there, unless two people say so', async () => {
    const someone = await member();
    const [rental, other] = [
      await stage.out({ memberToken: someone.token }),
      await stage.out({ memberToken: someone.token }),
    ];
    const thief = await kiosk('kiosk-thief');
    const lost = { memberToken: someone.token, at: T0 };
    await tell(thief, 'medium.lost', { rentalIds: [rental.rentalId], ...lost });
    expect(await causesOf(thief)).toEqual(['member_not_here']);
    expect(await statusOf(rental)).toBe('active');
    expect(await purseOf(someone)).toEqual([]);
    const visit = visitOf(CHALLENGE_KEY, 'kiosk-1' as TerminalId, someone.token);
    await tell('kiosk-1', 'medium.lost', { rentalIds: [other.rentalId], ...lost, visit });
    expect(await statusOf(other)).toBe('lost');
    const [letter] = await lettersOf(thief);
    const accepted = await acceptDeadLetter(
      ...([stage.hub.db.stores, stage.rules, letter?.deadLetterId ?? '', 'two people'] as const),
    );
    expect(accepted).toEqual({ ok: true, value: { overruled: ['member_not_here'] } });
    expect(await statusOf(rental)).toBe('lost');
  });
});

describe('batches', () => {
  it('PR-8 SYN-3: an event without content is a bad event, and stops neither those behind it nor other terminals’', async () => {
    const rental = await stage.out();
    const [thief, honest] = [await stage.terminal(), await stage.terminal()];
    const lie = lane(thief.id);
    lie.add('return.abandoned', null as never, T0);
    lie.add('return.abandoned', null as never, T0);
    const { batch, receivedAt } = lie.batch();
    const read = decodeBatch(encode(batch));
    if (!read.ok) throw new Error(read.error.message);
    const back = await returned(rental, honest, T0);
    const events = lane(honest.id);
    events.add('return.destroyed', back.destroyed, T0);
    await commitGroup(stage.hub.db, stage.rules, [{ batch: read.value, receivedAt }, events.batch()]);
    expect(await causesOf(thief.id)).toEqual(['event_malformed', 'event_malformed']);
    expect(await statusOf(rental)).toBe('closed');
  });
});

describe('the log', () => {
  it('SYN-3, SEC-4: what one terminal cannot say of a rental keeps no other from saying it, nor staff from trying theirs again', async () => {
    const rental = await stage.out();
    const thief = await stage.terminal();
    const { rentalId } = rental;
    await tell(thief.id, 'rental.stolen' as never, { rentalId } as never);
    await tell(thief.id, 'rental.started', { rentalId } as never);
    expect(await causesOf(thief.id)).toEqual(['event_kind_unknown', 'waits_behind']);
    const honest = await stage.terminal();
    const back = await returned(rental, honest, T0);
    await tell(honest.id, 'return.accepted', back.accepted);
    await tell(honest.id, 'return.destroyed', back.destroyed);
    expect([await causesOf(honest.id), await statusOf(rental)]).toEqual([[], 'closed']);
    // What waits behind a letter of its own terminal is tried once that is settled, whatever the thief's first one says.
    const later = await stage.terminal();
    await tell(later.id, 'rental.stolen' as never, { rentalId } as never);
    await tell(later.id, 'return.repeated', { rentalId, copyId: rental.copyId, at: T0 });
    expect(await causesOf(later.id)).toEqual(['event_kind_unknown', 'waits_behind']);
    const [bad] = await lettersOf(later.id);
    const dismissed = await dismissDeadLetter(
      ...([stage.hub.db, stage.rules, bad?.deadLetterId ?? '', 'staff'] as const),
    );
    expect(dismissed).toEqual({ ok: true, value: { applied: 1 } });
    expect(await causesOf(later.id)).toEqual([]);
  });

  it('PR-11 SYN-5: what lies further ahead than the window is left unread, so that no gap fills the inbox', async () => {
    const thief = await enrol(stage.devices.fleet, 'kiosk-of-gaps', 'kiosk');
    await kiosk(thief.id);
    const events = lane(thief.id, 1);
    const at = (sequence: number) => ({
      ...events.add('session.ended', { kind: 'rent', outcome: 'done', seconds: 1, at: T0 }, T0),
      sequence,
    });
    const far = await commitGroup(stage.hub.db, stage.rules, [events.batch([at(LIMITS.window)])]);
    expect(far).toMatchObject([{ contiguous: -1, conflict: false }]);
    const { inboxEvents, cursors } = stage.hub.db.stores;
    const key = { terminalId: thief.id as TerminalId };
    expect(await inboxEvents.count(key)).toBe(0);
    expect(await cursors.list(key, { limit: 9 })).toMatchObject([{ last: -1 }]);
    await commitGroup(stage.hub.db, stage.rules, [events.batch([at(LIMITS.window - 1)])]);
    expect(await inboxEvents.count(key)).toBe(1);
    // It comes again once what lies before it is there, or is no longer held (PR-16).
    await commitGroup(stage.hub.db, stage.rules, [events.batch([at(LIMITS.window)], LIMITS.window)]);
    expect(await cursors.list(key, { limit: 9 })).toMatchObject([{ contiguous: LIMITS.window }]);
  });

  it('FLT-1, SEC-8: a terminal raises alarms about itself, and adds to nobody else’s', async () => {
    const thief = await stage.terminal();
    const { alerts } = stage.hub.db.stores;
    const alarm = (subject: string) =>
      tell(thief.id, 'alert.raised', { code: 'security_clone_returned', subject, message: 'said', at: T0 });
    await alarm('copy-of-another');
    await alarm(thief.id);
    await alarm('');
    const raised = await alerts.list({ code: 'security_clone_returned' }, { limit: 9 });
    expect(raised.map(({ subject }) => subject).sort()).toEqual([thief.id, `${thief.id}/copy-of-another`]);
  });
});
