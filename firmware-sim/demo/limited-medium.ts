import type { SimulatedMedium } from '#firmware-sim/media/medium-backing.ts';
import { fault, ok, type Result } from '#shared/kernel/result.ts';
import type {
  DriveFault,
  LargeFileReader,
  LargeFileWriter,
  MediumSpace,
  MountedMedium,
} from '#shared/ports/media-drive.ts';

/** What is wrong with a medium of the demo, so that its trouble can be seen (MED-3). */
export interface MediumLimits {
  readonly fileSystem?: string;
  readonly readOnly?: boolean;
  readonly copiesOnWrite?: boolean;
  /** Free space that is left, in bytes. */
  readonly freeBytes?: number;
  /** Largest file that its file system holds, in bytes. */
  readonly largestFileBytes?: number;
}

/** The medium behind `inner`, with limits. */
export const limitedMedium = (inner: SimulatedMedium, limits: MediumLimits): SimulatedMedium => ({
  ...inner,
  open: async () => new LimitedMedium(await inner.open(), limits),
});

class LimitedMedium implements MountedMedium {
  readonly controller = null;
  readonly fileSystem: string;
  readonly copiesOnWrite: boolean;
  readonly readOnly: boolean;
  readonly #inner: MountedMedium;
  readonly #limits: MediumLimits;

  constructor(inner: MountedMedium, limits: MediumLimits) {
    this.#inner = inner;
    this.#limits = limits;
    this.fileSystem = limits.fileSystem ?? inner.fileSystem;
    this.copiesOnWrite = limits.copiesOnWrite ?? inner.copiesOnWrite;
    this.readOnly = limits.readOnly ?? inner.readOnly;
  }

  present(): boolean {
    return this.#inner.present();
  }

  async space(): Promise<Result<MediumSpace, DriveFault>> {
    const space = await this.#inner.space();
    if (!space.ok) return space;
    const { freeBytes = space.value.freeBytes, largestFileBytes = space.value.largestFileBytes } =
      this.#limits;
    return ok({ ...space.value, freeBytes, largestFileBytes });
  }

  list(path: string): Promise<Result<readonly string[], DriveFault>> {
    return this.#inner.list(path);
  }

  stat(path: string): Promise<Result<{ readonly bytes: number } | null, DriveFault>> {
    return this.#inner.stat(path);
  }

  readSmall(path: string, limitBytes: number): Promise<Result<Uint8Array | null, DriveFault>> {
    return this.#inner.readSmall(path, limitBytes);
  }

  openLarge(path: string): Promise<Result<LargeFileReader, DriveFault>> {
    return this.#inner.openLarge(path);
  }

  async replaceSmall(path: string, bytes: Uint8Array): Promise<Result<void, DriveFault>> {
    return this.#refused(bytes.length) ?? this.#inner.replaceSmall(path, bytes);
  }

  async overwrite(path: string, offset: number, bytes: Uint8Array): Promise<Result<void, DriveFault>> {
    return this.#refused(0) ?? this.#inner.overwrite(path, offset, bytes);
  }

  async makeDirectory(path: string): Promise<Result<void, DriveFault>> {
    return this.#refused(0) ?? this.#inner.makeDirectory(path);
  }

  async remove(path: string): Promise<Result<void, DriveFault>> {
    return this.#refused(0) ?? this.#inner.remove(path);
  }

  async createLarge(path: string, totalBytes: number): Promise<Result<LargeFileWriter, DriveFault>> {
    if (totalBytes > (this.#limits.largestFileBytes ?? Number.MAX_SAFE_INTEGER))
      return fault('medium_file_too_large', `${this.fileSystem} cannot hold a file of ${totalBytes} bytes`);
    return this.#refused(totalBytes) ?? this.#inner.createLarge(path, totalBytes);
  }

  #refused(bytes: number): ReturnType<typeof fault<'medium_read_only' | 'medium_full'>> | null {
    if (this.readOnly) return fault('medium_read_only', 'the medium is read-only');
    const { freeBytes } = this.#limits;
    return freeBytes !== undefined && bytes > freeBytes ? fault('medium_full', 'no room is left') : null;
  }
}
