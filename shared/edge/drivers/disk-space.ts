import { mkdirSync, statfsSync } from 'node:fs';

/** Size and free space, in bytes, of the file system on which `folder` lies; the folder is made when it is missing. */
export function diskSpaceOf(folder: string): { readonly totalBytes: number; readonly freeBytes: number } {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { bsize, blocks, bavail } = statfsSync(folder);
  return { totalBytes: bsize * blocks, freeBytes: bsize * bavail };
}
