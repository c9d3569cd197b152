import { type Point, slopeOf } from './slope.ts';
import type { Sample, SoakReport } from './soak.ts';
import { type Growth, HUB_TABLES, TERMINAL_DAYS, TERMINAL_TABLES } from './tables.ts';

const DAY = 86_400_000;
const KIB = 1024;

/** One line of what is printed. `allowed` and `grew` are in the unit, a simulated day. */
export interface Line {
  readonly what: string;
  readonly first: number;
  readonly last: number;
  readonly perDay: number;
  readonly allowed: number;
  readonly why: string;
}

export interface SoakVerdict {
  readonly lines: readonly Line[];
  /** Empty: nothing grows that must not. */
  readonly wrong: readonly string[];
}

/** Programs warm up: caches, compiled code, a first day of everything. */
const WARM_UP = 1 / 3;
const HANDLES_PER_DAY = 0.25;
const TIMERS_PER_DAY = 0.5;
const STILL_PER_DAY = 0.05;

/** KiB a simulated day that heap and buffers may grow by. */
export interface MemoryBound {
  readonly heap: number;
  /** Infinite where the hub's database lies in this process. */
  readonly buffers: number;
}
export interface MemoryBounds {
  /** Over all that is judged. */
  readonly always: MemoryBound;
  /** Over what came after so many rentals: what remembers a stated number of things is full by then. Judged where there are `FULL_SAMPLES` of them. */
  readonly full: MemoryBound & { readonly after: number };
}

/** A slope through fewer says little. */
const FULL_SAMPLES = 7;
/** What is over is cleared away once a day, and not at the same moment everywhere: so many days, or a tenth of those that rows are kept. */
const CLEARING_DAYS = 2;

/** Of a table that keeps its rows for days: which samples say whether it grows. */
interface Window {
  readonly over: readonly Sample[];
  /** Too few samples are as old as that: until the first rows are over, they only come. */
  readonly filling: boolean;
  readonly why: string;
}

function windowOf(judged: readonly Sample[], days: number): Window {
  const fullAt = days + Math.min(CLEARING_DAYS, days / 10);
  const full = judged.filter(({ day }) => day >= fullAt);
  const since = full[0]?.day.toFixed(0);
  return full.length >= FULL_SAMPLES
    ? { over: full, filling: false, why: `kept for ${days} days, judged from day ${since} on` }
    : { over: judged, filling: true, why: `kept for ${days} days, too short a run: still filling` };
}

/**
 * Rows of a full window as they would be if the terminal had been equally busy in all of them: chance gives it a tenth more or fewer of a shop's customers in one
 * fortnight than in another, which is no growth.
 */
function atEqualTrade(
  samples: readonly Sample[],
  over: readonly Sample[],
  id: string,
): (sample: Sample, rows: number) => number {
  const until = (day: number): number => samples.findLast((sample) => sample.day <= day)?.done.get(id) ?? 0;
  const tradeAt = ({ day }: Sample): number => until(day) - until(day - TERMINAL_DAYS);
  const mean = over.reduce((sum, sample) => sum + tradeAt(sample), 0) / over.length;
  return (sample, rows) => (tradeAt(sample) === 0 ? rows : (rows * mean) / tradeAt(sample));
}

/** What grew after the warm-up, against what may. */
export function judgeSoak({ samples, endedAt, errors }: SoakReport, memory: MemoryBounds): SoakVerdict {
  const judged = samples.slice(Math.floor(samples.length * WARM_UP));
  const first = judged[0];
  const last = judged.at(-1);
  if (first === undefined || last === undefined || first === last)
    return { lines: [], wrong: ['SYN-5: too few samples to judge'] };
  const visitsPerDay = (last.visits - first.visits) / (last.day - first.day);
  const lines: Line[] = [];
  const wrong: string[] = errors.map((error) => `OPS-4: ${error}`);
  const line = (
    what: string,
    figure: (sample: Sample) => number,
    allowed: number,
    why: string,
    over: readonly Sample[] = judged,
    comparable = figure,
  ): void => {
    const perDay = slopeOf(over.map((sample): Point => [sample.day, comparable(sample)]));
    lines.push({ what, first: figure(over[0] ?? first), last: figure(last), perDay, allowed, why });
    if (perDay > allowed)
      wrong.push(
        `SYN-5: ${what} grows by ${perDay.toFixed(2)} a day, ${allowed.toFixed(2)} at most (${why})`,
      );
  };
  const heap = ({ heapBytes }: Sample): number => heapBytes / KIB;
  const buffers = ({ bufferBytes }: Sample): number => bufferBytes / KIB;
  line('heap, KiB', heap, memory.always.heap, 'nothing is kept in memory');
  line('buffers, KiB', buffers, memory.always.buffers, 'nothing is kept in memory');
  const full = judged.filter(({ rentals }) => rentals >= memory.full.after);
  if (full.length >= FULL_SAMPLES) {
    const why = `what remembers is full after ${memory.full.after} rentals`;
    line('heap once full, KiB', heap, memory.full.heap, why, full);
    line('buffers once full, KiB', buffers, memory.full.buffers, why, full);
  }
  line('handles', ({ handles }) => handles, HANDLES_PER_DAY, 'none is left open');
  line('timers', ({ timers }) => timers, TIMERS_PER_DAY, 'none is set without an end');
  for (const name of [...last.hub.keys()].sort()) {
    const growth = HUB_TABLES[name];
    if (growth === undefined) wrong.push(`SEC-9: nobody says what becomes of the rows of ${name}`);
    else {
      const { allowed, why, over } = allowedOf(growth, visitsPerDay, judged);
      line(`hub ${name}`, ({ hub }) => hub.get(name) ?? 0, allowed, why, over);
    }
    if (growth?.kind !== 'days') continue;
    const age = (endedAt - (last.oldest.get(name) ?? endedAt)) / DAY;
    if (age > growth.days + 1)
      wrong.push(`SEC-9: ${name} keeps rows of ${age.toFixed(0)} days, ${growth.days} are stated`);
  }
  for (const [id, tables] of last.terminals)
    for (const name of tables.keys()) {
      const growth = name === 'lane 0' ? 'thirty days' : name === 'lane 1' ? 'still' : TERMINAL_TABLES[name];
      if (growth === undefined) {
        wrong.push(`SEC-9: nobody says what becomes of the rows of ${name} in ${id}`);
        continue;
      }
      const perVisit = name === 'lane 0' ? 12 : 1;
      const rows = ({ terminals }: Sample): number => terminals.get(id)?.get(name) ?? 0;
      const still = STILL_PER_DAY + 0.02 * perVisit * visitsPerDay;
      if (growth === 'still') {
        line(`${id} ${name}`, rows, still, 'as many as there are');
        continue;
      }
      const { filling, over, why } = windowOf(judged, TERMINAL_DAYS);
      const allowed = filling ? STILL_PER_DAY + perVisit * visitsPerDay : still;
      const equally = atEqualTrade(samples, over, id);
      const comparable = filling ? rows : (sample: Sample) => equally(sample, rows(sample));
      line(`${id} ${name}`, rows, allowed, why, over, comparable);
    }
  return { lines, wrong };
}

/** Rows a day, why, and over which samples. */
function allowedOf(
  growth: Growth,
  visitsPerDay: number,
  judged: readonly Sample[],
): { readonly allowed: number; readonly why: string; readonly over: readonly Sample[] } {
  switch (growth.kind) {
    case 'still':
      return { allowed: STILL_PER_DAY, why: 'as many as there are', over: judged };
    case 'kept': {
      const allowed = STILL_PER_DAY + growth.perVisit * visitsPerDay + growth.perDay;
      return { allowed, why: 'books and evidence', over: judged };
    }
    case 'days': {
      const { filling, over, why } = windowOf(judged, growth.days);
      const perVisit = filling ? growth.perVisit : 0.1 * Math.min(1, growth.perVisit);
      return { allowed: STILL_PER_DAY + perVisit * visitsPerDay, why, over };
    }
  }
}

/** As a table for people. */
export function tableOf({ lines }: SoakVerdict): string {
  const shown = lines.filter(({ first, last }) => first !== 0 || last !== 0);
  const number = (value: number): string => value.toFixed(Math.abs(value) < 10 ? 2 : 0);
  const rows = shown.map(({ what, first, last, perDay, allowed, why }) => [
    what,
    ...[first, last, perDay, allowed].map(number),
    why,
  ]);
  const head = ['what', 'after warm-up', 'at the end', 'a day', 'at most', 'why'];
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 || column === 5
            ? cell.padEnd(widths[column] ?? 0)
            : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
