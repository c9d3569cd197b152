import { access, constants, statfs } from 'node:fs/promises';
import { errnoOf } from './drive-errors.ts';

interface Kind {
  readonly name: string;
  /** Overwriting in place leaves the old bytes elsewhere: copy on write, or a log. */
  readonly copiesOnWrite?: true;
  readonly largestFileBytes?: number;
}

/** Magic numbers of statfs(2). */
const KINDS: ReadonlyMap<number, Kind> = new Map<number, Kind>([
  [0xef53, { name: 'ext4' }],
  [0x4d44, { name: 'vfat', largestFileBytes: 2 ** 32 - 1 }],
  [0x2011bab0, { name: 'exfat' }],
  [0x5346544e, { name: 'ntfs' }],
  [0x7366746e, { name: 'ntfs3' }],
  [0x58465342, { name: 'xfs' }],
  [0x01021994, { name: 'tmpfs' }],
  [0x794c7630, { name: 'overlay' }],
  [0x65735546, { name: 'fuse' }],
  [0x9123683e, { name: 'btrfs', copiesOnWrite: true }],
  [0xf2f52010, { name: 'f2fs', copiesOnWrite: true }],
  [0x2fc12fc1, { name: 'zfs', copiesOnWrite: true }],
  [0xca451a4e, { name: 'bcachefs', copiesOnWrite: true }],
]);

export interface FileSystemFacts {
  readonly fileSystem: string;
  readonly copiesOnWrite: boolean;
  readonly readOnly: boolean;
  readonly largestFileBytes: number;
}

/** What the file system below a path can do. Rejects with the system's error where the path is not there. */
export async function fileSystemFacts(root: string): Promise<FileSystemFacts> {
  const { type } = await statfs(root);
  const kind = KINDS.get(type) ?? { name: `unknown-${type.toString(16)}` };
  const readOnly = await access(root, constants.W_OK).then(
    () => false,
    (error: unknown) => ['EROFS', 'EACCES', 'EPERM'].includes(errnoOf(error)),
  );
  return {
    fileSystem: kind.name,
    copiesOnWrite: kind.copiesOnWrite === true,
    readOnly,
    largestFileBytes: kind.largestFileBytes ?? Number.MAX_SAFE_INTEGER,
  };
}
