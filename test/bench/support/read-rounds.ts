import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type Outlet, PiecePool, sendPieces } from '#firmware-sim/player/pieces.ts';
import { createPlayer } from '#firmware-sim/player/player.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { createDirectoryDrive } from '#shared/edge/drivers/directory-drive.ts';
import { openFileSource } from '#shared/edge/drivers/file-source.ts';
import { mountDirectory } from '#shared/edge/drivers/mounted-directory.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { assert } from '#shared/kernel/assert.ts';
import { type OpenContent, openContent } from '#shared/media/container/content-reader.ts';
import { contentFile, slotFile } from '#shared/media/layout.ts';
import { mediumRange } from '#shared/media/medium-range.ts';
import { openSlot } from '#shared/media/slot.ts';
import { silentLog } from '#shared/ports/log.ts';
import type { Random } from '#shared/ports/random.ts';
import { benchClock, benchTerminal } from './bench-terminal.ts';
import { median, quantile, round3, shellMs } from './figures.ts';
import { randomFile } from './random-file.ts';
import { MEMORY, throttledMedium } from './throttled-medium.ts';

const MIB = 1024 * 1024;
const SPEED = 400;
/**
 * Between two leaps on a medium: quicker than a hand on the slider. Without it what was read ahead for each place left would keep the medium busy, and the figure would
 * be that of the kernel's throttle.
 */
const LEAP_EVERY_MS = 25;

/** What a process of its own reads. */
export const readOrderSchema = z.object({
  /** A folder on the disk. */
  base: z.string(),
  sizeMib: z.int().min(1),
  rounds: z.int().min(1),
  seeks: z.int().min(1),
  /** Whether also from a medium of 400 MB/s. */
  medium: z.boolean(),
});
export type ReadOrder = z.infer<typeof readOrderSchema>;

/** Answers the figures; says each line as it has it. */
export async function readRounds({ base, sizeMib, rounds, seeks, medium }: ReadOrder) {
  const memory = await inMemory((folder) => fromMemory(base, folder, sizeMib, rounds, seeks));
  const throttled = medium ? await fromMedium(base, sizeMib, rounds, seeks) : null;
  const rssPeakMib = Math.round(process.resourceUsage().maxRSS / 1024);
  return { rssPeakMib, memory, medium: throttled };
}

/** A folder in memory: what only lies in the page cache is read from the disk again as soon as the kernel wants the room. */
async function inMemory<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(MEMORY, 'keyturn-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fromMemory(base: string, folder: string, sizeMib: number, rounds: number, seeks: number) {
  const copy = await copyIn(base, folder, sizeMib);
  const pool = new PiecePool();
  const times = { own: [] as number[], age: [] as number[], http: [] as number[] };
  const home = await playerOf(base, copy);
  for (let round = 0; round < rounds; round += 1) {
    times.age.push(await shellMs('age -d -i "$1" "$2" > /dev/null', [copy.slot, copy.content]));
    times.own.push(await wholeMs(copy.opened, pool));
    times.http.push(await home.wholeMs());
  }
  const seek = await seekMs(copy.opened, seeks, pool, 0);
  await copy.rest();
  await home.stop();
  const speed = (milliseconds: number): number => Math.round((sizeMib * MIB) / 1000 / milliseconds);
  const figures = {
    ratio: round3(median(times.age) / median(times.own)),
    mbPerSecond: speed(median(times.own)),
    slowestMbPerSecond: speed(Math.max(...times.own)),
    ageMbPerSecond: speed(median(times.age)),
    httpMbPerSecond: speed(median(times.http)),
    ...seek,
  };
  console.log(
    `from memory: age -d ${figures.ageMbPerSecond} MB/s, player ${figures.mbPerSecond} MB/s (slowest ${figures.slowestMbPerSecond}) = ${figures.ratio} × age, over HTTP ${figures.httpMbPerSecond} MB/s; a first piece at a random place p50 ${seek.seekP50Ms} ms, p99 ${seek.seekP99Ms} ms`,
  );
  return figures;
}

/** Null, and said so, where this machine makes no such medium or does not let its caches be dropped. */
async function fromMedium(base: string, sizeMib: number, rounds: number, seeks: number) {
  let medium: ReturnType<typeof throttledMedium>;
  try {
    await dropCaches();
    medium = throttledMedium(base, 'medium', (sizeMib * 1.25 + 64) * MIB, SPEED * 1e6);
  } catch (error) {
    console.log(`a medium of ${SPEED} MB/s: not on this machine (${String(error).split('\n')[0]})`);
    return null;
  }
  try {
    const copy = await copyIn(base, medium.folder, sizeMib);
    const pool = new PiecePool();
    const times = { own: [] as number[], cp: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      await dropCaches();
      times.cp.push(await shellMs('cp "$1" /dev/null', [copy.content]));
      await dropCaches();
      times.own.push(await wholeMs(copy.opened, pool));
    }
    await dropCaches();
    const seek = await seekMs(copy.opened, Math.min(seeks, sizeMib), pool, LEAP_EVERY_MS);
    await copy.rest();
    const cpRatio = round3(median(times.cp) / median(times.own));
    const speed = (milliseconds: number): number => Math.round((sizeMib * MIB) / 1000 / milliseconds);
    console.log(
      `from a medium of ${SPEED} MB/s: cp to /dev/null ${speed(median(times.cp))} MB/s, player ${speed(median(times.own))} MB/s = ${cpRatio} × cp; a first piece at a random place p50 ${seek.seekP50Ms} ms, p99 ${seek.seekP99Ms} ms`,
    );
    return { cpRatio, ...seek };
  } finally {
    medium.remove();
  }
}

const dropCaches = async (): Promise<void> => {
  await shellMs('sync', []);
  await writeFile('/proc/sys/vm/drop_caches', '1\n');
};

/** A copy on the stick below `folder`, opened as the player opens it. */
async function copyIn(base: string, folder: string, sizeMib: number) {
  const terminal = await benchTerminal();
  const file = join(base, 'source.bin');
  await randomFile(file, sizeMib);
  const root = await terminal.newStick(folder);
  const source = await openFileSource(file);
  const { copyId } = (await terminal.write(root, { source })).keyturn;
  await source.close();
  await rm(file);
  const [slot, content] = [join(root, slotFile(copyId)), join(root, contentFile(copyId))];
  const identity = await openSlot(await readFile(slot), null);
  const medium = await mountDirectory(root, { directReads: false });
  assert(identity.ok && medium !== null, 'the copy has its key');
  const range = mediumRange(medium, contentFile(copyId));
  const opened = await openContent(range.read, (await stat(content)).size, identity.value);
  assert(opened.ok, 'the copy opens');
  const { trust } = terminal;
  return { root, copyId, trust, slot, content, opened: opened.value, rest: range.rest };
}

/** All pieces, as the player's server sends them, to somebody who takes each at once. */
async function wholeMs(content: OpenContent, pool: PiecePool): Promise<number> {
  let bytes = 0;
  const nowhere: Outlet = {
    send: async (piece, free) => {
      bytes += piece.length;
      free();
      return true;
    },
  };
  const started = performance.now();
  const sent = await sendPieces(wantedFrom(content, 0), nowhere, pool);
  const took = performance.now() - started;
  assert(sent === 'sent' && bytes === content.plaintextBytes, 'all of it comes');
  return took;
}

const wantedFrom = (content: OpenContent, start: number) => ({
  ...{ content, start, end: content.plaintextBytes - 1 },
  mayServe: async () => true,
});

/** Chance gives at most 2^32, and a film may be longer. */
const anywhere = (random: Random, length: number): number => {
  const block = 4096;
  const from = random.below(Math.ceil(length / block)) * block;
  return from + random.below(Math.min(block, length - from));
};

/** From the wish for a place to the first piece that the player sends of it; then whoever asked goes away, as a page does that leaps on. */
async function seekMs(
  content: OpenContent,
  seeks: number,
  pool: PiecePool,
  pauseMs: number,
): Promise<{ readonly seekP50Ms: number; readonly seekP99Ms: number }> {
  const random = seededRandom(3);
  const times: number[] = [];
  for (let seek = 0; seek < seeks; seek += 1) {
    const wanted = wantedFrom(content, anywhere(random, content.plaintextBytes));
    const started = performance.now();
    const first: Outlet = {
      send: async (_piece, free) => {
        times.push(performance.now() - started);
        free();
        return false;
      },
    };
    await sendPieces(wanted, first, pool);
    assert(times.length === seek + 1, 'every place can be read');
    if (pauseMs > 0) await setTimeout(pauseMs);
  }
  return { seekP50Ms: round3(quantile(times, 0.5)), seekP99Ms: round3(quantile(times, 0.99)) };
}

/** The whole player over the stick, asked over HTTP by a program that only reads. */
async function playerOf(base: string, { root, copyId, trust }: Awaited<ReturnType<typeof copyIn>>) {
  const drive = await createDirectoryDrive({ name: 'home', clock: benchClock, where: async () => root });
  const player = await createPlayer({
    ...{ drive, trust, clock: benchClock, random: systemRandom, log: silentLog },
    ...{ folder: join(base, 'player'), uiFolder: base, host: '127.0.0.1', port: 0, name: 'bench', hub: null },
  });
  const { address } = await player.start();
  const opened = await player.open(copyId);
  assert(opened.ok, 'the player opens the copy');
  const { port } = new URL(address);
  return {
    wholeMs: async (): Promise<number> => {
      const started = performance.now();
      const { stdout } = await promisify(execFile)('bash', ['-c', TAKE, 'bash', port, opened.value.address]);
      const took = performance.now() - started;
      assert(Number(stdout) > opened.value.bytes, 'all of it comes');
      return took;
    },
    stop: async () => {
      drive.stop();
      await player.stop();
    },
  };
}

/** Says how many bytes came, head and content. */
const TAKE = [
  'exec 3<>"/dev/tcp/127.0.0.1/$1"',
  'printf "GET %s HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nConnection: close\\r\\n\\r\\n" "$2" >&3',
  'dd bs=1M <&3 2>&1 >/dev/null | sed -n "s/ bytes.*//p"',
].join('\n');
