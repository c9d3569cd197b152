import type { Fault, Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';

/** A backup that stands whole on its disk. */
export interface Backup {
  readonly name: string;
  readonly madeAt: EpochMs;
  /** Of the sealed file, without the library beside it. */
  readonly bytes: number;
  /** Of the sealed file, hex. */
  readonly sha256: string;
  /** Rows of the database in it. */
  readonly rows: number;
}

/** Backups as the settings want them (OPS-2). */
export interface Backups {
  /** Newest first; empty where none are made. */
  list(): Promise<readonly Backup[]>;
  /** Makes one now, behind one that is being made. Staff hear of a failure, and of its end. */
  make(): Promise<Result<Backup, Fault<'backup_off' | 'backup_failed'>>>;
  /** Makes one where the newest is too old; answers how many. */
  tend(): Promise<number>;
}
