import { createPrivateKey } from 'node:crypto';
import { demoId } from '#firmware-sim/demo/seed/ids.ts';
import { siteIdOf } from '#firmware-sim/demo/seed/shops.ts';
import { sendCommand } from '#hub/app/fleet/control.ts';
import { applyToRental } from '#hub/app/rentals/apply.ts';
import { addStaff } from '#hub/app/staff/accounts.ts';
import type { HubInside } from '#hub/hub.ts';
import type { MemberRow, RentalRow } from '#hub/ports/rows/index.ts';
import type { RentalEvent } from '#shared/domain/rental.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { EventId, RentalId, TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { signPlayerKey } from '#shared/media/player-key.ts';
import { newId } from '#shared/ports/random.ts';
import { seedFleet } from './console-fleet.ts';
import { DAY, HOUR, MINUTE, NOW } from './demo-titles.ts';

/** What the console shows beside the demo's past: terminals up, away, faulty and waiting; rentals that are out; things to decide. */
export async function seedPresent(
  inside: HubInside,
  members: ReadonlyMap<string, MemberRow>,
): Promise<{
  readonly rental: string;
  readonly open: string;
  readonly member: string;
  readonly title: string;
}> {
  await seedFleet(inside);
  const past = await inside.db.stores.rentals.list(
    { status: 'closed' },
    { orderBy: ['preparedAt', 'rentalId'], descending: true, limit: 60 },
  );
  const people = [...members.values()].filter(({ displayName }) => !/^Past member/.test(displayName));
  const out = await seedOpenRentals(inside, past, people);
  await seedReservations(inside, past, people);
  await seedTroubles(inside, out);
  await seedPlayers(inside, people);
  await seedStaff(inside);
  const [newest] = past;
  const [open] = out;
  const [member] = people;
  assert(newest !== undefined && open !== undefined && member !== undefined, 'the demo has a past');
  return {
    rental: newest.rentalId,
    open: open.rentalId,
    member: member.memberId,
    title: newest.titleId,
  };
}

/** Rentals that are out now, made of past ones: some due soon, one late. */
async function seedOpenRentals(
  inside: HubInside,
  past: readonly RentalRow[],
  people: readonly MemberRow[],
): Promise<readonly RentalRow[]> {
  const made: RentalRow[] = [];
  for (const [at, model] of past.slice(0, 9).entries()) {
    const member = people[at % people.length];
    assert(member !== undefined, 'the demo has members');
    const name = `open ${at}`;
    const preparedAt = epochMs(NOW - (at === 0 ? 4 * DAY : (3 + at * 5) * HOUR));
    const row: RentalRow = {
      ...model,
      rentalId: demoId<RentalId>('rental', name),
      copyId: demoId('copy', name),
      mediumId: demoId('medium', member.memberId),
      memberId: member.memberId,
      memberToken: member.token,
      kioskId: 'kiosk-door' as TerminalId,
      ...{ status: 'pending', state: null, startedAt: null, dueAt: null, keepAt: null, licenceEnd: null },
      ...{
        closedAt: null,
        licence: null,
        licenceStatus: 'ready',
        charge: null,
        chargeRevision: 0,
        settled: {},
      },
      preparedAt,
    };
    const events: readonly RentalEvent[] = [
      { kind: 'prepared', at: preparedAt },
      { kind: 'started', at: epochMs(preparedAt + 4 * MINUTE) },
    ];
    const done = await inside.db.transaction(async (stores) => {
      await stores.rentals.insert(row);
      let rental = row;
      for (const [index, event] of events.entries()) {
        const applied = await applyToRental(
          {
            stores,
            rules: inside.rewards,
            now: inside.clock.now(),
            newId: () => newId<string>(inside.clock, inside.random),
          },
          rental,
          event,
          { entryId: `${row.rentalId}:${index}`, terminalId: row.kioskId, eventId: null, detail: {} },
        );
        assert(applied.ok, 'a rental of the screens can be applied');
        rental = applied.value.rental;
      }
      return rental;
    });
    made.push(done);
  }
  return made;
}

async function seedReservations(
  { db }: HubInside,
  past: readonly RentalRow[],
  people: readonly MemberRow[],
): Promise<void> {
  const titles = [...new Set(past.map(({ titleId }) => titleId))];
  for (const [at, member] of people.entries()) {
    const titleId = titles[at % 2];
    assert(titleId !== undefined, 'the past has titles');
    const ready = at === 1;
    await db.stores.reservations.insert({
      reservationId: demoId('reservation', member.displayName),
      titleId,
      memberId: member.memberId,
      siteId: siteIdOf('berlin'),
      rentalId: null,
      requestedBy: null,
      state: ready ? 'ready' : 'waiting',
      requestedAt: epochMs(NOW - (at + 1) * 7 * HOUR),
      readyAt: ready ? epochMs(NOW - HOUR) : null,
      readyUntil: ready ? epochMs(NOW + 2 * DAY) : null,
      endedAt: null,
      rewarded: false,
    });
  }
}

/** Alerts, an event that could not be applied, an order that failed. */
async function seedTroubles(inside: HubInside, out: readonly RentalRow[]): Promise<void> {
  const { stores } = inside.db;
  const rentalId = out[0]?.rentalId ?? null;
  const terminalId = 'kiosk-window' as TerminalId;
  const alerts = [
    [
      'medium_io_error',
      `${terminalId}/front`,
      'warning',
      'the front drive cannot be read',
      terminalId,
      null,
      9,
    ],
    [
      'clone_suspected',
      `${rentalId}`,
      'critical',
      'two copies say the same of themselves',
      null,
      rentalId,
      55,
    ],
    ['security_sign_in_guessing', 'address 203.0.113.7', 'critical', 'many wrong passwords', null, null, 190],
  ] as const;
  for (const [code, subject, severity, message, terminal, rental, minutes] of alerts)
    await stores.alerts.raise(
      demoId('alert', code),
      { code, subject, severity, message, terminalId: terminal, rentalId: rental },
      epochMs(NOW - minutes * MINUTE),
    );
  const stamp = {
    deviceTime: epochMs(NOW - 31 * MINUTE),
    monotonic: DAY,
    bootId: 'screens',
    clockOffset: 0,
    clockError: 5,
  };
  const eventId = demoId<EventId>('event', 'dead');
  await stores.deadLetters.insert({
    deadLetterId: demoId('dead letter', 'one'),
    ...{ terminalId, epoch: 'screens', lane: 0, sequence: 812, eventId, rentalId },
    event: {
      sequence: 812,
      id: eventId,
      kind: 'return.destroyed',
      stamp,
      data: { rentalId, claim: 'CLEAR-SLOT' },
    },
    state: 'dead',
    cause: 'rental_unknown',
    message: 'no rental of this id was ever started',
    createdAt: epochMs(NOW - 30 * MINUTE),
    tries: 2,
    settledAt: null,
    settledBy: null,
  });
  await sendCommand(inside, 'staff:admin', terminalId, { kind: 'restart' }, 600);
}

/** Two players in use and one that its member removed, each with the document by which it names itself. */
const AT_HOME = [
  {
    id: 'player-living-room',
    name: 'Living room',
    recipient: 'age1n00vdpt5lj9avaldn0mt99ht9sr53vjjlhzd9958ne6fxc39fpnqcstek0',
    by: 'code',
    seen: 5 * HOUR,
    removed: null,
  },
  {
    id: 'player-study',
    name: 'Study',
    recipient: 'age1e8kcfqgur9zdp9a7f9x28up68agd45d4gq7hje0m20ne7nl8n9eqam2wgm',
    by: 'medium',
    seen: 2 * DAY,
    removed: null,
  },
  {
    id: 'player-old-television',
    name: 'Old television',
    recipient: 'age1pyamtd27qdm06tmz8uu3xww430caknrv0wgc6983rf9xl3klw4ks5gvve9',
    by: 'staff',
    seen: 41 * DAY,
    removed: 40 * DAY,
  },
] as const;
/** What stands before the 32 bytes of an Ed25519 key in PKCS #8. */
const ED25519_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The first member, who has a page of their own among the screens, has none. */
async function seedPlayers({ db }: HubInside, people: readonly MemberRow[]): Promise<void> {
  for (const [at, { id, name, recipient, by, seen, removed }] of AT_HOME.entries()) {
    const member = people[1 + (at % (people.length - 1))];
    assert(member !== undefined, 'the demo has several members');
    const secret = Buffer.concat([ED25519_HEAD, Buffer.alloc(32, at + 1)]);
    const { x, d } = createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' }).export({
      format: 'jwk',
    });
    assert(x !== undefined && d !== undefined, 'a key of Ed25519 has both parts');
    const createdAt = epochMs(NOW - (90 + at) * DAY);
    await db.stores.playerKeys.put({
      playerId: id,
      memberId: member.memberId,
      mediumId: null,
      recipient,
      jws: await signPlayerKey(
        { version: 1, playerId: id, recipient, name, createdAt },
        { kty: 'OKP', crv: 'Ed25519', x, d },
      ),
      seenAt: epochMs(NOW - seen),
      revoked: removed !== null,
      revokedAt: removed === null ? null : epochMs(NOW - removed),
      addedBy: by,
      addedAt: createdAt,
    });
  }
}

async function seedStaff(inside: HubInside): Promise<void> {
  const people = [
    ['berta', 'manager'],
    ['chiyo', 'clerk'],
    ['edgar', 'auditor'],
  ] as const;
  for (const [name, role] of people) {
    const added = await addStaff(inside, { name, role, password: `the screens of ${name}` });
    assert(added === 'created', `${name} is new`);
  }
}
