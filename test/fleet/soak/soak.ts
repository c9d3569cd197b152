import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { MemoryMedium } from '#firmware-sim/media/medium-backing.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import { openLibsqlStore } from '#shared/edge/drivers/libsql-store.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { settleTown } from '../people/town.ts';
import type { Fixture } from '../world/fixture.ts';
import { signQuickly } from '../world/quick-signatures.ts';
import { openWorld, type World } from '../world/world.ts';
import { type CountedStore, countedStore } from './counted-store.ts';
import { type AgeColumns, rowsOf } from './hub-rows.ts';
import { sampleFile } from './sample-file.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
/** Customers keep coming until somebody stops the world. */
const FAR = 100_000 * DAY;

export interface SoakOptions {
  readonly seed: string;
  readonly fixture: Fixture;
  readonly membersPerDevice: number;
  /** The hub's: real, and empty. */
  readonly database: HubDatabase;
  /** Whether another day is to be lived, after so many. */
  readonly goesOn: (days: number) => boolean;
  /** Samples a day; their moments are spread over it. */
  readonly samplesPerDay: number;
  readonly say?: (line: string) => void;
  /** Something wrong that is done every simulated day, to see whether it is noticed. */
  readonly planted?: (world: World) => Promise<void> | void;
}

/** One look at everything that could grow, after a forced collection of garbage. */
export interface Sample {
  /** Simulated days since the shop opened. */
  readonly day: number;
  readonly visits: number;
  readonly rentals: number;
  readonly heapBytes: number;
  /** Buffers beside the heap, without what lies on customers' sticks, which are this process's in a simulation only; a database inside this process is not among what is judged. */
  readonly bufferBytes: number;
  /** What keeps the event loop of the real machine busy: sockets, files, timers. */
  readonly handles: number;
  /** What is due some time in the simulated machines. */
  readonly timers: number;
  readonly hub: ReadonlyMap<string, number>;
  /** The least value of a table's column, for tables that keep their rows for days. */
  readonly oldest: ReadonlyMap<string, number>;
  readonly terminals: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Copies that each terminal wrote or destroyed so far. */
  readonly done: ReadonlyMap<string, number>;
}

export interface SoakReport {
  readonly samples: readonly Sample[];
  readonly endedAt: number;
  readonly rentals: number;
  readonly returns: number;
  readonly errors: readonly string[];
}

/**
 * The whole fleet of production for simulated weeks: hub on a real database, terminals on real stores on a disk, customers who come day after day. Each night
 * all connections end and come back. Nothing is ever started again, since a new process has forgotten what the old one piled up.
 */
export async function soak(options: SoakOptions, ages: AgeColumns): Promise<SoakReport> {
  signQuickly(true);
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-soak-'));
  const stores = new Map<string, CountedStore>();
  const world = await openWorld({
    ...{ seed: options.seed, fixture: options.fixture, membersPerDevice: options.membersPerDevice },
    ...{ print: null, database: options.database },
    storeOf: (terminalId, epoch) => {
      const counted = countedStore(openLibsqlStore(join(folder, terminalId), () => epoch));
      stores.set(terminalId, counted);
      return counted.store;
    },
  });
  try {
    const { time, broker, terminals } = world;
    const began = time.now();
    const stuck: string[] = [];
    const town = settleTown(world, epochMs(began + FAR), (where) =>
      stuck.push(`somebody waits for ever at ${where}`),
    );
    const total = (pick: (customer: (typeof town.customers)[number]) => number): number =>
      town.customers.reduce((sum, customer) => sum + pick(customer), 0);
    const done = (): Pick<Sample, 'visits' | 'rentals' | 'done'> => ({
      visits: total(({ rented, returned }) => rented + returned),
      rentals: total(({ rented }) => rented),
      done: new Map(terminals.map(({ id }) => [id, total((customer) => customer.done.get(id) ?? 0)])),
    });
    const samples = sampleFile<Sample>(join(folder, 'samples'));
    let last: Sample | null = null;
    for (let days = 0; options.goesOn(days); days += 1) {
      for (let part = 1; part <= options.samplesPerDay; part += 1) {
        await time.run(epochMs(began + (days + part / options.samplesPerDay) * DAY));
        last = await sampleOf(options.database, world, stores, ages, {
          day: (time.now() - began) / DAY,
          ...done(),
          stickBytes: bytesOn(town.media),
        });
        samples.add(last);
      }
      for (const card of world.cards.values()) card.forgetSettled();
      await options.planted?.(world);
      for (const { id } of terminals) broker.disconnect(id);
      await time.run(epochMs(time.now() + 10 * MINUTE));
      const { rentals = 0, heapBytes = 0, bufferBytes = 0 } = last ?? {};
      options.say?.(
        `day ${days + 1}: ${rentals} rentals so far, heap ${(heapBytes / 1024).toFixed(0)} KiB, buffers ${(bufferBytes / 1024).toFixed(0)} KiB`,
      );
    }
    return {
      ...{ samples: samples.all(), endedAt: time.now(), errors: [...world.errors, ...stuck] },
      ...{ rentals: total(({ rented }) => rented), returns: total(({ returned }) => returned) },
    };
  } finally {
    for (const terminal of world.terminals) await world.time.during(terminal.stop());
    await world.time.during(world.hub.stop());
    rmSync(folder, { recursive: true, force: true });
  }
}

async function sampleOf(
  database: HubDatabase,
  world: World,
  stores: ReadonlyMap<string, CountedStore>,
  ages: AgeColumns,
  {
    stickBytes,
    ...lived
  }: Pick<Sample, 'day' | 'visits' | 'rentals' | 'done'> & { readonly stickBytes: number },
): Promise<Sample> {
  const { hub, oldest } = await rowsOf(database, ages);
  await collected();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return {
    ...{ ...lived, hub, oldest, heapBytes: heapUsed, bufferBytes: arrayBuffers - stickBytes },
    handles: process.getActiveResourcesInfo().length,
    timers: world.time.waiting(),
    terminals: new Map([...stores].map(([id, counted]) => [id, counted.rows()])),
  };
}

/** Of a copy that was returned its small files stay on the stick: some 18 KiB a rental. */
const bytesOn = (media: readonly MemoryMedium[]): number =>
  media.reduce(
    (sum, { files }) => sum + [...files.values()].reduce((bytes, file) => bytes + file.byteLength, 0),
    0,
  );

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Twice, with a turn between: what a finaliser lets go is gone too. */
async function collected(): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
