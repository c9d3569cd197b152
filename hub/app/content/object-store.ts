import type { Fault, Result } from '#shared/kernel/result.ts';

export type ObjectFault = Fault<
  'object_missing' | 'object_too_large' | 'object_hash_mismatch' | 'object_cut_off' | 'storage_full'
>;

/** What a finished upload turned out to be. */
export interface StoredObject {
  readonly objectId: string;
  readonly bytes: number;
  /** SHA-256 of the content as it was sent, hex. */
  readonly sha256: string;
  /** SHA-256 of every `chunkBytes` of it, the last one shorter (CNT-1). */
  readonly chunks: readonly string[];
  readonly chunkBytes: number;
  /** The first bytes, for telling what kind of file it is. */
  readonly head: Uint8Array;
}

export interface PutOptions {
  readonly limitBytes: number;
  /** What the sender says of it; null: unknown. A difference leaves nothing behind. */
  readonly expectedSha256: string | null;
  readonly expectedBytes: number | null;
}

/**
 * Large content by an opaque id. Implementations: a folder (`folder-store.ts`); S3-compatible ones fit the same shape.
 * Nothing is visible under its id before it is complete, hashed and durable.
 */
export interface ObjectStore {
  /** Streams content in. Faults: larger than the limit, other than announced, or ended before it was whole. */
  put(
    objectId: string,
    content: AsyncIterable<Uint8Array>,
    options: PutOptions,
  ): Promise<Result<StoredObject, ObjectFault>>;
  /** Bytes `from` (inclusive) until `until` (exclusive) as a stream of blocks. */
  read(
    objectId: string,
    from: number,
    until: number,
  ): Promise<Result<AsyncIterable<Uint8Array>, ObjectFault>>;
  stat(objectId: string): Promise<{ readonly bytes: number } | null>;
  remove(objectId: string): Promise<void>;
}
