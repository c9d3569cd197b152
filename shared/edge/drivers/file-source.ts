import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { fault, ok } from '#shared/kernel/result.ts';
import type { ByteSource } from '#shared/ports/byte-source.ts';

/** A file of the terminal's own disk as a source. `close` when done. A file that shrinks meanwhile is `source_changed`. */
export async function openFileSource(path: string): Promise<ByteSource & { close(): Promise<void> }> {
  const file = await open(path, constants.O_RDONLY);
  const { size } = await file.stat();
  return {
    bytes: size,
    read: async (offset, into) => {
      try {
        for (let done = 0; done < into.length; ) {
          const { bytesRead } = await file.read(into, done, into.length - done, offset + done);
          if (bytesRead === 0) return fault('source_changed', 'the file became shorter');
          done += bytesRead;
        }
        return ok(undefined);
      } catch {
        return fault('source_unavailable', 'the file cannot be read');
      }
    },
    close: () => file.close(),
  };
}
