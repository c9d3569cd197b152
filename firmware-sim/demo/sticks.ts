import { cp, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControllerChip } from '#firmware-sim/media/controller/secure-controller.ts';
import { folderMedium, type SimulatedMedium, withChip } from '#firmware-sim/media/medium-backing.ts';
import type { MediumKind } from '#firmware-sim/panel/contract.ts';
import { markOf } from '#shared/media/slot.ts';
import { limitedMedium, type MediumLimits } from './limited-medium.ts';

/** One medium of the demo: a folder, possibly with something wrong about it. */
export interface Stick {
  readonly name: string;
  readonly kind: MediumKind;
  readonly owner: string | null;
  readonly folder: string;
  readonly medium: SimulatedMedium;
}

/** Room on the small stick: for every title of the demo but its largest. */
export const SMALL_STICK_BYTES = 4_500_000;

/** Media with something to show, beside the members' own (MED-3). */
const SPECIAL: readonly {
  readonly name: string;
  readonly kind: MediumKind;
  readonly limits?: MediumLimits;
}[] = [
  { name: 'blank', kind: 'blank' },
  { name: 'foreign', kind: 'foreign' },
  { name: 'full', kind: 'full', limits: { freeBytes: 0 } },
  { name: 'small', kind: 'small', limits: { freeBytes: SMALL_STICK_BYTES } },
  { name: 'read-only', kind: 'read-only', limits: { readOnly: true } },
  // As FAT32 at 4 GiB, but where the demo's small films meet it.
  { name: 'small-files', kind: 'small-files', limits: { fileSystem: 'vfat', largestFileBytes: 1_000_000 } },
  { name: 'secure', kind: 'secure' },
  { name: 'copies-on-write', kind: 'copies-on-write', limits: { fileSystem: 'btrfs', copiesOnWrite: true } },
];

/** Every medium of the demo below `folder`, made where it is missing. `foreign` is the stick of another fleet, as a folder to copy; `makeChip` opens the controller of a secure one. */
export async function openSticks(
  folder: string,
  owners: readonly { readonly slug: string; readonly name: string }[],
  foreign: string,
  makeChip: (folder: string) => Promise<ControllerChip>,
): Promise<readonly Stick[]> {
  const own = owners.map(({ slug, name }) => ({
    name: slug,
    kind: 'member' as const,
    owner: name,
    limits: undefined,
  }));
  const special = SPECIAL.map(({ name, kind, limits }) => ({ name, kind, owner: null, limits }));
  return Promise.all(
    [...own, ...special].map(async ({ name, kind, owner, limits }) => {
      const path = join(folder, name);
      await mkdir(path, { recursive: true });
      if (kind === 'foreign' && (await readdir(path)).length === 0)
        await cp(foreign, path, { recursive: true });
      const plain = folderMedium(name, path);
      // The chip's inside lies beside the media: no drive shows it.
      const chip = kind === 'secure' ? await makeChip(join(folder, '..', 'controllers', name)) : null;
      const built = chip === null ? plain : withChip(plain, chip);
      return {
        name,
        kind,
        owner,
        folder: path,
        medium: limits === undefined ? built : limitedMedium(built, limits),
      };
    }),
  );
}

/** How many copies on a stick still have their key, and how many had it destroyed. Looks at the slots themselves. */
export async function countCopies(stick: Stick): Promise<{ readonly open: number; readonly spent: number }> {
  const slots = await stick.medium.chip?.inside();
  if (slots !== undefined)
    return {
      open: slots.filter(({ state }) => state === 'key').length,
      spent: slots.filter(({ state }) => state === 'destroyed').length,
    };
  const copies = join(stick.folder, 'KEYTURN', 'copies');
  const names = await readdir(copies).catch(() => []);
  let open = 0;
  let spent = 0;
  for (const name of names) {
    const slot = await readFile(join(copies, name, 'slot.age')).catch(() => null);
    if (slot === null || slot.length === 0) continue;
    const mark = markOf(slot);
    if (mark === null) open += 1;
    else if (mark.mark === 'DESTROYED') spent += 1;
  }
  return { open, spent };
}
