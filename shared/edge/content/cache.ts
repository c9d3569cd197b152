import type { EditionId, TitleId } from '#shared/kernel/ids.ts';
import type { Fault, Result } from '#shared/kernel/result.ts';
import type { ByteSource } from '#shared/ports/byte-source.ts';

export type ContentState = 'absent' | 'waiting' | 'fetching' | 'ready' | 'failed';

export interface ContentProgress {
  readonly titleId: TitleId;
  /** Null when the bundle has no such title. */
  readonly editionId: EditionId | null;
  readonly state: ContentState;
  /** Bytes here and checked, of `totalBytes`. */
  readonly bytes: number;
  readonly totalBytes: number;
  /** Measured over the last seconds; null before the first figure. */
  readonly bytesPerSecond: number | null;
  /** The stated wait (CNT-1), also for what stands before it; null when it cannot be said. */
  readonly secondsLeft: number | null;
  /** Why it failed last. */
  readonly fault: Fault | null;
}

export type ContentFault = Fault<'content_absent' | 'content_lease_over' | 'content_damaged'>;

/** An edition opened for reading; `close` gives it free for eviction. */
export interface OpenContent extends ByteSource {
  close(): Promise<void>;
}

/** The kiosk's store of editions: fetched ahead of demand, encrypted at rest under a key that a lease of the hub brings (CNT-1, SEC-3). */
export interface ContentCache {
  progress(titleId: TitleId): ContentProgress;
  /** A customer wants it now: goes before everything that is only wanted. `title_unknown` when the bundle has no such title. */
  request(titleId: TitleId): Result<ContentProgress, Fault<'title_unknown' | 'storage_short'>>;
  /** Plain bytes of an edition that is here. `content_lease_over`: 72 h without the hub, no new rental from it. */
  open(editionId: EditionId): Promise<Result<OpenContent, ContentFault>>;
  /** False while no lease of the hub runs: nothing is read, offered or fetched. */
  leased(): boolean;
  /** Titles that are here completely and may be read. */
  ready(): readonly TitleId[];
  totals(): { readonly bytes: number; readonly titles: number; readonly fetching: number };
  /** Calls back when a state or progress changed; returns how to stop. */
  watch(listener: () => void): () => void;
}
