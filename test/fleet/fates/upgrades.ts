import type { Random } from '#shared/ports/random.ts';
import type { TerminalProcess } from '../world/terminal-process.ts';
import { OLDEST, TODAY, TOMORROW } from '../world/versions.ts';
import type { World } from '../world/world.ts';
import { type Chance, type Fate, HOUR, MINUTE, one, SECOND } from './chance.ts';

const VERSIONS: readonly number[] = Array.from({ length: TOMORROW - OLDEST + 1 }, (_, at) => OLDEST + at);
/** Screens behind which something is half done. */
const AT_WORK = new Set<string>(['confirm', 'writing', 'choose', 'pay', 'returning', 'receipt']);
/** How long whoever rolls out waits for a customer to disturb. */
const PATIENCE = 6 * HOUR;

/**
 * Programs become others of a newer or an older minor version (PR-2), most of them in the middle of what somebody does there, and most of them fall back to what they were
 * some hours later. What they are at the end they stay: a fleet has several versions for as long as a roll-out takes.
 */
export const ofUpgrades: Fate = (chance) => {
  const { world, until, nowAndThen } = chance;
  const { time, terminals } = world;
  const fallBacks: Promise<void>[] = [];
  const later = (random: Random, change: () => Promise<void>): void => {
    const waits = random.below(8 * HOUR);
    if (random.below(4) === 0) return;
    const fallBack = async (): Promise<void> => {
      await time.sleep(Math.min(waits, Math.max(0, until - time.now())));
      if (time.now() < until) await change();
    };
    fallBacks.push(fallBack());
  };
  const rolls = nowAndThen('upgrades', 90 * MINUTE, async (random) => {
    if (random.below(4) === 0) {
      const [before, next] = [world.hub.minor, other(random, world.hub.minor)];
      await changeHub(chance, random, next);
      later(random, () => changeHub(chance, random, before));
      return;
    }
    const terminal =
      random.below(4) === 0
        ? one(random, terminals)
        : await nextAtWork(world, terminals, Math.min(PATIENCE, until - time.now()));
    if (terminal === null || time.now() >= until) return;
    const [before, next] = [terminal.minor, other(random, terminal.minor)];
    await changeTerminal(chance, random, terminal, next);
    later(random, async () => {
      await nextAtWork(world, [terminal], Math.min(HOUR, until - time.now()));
      await changeTerminal(chance, random, terminal, before);
    });
  });
  return [rolls.then(() => Promise.all(fallBacks))];
};

const other = (random: Random, minor: number): number =>
  one(
    random,
    VERSIONS.filter((each) => each !== minor),
  );

const named = (what: string, from: number, to: number): string =>
  `${to > from ? 'newer' : 'older'} ${what}${to === TODAY ? ', today’s' : ''}`;

/** Its program ends at once, after some commits, or because it is asked to; staff, or whoever rolls out, start the other one. */
async function changeTerminal(
  { world, happened }: Chance,
  random: Random,
  terminal: TerminalProcess,
  minor: number,
): Promise<void> {
  const { time } = world;
  const manner = one(random, ['killed', 'killed after a commit', 'asked to end'] as const);
  const [waits, commits, away] = [random.below(10 * SECOND), 1 + random.below(6), random.below(2 * MINUTE)];
  happened(named('program', terminal.minor, minor), `${terminal.id} 1.${minor} ${manner}`);
  terminal.minor = minor;
  if (manner === 'killed after a commit') {
    terminal.endAfterCommits(commits);
    for (let left = 60; left > 0 && terminal.up(); left -= 1) await time.sleep(SECOND);
  } else await time.sleep(waits);
  if (manner === 'asked to end') await terminal.stop();
  terminal.cutPower();
  await time.sleep(SECOND + away);
  if (!terminal.up()) await terminal.start();
}

/** The hub's program is killed at rest or after some commits; the other one comes up, and a second hub in that version as well. */
async function changeHub(
  { world, operator, happened }: Chance,
  random: Random,
  minor: number,
): Promise<void> {
  const { time, hub, secondHub } = world;
  const [commits, away] = [random.below(12), random.below(2 * MINUTE)];
  happened(named('hub', hub.minor, minor), `1.${minor}`);
  hub.minor = minor;
  secondHub.minor = minor;
  if (commits > 0) hub.killAfterCommits(commits);
  for (let left = 30; commits > 0 && left > 0 && hub.up(); left -= 1) await time.sleep(MINUTE);
  hub.kill('for another version');
  await time.sleep(SECOND + away);
  await operator.bringUp();
}

/** The first of them at which somebody has something half done; null: nobody came within so many milliseconds. */
async function nextAtWork(
  world: World,
  terminals: readonly TerminalProcess[],
  within: number,
): Promise<TerminalProcess | null> {
  const { time } = world;
  const ends = time.now() + within;
  while (time.now() < ends) {
    const found = await atWork(world, terminals, Math.min(10 * MINUTE, ends - time.now()));
    if (found !== null) return found;
  }
  return null;
}

const isAtWork = (terminal: TerminalProcess): boolean =>
  terminal.up() && AT_WORK.has(terminal.session().snapshot().view.screen);

/** As `nextAtWork`, of those that run now. */
function atWork(
  { time }: World,
  terminals: readonly TerminalProcess[],
  within: number,
): Promise<TerminalProcess | null> {
  const now = terminals.find(isAtWork);
  if (now !== undefined) return Promise.resolve(now);
  return new Promise((resolve) => {
    const over = (found: TerminalProcess | null): void => {
      for (const forget of forgets) forget();
      resolve(found);
    };
    const forgets = terminals
      .filter((terminal) => terminal.up())
      .map((terminal) =>
        terminal.session().subscribe(() => {
          if (isAtWork(terminal)) over(terminal);
        }),
      );
    forgets.push(time.after(within, () => over(null)));
  });
}
