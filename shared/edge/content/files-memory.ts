import type { EditionId } from '#shared/kernel/ids.ts';
import type { ContentFiles } from './files.ts';

/** Sealed editions in memory, for tests and the simulated fleet. `bytesOf` shows what would lie on the disk. */
export function memoryContentFiles(): ContentFiles & { bytesOf(edition: EditionId): Uint8Array } {
  const files = new Map<EditionId, Uint8Array>();
  return {
    bytesOf: (edition) => files.get(edition) ?? new Uint8Array(),
    list: async () => [...files.keys()],
    remove: async (edition) => {
      files.delete(edition);
    },
    open: async (edition) => {
      files.set(edition, files.get(edition) ?? new Uint8Array());
      return {
        write: async (offset, bytes) => {
          const before = files.get(edition) ?? new Uint8Array();
          const after = new Uint8Array(Math.max(before.length, offset + bytes.length));
          after.set(before);
          after.set(bytes, offset);
          files.set(edition, after);
        },
        read: async (offset, into) => {
          const held = files.get(edition) ?? new Uint8Array();
          if (offset + into.length > held.length) throw new Error('beyond the end');
          into.set(held.subarray(offset, offset + into.length));
        },
        sync: async () => {},
        close: async () => {},
      };
    },
  };
}
