import type { EditionId } from '#shared/kernel/ids.ts';

/** One edition's sealed bytes on the disk. Failures are rejections: the cache is no place of truth, it gives up and fetches again. */
export interface ContentFile {
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** Fills `into` completely or rejects. */
  read(offset: number, into: Uint8Array): Promise<void>;
  /** What was written survives a power cut. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Where sealed editions lie. Real: `drivers/content-files.ts`; memory: `memoryContentFiles`. */
export interface ContentFiles {
  /** Opens or makes the file of an edition. */
  open(edition: EditionId): Promise<ContentFile>;
  remove(edition: EditionId): Promise<void>;
  list(): Promise<readonly EditionId[]>;
}
