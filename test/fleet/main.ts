import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { realDatabases } from './databases/real.ts';
import { sameRows } from './databases/same-rows.ts';
import { type RunOptions, type RunReport, runSeed } from './run.ts';
import { seedsOf } from './shares.ts';
import { faultsOf, replayLine, type Size, tooLittle, totalsOf } from './totals.ts';
import { endProgramsWhoseDiskRefuses } from './world/edge-disk.ts';
import { makeFixture } from './world/fixture.ts';
import { makeCryptoInstant } from './world/instant-crypto.ts';

/**
 * `npm run sim`: the whole fleet on simulated time, one world for each seed, a process for each core. Exit 1 when a seed broke a rule, when a seed was not the
 * same twice, or when too little happened.
 */
interface Options {
  readonly seeds: string;
  readonly from: string;
  readonly devices: string;
  readonly days: string;
  readonly members: string;
  readonly seed?: string;
  readonly workers?: string;
  readonly calm?: true;
  readonly together?: true;
  readonly print?: true;
  readonly twice?: string | true;
  readonly trueSignatures?: true;
  readonly database?: string;
  readonly defects?: string;
  readonly replay?: true;
  readonly worker?: true;
}

/** No simulated hour takes so many milliseconds of the real machine, however busy it is. */
const STANDS_STILL_AFTER = 120_000;

const options = new Command('sim')
  .description('Runs the whole fleet on simulated time, one world for each seed.')
  .option('--seeds <n>', 'how many seeds', '20')
  .option('--from <n>', 'the first of them', '1')
  .option('--devices <n>', 'terminals of each world; half of them are kiosks', '8')
  .option('--days <n>', 'simulated days', '3')
  .option('--members <n>', 'members for each terminal', '0.6')
  .option('--seed <name>', 'only this seed')
  .option('--workers <n>', 'processes; default: one for each core')
  .option('--calm', 'without faults')
  .option('--together', 'every kind of fault in every world, but for other versions of the software')
  .option('--print', 'every event as it happens')
  .option('--twice [n]', 'every seed, or every n-th, twice: both must be the same run')
  .option('--true-signatures', 'PS256 in every seed; without it in every tenth')
  .option(
    '--database <engine>',
    'pglite or postgres: each seed also on that database, whose rows must be those of the one in memory',
  )
  .option('--replay', "replays the hub's log at the end of each seed: it must give the same state")
  .option(
    '--defects <names>',
    'all, or names with commas between: plants these mistakes one at a time and looks whether the judge sees them',
  )
  .option('--worker', 'for the processes that this command starts itself')
  .parse()
  .opts<Options>();

const size: Size = {
  devices: Number(options.devices),
  days: Number(options.days),
  members: Number(options.members),
  faults: options.calm !== true,
  together: options.together === true,
};
const say = (line: string): void => void process.stdout.write(`${line}\n`);

if (options.defects !== undefined) process.exit(planted());
else if (options.worker === true) await work();
else process.exit((await lead()) ? 0 : 1);

interface Answer {
  readonly report: RunReport;
  /** What the real database has otherwise than the one in memory; empty where none was asked for. */
  readonly differences: readonly string[];
  /** Hash of the second run; null: there was none. */
  readonly again: string | null;
  /** What the first run cost a core. */
  readonly coreSeconds: number;
}

/** What a process that runs seeds says: that it waits for the first, each simulated hour, and what became of a seed. */
type Said = 'ready' | { readonly pulse: number } | Answer;

const runsTwice = (seed: string): boolean =>
  options.twice === true || Number(/\d+$/.exec(seed)) % Number(options.twice) === 0;

/** Runs the seeds it is told, one after the other. */
async function work(): Promise<void> {
  const fixture = await makeFixture(size.devices);
  makeCryptoInstant();
  endProgramsWhoseDiskRefuses();
  const world = (seed: string): RunOptions => ({
    ...{ seed, fixture, days: size.days, membersPerDevice: size.members, faults: size.faults },
    ...(options.trueSignatures === true ? { trueSignatures: true } : {}),
    ...(options.replay === true ? { replay: true } : {}),
    print: options.print === true ? say : null,
    pulse: (now) => process.send?.({ pulse: now }),
  });
  const real = options.database === undefined ? null : await realDatabases(options.database);
  const once = async (seed: string): Promise<Pick<Answer, 'report' | 'differences'>> =>
    real === null
      ? { report: await runSeed(world(seed)), differences: [] }
      : real.fresh((database) => sameRows(world(seed), database));
  process.on('message', (seed: string) => {
    void (async () => {
      const before = process.cpuUsage();
      const { report, differences } = await once(seed);
      const { user, system } = process.cpuUsage(before);
      const again = runsTwice(seed) ? (await runSeed(world(seed))).hash : null;
      const answer: Answer = { report, differences, again, coreSeconds: (user + system) / 1e6 };
      process.send?.(answer);
    })();
  });
  process.on('disconnect', () => void (real?.stop() ?? Promise.resolve()).then(() => process.exit(0)));
  // The launcher lets a program end although somebody could still speak to it.
  process.channel?.ref();
  process.send?.('ready');
}

async function lead(): Promise<boolean> {
  const seeds =
    options.seed === undefined
      ? seedsOf(Number(options.from), Number(options.seeds), size.together)
      : [options.seed];
  const began = performance.now();
  const reports: RunReport[] = [];
  let failed = 0;
  let endless = 0;
  let cores = 0;
  const judged = ({ report, differences, again, coreSeconds }: Answer): void => {
    reports.push(report);
    cores += coreSeconds;
    const wrong = [...report.violations, ...differences.map((line) => `SYN-2: ${line}`)];
    if (again !== null && again !== report.hash) wrong.push('SYN-2: run again, this seed was another run');
    if (wrong.length > 0) failed += 1;
    if (wrong.length > 0 || options.seed !== undefined)
      say(
        `seed ${report.seed}: ${report.rentals} rentals, ${report.returns} returns, ${report.opened} opened, ${report.refused} refused, ${faultsOf(report)} faults, ${report.events} events, ${report.hash.slice(0, 16)}`,
      );
    for (const line of wrong.slice(0, 20)) say(`  ${line}`);
    if (wrong.length > 0) say(`  ${replayLine(report.seed, size)}`);
  };
  const lost = (seed: string, why: string): void => {
    endless += 1;
    say(`seed ${seed}: ${why}`);
    say(`  ${replayLine(seed, size)}`);
  };
  const waiting = [...seeds];
  const crews = Math.min(waiting.length, Number(options.workers ?? availableParallelism()));
  await Promise.all(Array.from({ length: crews }, () => crew(waiting, judged, lost)));
  const seconds = (performance.now() - began) / 1000;
  const totals = totalsOf(reports);
  say(
    `${totals.seeds} seeds × ${size.devices} devices × ${size.days} days in ${seconds.toFixed(1)} s: ${totals.rentals} rentals (${totals.onSecureMedia} on secure media, ${totals.demanding} of titles that demand one, refused ${totals.demandsRefused} times), ${totals.returns} returns, ${totals.blanksMade} blank media made the fleet’s, ${totals.pairings} players paired by a code, ${totals.wrongCodes} wrong codes, ${totals.lost} reported lost and ${totals.found} settled as found, players opened ${totals.opened} and refused ${totals.refused}, ${totals.faults} faults, ${totals.events} events, ${(totals.events / seconds).toFixed(0)} events and ${(totals.rentals / seconds).toFixed(1)} rentals a second, ${(cores / Math.max(1, reports.length)).toFixed(1)} core-seconds a seed`,
  );
  const faults = new Map<string, number>();
  for (const report of reports)
    for (const [kind, count] of Object.entries(report.faults))
      faults.set(kind, (faults.get(kind) ?? 0) + count);
  say(
    `faults: ${[...faults]
      .sort()
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', ')}`,
  );
  const little = options.seed === undefined ? tooLittle(totals, size) : [];
  for (const line of little) say(line);
  say(`${totals.seeds - failed} held, ${failed + endless} failed`);
  return failed === 0 && little.length === 0 && reports.length === seeds.length;
}

/** Sources with mistakes in them are a build of their own: no other program has any. */
function planted(): number {
  const launcher = join(projectRoot(), 'shared', 'toolchain', 'launch.mjs');
  const args = [
    launcher,
    'sim-planted',
    options.defects ?? '',
    ...(options.workers === undefined ? [] : ['--workers', options.workers]),
  ];
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
}

/** One process that takes a seed after the other off the list, and another one in its place where a seed never ends or ends the process. */
async function crew(
  waiting: string[],
  judged: (answer: Answer) => void,
  lost: (seed: string, why: string) => void,
): Promise<void> {
  while (waiting.length > 0) await oneProcess(waiting, judged, lost);
}

function oneProcess(
  waiting: string[],
  judged: (answer: Answer) => void,
  lost: (seed: string, why: string) => void,
): Promise<void> {
  return new Promise((resolve) => {
    const child: ChildProcess = fork(process.argv[1] ?? '', [...process.argv.slice(2), '--worker'], {
      execArgv: process.execArgv,
    });
    let running: { readonly seed: string; readonly watch: NodeJS.Timeout; now: number | null } | null = null;
    let still = false;
    const ends = (): void => {
      still = true;
      child.kill('SIGKILL');
    };
    child.on('exit', (code, signal) => {
      if (running === null && code !== 0) {
        const next = waiting.shift();
        if (next !== undefined) lost(next, `a process ended with ${code ?? signal} before it took a seed`);
      }
      if (running !== null) {
        clearTimeout(running.watch);
        const at = running.now === null ? 'at its beginning' : `at ${new Date(running.now).toISOString()}`;
        lost(
          running.seed,
          still
            ? `its world stood still ${at} for ${STANDS_STILL_AFTER / 1_000} s`
            : `its process ended ${at} with ${code ?? signal}`,
        );
      }
      resolve();
    });
    child.on('message', (message: Said) => {
      if (typeof message === 'object' && 'pulse' in message) {
        running?.watch.refresh();
        if (running !== null) running.now = message.pulse;
        return;
      }
      clearTimeout(running?.watch);
      running = null;
      if (message !== 'ready') judged(message);
      const seed = waiting.shift();
      if (seed === undefined) child.disconnect();
      else {
        running = { seed, watch: setTimeout(ends, STANDS_STILL_AFTER), now: null };
        child.send(seed);
      }
    });
  });
}
