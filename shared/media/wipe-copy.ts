import type { CopyId } from '#shared/kernel/ids.ts';
import { fault, ok, type Result } from '#shared/kernel/result.ts';
import type { MountedMedium, ReadBackKind } from '#shared/ports/media-drive.ts';
import { type LoadedCopy, loadCopy, loadIdentity, writeState } from './copy-files.ts';
import { contentFile, copyFolder, extrasFile, licenceFile, slotFile, stateFile } from './layout.ts';
import type { MediumIdentity } from './medium-identity.ts';
import type { MediaDeps, MediumTrouble } from './orders.ts';
import { slotPlaceOf } from './slot-place.ts';

/** The medium of `mediumId` as it is in the drive now, with its identity; another one is `medium_swapped`. */
export async function mediumAgain(
  deps: Pick<MediaDeps, 'drive' | 'trust'>,
  mediumId: string,
): Promise<Result<{ readonly medium: MountedMedium; readonly identity: MediumIdentity }, MediumTrouble>> {
  const medium = deps.drive.current();
  if (medium === null) return fault('medium_pulled', 'the medium is not in the drive any more');
  const identity = await loadIdentity(medium, deps.trust);
  if (!identity.ok) return identity;
  if (identity.value?.mediumId !== mediumId) return fault('medium_swapped', 'another medium is in the drive');
  return ok({ medium, identity: identity.value });
}

/**
 * Power cycle, then the same copy on the same medium again: identity and the session nonce of its state tell whether it is (MED-3).
 */
export async function cycleAndReload(
  deps: MediaDeps,
  mediumId: string,
  copyId: CopyId,
  session: string | null,
): Promise<
  Result<
    { readonly medium: MountedMedium; readonly copy: LoadedCopy; readonly readBack: ReadBackKind },
    MediumTrouble
  >
> {
  const cycled = await deps.drive.powerCycle();
  if (!cycled.ok) return cycled;
  const { medium, readBack } = cycled.value;
  const identity = await loadIdentity(medium, deps.trust);
  if (!identity.ok)
    return identity.error.code === 'medium_foreign'
      ? fault('medium_swapped', 'another medium came back from the power cycle')
      : identity;
  if (identity.value?.mediumId !== mediumId)
    return fault('medium_swapped', 'another medium came back from the power cycle');
  const copy = await loadCopy(medium, identity.value, copyId, deps.trust);
  if (!copy.ok) return copy;
  if (!ofSession(copy.value, session))
    return fault('medium_swapped', 'the copy of another session came back from the power cycle');
  return ok({ medium, copy: copy.value, readBack });
}

const ofSession = (copy: LoadedCopy, session: string | null): boolean =>
  session === null || copy.stateFile.records.some((record) => record?.session === session);

/**
 * Ends a copy whose key may be on the medium and must not stay: overwrite, power cycle, read back, state VOID, content away. Only `ok` means that
 * nothing readable is left.
 */
export async function wipeCopy(
  deps: MediaDeps,
  mediumId: string,
  copyId: CopyId,
  /** Null: the caller found the copy without any valid state record and has no session to compare. */
  session: string | null,
): Promise<Result<void, MediumTrouble>> {
  const again = await mediumAgain(deps, mediumId);
  if (!again.ok) return again;
  const before = await loadCopy(again.value.medium, again.value.identity, copyId, deps.trust);
  if (!before.ok) return before;
  if (!ofSession(before.value, session))
    return fault('medium_swapped', 'this copy is not the one of this session');
  const wiped = await slotPlaceOf(deps, again.value.medium).wipe(copyId);
  if (!wiped.ok) return wiped;
  const cycled = await cycleAndReload(deps, mediumId, copyId, session);
  if (!cycled.ok) return cycled;
  const { medium, copy } = cycled.value;
  const { seen } = copy;
  // A controller that never got the key knows of no copy; a file that is gone proves nothing.
  const clear = seen.kind === 'mark' ? seen.mark === 'WIPED' : seen.kind === 'absent' && seen.secure;
  if (!clear) return fault('medium_damaged', 'the slot still holds something else than the pattern');
  await markVoid(deps, medium, copy);
  return ok(undefined);
}

/** After the proof: whatever fails from here on leaves nothing readable, only space to be reclaimed at the next visit. */
async function markVoid(deps: MediaDeps, medium: MountedMedium, copy: LoadedCopy): Promise<void> {
  const { current } = copy.stateFile;
  if (current !== null) {
    const { copyId, rentalId, mediumId, session } = current;
    const record = {
      state: 'VOID',
      copyId,
      rentalId,
      mediumId,
      session,
      startedAt: null,
      returning: null,
    } as const;
    await writeState(medium, copy.stateFile, record, deps.signer, deps.clock.now());
  }
  await medium.remove(contentFile(copy.copyId));
  await medium.remove(extrasFile(copy.copyId));
}

/** Removes what a write left that never began its key. Best effort: none of it is readable. */
export async function removeKeyless(medium: MountedMedium, copyId: CopyId): Promise<void> {
  for (const path of [contentFile, extrasFile, licenceFile, slotFile, stateFile, copyFolder])
    await medium.remove(path(copyId));
}

/**
 * Clears away what is left of a copy whose key was destroyed or wiped long ago (MS-19). The licence goes first and for certain: power that goes between any two steps leaves a
 * copy that is still `returned` or `void`, or one that is `unfinished`; never a licence without its state, which would be returned once more.
 */
export async function removeSpent(
  medium: MountedMedium,
  copyId: CopyId,
): Promise<Result<void, MediumTrouble>> {
  const removed = await medium.remove(licenceFile(copyId));
  if (!removed.ok) return removed;
  for (const path of [contentFile, extrasFile, stateFile, slotFile, copyFolder])
    await medium.remove(path(copyId));
  return ok(undefined);
}
