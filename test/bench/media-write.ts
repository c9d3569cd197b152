import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { assert } from '#shared/kernel/assert.ts';
import { programEntry } from '#shared/toolchain/assets.ts';
import { PROGRAMS } from '#shared/toolchain/programs.mjs';
import { round3 } from './support/figures.ts';
import { randomFile } from './support/random-file.ts';
import { type ThrottledMedium, throttledMedium } from './support/throttled-medium.ts';
import { wholeNumbers } from './support/whole-numbers.ts';
import {
  type FillOrder,
  type WriteOrder,
  type WriteResult,
  writeResultSchema,
} from './support/write-rounds.ts';

const MIB = 1024 * 1024;
/** Speeds of media in MB/s; null: as fast as the disk of this machine. */
const SPEEDS: readonly (number | null)[] = [null, 1000, 400, 100];
/** Two drives of one kiosk are written at this speed each. */
const TOGETHER_SPEED = 100;

/**
 * `npm run bench -- media-write [--quick] [--size-mib N] [--rounds N] [--dir FOLDER] [--speeds all|disk] [--verification sampled|full]`: the production write (intent to
 * commit, read-back included) against `cp` + `sync` and `age` + `sync` of the same file, in turns, from the kiosk's cache and from a plain file, onto the disk and onto media
 * of certain speeds. Each line is a process of its own, whose memory and processor time are its own. Ratios are our speed over the rival's (medians of wall time): 1 is as fast, more is faster.
 */
export async function run(args: {
  readonly quick: boolean;
  readonly rest: readonly string[];
}): Promise<void> {
  const { values } = parseArgs({
    args: [...args.rest],
    options: {
      'size-mib': { type: 'string', default: args.quick ? '16' : '1024' },
      rounds: { type: 'string', default: args.quick ? '1' : '5' },
      dir: { type: 'string' },
      speeds: { type: 'string', default: args.quick ? 'disk' : 'all' },
      verification: { type: 'string', default: 'sampled' },
    },
  });
  const { 'size-mib': sizeMib, rounds } = wholeNumbers({
    'size-mib': values['size-mib'],
    rounds: values.rounds,
  });
  const { verification } = values;
  assert(verification === 'sampled' || verification === 'full', '--verification takes sampled or full');
  assert(values.speeds === 'all' || values.speeds === 'disk', '--speeds takes all or disk');
  const base = await mkdtemp(join(values.dir ?? tmpdir(), 'keyturn-bench-'));
  try {
    const file = join(base, 'source.bin');
    await randomFile(file, sizeMib);
    const speeds = values.speeds === 'all' ? SPEEDS : [null];
    const lines = await measure({ base, file, sizeMib, rounds, verification, speeds });
    const [first] = lines;
    assert(first !== undefined, 'something was measured');
    console.log(
      JSON.stringify({ bench: 'media-write', ratio: first.ratio, sizeMib, rounds, verification, lines }),
    );
  } finally {
    await rm(base, { recursive: true, force: true });
  }
}

interface Measuring {
  readonly base: string;
  readonly file: string;
  readonly sizeMib: number;
  readonly rounds: number;
  readonly verification: 'sampled' | 'full';
  readonly speeds: readonly (number | null)[];
}

interface Line {
  readonly medium: string;
  readonly source: 'cache' | 'plain';
  readonly ratio: number;
  readonly ageRatio: number;
  readonly contentRatio: number;
  /** How long the slowest of two at once takes, over one alone; null where only one was written. */
  readonly together: number | null;
  readonly cpuSecondsPerGb: number;
  readonly rssBeforeMib: number;
  readonly rssPeakMib: number;
}

async function measure(measuring: Measuring): Promise<readonly Line[]> {
  const { base, file, rounds, verification } = measuring;
  const lines: Line[] = [];
  for (const speed of measuring.speeds) {
    const media = await mediaOf(measuring, speed);
    if (media === null) continue;
    try {
      for (const source of ['cache', 'plain'] as const) {
        const cache = source === 'cache' ? join(base, 'cache') : null;
        if (cache !== null) await inProcess({ job: 'fill', file, cache });
        const said = await inProcess({
          job: 'write',
          file,
          cache,
          rounds,
          verification,
          media: media.folders,
        });
        const result = writeResultSchema.parse(JSON.parse(said));
        const line = lineOf(speed === null ? 'disk' : `${speed} MB/s`, source, result);
        lines.push(line);
        console.log(sayingOf(line, result, measuring.sizeMib));
        if (cache !== null) await rm(cache, { recursive: true });
      }
    } finally {
      media.remove();
    }
  }
  return lines;
}

/** Where this machine makes no such media, it says so and measures on without. */
async function mediaOf(
  { base, sizeMib }: Measuring,
  speed: number | null,
): Promise<{ readonly folders: string[]; remove(): void } | null> {
  if (speed === null) {
    const folder = join(base, 'disk');
    await mkdir(folder);
    return { folders: [folder], remove: () => {} };
  }
  const made: ThrottledMedium[] = [];
  const remove = (): void => {
    for (const medium of made.splice(0)) medium.remove();
  };
  try {
    for (let drive = 0; drive < (speed === TOGETHER_SPEED ? 2 : 1); drive += 1)
      made.push(throttledMedium(base, `${speed}-${drive}`, (sizeMib * 2 + 64) * MIB, speed * 1e6));
    return { folders: made.map(({ folder }) => folder), remove };
  } catch (error) {
    remove();
    console.log(
      `media of ${speed} MB/s: not on this machine (${error instanceof Error ? error.message.split('\n')[0] : error})`,
    );
    return null;
  }
}

async function inProcess(order: WriteOrder | FillOrder): Promise<string> {
  const flags = PROGRAMS.kiosk?.node;
  assert(flags !== undefined, 'a write is measured as a kiosk runs');
  const child = spawn(process.execPath, [...flags, programEntry('bench-write'), JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return text(child.stdout);
}

const lineOf = (medium: string, source: 'cache' | 'plain', result: WriteResult): Line => ({
  medium,
  source,
  ratio: round3(result.cpMs / result.writeMs),
  ageRatio: round3(result.ageMs / result.writeMs),
  contentRatio: round3(result.cpMs / result.contentMs),
  together: result.togetherMs === null ? null : round3(result.togetherMs / result.writeMs),
  cpuSecondsPerGb: round3(result.cpuSecondsPerGb),
  rssBeforeMib: Math.round(result.rssBeforeMib),
  rssPeakMib: Math.round(result.rssPeakMib),
});

function sayingOf(line: Line, { cpMs, ageMs, writeMs }: WriteResult, sizeMib: number): string {
  const speed = (milliseconds: number): string => `${Math.round((sizeMib * MIB) / 1000 / milliseconds)} MB/s`;
  const two = line.together === null ? '' : `; two at once ${line.together} × one`;
  return `${line.medium} from ${line.source}: cp + sync ${speed(cpMs)}, age + sync ${speed(ageMs)}, write ${speed(writeMs)} = ${line.ratio} × cp, ${line.ageRatio} × age (content alone ${line.contentRatio}); ${line.cpuSecondsPerGb} CPU-s/GB, ${line.rssBeforeMib} → ${line.rssPeakMib} MiB${two}`;
}
