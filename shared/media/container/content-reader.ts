import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { CHUNK_BYTES, CIPHER_CHUNK_BYTES, LIMITS } from '../layout.ts';
import { type HeaderFault, openHeader } from './age-header.ts';
import { chunkRange, openChunk, PAYLOAD_NONCE_BYTES, payloadKey, plaintextBytesOf } from './payload.ts';
import { releaseBuffer } from './spent.ts';

const releaseRun = (run: Awaited<ReturnType<ReadRange>>): void => {
  if (run.ok) releaseBuffer(run.value);
};

/** A device answers one long question sooner than many short ones. */
const RUN_CHUNKS = 16;

export type ContentReadFault =
  | HeaderFault
  | Fault<'content_damaged' | 'content_truncated' | 'content_unreadable'>;

/** Reads bytes of the ciphertext file, which are the caller's own from then on; a failure of the device is `content_unreadable`. */
export type ReadRange = (
  offset: number,
  length: number,
) => Promise<Result<Uint8Array, Fault<'content_unreadable'>>>;

/** An opened age file. `read` never hands out a byte of the first damaged chunk it met, or of any chunk behind it (MED-2). */
export interface OpenContent {
  readonly plaintextBytes: number;
  readonly chunkCount: number;
  /** Fills `into` with plaintext from `offset` and answers how many bytes there were: fewer only at the end of the file. After a fault `into` is nobody's to show. */
  read(offset: number, into: Uint8Array): Promise<Result<number, ContentReadFault>>;
  /** Reads one chunk and says whether it is whole. */
  checkChunk(index: number): Promise<Result<void, ContentReadFault>>;
  /** The ciphertext of a chunk with its tag. */
  readSealed(index: number): Promise<Result<Uint8Array, ContentReadFault>>;
}

/**
 * Opens an age v1 file of `size` bytes with an identity (AGE-SECRET-KEY-1…): header, length, and the last chunk with its flag are checked
 * at once, so that a truncated or extended file is refused before its first byte is played.
 */
export async function openContent(
  readRange: ReadRange,
  size: number,
  identity: string,
): Promise<Result<OpenContent, ContentReadFault>> {
  const start = await readRange(0, Math.min(size, LIMITS.ageHeaderBytes));
  if (!start.ok) return start;
  const opened = await openHeader(start.value, identity);
  if (!opened.ok) return opened;
  const { fileKey, headerBytes } = opened.value;
  const payloadStart = headerBytes + PAYLOAD_NONCE_BYTES;
  const plaintextBytes = plaintextBytesOf(size - payloadStart);
  if (plaintextBytes === null) return fault('content_truncated', 'no age file has this length');
  const nonce = await readRange(headerBytes, PAYLOAD_NONCE_BYTES);
  if (!nonce.ok) return nonce;
  const reader = chunkReader(readRange, payloadStart, size - payloadStart, payloadKey(fileKey, nonce.value));
  const last = await reader.chunk(reader.chunkCount - 1, () => {});
  if (!last.ok) {
    return last.error.code === 'content_damaged'
      ? fault('content_truncated', 'the last chunk is not the end of this file')
      : last;
  }
  return ok({
    plaintextBytes,
    chunkCount: reader.chunkCount,
    read: (offset, into) => readPlain(reader, plaintextBytes, offset, into),
    checkChunk: reader.check,
    readSealed: reader.sealed,
  });
}

type ChunkReader = ReturnType<typeof chunkReader>;

function chunkReader(readRange: ReadRange, payloadStart: number, payloadBytes: number, key: Uint8Array) {
  const chunkCount = Math.max(1, Math.ceil(payloadBytes / (CHUNK_BYTES + 16)));
  let firstDamaged = Number.POSITIVE_INFINITY;
  let cached: { readonly index: number; readonly plaintext: Buffer } | null = null;
  /** The chunk behind the last run, and what is being read of the next one. */
  let next = -1;
  let ahead: {
    readonly index: number;
    readonly count: number;
    readonly bytes: ReturnType<ReadRange>;
  } | null = null;

  const sealed = async (index: number): Promise<Result<Uint8Array, ContentReadFault>> => {
    const range = chunkRange(payloadBytes, index);
    if (range === null) return fault('content_damaged', 'there is no such chunk', { chunk: index });
    const bytes = await readRange(payloadStart + range.offset, range.length);
    if (!bytes.ok) return bytes;
    return bytes.value.length === range.length
      ? bytes
      : fault('content_truncated', 'the file ends too early', { chunk: index });
  };
  const openOne = (index: number, bytes: Uint8Array): Result<Buffer, ContentReadFault> => {
    if (index >= firstDamaged) return damaged(firstDamaged);
    const plaintext = openChunk(key, index, index === chunkCount - 1, bytes);
    if (plaintext !== null) return ok(plaintext);
    firstDamaged = Math.min(firstDamaged, index);
    return damaged(index);
  };
  /** The chunk asked for last is kept: who reads in small steps asks for it again. */
  const chunk = async (
    index: number,
    take: (plaintext: Buffer) => void,
  ): Promise<Result<void, ContentReadFault>> => {
    if (index >= firstDamaged) return damaged(firstDamaged);
    if (cached?.index !== index) {
      const bytes = await sealed(index);
      if (!bytes.ok) return bytes;
      const plaintext = openOne(index, bytes.value);
      releaseBuffer(bytes.value);
      if (!plaintext.ok) return plaintext;
      if (cached !== null) releaseBuffer(cached.plaintext);
      cached = { index, plaintext: plaintext.value };
    }
    take(cached.plaintext);
    return ok(undefined);
  };
  const check = async (index: number): Promise<Result<void, ContentReadFault>> => {
    const bytes = await sealed(index);
    if (!bytes.ok) return bytes;
    const plaintext = openOne(index, bytes.value);
    releaseBuffer(bytes.value);
    if (!plaintext.ok) return plaintext;
    releaseBuffer(plaintext.value);
    return ok(undefined);
  };
  const ask = (index: number, count: number): ReturnType<ReadRange> => {
    const offset = index * CIPHER_CHUNK_BYTES;
    return readRange(
      payloadStart + offset,
      Math.min(count * CIPHER_CHUNK_BYTES, Math.max(0, payloadBytes - offset)),
    );
  };
  /** `count` sealed chunks from `index` on, or some more. Who reads from front to back has the device asked for the next run before this one is there: it is never idle. */
  const sealedRun = async (index: number, count: number): ReturnType<ReadRange> => {
    const onward = index === next;
    next = index + count;
    const known = ahead?.index === index && ahead.count >= count ? ahead.bytes : null;
    const bytes = known ?? ask(index, count);
    if (known === null && ahead !== null) void ahead.bytes.then(releaseRun);
    const further = onward ? Math.min(RUN_CHUNKS, chunkCount - next) : 0;
    ahead = further > 0 ? { index: next, count: further, bytes: ask(next, further) } : null;
    const asked = await bytes;
    return asked.ok || known === null ? asked : ask(index, count);
  };
  /** Plaintexts from `index` on, at most `count`: as many as one question of the device may bring. Whoever takes one copies it at once. */
  const run = async (
    index: number,
    count: number,
    take: (plaintext: Buffer) => void,
  ): Promise<Result<void, ContentReadFault>> => {
    const wanted = Math.min(count, RUN_CHUNKS, chunkCount - index, firstDamaged - index);
    if (wanted <= 1) return chunk(index, take);
    const bytes = await sealedRun(index, wanted);
    if (!bytes.ok) return bytes;
    const length = Math.min(wanted * CIPHER_CHUNK_BYTES, payloadBytes - index * CIPHER_CHUNK_BYTES);
    if (bytes.value.length < length)
      return fault('content_truncated', 'the file ends too early', { chunk: index });
    for (let at = 0; at < length; at += CIPHER_CHUNK_BYTES) {
      const opened = openOne(
        index + at / CIPHER_CHUNK_BYTES,
        bytes.value.subarray(at, at + CIPHER_CHUNK_BYTES),
      );
      if (!opened.ok) return opened;
      take(opened.value);
      releaseBuffer(opened.value);
    }
    releaseBuffer(bytes.value);
    return ok(undefined);
  };
  return { chunkCount, chunk, check, run, sealed };
}

const damaged = (index: number) =>
  fault('content_damaged', `chunk ${index} is not what was written`, { chunk: index });

async function readPlain(
  reader: ChunkReader,
  plaintextBytes: number,
  offset: number,
  into: Uint8Array,
): Promise<Result<number, ContentReadFault>> {
  const end = Math.min(plaintextBytes, offset + into.length);
  if (offset < 0 || offset >= end) return ok(0);
  for (let at = offset; at < end; ) {
    const index = Math.floor(at / CHUNK_BYTES);
    const run = await reader.run(index, Math.ceil(end / CHUNK_BYTES) - index, (plaintext) => {
      const from = at % CHUNK_BYTES;
      at += plaintext.copy(into, at - offset, from, Math.min(CHUNK_BYTES, from + end - at));
    });
    if (!run.ok) return run;
  }
  return ok(end - offset);
}
