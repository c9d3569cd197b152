import type { MemoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { type MemoryDatabase, memoryDatabase } from '#hub/db/memory/database.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import type { EdgeStore } from '#shared/edge/store.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { type Log, silentLog } from '#shared/ports/log.ts';
import { type Aging, ageDevices } from './aging.ts';
import { SimulatedBroker } from './broker.ts';
import { type Chronicle, openChronicle } from './chronicle.ts';
import { databaseInTurn } from './database-in-turn.ts';
import type { StaffDeeds } from './deeds.ts';
import { SimulatedDoors } from './doors.ts';
import { beginningOf, type Fixture } from './fixture.ts';
import { memoryCheckpoints, memoryKeyEncryption, memoryObjects } from './hub-memory.ts';
import { HubProcess } from './hub-process.ts';
import { beginKeyStock } from './key-stock.ts';
import { enter, furnish, prepareDatabase, type Shop, siteOf } from './shop.ts';
import { handOutSticks, plainSticks, type Stick } from './sticks.ts';
import { type StolenTerminal, stealOne } from './stolen-terminal.ts';
import { TerminalProcess } from './terminal-process.ts';
import { WorldTime } from './time.ts';
import { UnrulyCard } from './unruly-card.ts';
import { Wire } from './wire.ts';

export interface WorldOptions {
  readonly seed: string;
  readonly fixture: Fixture;
  /** Members for each device. */
  readonly membersPerDevice: number;
  readonly print: ((line: string) => void) | null;
  /** Empty, with every table; absent: one in memory that answers at once. */
  readonly database?: HubDatabase;
  /** Stores of terminals, born with this epoch; absent: in memory. */
  readonly storeOf?: (terminalId: TerminalId, epoch: string) => EdgeStore;
  /** Some certificates come due or end within the days of the world; absent: none does. */
  readonly aging?: boolean;
  /** A thief has a terminal of the fleet; absent: nobody has. */
  readonly theft?: boolean;
  /** Some members have secure media (SEC-5); absent: all have plain ones. */
  readonly secureMedia?: boolean;
  /** All of these are bought blank (MS-33); absent: in some worlds. */
  readonly blanks?: boolean;
  /** What programs log beside errors. */
  readonly onLine?: (line: LogLine) => void;
}

export interface LogLine {
  readonly program: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Hub, terminals and everything around them, from one seed. */
export interface World {
  readonly seed: string;
  readonly time: WorldTime;
  readonly chronicle: Chronicle;
  readonly wire: Wire;
  readonly broker: SimulatedBroker;
  readonly doors: SimulatedDoors;
  readonly database: HubDatabase;
  readonly hub: HubProcess;
  /** Another one on the same database; it runs now and then. */
  readonly secondHub: HubProcess;
  readonly kiosks: readonly TerminalProcess[];
  readonly returns: readonly TerminalProcess[];
  readonly terminals: readonly TerminalProcess[];
  readonly cards: ReadonlyMap<TerminalId, UnrulyCard>;
  readonly shop: Shop;
  /** What each member rents onto. */
  readonly sticks: readonly Stick[];
  /** Another secure stick with the same files; null: nobody has a secure one. */
  readonly spareChip: ((files: MemoryMedium) => Stick) | null;
  /** Null: every certificate is good for longer than the world. */
  readonly aging: Aging | null;
  /** A true terminal beside the others, in a thief's hands; null: there is none. */
  readonly stolen: StolenTerminal | null;
  /** What programs logged as an error: each is a fault of theirs. */
  readonly errors: string[];
  random(name: string): ReturnType<typeof seededRandom>;
  /** Takes a copy of the hub's database; null where the world was given one, since a real one is not set back. */
  readonly backUp: MemoryDatabase['keep'] | null;
  /** Sets the hub's database back to the fleet as it was founded, before anything happened; null where `backUp` is. */
  readonly founded: (() => Promise<void>) | null;
  /** What went with a database that was set back, since the hub alone knew it (DESIGN §2). */
  readonly lostFacts: { paidAtKiosks: number };
  /** What staff have done that stands in the books now. */
  deeds: StaffDeeds;
  /** What the hub's database does to its transactions. */
  readonly databaseFate: DatabaseFate;
}

export interface DatabaseFate {
  /** How many of a thousand transactions meet another one and are done again. */
  conflictsPerMille: number;
  /** How many of a thousand are committed without anybody hearing of it, and done again. */
  forgottenPerMille: number;
  away: boolean;
}

export async function openWorld(options: WorldOptions): Promise<World> {
  const { seed } = options;
  beginKeyStock();
  const random = (name: string) => seededRandom(`${seed} ${name}`);
  const begins = beginningOf(seed, random('beginning'));
  const own = options.aging === true ? await options.fixture.withOwnAuthority() : options.fixture;
  const { aging, devices } =
    options.aging === true
      ? await ageDevices(own, random('certificates'), begins)
      : { aging: null, devices: own.devices };
  const fixture = { ...own, devices };
  const time = new WorldTime(begins, fixture.devices.length);
  const chronicle = openChronicle(time, options.print);
  const wire = new Wire(time, random('wire'), chronicle);
  const broker = new SimulatedBroker(time, wire);
  const doors = new SimulatedDoors(time, wire, chronicle);
  const memory = memoryDatabase();
  const database = options.database ?? memory;
  const errors: string[] = [];
  const clock = { now: () => time.now() };
  await prepareDatabase(database, fixture, time.now());
  const [conflicts, forgotten] = [random('conflicts'), random('forgotten')];
  const databaseFate: DatabaseFate = { conflictsPerMille: 0, forgottenPerMille: 0, away: false };
  const happens = (kind: string, chance: ReturnType<typeof random>, perMille: number): boolean => {
    const does = perMille > 0 && chance.below(1000) < perMille;
    if (does) wire.count(kind);
    return does;
  };
  const disk = {
    database: options.database === undefined ? database : databaseInTurn(database, time),
    objects: memoryObjects(),
    keys: memoryKeyEncryption(clock),
    checkpoints: memoryCheckpoints(),
  };
  const hubs: HubProcess[] = ['hub', 'second hub'].map(
    (name) =>
      new HubProcess({
        ...{ name, time, chronicle, broker, doors, fixture, disk },
        others: () => hubs.filter((other) => other.name !== name).map(({ holder }) => holder),
        log: errorLog('hub', errors, chronicle, options.onLine),
        random: (boot) => random(`${name} ${boot}`),
        fate: {
          conflicts: () => happens('transaction in conflict', conflicts, databaseFate.conflictsPerMille),
          forgotten: () => happens('commit without an answer', forgotten, databaseFate.forgottenPerMille),
          away: () => databaseFate.away,
        },
      }),
  );
  const [hub, secondHub] = hubs as [HubProcess, HubProcess];
  await hub.start();
  const shop = await furnish(hub.inside(), random('shop'), fixture, {
    members: Math.max(1, Math.round(options.membersPerDevice * fixture.devices.length)),
    titles: 9,
    secureMedia: options.secureMedia === true,
  });
  const { length: count } = shop.members;
  const { sticks, spare } =
    options.secureMedia === true
      ? await handOutSticks(fixture, random('secure media'), count, options.blanks === true)
      : { sticks: plainSticks(count), spare: null };
  const cards = new Map<TerminalId, UnrulyCard>();
  const ages = new Set(aging === null ? [] : [aging.ends, ...aging.renew]);
  const spareKeys = await Promise.all(
    fixture.devices.map(({ terminalId }) => (ages.has(terminalId) ? fixture.spareKeys(terminalId) : [])),
  );
  const terminals = fixture.devices.map((device, at) => {
    const card = new UnrulyCard(time, random(`card ${device.terminalId}`));
    cards.set(device.terminalId, card);
    return new TerminalProcess({
      ...{ time, chronicle, broker, doors, fixture, device, card },
      siteId: siteOf(shop.siteIds, at),
      spareKeys: spareKeys[at] ?? [],
      renewed: () => wire.count('certificate renewed'),
      log: errorLog(device.terminalId, errors, chronicle, options.onLine),
      random: (boot) => random(`${device.terminalId} ${boot}`),
      driveRandom: random(`drive ${device.terminalId}`),
      ...(options.storeOf === undefined ? {} : { storeOf: options.storeOf }),
    });
  });
  const stolen =
    options.theft === true
      ? await stealOne(
          { time, chronicle, broker, doors, random: random('stolen terminal') },
          ...([options.fixture, siteOf(shop.siteIds, 0)] as const),
        )
      : null;
  if (stolen !== null) await enter(hub.inside(), stolen.device, stolen.siteId, shop.titleIds);
  const founded = options.database === undefined ? await memory.keep() : null;
  for (const terminal of terminals) await terminal.start();
  return {
    ...{
      seed,
      time,
      chronicle,
      wire,
      broker,
      doors,
      database,
      hub,
      secondHub,
      terminals,
      cards,
      shop,
      sticks,
      aging,
      stolen,
      errors,
      random,
    },
    ...{ databaseFate, founded, spareChip: spare },
    lostFacts: { paidAtKiosks: 0 },
    deeds: new Map(),
    backUp: options.database === undefined ? memory.keep : null,
    kiosks: terminals.filter(({ device }) => device.role === 'kiosk'),
    returns: terminals.filter(({ device }) => device.role === 'return-terminal'),
  };
}

/** Errors are kept: a program that runs into one says itself that it is wrong. */
function errorLog(
  name: string,
  errors: string[],
  chronicle: Chronicle,
  onLine: WorldOptions['onLine'],
  bound: LogLine['fields'] = {},
): Log {
  return {
    ...silentLog,
    info: (fields, message) => onLine?.({ program: name, message, fields: { ...bound, ...fields } }),
    error: (fields, message) => {
      const line = `${name}: ${message} ${JSON.stringify(fields)}`;
      errors.push(line);
      chronicle.note(name, `ERROR ${message}`);
    },
    child: (more) => errorLog(name, errors, chronicle, onLine, { ...bound, ...more }),
  };
}
