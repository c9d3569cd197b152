import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { payments } from '#kiosk/app/members/top-up.ts';
import { voidOf } from '#kiosk/app/rent/holds.ts';
import { holdVoids, rentals as rentalsOfKiosk } from '#kiosk/app/rent/tables.ts';
import { owedVoids, returns as returnsOfTerminal } from '#return-terminal/app/returning/tables.ts';
import { type Table, table } from '#shared/edge/store.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { EventId } from '#shared/kernel/ids.ts';
import { money } from '#shared/kernel/money.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import { mayLoseItsDisk } from './fates/machines.ts';
import { logReplayed } from './judge/replay.ts';
import { CodeBook } from './people/codes.ts';
import { Customer } from './people/customer.ts';
import { type Fixture, makeFixture } from './world/fixture.ts';
import { makeCryptoInstant } from './world/instant-crypto.ts';
import type { TerminalProcess } from './world/terminal-process.ts';
import { type LogLine, openWorld } from './world/world.ts';

const HOUR = 3_600_000;
let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture(2);
  makeCryptoInstant();
});

/** One customer rents one title and brings it back three hours later. */
async function oneRental(seed: string, onLine: (line: LogLine) => void = () => {}) {
  const world = await openWorld({ seed, fixture, membersPerDevice: 1, print: null, onLine });
  const { time, shop, kiosks, returns, database } = world;
  const [member] = shop.members;
  const [kiosk] = kiosks;
  const [terminal] = returns;
  if (member === undefined || kiosk === undefined || terminal === undefined) throw new Error('a whole fleet');
  const customer = new Customer({
    world,
    member,
    medium: memoryMedium('stick'),
    codes: new CodeBook(),
    random: world.random('customer'),
    stuck: (where) => {
      throw new Error(`stuck at ${where}`);
    },
  });
  await time.run(epochMs(time.now() + HOUR));
  const visit = customer.visitKiosk(kiosk, shop.titleIds.slice(1, 2));
  await time.run(epochMs(time.now() + HOUR));
  await visit;
  await time.run(epochMs(time.now() + 2 * HOUR));
  const back = customer.visitReturn(terminal);
  await time.run(epochMs(time.now() + HOUR));
  await back;
  const rentals = await database.stores.rentals.list({}, { limit: 10 });
  return { world, customer, member, rentals, hash: world.chronicle.hash() };
}

describe('the smallest whole fleet on simulated time', () => {
  test('RNT-3: one rental is written, returned and closed', async () => {
    const { customer, rentals, world } = await oneRental('first');
    expect(world.errors).toEqual([]);
    expect(customer.rented).toBe(1);
    expect(customer.returned).toBe(1);
    expect(rentals.map(({ status }) => status)).toEqual(['closed']);
  });
  test('OPS-4, SEC-9: one action is followed from the session at the terminal by the id of its event to the entry in the ledger, and names nobody', async () => {
    const lines: LogLine[] = [];
    const { world, member, rentals } = await oneRental('followed', (line) => lines.push(line));
    const [rental] = rentals;
    if (rental === undefined) throw new Error('one rental');
    const { rentalId } = rental;
    const find = (message: string, fields: LogLine['fields'], program?: string) =>
      lines.filter(
        (line) =>
          line.message === message &&
          (program === undefined || line.program === program) &&
          Object.entries(fields).every(([name, value]) => line.fields[name] === value),
      );
    const timeline = await world.database.stores.timeline.list({ rentalId }, { limit: 50 });
    const ledger = await world.database.stores.ledger.lines({ rentalId }, { limit: 100, offset: 0 });
    const follow = (said: string, kind: string): unknown => {
      const [atTerminal] = find(said, { rentalId });
      const { terminal, boot, session } = atTerminal?.fields ?? {};
      expect(session, said).toBeTypeOf('number');
      expect(find('a session begins', { terminal, boot, session })).toHaveLength(1);
      const [noted] = find('event noted', { kind, rentalId, terminal, boot });
      const event = noted?.fields.event;
      expect(find('event applied', { event, kind, rentalId, terminal, boot }, 'hub'), kind).toHaveLength(1);
      expect(timeline.filter(({ eventId }) => eventId === event)).toHaveLength(1);
      return event;
    };
    const begun = follow('a copy is over', 'rental.started');
    const ended = follow('a copy is taken for return', 'return.destroyed');
    expect(begun).not.toBe(ended);
    const charge = ledger.find(({ transfer }) => transfer.reason === 'rental_charge');
    expect(charge?.transfer.detail).toMatchObject({ eventId: ended });
    const noted = new Set(find('event noted', { rentalId }).map(({ fields }) => fields.event));
    for (const { transfer } of ledger) expect(noted, transfer.reason).toContain(transfer.detail.eventId);
    const said = JSON.stringify(lines);
    for (const personal of [member.memberId, member.number, member.displayName, member.token])
      expect(said).not.toContain(personal);
  });
  test('SYN-6: a hub that is killed while it comes up with a backup comes up at the next start', async () => {
    const { world } = await oneRental('first');
    const { hub, time, database } = world;
    hub.kill('its database is lost');
    hub.killAfterCommits(1);
    await time.during(hub.start(true));
    expect(hub.up()).toBe(false);
    await time.during(hub.start(true));
    expect(hub.up()).toBe(true);
    const timelines = await database.stores.timelines.list({}, { orderBy: ['ordinal'], limit: 10 });
    expect(timelines.map(({ cause }) => cause)).toEqual(['created', 'restored', 'restored']);
  });

  test('PR-8, SYN-3: a hub that comes up applies what an older one could not read, before anybody asks it to', async () => {
    const { world } = await oneRental('unread');
    const { hub, time, database } = world;
    const { deadLetters, inboxEvents, alerts } = database.stores;
    const [said] = await inboxEvents.list({ kind: 'return.destroyed' }, { limit: 1 });
    assert(said !== undefined, 'one return');
    const { terminalId, epoch, lane, stamp } = said;
    const eventId = newId<EventId>({ now: () => time.now() }, world.random('letter'));
    const told = { code: 'of_tomorrow', subject: terminalId, message: 'read later', at: time.now() };
    const event = { sequence: 1_000, id: eventId, kind: 'alert.raised', stamp, data: told };
    await deadLetters.insert({
      ...{
        deadLetterId: 'a-letter',
        terminalId,
        epoch,
        lane,
        sequence: 1_000,
        eventId,
        rentalId: null,
        event,
      },
      ...{ state: 'dead', cause: 'event_kind_unknown', message: 'no event is called so', tries: 0 },
      ...{ createdAt: time.now(), settledAt: null, settledBy: null },
    });
    hub.kill('for a newer one');
    await time.during(hub.start());
    expect(await deadLetters.find({ deadLetterId: 'a-letter' })).toMatchObject({ state: 'applied' });
    expect(await alerts.count({ code: 'of_tomorrow' })).toBe(1);
  });

  test('SYN-1, PR-2: a terminal’s program that fell back and meets a stage of a return that it does not know ends at its start, names the row and leaves it to the newer one', async () => {
    const { world } = await oneRental('a stage of tomorrow');
    const [terminal] = world.returns;
    const known = terminal?.store.list(returnsOfTerminal)[0];
    assert(terminal !== undefined && known !== undefined, 'one return');
    const raw = table(returnsOfTerminal.name, z.unknown());
    const ofTomorrow = { ...known.value, stage: 'weighing' };
    terminal.cutPower();
    terminal.store.transaction((tx) => tx.put(raw, known.key, ofTomorrow));
    const started = terminal.start();
    await expect(world.time.during(started)).rejects.toThrow(`${returnsOfTerminal.name}/${known.key} stage`);
    expect(terminal.store.get(raw, known.key)).toEqual(ofTomorrow);
    terminal.cutPower();
    terminal.store.transaction((tx) => tx.put(raw, known.key, known.value));
    await world.time.during(terminal.start());
    expect(terminal.up()).toBe(true);
  });

  test('PAY-1: no disk is taken that alone knows what is owed on a card', async () => {
    const { world } = await oneRental('owing');
    const [kiosk] = world.kiosks;
    const [terminal] = world.returns;
    const rental = kiosk?.store.list(rentalsOfKiosk)[0]?.value;
    const returned = terminal?.store.list(returnsOfTerminal)[0]?.value;
    assert(kiosk !== undefined && terminal !== undefined && rental && returned, 'one rental, returned');
    const owing = <T>(machine: TerminalProcess, table: Table<T>, row: T): void => {
      const { store } = machine;
      const before = store.list(table);
      expect(mayLoseItsDisk(machine), `${table.name} before`).toBe(true);
      store.transaction((tx) => tx.put(table, before[0]?.key ?? 'owed', row));
      expect(mayLoseItsDisk(machine), table.name).toBe(false);
      store.transaction((tx) => {
        tx.remove(table, 'owed');
        for (const { key, value } of before) tx.put(table, key, value);
      });
    };
    const { rentalId } = rental;
    const { returnId } = returned;
    const amount = money(500, 'EUR');
    const hold = { authorisationId: 'a', cardToken: 'token', maskedCard: '•••• 4242', amount };
    owing(kiosk, holdVoids, voidOf(rentalId, null, amount));
    owing(kiosk, payments, { key: 'owed', amount, authorisationId: null, asked: null });
    owing(kiosk, rentalsOfKiosk, { ...rental, stage: 'held', hold });
    const none = { authorisationId: null, cardToken: null };
    owing(terminal, owedVoids, { key: 'owed', rentalId, returnId, ...none, amount });
    owing(terminal, returnsOfTerminal, { ...returned, stage: 'destroyed' });
  });
  test('SYN-2, CHG-7: in the replayed log a price counts from when it was told (seed 67: three restored backups, and a return that was asked for again)', async () => {
    const { world } = await oneRental('priced later');
    const { quotes } = world.database.stores;
    const [quote] = await quotes.list({}, { limit: 1 });
    assert(quote !== undefined, 'one price');
    await quotes.put({ ...quote, t0: epochMs(quote.t0 - 60_000), madeAt: world.time.now() });
    expect(await logReplayed(world)).toEqual([]);
    await quotes.put({ ...quote, t0: epochMs(quote.t0 - 60_000) });
    expect(await logReplayed(world)).toEqual([expect.stringContaining('SYN-2: the charge of rental')]);
  });
  test('SYN-2: the same seed twice is the same run, event by event', async () => {
    expect((await oneRental('second')).hash).toBe((await oneRental('second')).hash);
  });
});
