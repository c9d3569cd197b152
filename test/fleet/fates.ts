import type { StepEffect } from '#firmware-sim/media/simulated-drive.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Random } from '#shared/ports/random.ts';
import { enrolAgain, tryCertificates } from './certificates.ts';
import { paidAtKiosks } from './judge/books.ts';
import type { Town } from './people/town.ts';
import { comesTo } from './shares.ts';
import { disksMayRefuse } from './world/edge-disk.ts';
import { ODD_DAYS } from './world/fixture.ts';
import { owesOnCards } from './world/owed-on-cards.ts';
import type { TerminalProcess } from './world/terminal-process.ts';
import { MANNERS } from './world/unruly-card.ts';
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

type StressKind =
  | (
      | 'weather'
      | 'answers'
      | 'lines'
      | 'halves'
      | 'storms'
      | 'broker'
      | 'hub'
      | 'hubs'
      | 'database'
      | 'backups'
    )
  | (
      | 'power'
      | 'disks'
      | 'stores'
      | 'media'
      | 'cards'
      | 'readers'
      | 'clocks'
      | 'drift'
      | 'clones'
      | 'certificates'
    );

/** Kinds that a world which says what it wants has only where it says so. */
const ONLY_ASKED: ReadonlySet<string> = new Set<StressKind>([
  ...([
    'halves',
    'storms',
    'hubs',
    'database',
    'backups',
    'disks',
    'stores',
    'readers',
    'drift',
    'clones',
  ] as const),
]);

/** How many times as often as usual a kind of fault comes; 0: never. */
export type Stress = Readonly<Partial<Record<StressKind, number>>> & {
  /** What drives do when they fail; empty: nothing but that they lie about sync. */
  readonly effects?: readonly StepEffect[];
  /** At which steps of the drive, counted from any moment: the first, and the one after the last. */
  readonly steps?: readonly [number, number];
};

/** What breaks, when and for how long, drawn from the seed until `until`; then everything is mended. */
export function tempt(
  world: World,
  town: Town,
  until: EpochMs,
  asked: Stress | null = null,
): { readonly over: Promise<unknown> } {
  const { time, wire, hub, secondHub, broker, terminals, cards, chronicle } = world;
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
    const usual = (asked !== null && ONLY_ASKED.has(name)) || !comesTo(world.seed, name) ? 0 : 1;
    const often = name === 'staff' ? 1 : (stress[name] ?? usual);
    if (often === 0) return;
    for (;;) {
      await time.sleep(random.below(Math.ceil((2 * mean) / often)));
      if (time.now() >= until) return;
      await work(random);
    }
  };

  const stress = asked ?? {};
  const operator = operate(world);
  // What two have is lost where both lose it: a world loses disks of terminals, or its hub's database, never both.
  // A hub that was set back no longer knows the certificates that it gave out since: none of them is in a world that loses it.
  const disksAreLost = world.random('what is lost').below(2) === 0 || world.aging !== null;
  const weather = now_and_then('weather', 4 * HOUR, async (random) => {
    const bad = random.below(3) > 0;
    wire.weather = bad
      ? {
          drop: random.below(300),
          repeat: random.below(200),
          late: random.below(150),
          lostAnswers: random.below(120 * (stress.answers ?? 1)),
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
    await operator.bringUp();
  });
  // One of two is stopped for so long that its leases are over, or are not, and goes on as if nothing had been; then one of them dies.
  const pairs = now_and_then('hubs', 7 * HOUR, async (random) => {
    await operator.another();
    if (!secondHub.up()) return;
    happened('second hub');
    await time.sleep(random.below(2 * HOUR));
    const stopped = one(random, [hub, secondHub]);
    const commits = random.below(12);
    if (!stopped.up()) return;
    if (commits === 0) stopped.pause();
    else stopped.pauseAfterCommits(commits);
    for (let minutes = 0; stopped.awake() && minutes < 60; minutes += 1) await time.sleep(MINUTE);
    if (stopped.up() && !stopped.awake()) {
      const slept = random.below(2) === 0;
      await time.sleep(random.below(3) === 0 ? random.below(MINUTE) : random.below(5 * HOUR));
      happened(slept ? 'hub slept' : 'hub stood still', stopped.name);
      stopped.resume(slept);
    }
    await time.sleep(random.below(HOUR));
    const killed = one(random, [hub, secondHub]);
    if (!killed.up()) return;
    happened('one of two hubs killed', killed.name);
    killed.kill('beside the other');
    await time.sleep(random.below(HOUR));
    await operator.bringUp();
  });
  const yesterdays = now_and_then('backups', 10 * HOUR, async (random) => {
    await operator.take();
    if (disksAreLost || random.below(2) === 0) return;
    await time.sleep(HOUR + random.below(23 * HOUR));
    happened('backup of yesterday restored');
    operator.loseDatabase();
    await time.sleep(MINUTE + random.below(HOUR));
    await operator.bringUp();
  });
  // Whoever takes its machine's disk waits until everything it knew is acknowledged, by the hub and by the card reader: what was lost with it, nobody can know.
  const disks = now_and_then('disks', 16 * HOUR, async (random) => {
    const terminal = one(random, terminals);
    if (!disksAreLost || !mayLoseItsDisk(terminal)) return;
    happened('store lost', terminal.id);
    terminal.cutPower();
    terminal.loseStore();
  });
  // Once, some times, or for a while; a disk that is nearly full says so before it refuses (SYN-5).
  const stores = now_and_then('stores', 8 * HOUR, async (random) => {
    const { id, disk } = one(random, terminals);
    if (!disksMayRefuse()) return;
    if (random.below(3) === 0) {
      const used = 90 + random.below(10);
      happened('disk nearly full', `${id} ${used}`);
      disk.fill(used);
    } else {
      const commits = one(random, [1, 1 + random.below(6), Number.MAX_SAFE_INTEGER]);
      const code = one(random, ['store_full', 'store_io_error'] as const);
      happened('disk refuses', `${id} ${code} ${commits}`);
      disk.refuse(code, commits, random.below(40 * MINUTE));
    }
    await time.sleep(MINUTE + random.below(6 * HOUR));
    disk.mend();
  });
  const databases = now_and_then('database', 18 * HOUR, async (random) => {
    happened('database away');
    world.databaseFate.away = true;
    await time.sleep(5 * SECOND + random.below(15 * MINUTE));
    world.databaseFate.away = false;
  });
  const storms = now_and_then('storms', 16 * HOUR, async (random) => {
    happened('reconnect storm');
    for (let left = 2 + random.below(6); left > 0; left -= 1) {
      for (const { id } of terminals) broker.disconnect(id);
      await time.sleep(SECOND + random.below(20 * SECOND));
    }
  });
  const halves = now_and_then('halves', 8 * HOUR, async (random) => {
    const { id } = one(random, terminals);
    const way = one(random, ['up', 'down'] as const);
    happened('line one way only', `${id} ${way}`);
    wire.halve(id, way);
    await time.sleep(MINUTE + random.below(3 * HOUR));
    wire.halve(id, null);
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
  const card = now_and_then('cards', 4 * HOUR, async (random) => {
    const { id } = one(random, terminals);
    const behaviour = one(random, CARD);
    happened(`card ${behaviour}`, id);
    cards.get(id)?.behave(behaviour);
    await time.sleep(random.below(4 * HOUR));
    cards.get(id)?.behave('approve');
  });
  const readers = now_and_then('readers', 5 * HOUR, async (random) => {
    const { id } = one(random, terminals);
    const manner = one(random, MANNERS);
    happened(`card reader ${manner}`, id);
    cards.get(id)?.answer(manner);
    await time.sleep(random.below(4 * HOUR));
    cards.get(id)?.answer('prompt');
  });
  const clocks = now_and_then('clocks', 12 * HOUR, async (random) => {
    const terminal = one(random, terminals);
    const by =
      (random.below(2) === 0 ? 1 : -1) * (random.below(3) === 0 ? random.below(7 * DAY) : random.below(HOUR));
    // Its short certificate would seem over to whoever reads what it signed then; those of shops are good for months.
    if (terminal.id === world.aging?.ends) return;
    happened('clock stepped', `${terminal.id} ${by}`);
    terminal.jumpClock(by);
    await time.sleep(random.below(8 * HOUR));
    terminal.jumpClock(-terminal.ahead());
  });
  // An image is put back before its copy's return, in the middle of it, or after.
  const clones = now_and_then('clones', 6 * HOUR, async (random) => {
    const customer = one(random, town.customers);
    if (random.below(2) === 0) {
      if (await town.forgery.clone(customer)) happened('medium cloned', customer.medium.label);
      return;
    }
    const putBack = await town.forgery.image(customer);
    await time.sleep(random.below(20 * HOUR));
    if (putBack?.() === true) happened('old image put back', customer.medium.label);
  });
  const oddDays = ODD_DAYS.map(async ([what, at]) => {
    if (asked !== null || at < time.now() || at >= until) return;
    await time.sleep(at - time.now());
    happened(what);
  });
  // No two quartzes run alike, and each as warm as its case; now and then one is worse than any clock can allow for (`hub-clock.ts`).
  const drift = now_and_then('drift', 6 * HOUR, async (random) => {
    const most = random.below(8) === 0 ? 1_500 : 100;
    const by = random.below(2 * most + 1) - most;
    const terminal = one(random, terminals);
    happened('clock drifts', `${terminal.id} ${by}`);
    terminal.drift(by);
  });
  const certificates = tryCertificates(world, world.random('fate certificates'), happened);
  const ofHub = [brokers, hubs, pairs, databases, yesterdays, certificates];
  const ofTerminals = [power, disks, stores, staff, media, card, readers, clocks, drift, clones];
  return { over: Promise.all([...oddDays, weather, lines, halves, storms, ...ofHub, ...ofTerminals]) };
}

const RESTING = new Set<string>(['attract', 'welcome', 'take']);
export const mayLoseItsDisk = (terminal: TerminalProcess): boolean =>
  terminal.up() &&
  terminal.store.position(0).queued === 0 &&
  !owesOnCards(terminal.store) &&
  terminal.inSlot() === null &&
  RESTING.has(terminal.session().snapshot().view.screen);

/** Copies of the hub's database, and how it comes up: one after the other, with a restored copy where that is due. */
function operate(world: World) {
  const { hub, secondHub, backUp, time, databaseFate, lostFacts } = world;
  let kept: (() => Promise<void>) | null = null;
  /** A copy has to be put back; a hub has to hear that one was, until it is up (`hub/backup/restored-mark.ts`). */
  let [due, restored] = [false, false];
  let turn: Promise<void> = Promise.resolve();
  return {
    take: async (): Promise<void> => {
      kept = (await backUp?.()) ?? null;
    },
    loseDatabase: (): void => {
      due = kept !== null;
      hub.kill('its database is lost');
      secondHub.kill('its database is lost');
    },
    /** A second hub comes up where the first one runs. */
    another: (): Promise<void> => {
      turn = turn.then(async () => {
        if (!databaseFate.away && hub.up() && !secondHub.up()) await secondHub.start();
      });
      return turn;
    },
    bringUp: (): Promise<void> => {
      turn = turn.then(async () => {
        while (databaseFate.away) await time.sleep(MINUTE);
        if (hub.up()) return;
        if (due) {
          const paid = await paidAtKiosks(world);
          await kept?.();
          lostFacts.paidAtKiosks += paid - (await paidAtKiosks(world));
          [due, restored] = [false, true];
        }
        await hub.start(restored);
        // Killed before it was up: whoever looks after it starts it again.
        for (; !hub.up(); await hub.start(restored)) await time.sleep(MINUTE);
        restored = false;
      });
      return turn;
    },
  };
}

/** Everything whole again: lines, drives, card readers, clocks, hub and terminals. */
export async function mend(world: World): Promise<void> {
  const { wire, hub, secondHub, terminals, cards } = world;
  wire.mendAll();
  Object.assign(world.databaseFate, { conflictsPerMille: 0, forgottenPerMille: 0, away: false });
  // Which partitions are whose is settled by leases that last for hours at this pace: one hub that comes up has them all.
  if (secondHub.since > 0) {
    secondHub.kill('for good');
    hub.kill('for its successor');
  }
  hub.unfuse();
  if (!hub.up()) await hub.start();
  for (const terminal of terminals) {
    terminal.disk.mend();
    await restart(terminal);
    terminal.drive().setFault({});
    terminal.drift(0);
    terminal.jumpClock(-terminal.ahead());
    const card = cards.get(terminal.id);
    card?.behave('approve');
    card?.answer('prompt');
  }
  for (const terminal of terminals)
    if (terminal.papers.expired(world.time.now())) await enrolAgain(world, terminal);
  world.chronicle.note('fate', 'everything is mended');
}

const restart = async (terminal: TerminalProcess): Promise<void> => {
  if (!terminal.up()) await terminal.start();
};
