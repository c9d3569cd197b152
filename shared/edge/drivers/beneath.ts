import { constants } from 'node:fs';
import { access, type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { fault, ok, type Result } from '#shared/kernel/result.ts';
import type { DriveFault } from '#shared/ports/media-drive.ts';

/** A folder that stays the same one whatever happens to the names above it. */
export interface HeldFolder {
  /** Path of an entry in it, good until `close`. */
  entry(name: string): string;
  close(): Promise<void>;
}

export interface RootPlace {
  readonly root: string;
  readonly device: number;
  readonly inode: number;
}

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const DESCRIPTORS = '/proc/self/fd';
let descriptors: Promise<boolean> | null = null;

/**
 * Walks from a medium's root to a folder in it, one level after the other, each opened without following links (`O_NOFOLLOW`) and below the one
 * before by its descriptor, so that no name can be exchanged between looking and opening. Another root at the path is `medium_pulled`; a
 * link, a file, or another file system mounted on the way is `medium_path_refused`. Errors of the system are thrown.
 *
 * Needs Linux's `/proc`; elsewhere the resolved path is compared with the wanted one, which a change in between could betray.
 */
export async function holdFolder(
  place: RootPlace,
  levels: readonly string[],
): Promise<Result<HeldFolder, DriveFault>> {
  descriptors ??= access(DESCRIPTORS).then(
    () => true,
    () => false,
  );
  return (await descriptors) ? byDescriptors(place, levels) : byName(place, levels);
}

async function byDescriptors(
  { root, device, inode }: RootPlace,
  levels: readonly string[],
): Promise<Result<HeldFolder, DriveFault>> {
  let held = await open(root, FOLDER);
  try {
    const top = await held.stat();
    if (top.dev !== device || top.ino !== inode) {
      await held.close();
      return fault('medium_pulled', 'this medium was pulled');
    }
    for (const level of levels) {
      const next = await open(`${DESCRIPTORS}/${held.fd}/${level}`, FOLDER);
      await held.close();
      held = next;
      if ((await held.stat()).dev !== device) {
        await held.close();
        return fault('medium_path_refused', 'another file system lies on the way');
      }
    }
  } catch (error) {
    await held.close().catch(() => undefined);
    throw error;
  }
  return ok(heldBy(held));
}

const heldBy = (folder: FileHandle): HeldFolder => ({
  entry: (name) => `${DESCRIPTORS}/${folder.fd}/${name}`,
  close: () => folder.close(),
});

async function byName(
  { root, device }: RootPlace,
  levels: readonly string[],
): Promise<Result<HeldFolder, DriveFault>> {
  const folder = join(root, ...levels);
  if ((await realpath(folder)) !== folder) return fault('medium_path_refused', 'a link lies on the way');
  if ((await lstat(folder)).dev !== device)
    return fault('medium_path_refused', 'another file system lies on the way');
  return ok({ entry: (name) => join(folder, name), close: async () => {} });
}
