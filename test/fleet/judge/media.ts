import type { MemoryMedium } from '#firmware-sim/media/medium-backing.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { openHeader } from '#shared/media/container/age-header.ts';
import { COPIES_FOLDER, contentFile, licenceFile, MEDIUM_FILE, slotFile } from '#shared/media/layout.ts';
import { openSlot } from '#shared/media/slot.ts';

export interface SeenCopy {
  readonly copyId: CopyId;
  /** Its key is there and opens its content. */
  readonly readable: boolean;
  /** Medium and copy still say what they are: a device that lied about sync may have lost either. */
  readonly named: boolean;
}

/** What stands on a medium, as a thief with an age tool sees it. */
export async function readCopies(medium: MemoryMedium): Promise<readonly SeenCopy[]> {
  const ids = new Set<string>();
  for (const path of medium.files.keys())
    if (path.startsWith(`${COPIES_FOLDER}/`))
      ids.add(path.slice(COPIES_FOLDER.length + 1).split('/')[0] ?? '');
  const seen: SeenCopy[] = [];
  for (const id of [...ids].sort()) {
    const copyId = id as CopyId;
    const slot = medium.files.get(slotFile(copyId));
    const content = medium.files.get(contentFile(copyId));
    const opened = slot === undefined ? null : await openSlot(slot, null);
    const readable =
      opened?.ok === true && content !== undefined && (await openHeader(content, opened.value)).ok;
    const named = [MEDIUM_FILE, licenceFile(copyId)].every(
      (path) => (medium.files.get(path)?.length ?? 0) > 0,
    );
    seen.push({ copyId, readable, named });
  }
  return seen;
}
