import { type EpochMs, epochMs, type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import { type Clock, sleepWith } from '#shared/ports/clock.ts';
import { endingWhereRefused } from './edge-disk.ts';

interface Due {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
  cancelled: boolean;
}

/** One turn of the event loop: whatever waits for the real machine (a disk, the process that leads) comes to its turn. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Everything that promises and ticks alone can do is done then: ticks run when no promise is left that could go on, those asked for meanwhile before this one. */
const quiet = async (): Promise<void> => {
  for (let round = 0; round < 3; round += 1) await new Promise<void>((resolve) => process.nextTick(resolve));
};
/** So many steps between two turns of the event loop. */
const TURN_EVERY = 512;

const HOUR = 3_600_000;
/** A busy hour of eight terminals has some 1,300 due things; so many, and so many more for each terminal, are a circle. */
const MOST_STEPS = { world: 10_000, terminal: 1_000 } as const;
/** No work that somebody waits for takes longer, whatever is broken at its begin. */
const LONGEST_WORK = 7 * 24 * HOUR;
/** Milliseconds of the real machine: what reads its files is done long before, however busy it is. */
const LONGEST_STANDING = 60_000;

/** A world that would never end: somebody waits for ever, or somebody never stops. */
export class Endless extends Error {
  override readonly name = 'Endless';
}

/**
 * The only time of a simulated world, in milliseconds since 1970. It stands still while anybody does anything, and jumps to the next thing
 * that is due when nobody does. What is due at once runs in the order in which it was asked for.
 */
export class WorldTime {
  #now: number;
  #order = 0;
  #heap: Due[] = [];
  #ran = 0;
  readonly #mostSteps: number;
  readonly #longestStanding: number;
  #eachHour: () => void = () => {};
  /** The hour that began last, and how many due things had run then. */
  #hour = { until: 0, ran: 0 };
  #real = 0;
  #breath = false;
  readonly #asked: (() => Promise<void>)[] = [];
  /** Answers what was asked, until nothing is; null: nobody asks. */
  #answering: Promise<void> | null = null;

  /** `longestStanding` in milliseconds of the real machine. */
  constructor(start: EpochMs, terminals: number, longestStanding = LONGEST_STANDING) {
    this.#now = start;
    this.#longestStanding = longestStanding;
    this.#mostSteps = MOST_STEPS.world + MOST_STEPS.terminal * terminals;
  }

  now(): EpochMs {
    return epochMs(this.#now);
  }

  /** How many due things have run. */
  steps(): number {
    return this.#ran;
  }

  /** Hears of each simulated hour in which anything happens. */
  eachHour(listener: () => void): void {
    this.#eachHour = listener;
  }

  waiting(): number {
    return this.#heap.filter(({ cancelled }) => !cancelled).length;
  }

  after(duration: number, callback: () => void): () => void {
    this.#order += 1;
    const due: Due = {
      at: this.#now + Math.max(0, duration),
      order: this.#order,
      callback,
      cancelled: false,
    };
    push(this.#heap, due);
    return () => {
      due.cancelled = true;
    };
  }

  sleep(duration: number): Promise<void> {
    return new Promise((resolve) => this.after(duration, resolve));
  }

  /** Nothing more happens before the next turn of the event loop. */
  breathe(): void {
    this.#breath = true;
  }

  /** Lets everybody finish what needs no time. */
  async settle(): Promise<void> {
    if (this.#breath) {
      await quiet();
      this.#breath = false;
      await turn();
    }
    if (this.#real > 0 || this.#ran % TURN_EVERY === 0) await turn();
    await quiet();
    let stands: number | null = null;
    for (;;) {
      if (this.#answering !== null) {
        await this.#answering;
        await quiet();
      } else if (this.#real > 0 && (this.#heap[0]?.at ?? Number.POSITIVE_INFINITY) > this.#now) {
        // What reads real files (a hub that comes up) takes real time, but none of this world's.
        stands ??= performance.now();
        if (performance.now() - stands > this.#longestStanding)
          throw new Endless(
            `the world stood still for ${this.#longestStanding / 1_000} s for somebody who comes up`,
          );
        await turn();
      } else return;
    }
  }

  /**
   * A question to the real machine, a database's call: the world stands still until it is answered. Questions follow one another, each asked and answered when
   * nobody can do anything else, so that how long an answer takes changes nothing.
   */
  ask<T>(question: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#asked.push(() => question().then(resolve, reject));
      this.#answering ??= this.#answer();
    });
  }

  async #answer(): Promise<void> {
    await quiet();
    for (let next = this.#asked.shift(); next !== undefined; next = this.#asked.shift()) {
      await next();
      await quiet();
    }
    this.#answering = null;
  }

  /** Work that waits for the real machine's disk: the world stands still meanwhile. */
  async standing<T>(work: () => Promise<T>): Promise<T> {
    this.#real += 1;
    try {
      return await work();
    } finally {
      this.#real -= 1;
    }
  }

  /** Runs until the work is done. Throws `Endless` where it never is. */
  async during<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const noted = work.finally(() => {
      done = true;
    });
    noted.catch(() => {});
    const until = this.#now + LONGEST_WORK;
    await this.run(epochMs(until), () => done);
    if (!done) throw new Endless(`what was begun is not done after ${LONGEST_WORK / HOUR} hours`);
    return noted;
  }

  /** Runs until `until`, or until `stop` says so after a step. */
  async run(until: EpochMs, stop: () => boolean = () => false): Promise<void> {
    await this.settle();
    if (stop()) return;
    for (let due = this.#heap[0]; due !== undefined && due.at <= until; due = this.#heap[0]) {
      pop(this.#heap);
      if (due.cancelled) continue;
      this.#now = Math.max(this.#now, due.at);
      this.#ran += 1;
      this.#bound();
      due.callback();
      await this.settle();
      if (stop()) return;
    }
    this.#now = Math.max(this.#now, until);
  }

  /** Nothing goes in a circle without end. */
  #bound(): void {
    if (this.#now >= this.#hour.until) {
      this.#hour = { until: this.#now + HOUR, ran: this.#ran };
      this.#eachHour();
    } else if (this.#ran - this.#hour.ran > this.#mostSteps)
      throw new Endless(`${this.#mostSteps} things happened within an hour`);
  }
}

const before = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

function push(heap: Due[], due: Due): void {
  heap.push(due);
  let at = heap.length - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(heap[at] as Due, heap[parent] as Due)) return;
    [heap[at], heap[parent]] = [heap[parent] as Due, heap[at] as Due];
    at = parent;
  }
}

function pop(heap: Due[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  heap[0] = last;
  for (let at = 0; ; ) {
    const left = 2 * at + 1;
    if (left >= heap.length) return;
    const right = left + 1;
    const child = right < heap.length && before(heap[right] as Due, heap[left] as Due) ? right : left;
    if (!before(heap[child] as Due, heap[at] as Due)) return;
    [heap[at], heap[child]] = [heap[child] as Due, heap[at] as Due];
    at = child;
  }
}

/** A machine's clock from its start on: its wall clock may be wrong and may jump; with the power off nothing of it fires any more. */
export interface MachineClock extends Clock {
  /** Moves the wall clock; the monotonic clock goes on. */
  jump(by: number): void;
  /** Its quartz runs so many parts of a million fast from now on; wall clock, monotonic clock and timers with it. */
  drift(partsPerMillion: number): void;
  /** Milliseconds that the wall clock is ahead. */
  ahead(): number;
  /** The process is stopped: what is due waits until it goes on, and time does not. `slept`: its machine was, and its monotonic clock stood still as well. */
  pause(): void;
  resume(slept: boolean): void;
  powerOff(): void;
}

export function machineClock(time: WorldTime, aheadBy = 0): MachineClock {
  const bootedAt = time.now();
  let ahead = aheadBy;
  let rate = 0;
  /** What the quartz had gained until `since`, when its rate changed. */
  let gained = 0;
  let since = bootedAt;
  let on = true;
  /** Since when the process is stopped, and what fell due meanwhile; null: it is not. */
  let stopped: { readonly since: EpochMs; readonly due: (() => void)[] } | null = null;
  let slept = 0;
  const gain = (): number => (rate === 0 ? gained : Math.floor(gained + (time.now() - since) * rate));
  const after = (duration: Milliseconds, callback: () => void): (() => void) =>
    time.after(rate === 0 ? duration : Math.ceil(duration / (1 + rate)), () => {
      if (on && stopped !== null) stopped.due.push(callback);
      else if (on) endingWhereRefused(callback);
    });
  return {
    now: () => epochMs(time.now() + ahead + gain()),
    monotonic: () => milliseconds(time.now() - bootedAt - slept + 1_000 + gain()),
    after,
    sleep: sleepWith(after),
    jump: (by) => {
      ahead += by;
    },
    drift: (partsPerMillion) => {
      gained = gain();
      since = time.now();
      rate = partsPerMillion / 1_000_000;
    },
    ahead: () => ahead + gain(),
    pause: () => {
      stopped ??= { since: time.now(), due: [] };
    },
    resume: (machineSlept) => {
      if (stopped === null) return;
      const { since: stoppedAt, due } = stopped;
      stopped = null;
      if (machineSlept) slept += time.now() - stoppedAt;
      // Each comes to its own turn: what one of them cancels does not come.
      for (const callback of due) after(milliseconds(0), callback);
    },
    powerOff: () => {
      on = false;
    },
  };
}
