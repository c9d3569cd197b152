import { fault, ok, type Result } from '#shared/kernel/result.ts';
import type { DriveFault, LargeFileReader, MountedMedium } from '#shared/ports/media-drive.ts';
import type { ReadRange } from './container/content-reader.ts';

/** Ranges of one file of a medium, for the container's readers. */
export interface MediumRange {
  readonly read: ReadRange;
  /**
   * Lets the file go, so that nothing keeps the medium from being taken out; as soon as no read is under way. A later read opens it again. Whoever has read what
   * it wanted calls this.
   */
  rest(): Promise<void>;
}

/** The file is opened by the first read and stays open until `rest`: a look-up of its name for each chunk would cost more than the chunk. */
export function mediumRange(medium: MountedMedium, path: string): MediumRange {
  let opened: Promise<Result<LargeFileReader, DriveFault>> | null = null;
  let reading = 0;
  let resting = false;

  const letGo = async (): Promise<void> => {
    if (!resting || reading > 0 || opened === null) return;
    const last = opened;
    opened = null;
    resting = false;
    const reader = await last;
    if (reader.ok) await reader.value.close();
  };
  const fill = async (offset: number, length: number): Promise<Result<Uint8Array, DriveFault>> => {
    opened ??= medium.openLarge(path);
    const reader = await opened;
    if (!reader.ok) {
      opened = null;
      return reader;
    }
    const bytes = Buffer.allocUnsafe(length);
    const read = await reader.value.read(offset, bytes);
    return read.ok ? ok(bytes.subarray(0, read.value)) : read;
  };

  return {
    read: async (offset, length) => {
      reading += 1;
      resting = false;
      try {
        const bytes = await fill(offset, length);
        return bytes.ok ? bytes : fault('content_unreadable', bytes.error.message);
      } finally {
        reading -= 1;
        await letGo();
      }
    },
    rest: async () => {
      resting = true;
      await letGo();
    },
  };
}
