import { z } from 'zod';
import { assert } from '#shared/kernel/assert.ts';
import type { EditionId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { SourceFault } from '#shared/ports/byte-source.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Random } from '#shared/ports/random.ts';
import { count, editionId, instant, sha256Hex, titleId } from '#shared/protocol/primitives.ts';
import type { EditionManifest } from '#shared/protocol/terminal-api.ts';
import { type EdgeStore, type EdgeTransaction, table } from '../store.ts';
import type { ContentFault, OpenContent } from './cache.ts';
import type { ContentFile, ContentFiles } from './files.ts';
import {
  newEditionKey,
  openChunk,
  SEAL_BYTES,
  sealChunk,
  sealedOffset,
  unwrapEditionKey,
  wrapEditionKey,
} from './sealed.ts';

const editions = table(
  'content',
  z.object({
    editionId,
    titleId,
    bytes: count,
    sha256: sha256Hex,
    chunkBytes: z.int().min(1),
    /** Chunks that are on the disk for certain. */
    chunks: count,
    totalChunks: count,
    wrappedKey: z.string().max(200),
    usedAt: instant,
  }),
);
export type Shelved = z.infer<typeof editions.schema>;

export interface ShelfDeps {
  readonly store: EdgeStore;
  readonly files: ContentFiles;
  /** The key under which editions' keys are wrapped; null while no lease runs. */
  cacheKey(): Uint8Array | null;
  readonly clock: Clock;
  readonly random: Random;
}

/** How many chunks are written between two durable notes of the progress. */
const NOTE_EVERY = 16;

/** An edition that is being written, chunk after chunk. */
export interface ShelfWriter {
  readonly nextChunk: number;
  /** Takes the chunk `nextChunk`, already checked. */
  write(plain: Uint8Array): Promise<void>;
  /** Notes the progress; whatever was written survives. */
  close(): Promise<void>;
}

/** Sealed editions on the disk with their rows in the store. */
export interface Shelf {
  all(): readonly Shelved[];
  get(edition: EditionId): Shelved | null;
  /** Begins an edition or goes on where it stood; rejects where the disk refuses. `cache_key_foreign`: sealed under another key, must be dropped first. */
  writer(
    title: Shelved['titleId'],
    manifest: EditionManifest,
  ): Promise<Result<ShelfWriter, Fault<'cache_key_foreign' | 'content_lease_over'>>>;
  open(edition: EditionId): Promise<Result<OpenContent, ContentFault>>;
  /** Wraps the keys of all editions under another key; the content is not touched. */
  rewrap(tx: EdgeTransaction, from: Uint8Array, to: Uint8Array): void;
  drop(edition: EditionId): Promise<void>;
  /** Forgets rows without file and files without row; rejects where the disk does not say what there is. */
  reconcile(): Promise<void>;
  isOpen(edition: EditionId): boolean;
}

export const isComplete = (one: Shelved): boolean => one.chunks === one.totalChunks;

export function createShelf(deps: ShelfDeps): Shelf {
  const { store, files } = deps;
  const readers = new Map<EditionId, number>();
  const put = (row: Shelved): void => store.transaction((tx) => tx.put(editions, row.editionId, row));
  const get = (edition: EditionId): Shelved | null => store.get(editions, edition);

  const begin = (title: Shelved['titleId'], manifest: EditionManifest, cacheKey: Uint8Array): Shelved => {
    const row: Shelved = {
      editionId: manifest.editionId,
      titleId: title,
      bytes: manifest.bytes,
      sha256: manifest.sha256,
      chunkBytes: manifest.chunkBytes,
      chunks: 0,
      totalChunks: manifest.chunks.length,
      wrappedKey: newEditionKey(cacheKey, manifest.editionId, deps.random).wrapped,
      usedAt: deps.clock.now(),
    };
    put(row);
    return row;
  };

  const over = () => fault('content_lease_over', 'the hub was away for too long');
  /** The row as it is now: a rotation may have wrapped its key anew meanwhile. */
  const change = (row: Shelved, part: Partial<Shelved>): void =>
    put({ ...(get(row.editionId) ?? row), ...part });

  const writer: Shelf['writer'] = async (title, manifest) => {
    const cacheKey = deps.cacheKey();
    if (cacheKey === null) return over();
    const known = get(manifest.editionId);
    const fits = known?.sha256 === manifest.sha256 && known.chunkBytes === manifest.chunkBytes;
    const row = known !== null && fits ? known : begin(title, manifest, cacheKey);
    const key = unwrapEditionKey(cacheKey, row.editionId, row.wrappedKey);
    if (key === null) return fault('cache_key_foreign', 'sealed under another key');
    const file = await files.open(row.editionId).catch((error: unknown) => {
      key.fill(0);
      throw error;
    });
    let written = row.chunks;
    const note = async (): Promise<void> => {
      await file.sync();
      change(row, { chunks: written, usedAt: deps.clock.now() });
    };
    return ok({
      get nextChunk() {
        return written;
      },
      write: async (plain) => {
        const sealed = sealChunk(key, row.editionId, written, plain);
        await file.write(sealedOffset(written, row.chunkBytes), sealed);
        written += 1;
        if (written % NOTE_EVERY === 0 || written === row.totalChunks) await note();
      },
      close: async () => {
        key.fill(0);
        if (get(row.editionId) !== null) await note();
        await file.close();
      },
    });
  };

  return {
    all: () => store.list(editions).map(({ value }) => value),
    get,
    writer,
    isOpen: (edition) => (readers.get(edition) ?? 0) > 0,
    open: async (edition) => {
      const cacheKey = deps.cacheKey();
      if (cacheKey === null) return over();
      const row = get(edition);
      if (row === null || !isComplete(row)) return fault('content_absent', 'not here, or not complete');
      const key = unwrapEditionKey(cacheKey, edition, row.wrappedKey);
      if (key === null) return fault('content_damaged', 'sealed under another key');
      const file = await files.open(edition).catch(() => null);
      if (file === null) {
        key.fill(0);
        return fault('content_absent', 'the disk does not give it');
      }
      readers.set(edition, (readers.get(edition) ?? 0) + 1);
      change(row, { usedAt: deps.clock.now() });
      return ok(
        reader(row, key, file, {
          closed: () => {
            const left = (readers.get(edition) ?? 0) - 1;
            if (left > 0) readers.set(edition, left);
            else readers.delete(edition);
          },
          // Nothing of it is believed any more: it is fetched again from its first chunk.
          damaged: () => change(row, { chunks: 0 }),
        }),
      );
    },
    rewrap: (tx, from, to) => {
      for (const { key: name, value } of tx.list(editions)) {
        const key = unwrapEditionKey(from, value.editionId, value.wrappedKey);
        if (key === null) continue;
        tx.put(editions, name, {
          ...value,
          wrappedKey: wrapEditionKey(to, value.editionId, key, deps.random),
        });
        key.fill(0);
      }
    },
    drop: async (edition) => {
      store.transaction((tx) => tx.remove(editions, edition));
      // What the disk keeps all the same has no row any more, and goes at the next start.
      await files.remove(edition).catch(() => undefined);
    },
    reconcile: async () => {
      const there = new Set(await files.list());
      for (const { key, value } of store.list(editions))
        if (!there.has(value.editionId)) store.transaction((tx) => tx.remove(editions, key));
      for (const edition of there)
        if (get(edition) === null) await files.remove(edition).catch(() => undefined);
    },
  };
}

/** Plain bytes at any offset, one read after the other; what is asked for chunk by chunk is deciphered where it is wanted, else the last chunk is kept. */
function reader(
  row: Shelved,
  key: Uint8Array,
  file: ContentFile,
  on: { closed(): void; damaged(): void },
): OpenContent {
  const record = new Uint8Array(row.chunkBytes + SEAL_BYTES);
  const kept = { index: -1, plain: new Uint8Array(0) };
  let turn: Promise<unknown> = Promise.resolve();
  let open = true;

  const decipher = async (index: number, into: Uint8Array): Promise<boolean> => {
    const sealed = record.subarray(0, into.length + SEAL_BYTES);
    await file.read(sealedOffset(index, row.chunkBytes), sealed);
    return openChunk(key, row.editionId, index, sealed, into);
  };
  const keep = async (index: number, length: number): Promise<boolean> => {
    if (kept.index === index) return true;
    if (kept.plain.length !== length) kept.plain = new Uint8Array(length);
    kept.index = -1;
    if (!(await decipher(index, kept.plain))) return false;
    kept.index = index;
    return true;
  };
  /** Fills `into` from `offset` on as far as one chunk goes; answers how far, or null where it is damaged. */
  const part = async (index: number, offset: number, into: Uint8Array): Promise<number | null> => {
    const length = Math.min(row.chunkBytes, row.bytes - index * row.chunkBytes);
    if (offset === 0 && into.length >= length)
      return (await decipher(index, into.subarray(0, length))) ? length : null;
    if (!(await keep(index, length))) return null;
    const bytes = kept.plain.subarray(offset, offset + into.length);
    into.set(bytes);
    return bytes.length;
  };
  const fill = async (offset: number, into: Uint8Array): Promise<Result<void, SourceFault>> => {
    try {
      for (let done = 0; done < into.length; ) {
        const index = Math.floor((offset + done) / row.chunkBytes);
        const taken = await part(index, offset + done - index * row.chunkBytes, into.subarray(done));
        if (taken === null) {
          on.damaged();
          return fault('source_changed', `chunk ${index} is not what was sealed`);
        }
        done += taken;
      }
      return ok(undefined);
    } catch (error) {
      return fault('source_unavailable', error instanceof Error ? error.message : 'cannot be read');
    }
  };

  return {
    bytes: row.bytes,
    read: (offset, into) => {
      assert(offset >= 0 && offset + into.length <= row.bytes, 'nobody reads beyond an edition');
      const filled = turn.then(() => fill(offset, into));
      turn = filled;
      return filled;
    },
    close: async () => {
      if (!open) return;
      open = false;
      await turn;
      key.fill(0);
      kept.plain.fill(0);
      on.closed();
      await file.close();
    },
  };
}
