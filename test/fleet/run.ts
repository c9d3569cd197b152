import type { HubDatabase } from '#hub/ports/database.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { mend } from './fates/mend.ts';
import type { Stress } from './fates/stress.ts';
import { settleUnproven } from './fates/unproven.ts';
import { tempt } from './fates.ts';
import { alwaysTrue, endlessPendings, endlessPermits } from './judge/always.ts';
import { blanksAtRest } from './judge/blanks.ts';
import { booksAtRest, unbalanced } from './judge/books.ts';
import { certificatesAtRest, takenAgain } from './judge/certificates.ts';
import { copiesAtRest } from './judge/copies.ts';
import { demandsAtRest } from './judge/demands.ts';
import { logsAtRest } from './judge/log.ts';
import { lossesAtRest } from './judge/losses.ts';
import { pairingsAtRest } from './judge/pairings.ts';
import { accusedAtRest } from './judge/players.ts';
import { booksReplayed, logReplayed } from './judge/replay.ts';
import { chipsAtRest, secureAtRest } from './judge/secure.ts';
import { softwareAtRest } from './judge/software.ts';
import { closuresInRentals, deedsInBooks } from './judge/staff.ts';
import { heldToItsOwn } from './judge/theft.ts';
import { timesAtRest, witness } from './judge/times.ts';
import { allotmentsKept, unitsOut } from './judge/units.ts';
import { settleTown } from './people/town.ts';
import { settleViewers } from './people/viewers.ts';
import { comesTo } from './shares.ts';
import type { Fixture } from './world/fixture.ts';
import { signQuickly } from './world/quick-signatures.ts';
import { Endless } from './world/time.ts';
import { type LogLine, openWorld, type World } from './world/world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** After the last fault everything is at rest by then. */
const SETTLES_WITHIN = 10 * MINUTE;
/** Errors that programs log because of the faults themselves: a birth that was lost, a disk that refused, a certificate that ended (README.md). */
const EXPECTED_ERRORS =
  /the hub refuses this terminal .*session_stale|a step of the session broke .*StoreFailure|the broker is not to be had for this terminal .*link_refused/;

/** Every tenth of the numbered seeds. */
const TRULY_SIGNED = /0$/;

export interface RunOptions {
  readonly seed: string;
  readonly fixture: Fixture;
  readonly days: number;
  readonly membersPerDevice: number;
  readonly faults: boolean;
  readonly print: ((line: string) => void) | null;
  /** As in `WorldOptions`. */
  readonly database?: HubDatabase;
  /** Faults that come more often than usual, or never. */
  readonly stress?: Stress;
  /** The run ends as soon as a broken rule reads like this. */
  readonly enough?: RegExp;
  /** The hub's log is replayed at the end, and units are counted every hour. */
  readonly replay?: boolean;
  /** Signatures of PS256; false: keyed hashes in their place, which are refused just the same when anything is changed. Default: every tenth seed. */
  readonly trueSignatures?: boolean;
  /** Hears each simulated hour what time it is: whoever hears nothing any more knows a world that stands still. */
  readonly pulse?: (now: EpochMs) => void;
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
  /** Rentals on secure media. */
  readonly onSecureMedia: number;
  /** Rentals of titles that demand one, and how often a kiosk refused one for that. */
  readonly demanding: number;
  readonly demandsRefused: number;
  /** Blank media that became the fleet's, and tries at which something went wrong on purpose (MS-33). */
  readonly blanksMade: number;
  readonly blanksDisturbed: number;
  /** Rentals whose media were reported lost, and those that staff settled as found (RNT-7). */
  readonly lost: number;
  readonly found: number;
  /** Players that are paired by a code at the end, and codes typed that could not do that (SEC-6). */
  readonly pairings: number;
  readonly wrongCodes: number;
  /** How often players opened a copy, and refused one. */
  readonly opened: number;
  readonly refused: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Empty: the seed holds. */
  readonly violations: readonly string[];
  readonly last: readonly string[];
}

/** One world from its seed to its rest: days with customers and faults, then everything mended, ten minutes, and the judge. */
export async function runSeed(options: RunOptions): Promise<RunReport> {
  signQuickly(!(options.trueSignatures ?? TRULY_SIGNED.test(options.seed)));
  let hear: (line: LogLine) => void = () => {};
  const aging = has(options, 'certificates');
  const theft = has(options, 'theft');
  const world = await openWorld({
    ...options,
    aging,
    theft,
    secureMedia: true,
    blanks: (options.stress?.blanks ?? 0) > 0,
    onLine: (line) => hear(line),
  });
  const truth = witness(world);
  hear = truth.hears;
  const { time } = world;
  time.eachHour(() => options.pulse?.(time.now()));
  const violations = new Set<string>();
  const began = time.now();
  const until = epochMs(began + options.days * DAY);
  await time.run(epochMs(began + 20 * MINUTE));
  const town = settleTown(
    world,
    until,
    (where) => violations.add(`somebody waits for ever at ${where}`),
    options.faults,
  );
  const viewers = settleViewers(world, town, options.fixture, until, options.faults);
  const fates = options.faults ? tempt(world, town, until, options.stress ?? null) : null;
  if (options.faults)
    Object.assign(world.databaseFate, {
      conflictsPerMille: 20,
      forgottenPerMille: options.stress === undefined ? 10 : 0,
    });
  const note = (wrong: readonly string[]): void => {
    for (const line of wrong) violations.add(line);
  };
  const enough = (): boolean => {
    const { enough: sought } = options;
    return sought !== undefined && [...violations].some((line) => sought.test(line));
  };
  /** What people themselves saw that must not be. */
  const heard = (): readonly string[] => [
    ...viewers.wrong(),
    ...town.customers.flatMap(({ demands }) => demands.wrong),
    ...town.maker.wrong,
  ];
  const days = async (): Promise<void> => {
    for (let at = began + HOUR; at < until && !enough(); at += HOUR) {
      await time.run(epochMs(at));
      note([...(await unbalanced(world)), ...(await alwaysTrue(world)), ...heard()]);
      note(heard());
      if (options.replay === true) note(await unitsOut(world));
    }
  };
  const judge = async (closed: boolean): Promise<void> => {
    // Whoever just walked away left a session that ends by itself.
    await time.run(epochMs(time.now() + SETTLES_WITHIN));
    await time.during(settleUnproven(world));
    note(await booksAtRest(world, closed));
    note(await deedsInBooks(world));
    note(await closuresInRentals(world));
    note(await endlessPendings(world, 2 * SETTLES_WITHIN));
    note(await endlessPermits(world, HOUR));
    note(await timesAtRest(world, truth));
    note(await logsAtRest(world));
    note(await copiesAtRest(world, town, closed));
    note(await secureAtRest(world, town));
    note(await demandsAtRest(world, town));
    note(await blanksAtRest(world));
    note(await pairingsAtRest(world, town.codes));
    note(await lossesAtRest(world, town, closed));
    note(heard());
    note(await accusedAtRest(world, town.forgery.copies, viewers.oddly()));
    note(await heldToItsOwn(world));
    note(await allotmentsKept(world));
    if (!closed) return;
    note(await certificatesAtRest(world));
    // A birth of another version that was late for days counts until the next heartbeat, which comes once an hour in these worlds.
    if ((await softwareAtRest(world)).length > 0) await time.run(epochMs(time.now() + HOUR + MINUTE));
    note(await softwareAtRest(world));
  };
  const end = async (): Promise<void> => {
    await time.run(until);
    await time.during(Promise.all([town.over, viewers.over, fates?.over]));
    await time.during(mend(world));
    await judge(false);
    if (enough()) return;
    await time.during(town.closingDay());
    await time.during(town.losses.settleAll(town.customers));
    await judge(true);
    await time.during(viewers.lastLook());
    note([...heard(), ...(await chipsAtRest(world))]);
    if (options.replay !== true) return;
    note(await booksReplayed(world, options.fixture.authority.trust));
    note(await logReplayed(world));
  };
  const live = async (): Promise<void> => {
    await days();
    if (!enough()) await end();
  };
  await live().catch(async (error: unknown) => {
    if (!(error instanceof Endless)) throw error;
    note([`nobody waits for ever: ${error.message}`, ...(await alwaysTrue(world))]);
  });
  note(world.errors.filter((error) => !EXPECTED_ERRORS.test(error)).map((error) => `error: ${error}`));
  await noteLedger(world);
  note(heard());
  for (let left = await takenAgain(world); left > 0; left -= 1) world.wire.count('certificate taken again');
  const total = (pick: (customer: (typeof town.customers)[number]) => number): number =>
    town.customers.reduce((sum, customer) => sum + pick(customer), 0);
  return {
    seed: options.seed,
    hash: world.chronicle.hash(),
    events: world.chronicle.lines(),
    steps: time.steps(),
    rentals: total(({ rented }) => rented),
    returns: total(({ returned }) => returned),
    onSecureMedia: total(({ medium, rented }) => (medium.chip === undefined ? 0 : rented)),
    demanding: total(({ demands }) => demands.rented),
    demandsRefused: total(({ demands }) => demands.refusals),
    blanksMade: town.maker.made,
    blanksDisturbed: town.maker.disturbed,
    lost: town.losses.reported.size,
    found: town.losses.found,
    pairings: await world.database.stores.playerKeys.count({ addedBy: 'code' }),
    wrongCodes: town.codes.wrong(),
    opened: viewers.opened(),
    refused: viewers.refused(),
    faults: Object.fromEntries([...world.wire.faults].sort()),
    violations: [...violations],
    last: world.chronicle.last(),
  };
}

/** Whether certificates come due or end in the days of this world, or a thief has a terminal of it. */
const has = ({ faults, stress, seed }: RunOptions, kind: 'certificates' | 'theft'): boolean =>
  faults && (stress === undefined ? comesTo(seed, kind) : (stress[kind] ?? 0) > 0);

/** The books' end is part of what happened. */
async function noteLedger(world: World): Promise<void> {
  const balances = await world.database.stores.ledger.trialBalance();
  for (const { accountId, posted } of [...balances].sort((a, b) => (a.accountId < b.accountId ? -1 : 1)))
    world.chronicle.note('ledger', `${accountId} ${posted}`);
}
