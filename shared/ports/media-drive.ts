import type { Fault, Result } from '#shared/kernel/result.ts';

/**
 * One port of a terminal into which a customer puts a medium.
 * Implementations: mounted directory (`shared/edge/drivers`), simulated drive with power, tears and lies (`firmware-sim/media`).
 * All paths are relative to the medium's root, use `/`, and must stay below `KEYTURN/` (MED-4); implementations
 * refuse anything else and never follow links.
 */
export interface MediaDrive {
  readonly name: string;
  /** The medium that is in the drive now, or null. A medium pulled and put back is another `MountedMedium`. */
  current(): MountedMedium | null;
  /** How often since the start the device failed to read or write (`medium_io_error`); absent: this drive does not count. */
  readonly ioErrors?: () => number;
  /** Calls back on insertion and removal; returns how to stop. */
  watch(listener: (medium: MountedMedium | null) => void): () => void;
  /**
   * Takes power off the port and puts it on again (or the strongest substitute), so that what is read afterwards comes from
   * the device. Answers the medium as it is then and which kind of read-back that was (RET-3).
   */
  powerCycle(): Promise<Result<{ medium: MountedMedium; readBack: ReadBackKind }, DriveFault>>;
}

/** How strongly a read after writing proves what is on the device; stands in the receipt (RET-3). */
export type ReadBackKind = 'power-cycle' | 'remount' | 'direct-io' | 'cache-dropped';

export type DriveFaultCode =
  | 'medium_missing'
  | 'medium_pulled'
  | 'medium_full'
  | 'medium_read_only'
  | 'medium_file_too_large'
  | 'medium_io_error'
  | 'medium_path_refused'
  | 'medium_file_missing';
export type DriveFault = Fault<DriveFaultCode>;

export interface MediumSpace {
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** Largest file that the file system can hold, in bytes (FAT32: 4 GiB − 1). */
  readonly largestFileBytes: number;
}

/**
 * The way to the controller of a secure medium (SEC-5): one message there, one answer back, 1 to `CONTROLLER_FRAME_BYTES` each. What the
 * messages say is `shared/media/controller`; a drive only carries them, and need not be trusted with them (MS-20).
 */
export interface SecureController {
  transceive(message: Uint8Array): Promise<Result<Uint8Array, DriveFault>>;
}
export const CONTROLLER_FRAME_BYTES = 16 * 1024;

export interface MountedMedium {
  /** Null: a plain medium, whose keys lie in files. */
  readonly controller: SecureController | null;
  readonly fileSystem: string;
  /** True where overwriting in place does not reach the same blocks (btrfs, …): such a medium cannot be rented onto (MED-3). */
  readonly copiesOnWrite: boolean;
  readonly readOnly: boolean;
  /** False from the moment the medium was pulled or its power was cut; every call then answers `medium_pulled`. */
  present(): boolean;
  space(): Promise<Result<MediumSpace, DriveFault>>;
  list(path: string): Promise<Result<readonly string[], DriveFault>>;
  stat(path: string): Promise<Result<{ readonly bytes: number } | null, DriveFault>>;
  /** Reads a whole small file; longer than `limitBytes` is `medium_io_error`, absent is null. */
  readSmall(path: string, limitBytes: number): Promise<Result<Uint8Array | null, DriveFault>>;
  /** Writes beside, syncs, renames over, syncs the directory: old or new is there, never half. */
  replaceSmall(path: string, bytes: Uint8Array): Promise<Result<void, DriveFault>>;
  /** Overwrites bytes of an existing file in place and syncs: the same blocks where the file system does so. */
  overwrite(path: string, offset: number, bytes: Uint8Array): Promise<Result<void, DriveFault>>;
  makeDirectory(path: string): Promise<Result<void, DriveFault>>;
  remove(path: string): Promise<Result<void, DriveFault>>;
  /** A large file to be read piece by piece; its name is looked up and judged once (MED-4). The caller closes it. */
  openLarge(path: string): Promise<Result<LargeFileReader, DriveFault>>;
  /** A large file written once, front to back. See `LargeFileWriter`. */
  createLarge(path: string, totalBytes: number): Promise<Result<LargeFileWriter, DriveFault>>;
}

export interface LargeFileReader {
  /** Fills `into` with what stands at `offset` and answers how many bytes there were: fewer only at the end of the file. Reads may overlap in time. */
  read(offset: number, into: Uint8Array): Promise<Result<number, DriveFault>>;
  close(): Promise<void>;
}

export interface LargeFileWriter {
  /** Takes the bytes (copied before the call returns its promise's resolution); order of calls is order in the file. */
  write(bytes: Uint8Array): Promise<Result<void, DriveFault>>;
  /** Everything is on the device and the name is there. */
  finish(): Promise<Result<void, DriveFault>>;
  /** Gives up: nothing of the file remains visible. */
  abort(): Promise<void>;
}
