import type { Fault, Result } from '#shared/kernel/result.ts';

export type SourceFault = Fault<'source_unavailable' | 'source_changed'>;

/**
 * Bytes of known length that can be read at any offset: a file, an edition in the store.
 * `shared/edge/drivers/file-source.ts` reads a file; `bytesSource` (`shared/media/bytes-source.ts`) reads memory.
 */
export interface ByteSource {
  readonly bytes: number;
  /** Fills `into` from `offset` completely (the caller never asks beyond `bytes`), or fails. */
  read(offset: number, into: Uint8Array): Promise<Result<void, SourceFault>>;
}
