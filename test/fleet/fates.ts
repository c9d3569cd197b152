import type { StepEffect } from '#firmware-sim/media/simulated-drive.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Random } from '#shared/ports/random.ts';
import type { TerminalProcess } from './world/terminal-process.ts';
import type { World } from './world/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const CARD = ['decline', 'time-out', 'pulled', 'unknown-then-approve'] as const;
const EFFECTS: readonly StepEffect[] = [
  'refused',
  'full',
  'pull-before',
  'pull-torn',
  'pull-after',
  'cut-before',
  'cut-torn',
  'cut-after',
];

/** How many times as often as usual a kind of fault comes; 0: never. */
export type Stress = Readonly<
  Partial<Record<'weather' | 'lines' | 'broker' | 'hub' | 'power' | 'media' | 'cards' | 'clocks', number>>
> & {
  /** What drives do when they fail; empty: nothing but that they lie about sync. */
  readonly effects?: readonly StepEffect[];
  /** At which steps of the drive, counted from any moment: the first, and the one after the last. */
  readonly steps?: readonly [number, number];
};

/** What breaks, when and for how long, drawn from the seed until `until`; then everything is mended. */
export function tempt(
  world: World,
  until: EpochMs,
  stress: Stress = {},
): { readonly over: Promise<unknown> } {
  const { time, wire, hub, broker, terminals, cards, chronicle } = world;
  const happened = (kind: string, what = ''): void => {
    wire.count(kind);
    chronicle.note('fate', `${kind} ${what}`);
  };
  const one = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)] as T;

  /** Repeats `work` at random moments, on average every `mean` milliseconds. */
  const now_and_then = async (
    name: Exclude<keyof Stress, 'effects' | 'steps'> | 'staff',
    mean: number,
    work: (random: Random) => Promise<void>,
  ): Promise<void> => {
    const random = world.random(`fate ${name}`);
    const often = name === 'staff' ? 1 : (stress[name] ?? 1);
    if (often === 0) return;
    for (;;) {
      await time.sleep(random.below(Math.ceil((2 * mean) / often)));
      if (time.now() >= until) return;
      await work(random);
    }
  };

  const weather = now_and_then('weather', 4 * HOUR, async (random) => {
    const bad = random.below(3) > 0;
    wire.weather = bad
      ? {
          drop: random.below(300),
          repeat: random.below(200),
          late: random.below(150),
          lostAnswers: random.below(120),
        }
      : { drop: 0, repeat: 0, late: 0, lostAnswers: 0 };
    happened('weather', bad ? 'bad' : 'fine');
  });
  const lines = now_and_then('lines', 5 * HOUR, async (random) => {
    const { id } = one(random, terminals);
    happened('line cut', id);
    wire.cut(id, true);
    broker.lineCut(id);
    await time.sleep(MINUTE + random.below(random.below(4) === 0 ? 20 * HOUR : HOUR));
    wire.cut(id, false);
  });
  const brokers = now_and_then('broker', 12 * HOUR, async (random) => {
    const forgets = random.below(2) === 0;
    happened('broker restarted', forgets ? 'and forgot' : '');
    broker.restart(5 * SECOND + random.below(10 * MINUTE), forgets);
  });
  const hubs = now_and_then('hub', 8 * HOUR, async (random) => {
    happened('hub killed');
    const commits = random.below(12);
    if (commits === 0) hub.kill('at rest');
    else hub.killAfterCommits(commits);
    while (hub.up()) await time.sleep(MINUTE);
    await time.sleep(10 * SECOND + random.below(20 * MINUTE));
    await hub.start();
  });
  const power = now_and_then('power', 5 * HOUR, async (random) => {
    const terminal = one(random, terminals);
    if (!terminal.up()) return;
    happened('power cut', terminal.id);
    terminal.cutPower();
  });
  // Whatever took its power: somebody switches a dark terminal on again.
  const staff = now_and_then('staff', 4 * MINUTE, async () => {
    for (const terminal of terminals) if (!terminal.up()) await terminal.start();
  });
  const media = now_and_then('media', 2 * HOUR, async (random) => {
    const terminal = one(random, terminals);
    if (!terminal.up()) return;
    const { effects = EFFECTS, steps: [first, end] = [1, 71] } = stress;
    const at =
      effects.length === 0 ? null : { step: first + random.below(end - first), effect: one(random, effects) };
    const lyingSync = at === null || random.below(5) === 0;
    happened(`drive ${at?.effect ?? 'lies'}`, `${terminal.id} ${at?.step ?? ''}`);
    terminal.drive().setFault({ at, lyingSync });
    await time.sleep(Math.ceil((3 * HOUR) / (stress.media ?? 1)));
    if (terminal.up()) terminal.drive().setFault({});
  });
  const readers = now_and_then('cards', 4 * HOUR, async (random) => {
    const { id } = one(random, terminals);
    const behaviour = one(random, CARD);
    happened(`card ${behaviour}`, id);
    cards.get(id)?.behave(behaviour);
    await time.sleep(random.below(4 * HOUR));
    cards.get(id)?.behave('approve');
  });
  const clocks = now_and_then('clocks', 12 * HOUR, async (random) => {
    const terminal = one(random, terminals);
    const by =
      (random.below(2) === 0 ? 1 : -1) * (random.below(3) === 0 ? random.below(7 * DAY) : random.below(HOUR));
    happened('clock stepped', `${terminal.id} ${by}`);
    terminal.jumpClock(by);
    await time.sleep(random.below(8 * HOUR));
    terminal.jumpClock(-terminal.ahead());
  });
  const over = Promise.all([weather, lines, brokers, hubs, power, staff, media, readers, clocks]);
  return { over };
}

/** Everything whole again: lines, drives, card readers, clocks, hub and terminals. */
export async function mend(world: World): Promise<void> {
  const { wire, hub, terminals, cards } = world;
  wire.mendAll();
  world.conflicts(0);
  if (!hub.up()) await hub.start();
  hub.unfuse();
  for (const terminal of terminals) {
    await restart(terminal);
    terminal.drive().setFault({});
    terminal.jumpClock(-terminal.ahead());
    cards.get(terminal.id)?.behave('approve');
  }
  world.chronicle.note('fate', 'everything is mended');
}

const restart = async (terminal: TerminalProcess): Promise<void> => {
  if (!terminal.up()) await terminal.start();
};
