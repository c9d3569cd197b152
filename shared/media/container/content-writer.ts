import { createHash } from 'node:crypto';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { ByteSource, SourceFault } from '#shared/ports/byte-source.ts';
import type { ChunkHash } from '#shared/ports/copy-intents.ts';
import type { DriveFault, LargeFileWriter } from '#shared/ports/media-drive.ts';
import { CHUNK_BYTES, MAX_CHUNKS } from '../layout.ts';
import { createHeader } from './age-header.ts';
import { chunksOf, cipherBytesOf, PAYLOAD_NONCE_BYTES, payloadKey, sealChunk } from './payload.ts';
import { releaseBuffer } from './spent.ts';

/** Read ahead in pieces of this size: two of them are all that is held, whatever the file's length. */
const PIECE_BYTES = 1024 * 1024;

/** An age file about to be written: its total length is known before its first byte. */
export interface ContentPlan {
  readonly head: Uint8Array;
  readonly key: Uint8Array;
  readonly plaintextBytes: number;
  readonly chunkCount: number;
  readonly totalBytes: number;
}

/** Plans an age v1 file for one recipient; `nonce` are 16 fresh random bytes. */
export async function planContent(
  recipient: string,
  plaintextBytes: number,
  nonce: Uint8Array,
): Promise<Result<ContentPlan, Fault<'medium_file_too_large'>>> {
  const chunkCount = chunksOf(plaintextBytes);
  if (chunkCount > MAX_CHUNKS) return fault('medium_file_too_large', 'a copy has at most 1 TiB');
  const { header, fileKey } = await createHeader([recipient]);
  const head = Buffer.concat([header, nonce.subarray(0, PAYLOAD_NONCE_BYTES)]);
  return ok({
    head,
    key: payloadKey(fileKey, nonce.subarray(0, PAYLOAD_NONCE_BYTES)),
    plaintextBytes,
    chunkCount,
    totalBytes: head.length + cipherBytesOf(plaintextBytes),
  });
}

export type ContentFault = DriveFault | SourceFault | Fault<'write_aborted' | 'medium_too_slow'>;

export interface ContentOptions {
  /** Chunks whose ciphertext hash is wanted. */
  readonly hashChunks: ReadonlySet<number>;
  /** Called after each MiB with plaintext bytes done; a fault ends the write (abort, too slow). */
  readonly onProgress: (bytesDone: number) => Result<void, Fault<'write_aborted' | 'medium_too_slow'>>;
}

/** Streams source → cipher → writer. Does not finish or abort the writer: that is the order's decision. */
export async function streamContent(
  plan: ContentPlan,
  source: ByteSource,
  writer: LargeFileWriter,
  options: ContentOptions,
): Promise<Result<readonly ChunkHash[], ContentFault>> {
  const hashes: ChunkHash[] = [];
  const started = await writer.write(plan.head);
  if (!started.ok) return started;
  const pieces = pieceReader(source);
  for (let offset = 0; offset === 0 || offset < plan.plaintextBytes; offset += PIECE_BYTES) {
    const piece = await pieces.next(offset);
    if (!piece.ok) return piece;
    const written = await writePiece(plan, piece.value, offset / CHUNK_BYTES, writer, options, hashes);
    if (!written.ok) return written;
    const going = options.onProgress(Math.min(offset + piece.value.length, plan.plaintextBytes));
    if (!going.ok) return going;
  }
  return ok(hashes);
}

async function writePiece(
  plan: ContentPlan,
  piece: Uint8Array,
  firstIndex: number,
  writer: LargeFileWriter,
  options: ContentOptions,
  hashes: ChunkHash[],
): Promise<Result<void, ContentFault>> {
  for (let at = 0; at === 0 || at < piece.length; at += CHUNK_BYTES) {
    const index = firstIndex + at / CHUNK_BYTES;
    const plaintext = piece.subarray(at, at + CHUNK_BYTES);
    const { body, tag } = sealChunk(plan.key, index, index === plan.chunkCount - 1, plaintext);
    if (options.hashChunks.has(index)) {
      hashes.push({ index, sha256: createHash('sha256').update(body).update(tag).digest('hex') });
    }
    const bodyDone = await writer.write(body);
    if (!bodyDone.ok) return bodyDone;
    const tagDone = await writer.write(tag);
    if (!tagDone.ok) return tagDone;
    releaseBuffer(body);
  }
  return ok(undefined);
}

/** Reads one piece ahead of the one being sealed, in two buffers that are used in turn. */
function pieceReader(source: ByteSource) {
  const buffers = [new Uint8Array(PIECE_BYTES), new Uint8Array(PIECE_BYTES)] as const;
  const read = async (offset: number): Promise<Result<Uint8Array, SourceFault>> => {
    const buffer = buffers[(offset / PIECE_BYTES) % 2 === 0 ? 0 : 1];
    const into = buffer.subarray(0, Math.max(0, Math.min(PIECE_BYTES, source.bytes - offset)));
    if (into.length === 0) return ok(into);
    const done = await source.read(offset, into);
    return done.ok ? ok(into) : done;
  };
  let ahead: Promise<Result<Uint8Array, SourceFault>> | null = null;
  return {
    next: async (offset: number): Promise<Result<Uint8Array, SourceFault>> => {
      const piece = await (ahead ?? read(offset));
      ahead = piece.ok && offset + PIECE_BYTES < source.bytes ? read(offset + PIECE_BYTES) : null;
      return piece;
    },
  };
}
