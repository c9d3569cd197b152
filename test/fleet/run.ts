import type { HubDatabase } from '#hub/ports/database.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { mend, tempt } from './fates.ts';
import { booksAtRest, unbalanced } from './judge/books.ts';
import { copiesAtRest } from './judge/copies.ts';
import { lanesTooLong, logsAtRest } from './judge/log.ts';
import { settleTown } from './people/town.ts';
import type { Fixture } from './world/fixture.ts';
import { openWorld, type World } from './world/world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** After the last fault everything is at rest by then. */
const SETTLES_WITHIN = 10 * MINUTE;
/** Errors that programs log because of the faults themselves: a birth that was lost (README.md). */
const EXPECTED_ERRORS = /the hub refuses this terminal .*session_stale/;

export interface RunOptions {
  readonly seed: string;
  readonly fixture: Fixture;
  readonly days: number;
  readonly membersPerDevice: number;
  readonly faults: boolean;
  readonly print: ((line: string) => void) | null;
  /** As in `WorldOptions`. */
  readonly database?: HubDatabase;
}

export interface RunReport {
  readonly seed: string;
  readonly hash: string;
  /** Lines of the chronicle. */
  readonly events: number;
  /** Due things that ran. */
  readonly steps: number;
  readonly rentals: number;
  readonly returns: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Empty: the seed holds. */
  readonly violations: readonly string[];
  readonly last: readonly string[];
}

/** One world from its seed to its rest: days with customers and faults, then everything mended, ten minutes, and the judge. */
export async function runSeed(options: RunOptions): Promise<RunReport> {
  const world = await openWorld(options);
  const { time } = world;
  const violations = new Set<string>();
  const began = time.now();
  const until = epochMs(began + options.days * DAY);
  await time.run(epochMs(began + 20 * MINUTE));
  const town = settleTown(world, until, (where) => violations.add(`somebody waits for ever at ${where}`));
  const fates = options.faults ? tempt(world, until) : null;
  if (options.faults) world.conflicts(20);
  for (let at = began + HOUR; at < until; at += HOUR) {
    await time.run(epochMs(at));
    for (const wrong of [...(await unbalanced(world)), ...lanesTooLong(world)]) violations.add(wrong);
  }
  await time.run(until);
  await time.during(Promise.all([town.over, fates?.over]));
  await time.during(mend(world));
  const judge = async (closed: boolean): Promise<void> => {
    // Whoever just walked away left a session that ends by itself.
    await time.run(epochMs(time.now() + SETTLES_WITHIN));
    const said = [await booksAtRest(world, closed), await logsAtRest(world)];
    for (const wrong of [...said, await copiesAtRest(world, town, closed)].flat()) violations.add(wrong);
  };
  await judge(false);
  await time.during(town.closingDay());
  await judge(true);
  for (const error of world.errors) if (!EXPECTED_ERRORS.test(error)) violations.add(`error: ${error}`);
  await noteLedger(world);
  const total = (pick: (customer: (typeof town.customers)[number]) => number): number =>
    town.customers.reduce((sum, customer) => sum + pick(customer), 0);
  return {
    seed: options.seed,
    hash: world.chronicle.hash(),
    events: world.chronicle.lines(),
    steps: time.steps(),
    rentals: total(({ rented }) => rented),
    returns: total(({ returned }) => returned),
    faults: Object.fromEntries([...world.wire.faults].sort()),
    violations: [...violations],
    last: world.chronicle.last(),
  };
}

/** The books' end is part of what happened. */
async function noteLedger(world: World): Promise<void> {
  const balances = await world.database.stores.ledger.trialBalance();
  for (const { accountId, posted } of [...balances].sort((a, b) => (a.accountId < b.accountId ? -1 : 1)))
    world.chronicle.note('ledger', `${accountId} ${posted}`);
}
