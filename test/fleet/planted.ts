import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { openHoles } from '#test/holes/plant.ts';
import type { Defect } from './defects/defect.ts';
import { DEFECTS } from './defects.ts';
import { runSeed } from './run.ts';
import { makeFixture } from './world/fixture.ts';
import { makeCryptoInstant } from './world/instant-crypto.ts';
import { restKeyStock } from './world/key-stock.ts';

/**
 * `npm run sim -- --defects all`: plants one mistake of `defects.ts` after the other and looks whether the judge sees it: of a seed with the mistake it must say the
 * rule, of the same seed without it not. A line for each: name, seeds needed, what the judge said. Exit 1 when one was not seen.
 */
interface Options {
  readonly workers?: string;
  readonly worker?: true;
}

const SIZE: Required<Pick<Defect, 'devices' | 'days' | 'members'>> = { devices: 2, days: 1, members: 4 };
/** Worlds in which a mistake has to show itself, at most. */
const MOST_SEEDS = 8;
/** A mistake may go in a circle within one moment, which no bound on simulated time ends. */
const HANGS_AFTER_MS = 5 * 60_000;

const command = new Command('sim --defects')
  .argument('<names>', 'all, or names with commas between')
  .option('--workers <n>', 'processes; default: one for each core')
  .option('--worker', 'for the processes that this command starts itself')
  .parse();
const options = command.opts<Options>();
const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface Job {
  readonly id: string;
  readonly seed: string;
  /** False: the same world as the sources make it. */
  readonly open: boolean;
}

/** Every world is one of a fresh process that knows only this mistake, or none: what a module remembers of a wrong world would make a right one wrong. */
async function work(): Promise<void> {
  const fixtures = new Map([[SIZE.devices, await makeFixture(SIZE.devices)]]);
  makeCryptoInstant();
  const world = async ({ id, seed, open }: Job): Promise<readonly string[]> => {
    const { seenAs, stress = {}, ...own } = DEFECTS.find((one) => one.id === id) as Defect;
    const { devices, days, members } = { ...SIZE, ...own };
    restKeyStock();
    const fixture = fixtures.get(devices) ?? (await makeFixture(devices));
    fixtures.set(devices, fixture);
    if (open) openHoles.add(id);
    const { violations } = await runSeed({
      ...{ seed, fixture, days, membersPerDevice: members, faults: true },
      ...{ print: null, stress, enough: seenAs, replay: true },
    });
    return violations;
  };
  process.on('message', (job: Job) => {
    void world(job).then((violations) => process.send?.(violations));
  });
  process.on('disconnect', () => process.exit(0));
  // The launcher lets a program end although somebody could still speak to it.
  process.channel?.ref();
  process.send?.('ready');
}

/** A process that runs one world after the other. */
class Crew {
  #child: ChildProcess | null = null;
  #ready: Promise<unknown> = Promise.resolve();

  async run(job: Job): Promise<readonly string[]> {
    this.#child ??= this.#start();
    const child = this.#child;
    await this.#ready;
    return new Promise((resolve) => {
      const hangs = setTimeout(() => child.kill('SIGKILL'), HANGS_AFTER_MS);
      const died = (code: number | null): void => {
        clearTimeout(hangs);
        this.#child = null;
        resolve([`the process of ${job.seed} ${code === null ? 'hung' : `ended with ${code}`}`]);
      };
      child.once('exit', died);
      child.once('message', (violations: readonly string[]) => {
        clearTimeout(hangs);
        child.off('exit', died);
        resolve(violations);
      });
      child.send(job);
    });
  }

  #start(): ChildProcess {
    const child = fork(process.argv[1] ?? '', ['worker', '--worker'], { execArgv: process.execArgv });
    this.#ready = new Promise((resolve) => child.once('message', resolve));
    return child;
  }

  end(): void {
    this.#child?.disconnect();
    this.#child = null;
  }
}

interface Found {
  readonly id: string;
  /** Worlds until it was seen; null: it was not. */
  readonly seeds: number | null;
  readonly says: string;
  readonly seconds: number;
}

async function lead(): Promise<boolean> {
  const names = command.args[0] === 'all' ? null : (command.args[0] ?? '').split(',');
  const unknown = (names ?? []).filter((name) => !DEFECTS.some(({ id }) => id === name));
  if (unknown.length > 0) {
    say(`There is no mistake ${unknown.join(', ')}. There are: ${DEFECTS.map(({ id }) => id).join(' ')}`);
    return false;
  }
  const waiting = DEFECTS.filter(({ id }) => names === null || names.includes(id));
  const found: Found[] = [];
  const crews = Math.min(waiting.length, Number(options.workers ?? availableParallelism()));
  await Promise.all(
    Array.from({ length: crews }, async () => {
      const right = new Crew();
      for (let defect = waiting.shift(); defect !== undefined; defect = waiting.shift()) {
        const one = await look(defect, right);
        found.push(one);
        const { id, seeds, says, seconds } = one;
        say(
          `${id.padEnd(34)} ${seeds === null ? 'NOT SEEN' : `${seeds} ${seeds === 1 ? 'seed ' : 'seeds'}`}  ${seconds.toFixed(0).padStart(4)} s  ${says}`,
        );
      }
      right.end();
    }),
  );
  const seen = found.filter(({ seeds }) => seeds !== null).length;
  say(`${found.length} mistakes planted: ${seen} seen, ${found.length - seen} not`);
  return seen === found.length;
}

/** The first seed in which the judge names the rule, where the same seed without the mistake is silent about it. */
async function look(defect: Defect, right: Crew): Promise<Found> {
  const { id, seenAs, worlds = MOST_SEEDS } = defect;
  const wrong = new Crew();
  const others = new Set<string>();
  const began = performance.now();
  const found = (seeds: number | null, says: string): Found => {
    wrong.end();
    return { id, seeds, says, seconds: (performance.now() - began) / 1000 };
  };
  for (let seeds = 1; seeds <= worlds; seeds += 1) {
    const job = { id, seed: `defect ${seeds}` };
    const violations = await wrong.run({ ...job, open: true });
    for (const line of violations) others.add(line);
    const says = violations.find((line) => seenAs.test(line));
    if (says === undefined) continue;
    const without = await right.run({ ...job, open: false });
    if (!without.some((line) => seenAs.test(line))) return found(seeds, says);
    others.add(`also without it: ${says}`);
  }
  return found(null, [...others].slice(0, 6).join('; '));
}

if (options.worker === true) await work();
else process.exit((await lead()) ? 0 : 1);
