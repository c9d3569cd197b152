import { execFile } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { createDirectoryDrive } from '#shared/edge/drivers/directory-drive.ts';
import { openFileSource } from '#shared/edge/drivers/file-source.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { MediaProgress } from '#shared/media/orders.ts';
import { writeCopy } from '#shared/media/write-copy.ts';
import type { Clock } from '#shared/ports/clock.ts';
import { aWrite, memoryRecords, NOON } from '#test/support/media-story.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';

const MIB = 1024 * 1024;

/**
 * `npm run bench -- media-write [--quick] [--size-mib N] [--rounds N] [--dir FOLDER] [--verification sampled|full]`: the production write (intent to
 * commit, read-back included) onto a directory drive against `cp` + `sync` of the same file, in turns in one run. `ratio` is our speed over that of `cp` (medians of wall time): 1 is as fast as plain copying, more is faster.
 */
export async function run(args: {
  readonly quick: boolean;
  readonly rest: readonly string[];
}): Promise<void> {
  const { quick } = args;
  const { values } = parseArgs({
    args: [...args.rest],
    options: {
      'size-mib': { type: 'string' },
      rounds: { type: 'string' },
      dir: { type: 'string' },
      verification: { type: 'string', default: 'sampled' },
    },
  });
  const sizeMib = Number(values['size-mib'] ?? (quick ? 16 : 512));
  const rounds = Number(values.rounds ?? (quick ? 3 : 5));
  const verification = values.verification;
  assert(Number.isInteger(sizeMib) && sizeMib > 0, '--size-mib takes a whole number above 0');
  assert(Number.isInteger(rounds) && rounds > 0, '--rounds takes a whole number above 0');
  assert(verification === 'sampled' || verification === 'full', '--verification takes sampled or full');
  const base = await mkdtemp(join(values.dir ?? tmpdir(), 'keyturn-bench-'));
  try {
    await measure(base, sizeMib, rounds, verification);
  } finally {
    await rm(base, { recursive: true, force: true });
  }
}

async function measure(
  base: string,
  sizeMib: number,
  rounds: number,
  verification: 'sampled' | 'full',
): Promise<void> {
  const file = join(base, 'source.bin');
  await makeFile(file, sizeMib);
  const fleet = await foundFleet();
  const kiosk = await enrol(fleet, 'kiosk-one', 'kiosk');
  const rssBefore = process.memoryUsage.rss();
  const peak = watchRss();
  const copies: number[] = [];
  const writes: number[] = [];
  const contents: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    copies.push(await timed(() => copyAndSync(file, join(base, 'copied.bin'))));
    const timing = await writeOnce(base, file, round, { fleet, kiosk, verification });
    writes.push(timing.total);
    contents.push(timing.content);
    console.log(
      `round ${round + 1}: cp + sync ${rate(sizeMib, copies.at(-1))}, write ${rate(sizeMib, timing.total)}, of it content ${rate(sizeMib, timing.content)}`,
    );
  }
  const cp = median(copies);
  const result = {
    bench: 'media-write',
    ratio: round3(cp / median(writes)),
    contentRatio: round3(cp / median(contents)),
    sizeMib,
    rounds,
    verification,
    cpSeconds: round3(cp / 1000),
    writeSeconds: round3(median(writes) / 1000),
    rssBeforeMib: Math.round(rssBefore / MIB),
    rssPeakMib: Math.round(peak() / MIB),
  };
  console.log(JSON.stringify(result));
}

interface Parts {
  readonly fleet: Awaited<ReturnType<typeof foundFleet>>;
  readonly kiosk: Awaited<ReturnType<typeof enrol>>;
  readonly verification: 'sampled' | 'full';
}

async function writeOnce(
  base: string,
  file: string,
  round: number,
  parts: Parts,
): Promise<{ readonly total: number; readonly content: number }> {
  const root = join(base, `stick-${round}`);
  await mkdir(root);
  const drive = await createDirectoryDrive({ name: 'bench', clock: benchClock, where: async () => root });
  const random = seededRandom(round);
  const deps = { drive, clock: benchClock, random, signer: parts.kiosk, trust: parts.fleet.trust };
  const source = await openFileSource(file);
  const { verification } = parts;
  let contentDone = 0;
  const progress = ({ phase }: MediaProgress) => {
    if (phase === 'key') contentDone = performance.now();
  };
  const started = performance.now();
  const input = aWrite(random, memoryRecords(), new Uint8Array(0), { source, verification, progress });
  const outcome = await writeCopy(deps, input);
  const total = performance.now() - started;
  await source.close();
  assert(outcome.kind === 'written', `the write succeeds: ${JSON.stringify(outcome)}`);
  await rm(root, { recursive: true });
  return { total, content: contentDone - started };
}

/** The signed times stand still within a test fleet's life; speeds are measured outside. */
const benchClock: Clock = {
  now: () => NOON,
  monotonic: () => Math.floor(performance.now()) as ReturnType<Clock['monotonic']>,
  sleep: async () => {},
  after: () => () => {},
};

async function makeFile(path: string, sizeMib: number): Promise<void> {
  const block = Buffer.alloc(MIB);
  const file = await open(path, 'w');
  for (let at = 0; at < sizeMib; at += 1) await file.write(randomFillSync(block));
  await file.sync();
  await file.close();
}

async function copyAndSync(from: string, to: string): Promise<void> {
  await promisify(execFile)('sh', ['-c', 'rm -f "$2" && cp "$1" "$2" && sync "$2"', 'sh', from, to]);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Samples the resident size until asked for its peak. */
function watchRss(): () => number {
  let most = process.memoryUsage.rss();
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 20);
  timer.unref();
  return () => {
    clearInterval(timer);
    return most;
  };
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
};
const round3 = (value: number): number => Math.round(value * 1000) / 1000;
const rate = (sizeMib: number, milliseconds: number | undefined): string =>
  `${Math.round((sizeMib * 1000) / (milliseconds ?? 1))} MiB/s`;
