import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { createShelf, type Shelf } from '#shared/edge/content/shelf.ts';
import { contentFiles } from '#shared/edge/drivers/content-files.ts';
import { openFileSource } from '#shared/edge/drivers/file-source.ts';
import { openLibsqlStore } from '#shared/edge/drivers/libsql-store.ts';
import { aStock } from '#shared/edge/testing/a-bundle.ts';
import { assert } from '#shared/kernel/assert.ts';
import { freshIdentity } from '#shared/media/container/age-header.ts';
import type { MediaProgress } from '#shared/media/orders.ts';
import type { ByteSource } from '#shared/ports/byte-source.ts';
import { benchClock, benchTerminal } from './bench-terminal.ts';
import { median, shellMs } from './figures.ts';

const MIB = 1024 * 1024;

/** What a process of its own writes: the rivals and the product in turns, so that a busy neighbour hits all of them. */
export const writeOrderSchema = z.object({
  job: z.literal('write'),
  /** The plain file. */
  file: z.string(),
  /** Folders on the media; more than one: written side by side, and the first alone for comparison. */
  media: z.array(z.string()).min(1),
  /** Where the kiosk's cache lies (`fillCache`); null: the source is the plain file. */
  cache: z.string().nullable(),
  rounds: z.int().min(1),
  verification: z.enum(['sampled', 'full']),
});
export type WriteOrder = z.infer<typeof writeOrderSchema>;

/** The plain file, sealed into a kiosk's cache. */
export const fillOrderSchema = z.object({ job: z.literal('fill'), file: z.string(), cache: z.string() });
export type FillOrder = z.infer<typeof fillOrderSchema>;

/** Milliseconds are medians of wall time; processor seconds are this process's own, per 10⁹ bytes written. */
export const writeResultSchema = z.object({
  cpMs: z.number(),
  ageMs: z.number(),
  writeMs: z.number(),
  /** Until the content is on the medium, before licence, key and verification. */
  contentMs: z.number(),
  /** Side by side: the slowest of those at once. Null with one medium. */
  togetherMs: z.number().nullable(),
  cpuSecondsPerGb: z.number(),
  rssBeforeMib: z.number(),
  rssPeakMib: z.number(),
});
export type WriteResult = z.infer<typeof writeResultSchema>;

export async function writeRounds(order: WriteOrder): Promise<WriteResult> {
  const terminal = await benchTerminal();
  const open = sourceOf(order);
  const { recipient } = await freshIdentity();
  const [first = ''] = order.media;
  const rssBefore = process.memoryUsage.rss();
  const peak = watchRss();
  const times = { cp: [] as number[], age: [] as number[], write: [] as number[], content: [] as number[] };
  const together: number[] = [];
  const cpu: number[] = [];
  const write = async (folder: string): Promise<{ readonly total: number; readonly content: number }> => {
    const root = await terminal.newStick(folder);
    const source = await open();
    let content = 0;
    const progress = ({ phase }: MediaProgress): void => {
      if (phase === 'key') content = performance.now();
    };
    const { verification } = order;
    const started = performance.now();
    await terminal.write(root, { source, verification, progress });
    const total = performance.now() - started;
    await source.close();
    await rm(root, { recursive: true });
    return { total, content: content - started };
  };
  for (let round = 0; round < order.rounds; round += 1) {
    times.cp.push(await rival(first, 'cp "$1" "$2"', [order.file]));
    times.age.push(await rival(first, 'age -r "$3" -o "$2" "$1"', [order.file, recipient]));
    const before = process.cpuUsage();
    const { total, content } = await write(first);
    const { user, system } = process.cpuUsage(before);
    cpu.push((user + system) / 1e6);
    times.write.push(total);
    times.content.push(content);
    if (order.media.length > 1)
      together.push(Math.max(...(await Promise.all(order.media.map(write))).map((each) => each.total)));
  }
  const source = await open();
  const gigabytes = source.bytes / 1e9;
  await source.close();
  return {
    cpMs: median(times.cp),
    ageMs: median(times.age),
    writeMs: median(times.write),
    contentMs: median(times.content),
    togetherMs: together.length === 0 ? null : median(together),
    cpuSecondsPerGb: median(cpu) / gigabytes,
    rssBeforeMib: rssBefore / MIB,
    rssPeakMib: peak() / MIB,
  };
}

const CACHE_KEY = new Uint8Array(32).fill(7);

/** The kiosk's cache (CNT-1) in a folder: sealed content and its rows in a store of production, under a key that both processes know. */
function shelfIn(folder: string): { readonly shelf: Shelf; close(): void } {
  const store = openLibsqlStore(join(folder, 'store.db'), () => 'epoch-1');
  const shelf = createShelf({
    ...{ store, files: contentFiles(join(folder, 'content')), clock: benchClock, random: seededRandom(7) },
    cacheKey: () => CACHE_KEY,
  });
  return { shelf, close: () => store.close() };
}

/** Seals the plain file into the cache through its own writer: in a process of its own, whose memory nobody measures. */
export async function fillCache({ file, cache }: FillOrder): Promise<void> {
  const { shelf, close } = shelfIn(cache);
  const plain = await openFileSource(file);
  const chunks = Array.from({ length: Math.ceil(plain.bytes / MIB) }, () => '0'.repeat(64));
  const { title, manifest } = aStock(1, 1);
  const edition = { ...manifest, bytes: plain.bytes, chunkBytes: MIB, chunks };
  const writer = await shelf.writer(title.titleId, edition);
  assert(writer.ok, 'the cache takes the edition');
  for (let at = 0; at < plain.bytes; at += MIB) {
    const piece = new Uint8Array(Math.min(MIB, plain.bytes - at));
    await plain.read(at, piece);
    await writer.value.write(piece);
  }
  await writer.value.close();
  await plain.close();
  close();
}

type Source = ByteSource & { close(): Promise<void> };

/** The plain file, or the same content out of the cache. */
function sourceOf({ file, cache }: WriteOrder): () => Promise<Source> {
  if (cache === null) return () => openFileSource(file);
  const { shelf } = shelfIn(cache);
  return async () => {
    const [edition] = shelf.all();
    assert(edition !== undefined, 'the cache was filled');
    const opened = await shelf.open(edition.editionId);
    assert(opened.ok, 'the cache has the edition');
    return opened.value;
  };
}

/** A shell's way onto the same medium, with its sync; `$1` is the file, `$2` what it becomes. */
async function rival(folder: string, command: string, args: readonly string[]): Promise<number> {
  const [file = '', ...rest] = args;
  const out = join(folder, 'rival.bin');
  const took = await shellMs(`${command} && sync "$2"`, [file, out, ...rest]);
  await rm(out);
  return took;
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
