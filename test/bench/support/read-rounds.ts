import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { openFileSource } from '#shared/edge/drivers/file-source.ts';
import { mountDirectory } from '#shared/edge/drivers/mounted-directory.ts';
import { assert } from '#shared/kernel/assert.ts';
import { type OpenContent, openContent } from '#shared/media/container/content-reader.ts';
import { contentFile, slotFile } from '#shared/media/layout.ts';
import { mediumRange } from '#shared/media/medium-range.ts';
import { openSlot } from '#shared/media/slot.ts';
import { benchTerminal } from './bench-terminal.ts';
import { median, quantile, round3, shellMs } from './figures.ts';
import { randomFile } from './random-file.ts';
import { MEMORY, throttledMedium } from './throttled-medium.ts';

const MIB = 1024 * 1024;
/** What the player's server asks for at once. */
const PIECE = MIB;
const SPEED = 400;

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
  const times = { own: [] as number[], age: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    times.age.push(await shellMs('age -d -i "$1" "$2" > /dev/null', [copy.slot, copy.content]));
    times.own.push(await wholeMs(copy.opened));
  }
  const seek = await seekMs(copy.opened, seeks);
  await copy.rest();
  const speed = (milliseconds: number): number => Math.round((sizeMib * MIB) / 1000 / milliseconds);
  const figures = {
    ratio: round3(median(times.age) / median(times.own)),
    mbPerSecond: speed(median(times.own)),
    ageMbPerSecond: speed(median(times.age)),
    ...seek,
  };
  console.log(
    `from memory: age -d ${figures.ageMbPerSecond} MB/s, player ${figures.mbPerSecond} MB/s = ${figures.ratio} × age; a piece at a random place p50 ${seek.seekP50Ms} ms, p99 ${seek.seekP99Ms} ms`,
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
    const times = { own: [] as number[], cp: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      await dropCaches();
      times.cp.push(await shellMs('cp "$1" /dev/null', [copy.content]));
      await dropCaches();
      times.own.push(await wholeMs(copy.opened));
    }
    await dropCaches();
    const seek = await seekMs(copy.opened, Math.min(seeks, sizeMib));
    await copy.rest();
    const cpRatio = round3(median(times.cp) / median(times.own));
    const speed = (milliseconds: number): number => Math.round((sizeMib * MIB) / 1000 / milliseconds);
    console.log(
      `from a medium of ${SPEED} MB/s: cp to /dev/null ${speed(median(times.cp))} MB/s, player ${speed(median(times.own))} MB/s = ${cpRatio} × cp; a piece at a random place p50 ${seek.seekP50Ms} ms, p99 ${seek.seekP99Ms} ms`,
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
  return { slot, content, opened: opened.value, rest: range.rest };
}

async function wholeMs(content: OpenContent): Promise<number> {
  const started = performance.now();
  for (let at = 0; at < content.plaintextBytes; at += PIECE) {
    const piece = await content.read(at, PIECE);
    assert(
      piece.ok && piece.value.length === Math.min(PIECE, content.plaintextBytes - at),
      'all of it comes',
    );
  }
  return performance.now() - started;
}

/** From the wish for a place to the first piece that the player can hand out. */
async function seekMs(
  content: OpenContent,
  seeks: number,
): Promise<{ readonly seekP50Ms: number; readonly seekP99Ms: number }> {
  const random = seededRandom(3);
  const times: number[] = [];
  for (let seek = 0; seek < seeks; seek += 1) {
    const at = random.below(content.plaintextBytes);
    const started = performance.now();
    // A page asks from a place to the end; the server answers up to the next whole piece first.
    const piece = await content.read(at, PIECE - (at % PIECE));
    assert(piece.ok && piece.value.length > 0, 'every place can be read');
    times.push(performance.now() - started);
  }
  return { seekP50Ms: round3(quantile(times, 0.5)), seekP99Ms: round3(quantile(times, 0.99)) };
}
