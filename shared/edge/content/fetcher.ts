import { createHash } from 'node:crypto';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EditionManifest } from '#shared/protocol/terminal-api.ts';
import type { HubClient } from '../hub-client.ts';
import type { Shelf } from './shelf.ts';
import type { WantedEdition } from './want.ts';

export type FetchFault =
  | Fault<
      'hub_away' | 'content_manifest_wrong' | 'content_chunk_wrong' | 'storage_io_error' | 'fetch_interrupted'
    >
  | Fault;

export interface FetchDeps {
  readonly hub: Pick<HubClient, 'manifest' | 'content'>;
  readonly shelf: Shelf;
  /** Called after each chunk with the bytes that are here now. */
  progress(bytes: number): void;
}

/** How often one chunk may come wrong before the edition is given up for now. */
const TRIES = 3;

/**
 * Fetches an edition from where it stands to its end (CNT-1): each chunk is asked for by its range and checked against the manifest's
 * SHA-256 before it is sealed and written; the next one is on its way meanwhile. What is here stays when it breaks off.
 */
export async function fetchEdition(
  deps: FetchDeps,
  wanted: WantedEdition,
  signal: AbortSignal,
): Promise<Result<void, FetchFault>> {
  const answered = await deps.hub.manifest(wanted.editionId);
  if (!answered.ok) return answered;
  const manifest = answered.value;
  const wrong = manifestFault(manifest, wanted);
  if (wrong !== null) return fault('content_manifest_wrong', wrong);
  const opened = await deps.shelf.writer(wanted.titleId, manifest).catch(notWritten);
  if (!opened.ok && opened.error.code === 'storage_io_error') return opened;
  if (!opened.ok) {
    await deps.shelf.drop(wanted.editionId);
    return opened;
  }
  const writer = opened.value;
  const ask = (index: number): ReturnType<typeof chunkOf> | null =>
    index < manifest.chunks.length ? chunkOf(deps.hub, manifest, index, signal) : null;
  try {
    let coming = ask(writer.nextChunk);
    while (coming !== null) {
      const chunk = await coming;
      if (!chunk.ok) return signal.aborted ? fault('fetch_interrupted', 'something else goes first') : chunk;
      if (signal.aborted) return fault('fetch_interrupted', 'something else goes first');
      coming = ask(writer.nextChunk + 1);
      await writer.write(chunk.value);
      deps.progress(Math.min(manifest.bytes, writer.nextChunk * manifest.chunkBytes));
    }
    return ok(undefined);
  } catch (error) {
    return notWritten(error);
  } finally {
    await writer.close().catch(() => {});
  }
}

const notWritten = (error: unknown) =>
  fault('storage_io_error', error instanceof Error ? error.message : 'cannot be written');

async function chunkOf(
  hub: Pick<HubClient, 'content'>,
  manifest: EditionManifest,
  index: number,
  signal: AbortSignal,
): Promise<Result<Uint8Array, FetchFault>> {
  const offset = index * manifest.chunkBytes;
  const length = Math.min(manifest.chunkBytes, manifest.bytes - offset);
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const answered = await hub.content(manifest.editionId, offset, length, signal);
    if (!answered.ok) return answered;
    if (createHash('sha256').update(answered.value).digest('hex') === manifest.chunks[index]) return answered;
  }
  return fault('content_chunk_wrong', `chunk ${index} is not what the manifest says`);
}

function manifestFault(manifest: EditionManifest, wanted: WantedEdition): string | null {
  if (manifest.editionId !== wanted.editionId) return 'manifest of another edition';
  if (manifest.bytes !== wanted.bytes || manifest.sha256 !== wanted.sha256)
    return 'manifest and catalogue differ';
  const chunks = Math.ceil(manifest.bytes / manifest.chunkBytes);
  return manifest.chunks.length === chunks ? null : `${manifest.chunks.length} hashes for ${chunks} chunks`;
}
