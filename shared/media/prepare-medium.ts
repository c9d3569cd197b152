import type { CopyId, MediumId, RentalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { ClearedReturn } from '#shared/ports/copy-intents.ts';
import type { MountedMedium } from '#shared/ports/media-drive.ts';
import { cipherBytesOf } from './container/payload.ts';
import { type LoadedCopy, loadCopy, loadIdentity } from './copy-files.ts';
import { listCopies } from './inspect-medium.ts';
import { journalBytes } from './journal.ts';
import {
  COPIES_FOLDER,
  contentFile,
  copyFolder,
  extrasFile,
  JOURNAL_FILE,
  LIMITS,
  MEDIUM_FILE,
  PLAYERS_FOLDER,
  SLOT_BYTES,
  STATE_BYTES,
} from './layout.ts';
import { type MediumIdentity, mediumIdentitySchema } from './medium-identity.ts';
import type { MediaDeps, MediumTrouble, WriteCopyInput } from './orders.ts';
import { signJws } from './signing.ts';
import { provenId, slotPlaceOf } from './slot-place.ts';
import { removeKeyless, removeSpent } from './wipe-copy.ts';

/** Room for all small files of a copy, of the medium, and for what file systems round up. */
const OVERHEAD_BYTES = 256 * 1024 + journalBytes + SLOT_BYTES + STATE_BYTES;

export interface PreparedMedium {
  readonly medium: MountedMedium;
  readonly identity: MediumIdentity;
  /** True: the identity is not on the medium yet. */
  readonly fresh: boolean;
  /** Copies without a key, of which this write clears something away. */
  readonly spent: readonly SpentCopy[];
}

/** `all`: nothing of it stays (MS-19); `content`: its signed records stay. */
export interface SpentCopy {
  readonly copyId: CopyId;
  readonly goes: 'all' | 'content';
  /** Of a copy that was returned. */
  readonly returned: RentalId | null;
}

/** Every reason to refuse a medium before anything is recorded, charged or written (MED-3). */
export async function judgeMedium(
  deps: MediaDeps,
  input: WriteCopyInput,
): Promise<Result<PreparedMedium, MediumTrouble | Fault<'copy_exists'>>> {
  const medium = deps.drive.current();
  if (medium === null) return fault('medium_missing', 'no medium in the drive');
  if (medium.readOnly) return fault('medium_read_only', 'the medium cannot be written');
  if (medium.copiesOnWrite)
    return fault('medium_copies_on_write', `${medium.fileSystem} does not overwrite in place`);
  const present = await loadIdentity(medium, deps.trust);
  if (!present.ok) return present;
  const proven = await provenId(medium, deps.trust);
  if (!proven.ok) return proven;
  if ((proven.value === null ? 'plain' : 'secure') !== input.mediumClass)
    return fault('medium_swapped', `this is no ${input.mediumClass} medium`);
  const identity = present.value ?? newIdentity(deps, input, proven.value);
  const room = await slotPlaceOf(deps, medium).room();
  if (!room.ok) return room;
  const copies = await listCopies(medium);
  if (!copies.ok) return copies;
  if (copies.value.includes(input.copyId))
    return fault('copy_exists', 'this copy id is on the medium already');
  const reclaimable = await measureReclaimable(deps, medium, present.value, copies.value);
  if (!reclaimable.ok) return reclaimable;
  const { bytes, spent } = reclaimable.value;
  const leaving = spent.filter(({ goes }) => goes === 'all').length;
  if (copies.value.length - leaving >= LIMITS.copies)
    return fault('medium_too_many_copies', `a medium holds at most ${LIMITS.copies} copies`);
  const space = await medium.space();
  if (!space.ok) return space;
  const needed = cipherBytesOf(input.source.bytes) + LIMITS.ageHeaderBytes;
  if (needed > space.value.largestFileBytes)
    return fault('medium_file_too_large', `${medium.fileSystem} holds no file of ${needed} bytes`, {
      neededBytes: needed,
      largestFileBytes: space.value.largestFileBytes,
    });
  const freeBytes = space.value.freeBytes + bytes;
  if (needed + OVERHEAD_BYTES > freeBytes)
    return fault('medium_full', 'not enough room', { neededBytes: needed + OVERHEAD_BYTES, freeBytes });
  return ok({ medium, identity, fresh: present.value === null, spent });
}

function newIdentity(deps: MediaDeps, input: WriteCopyInput, proven: MediumId | null): MediumIdentity {
  return mediumIdentitySchema.parse({
    version: 1,
    mediumId: proven ?? input.newMedium.mediumId,
    fleetId: deps.trust.fleetId,
    mediumClass: input.mediumClass,
    accessKey: input.newMedium.accessKey,
    issuedAt: deps.clock.now(),
    terminal: deps.signer.id,
  });
}

const SPENT = new Set(['returned', 'void', 'unfinished']);

/** Bytes that clearing away makes free, and of which copies; one of which nothing is left to clear is not among them. */
async function measureReclaimable(
  deps: MediaDeps,
  medium: MountedMedium,
  identity: MediumIdentity | null,
  copies: readonly CopyId[],
): Promise<Result<{ readonly bytes: number; readonly spent: readonly SpentCopy[] }, MediumTrouble>> {
  const found: LoadedCopy[] = [];
  for (const copyId of copies) {
    const copy = await loadCopy(medium, identity, copyId, deps.trust);
    if (!copy.ok) return copy;
    if (SPENT.has(copy.value.condition)) found.push(copy.value);
  }
  const gone = leavingOf(found);
  const spent = found
    .filter((copy) => gone.has(copy) || copy.contentBytes > 0)
    .map(
      (copy): SpentCopy => ({
        copyId: copy.copyId,
        goes: gone.has(copy) ? 'all' : 'content',
        returned: returnedRental(copy),
      }),
    );
  return ok({ bytes: found.reduce((sum, { contentBytes }) => sum + contentBytes, 0), spent });
}

const returnedRental = ({ condition, licence, state }: LoadedCopy): RentalId | null =>
  condition === 'returned' ? (licence?.keyturn.rentalId ?? state?.rentalId ?? null) : null;

/** Returns of which nothing stays on the medium once this write has cleared it. */
export const clearedReturns = ({ spent }: PreparedMedium): ClearedReturn[] =>
  spent.flatMap(({ copyId, goes, returned }) =>
    goes === 'all' && returned !== null ? [{ copyId, rentalId: returned }] : [],
  );

/** Those of which nothing stays: they never had a key, or there are enough later ones whose end is proven here. The latest are those whose end a terminal signed last. */
function leavingOf(spent: readonly LoadedCopy[]): ReadonlySet<LoadedCopy> {
  const unfinished = spent.filter(({ condition }) => condition === 'unfinished');
  const proven = spent
    .filter(({ condition }) => condition !== 'unfinished')
    .sort((a, b) => (b.state?.at ?? 0) - (a.state?.at ?? 0));
  return new Set([...unfinished, ...proven.slice(LIMITS.spentCopies)]);
}

/**
 * Frees the content of copies that hold no key any more; the signed records of the latest returns stay as evidence (MS-19). Called after the INTENT, with
 * which the hub is told of those that go (RET-2), and with what was found when the medium was judged. Only that is looked at again, right before it goes: a
 * medium that was swapped since, or a copy that has a key after all, loses nothing.
 */
export async function reclaimSpace(
  deps: MediaDeps,
  { medium, identity, spent }: PreparedMedium,
): Promise<Result<void, MediumTrouble>> {
  for (const { copyId, goes } of spent) {
    const copy = await loadCopy(medium, identity, copyId, deps.trust);
    if (!copy.ok) return copy;
    const { condition } = copy.value;
    if (!SPENT.has(condition)) continue;
    if (condition === 'unfinished') await removeKeyless(medium, copyId);
    else {
      const removed =
        goes === 'all' ? await removeSpent(medium, copyId) : await medium.remove(contentFile(copyId));
      if (!removed.ok) return removed;
      if (goes === 'content') await medium.remove(extrasFile(copyId));
    }
  }
  return ok(undefined);
}

/** Folders, journal and, on a blank medium, its signed identity; then the folder of the copy. */
export async function layFolders(
  deps: MediaDeps,
  prepared: PreparedMedium,
  copyId: CopyId,
): Promise<Result<void, MediumTrouble>> {
  const { medium } = prepared;
  for (const path of ['KEYTURN', PLAYERS_FOLDER, COPIES_FOLDER]) {
    const made = await medium.makeDirectory(path);
    if (!made.ok) return made;
  }
  if (prepared.fresh) {
    const at = deps.clock.now();
    const jws = await signJws('keyturn-medium', prepared.identity, deps.signer, at);
    const written = await medium.replaceSmall(MEDIUM_FILE, Buffer.from(jws, 'ascii'));
    if (!written.ok) return written;
  }
  const journal = await medium.stat(JOURNAL_FILE);
  if (!journal.ok) return journal;
  if (journal.value === null) {
    const written = await medium.replaceSmall(JOURNAL_FILE, new Uint8Array(journalBytes));
    if (!written.ok) return written;
  }
  return medium.makeDirectory(copyFolder(copyId));
}
