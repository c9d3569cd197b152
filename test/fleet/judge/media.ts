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
  /** Which of these players its key is for, by their age identities; of one that anybody may take, none is named. */
  readonly readers: readonly string[];
}

interface Key {
  /** Null: there is none, or not for them. */
  readonly identity: string | null;
  readonly readers: readonly string[];
}
const NO_KEY: Key = { identity: null, readers: [] };

/** The key in a slot, for anybody or for some of these players. */
async function keyIn(slot: Uint8Array, players: readonly string[]): Promise<Key> {
  const open = await openSlot(slot, null);
  if (open.ok) return { identity: open.value, readers: [] };
  if (open.error.code !== 'slot_not_for_this_player') return NO_KEY;
  let found = NO_KEY;
  for (const player of players) {
    const opened = await openSlot(slot, player);
    if (opened.ok) found = { identity: opened.value, readers: [...found.readers, player] };
  }
  return found;
}

/** Every copy of which something stands on a medium. */
export function copyIdsOn({ files }: Stick): readonly CopyId[] {
  const ids = new Set<string>();
  for (const path of files.keys())
    if (path.startsWith(`${COPIES_FOLDER}/`))
      ids.add(path.slice(COPIES_FOLDER.length + 1).split('/')[0] ?? '');
  return [...ids].sort() as CopyId[];
}

/** What stands on a medium, as a thief with an age tool sees it; of a secure one, as one would who could look into its chip. */
export async function readCopies(medium: Stick): Promise<readonly SeenCopy[]> {
  const book = medium.inside === undefined ? null : await SlotBook.read(medium.inside);
  const seen: SeenCopy[] = [];
  for (const copyId of copyIdsOn(medium)) {
    const slot = book === null ? medium.files.get(slotFile(copyId)) : book.key(copyId)?.slot;
    const content = medium.files.get(contentFile(copyId));
    const key = slot === undefined ? NO_KEY : await keyIn(slot, medium.readers ?? []);
    const { identity, readers } = key;
    const readable = identity !== null && content !== undefined && (await openHeader(content, identity)).ok;
    const named = [MEDIUM_FILE, licenceFile(copyId)].every(
      (path) => (medium.files.get(path)?.length ?? 0) > 0,
    );
    seen.push({ copyId, readable, named, readers });
  }
  return seen;
}
