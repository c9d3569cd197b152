import { constants } from 'node:fs';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '#shared/kernel/assert.ts';
import { type EditionId, UUID_PATTERN } from '#shared/kernel/ids.ts';
import type { ContentFiles } from '../content/files.ts';

const SUFFIX = '.sealed';

/** Sealed editions as files of one folder, named by edition. */
export function contentFiles(folder: string): ContentFiles {
  const path = (edition: EditionId): string => {
    assert(UUID_PATTERN.test(edition), 'an edition is named by a UUID');
    return join(folder, `${edition}${SUFFIX}`);
  };
  return {
    open: async (edition) => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = await open(path(edition), constants.O_RDWR | constants.O_CREAT, 0o600);
      return {
        write: async (offset, bytes) => {
          for (let done = 0; done < bytes.length; ) {
            const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done);
            done += bytesWritten;
          }
        },
        read: async (offset, into) => {
          for (let done = 0; done < into.length; ) {
            const { bytesRead } = await file.read(into, done, into.length - done, offset + done);
            if (bytesRead === 0) throw new Error('the sealed file ends too early');
            done += bytesRead;
          }
        },
        sync: () => file.datasync(),
        close: () => file.close(),
      };
    },
    remove: (edition) => rm(path(edition), { force: true }),
    list: async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      return (await readdir(folder))
        .filter((name) => name.endsWith(SUFFIX))
        .map((name) => name.slice(0, -SUFFIX.length))
        .filter((name): name is EditionId => UUID_PATTERN.test(name));
    },
  };
}
