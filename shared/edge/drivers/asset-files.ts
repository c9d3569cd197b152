import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '#shared/kernel/assert.ts';
import type { AssetFiles } from '../assets.ts';

/** Assets as files of one folder, named by their SHA-256. A disk that refuses only costs asking the hub again. */
export function assetFiles(folder: string): AssetFiles {
  const beingWritten = `.${process.pid}.new`;
  const path = (sha256: string): string => {
    assert(/^[0-9a-f]{64}$/.test(sha256), 'an asset is named by its SHA-256');
    return join(folder, sha256);
  };
  return {
    read: (sha256) => readFile(path(sha256)).catch(() => null),
    write: async (sha256, bytes) => {
      const beside = `${path(sha256)}${beingWritten}`;
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await writeFile(beside, bytes, { mode: 0o600 });
        await rename(beside, path(sha256));
      } catch {
        await rm(beside, { force: true }).catch(() => {});
      }
    },
    keepOnly: async (names) => {
      for (const name of await readdir(folder).catch(() => []))
        if (!names.has(name) && !name.endsWith(beingWritten))
          await rm(join(folder, name), { force: true }).catch(() => {});
    },
  };
}
