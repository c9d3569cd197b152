import { SlotBook } from '#firmware-sim/media/controller/slot-book.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { openHeader } from '#shared/media/container/age-header.ts';
import { COPIES_FOLDER, contentFile, licenceFile, MEDIUM_FILE, slotFile } from '#shared/media/layout.ts';
import { openSlot } from '#shared/media/slot.ts';
import type { Stick } from '../world/sticks.ts';

export interface SeenCopy {
  readonly copyId: CopyId;
  /** Its key is there and opens its content. */
  readonly readable: boolean;
  /** Medium and copy still say what they are: a device that lied about sync may have lost either. */
  readonly named: boolean;
}

/** The key in a slot, for anybody or for one of these players; null: there is none. */
async function identityIn(slot: Uint8Array, players: readonly string[]): Promise<string | null> {
  for (const player of [null, ...players]) {
    const opened = await openSlot(slot, player);
    if (opened.ok) return opened.value;
    if (opened.error.code !== 'slot_not_for_this_player') return null;
  }
  return null;
}

/** What stands on a medium, as a thief with an age tool sees it; of a secure one, as one would who could look into its chip. */
export async function readCopies(medium: Stick): Promise<readonly SeenCopy[]> {
  const ids = new Set<string>();
  for (const path of medium.files.keys())
    if (path.startsWith(`${COPIES_FOLDER}/`))
      ids.add(path.slice(COPIES_FOLDER.length + 1).split('/')[0] ?? '');
  const book = medium.inside === undefined ? null : await SlotBook.read(medium.inside);
  const seen: SeenCopy[] = [];
  for (const id of [...ids].sort()) {
    const copyId = id as CopyId;
    const slot = book === null ? medium.files.get(slotFile(copyId)) : book.key(copyId)?.slot;
    const content = medium.files.get(contentFile(copyId));
    const identity = slot === undefined ? null : await identityIn(slot, medium.readers ?? []);
    const readable = identity !== null && content !== undefined && (await openHeader(content, identity)).ok;
    const named = [MEDIUM_FILE, licenceFile(copyId)].every(
      (path) => (medium.files.get(path)?.length ?? 0) > 0,
    );
    seen.push({ copyId, readable, named });
  }
  return seen;
}
