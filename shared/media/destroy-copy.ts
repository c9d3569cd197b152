import type { ReturnId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { MountedMedium, ReadBackKind } from '#shared/ports/media-drive.ts';
import { type LoadedCopy, loadCopy, writeState } from './copy-files.ts';
import { appendJournal } from './journal.ts';
import { SLOT_BYTES } from './layout.ts';
import type { DestroyInput, DestroyOutcome, MediaDeps, MediumTrouble } from './orders.ts';
import { progressMeter } from './progress.ts';
import { type Receipt, receiptSchema } from './receipt.ts';
import { newSession } from './session.ts';
import { signJws } from './signing.ts';
import { slotPlaceOf } from './slot-place.ts';
import { cycleAndReload, mediumAgain } from './wipe-copy.ts';

export { acceptReturn } from './accept-return.ts';

interface Destroyed {
  readonly medium: MountedMedium;
  readonly copy: LoadedCopy;
  readonly session: string;
  readonly readBack: ReadBackKind;
  /** What the controller of a secure medium signed; null on a plain one. */
  readonly statement: string | null;
}

/** How far a destruction got before it stopped: whether any byte of the slot may have changed. */
interface Stop {
  readonly error: Fault<MediumTrouble['code'] | 'slot_not_destroyed'>;
  readonly slotIntact: boolean;
}

/**
 * Destroys the key of an accepted copy in the order of DESIGN §4 and signs the receipt: INTENT → RETURNING with T0 → overwrite, sync → power
 * cycle → whole slot read back → DESTROYED in both records → receipt. Calling it again for a torn return goes on where it stopped.
 */
export async function destroySlot(deps: MediaDeps, input: DestroyInput): Promise<DestroyOutcome> {
  const { accepted } = input;
  const meter = progressMeter(deps.clock, input.progress);
  const { returnId, rentalId, copyId, mediumId, t0 } = accepted;
  const found = await locate(deps, input);
  if (!found.ok) return interrupted(found.error);
  await input.intents.recordReturnIntent({ returnId, rentalId, copyId, mediumId, t0, at: deps.clock.now() });
  meter.step('overwriting', 0, SLOT_BYTES);
  const begun = await overwrite(deps, input, found.value.medium, found.value.copy);
  if (!begun.ok) return interrupted(begun.error);
  meter.step('reading-back', 0, SLOT_BYTES);
  const proven = await readBack(deps, input, begun.value);
  if (!proven.ok) return interrupted(proven.error);
  const destroyedAt = deps.clock.now();
  const { statement } = proven.value;
  await markDestroyed(deps, input, proven.value, destroyedAt);
  const receiptJws = await input.intents.commitReceipt(returnId, (link) => {
    const receipt: Receipt = receiptSchema.parse({
      version: 1,
      returnId,
      rentalId,
      copyId,
      mediumId,
      terminal: deps.signer.id,
      t0,
      acceptedBy: accepted.acceptedBy,
      destroyedAt,
      claim: statement === null ? 'CLEAR-SLOT' : 'PURGE',
      readBack: proven.value.readBack,
      counter: link.counter,
      previous: link.previous,
      nonceOrigin: accepted.nonceOrigin,
      proof: accepted.proof,
      ...(statement === null ? {} : { purge: statement }),
    });
    return signJws('keyturn-receipt', receipt, deps.signer, destroyedAt);
  });
  await appendJournal(proven.value.medium, deps.signer, deps.trust, destroyedAt, {
    kind: 'copy_destroyed',
    copyId,
  });
  meter.step('done', SLOT_BYTES, SLOT_BYTES);
  return { kind: 'destroyed', receiptJws, destroyedAt };
}

const interrupted = (stop: Stop): DestroyOutcome => ({
  kind: 'interrupted',
  code: stop.error.code,
  message: stop.error.message,
  slotIntact: stop.slotIntact,
});

const stop = (error: Stop['error'], slotIntact: boolean) =>
  ({ ok: false, error: { error, slotIntact } }) as const;

/** The accepted copy again: between acceptance and destruction the medium may have been changed. */
async function locate(
  deps: MediaDeps,
  input: DestroyInput,
): Promise<Result<{ readonly medium: MountedMedium; readonly copy: LoadedCopy }, Stop>> {
  const { accepted } = input;
  // A return that goes on where another stopped has begun overwriting long ago.
  const intact = !accepted.rolledForward;
  const again = await mediumAgain(deps, accepted.mediumId);
  if (!again.ok) return stop(again.error, intact);
  const copy = await loadCopy(again.value.medium, again.value.identity, accepted.copyId, deps.trust);
  if (!copy.ok) return stop(copy.error, intact);
  if (copy.value.seen.kind === 'absent')
    return stop(fault('medium_damaged', 'the slot is gone').error, false);
  return ok({ medium: again.value.medium, copy: copy.value });
}

interface Begun {
  readonly session: string;
  readonly slotIntact: boolean;
  readonly statement: string | null;
}

/** RETURNING with T0, then the overwriting; both left out where an earlier run got beyond them. */
async function overwrite(
  deps: MediaDeps,
  input: DestroyInput,
  medium: MountedMedium,
  copy: LoadedCopy,
): Promise<Result<Begun, Stop>> {
  const { accepted } = input;
  const { copyId, returnId, proof } = accepted;
  const place = slotPlaceOf(deps, medium);
  const overwritten = destroyedBy(copy, returnId);
  const current = copy.stateFile.current;
  if (overwritten && current?.state === 'DESTROYED') {
    const statement = await place.attest(copyId, returnId, proof.nonce);
    return statement.ok ? begun(current.session, statement.value) : stop(statement.error, false);
  }
  const session = newSession(deps.random);
  const marked = await writeState(
    medium,
    copy.stateFile,
    { ...recordOf(input, session), state: 'RETURNING', startedAt: copy.stateFile.current?.startedAt ?? null },
    deps.signer,
    deps.clock.now(),
  );
  if (!marked.ok) return stop(marked.error, copy.slotWhole);
  const done = overwritten
    ? await place.attest(copyId, returnId, proof.nonce)
    : await place.destroy(copyId, returnId, proof.nonce);
  if (done.ok) return begun(session, done.value);
  const after = await loadCopy(medium, { mediumId: accepted.mediumId }, accepted.copyId, deps.trust);
  return stop(done.error, after.ok && after.value.slotWhole);
}

const begun = (session: string, statement: string | null) => ok({ session, slotIntact: false, statement });

const destroyedBy = ({ seen }: LoadedCopy, returnId: ReturnId): boolean =>
  seen.kind === 'mark' && seen.mark === 'DESTROYED' && seen.id === returnId;

const recordOf = (input: DestroyInput, session: string) => ({
  copyId: input.accepted.copyId,
  rentalId: input.accepted.rentalId,
  mediumId: input.accepted.mediumId,
  session,
  returning: {
    returnId: input.accepted.returnId as ReturnId,
    t0: input.accepted.t0,
    acceptedBy: input.accepted.acceptedBy,
    destroyedAt: null,
    readBack: null,
  },
});

/** The proof of RET-3: the whole slot, from the device, after power was off. */
async function readBack(
  deps: MediaDeps,
  input: DestroyInput,
  begun: Begun,
): Promise<Result<Destroyed, Stop>> {
  const { accepted } = input;
  const cycled = await cycleAndReload(deps, accepted.mediumId, accepted.copyId, begun.session);
  if (!cycled.ok) return stop(cycled.error, false);
  const { medium, copy } = cycled.value;
  if (!destroyedBy(copy, accepted.returnId))
    return stop(fault('slot_not_destroyed', 'the slot read back is not destroyed').error, copy.slotWhole);
  const { session, statement } = begun;
  return ok({ medium, copy, session, readBack: cycled.value.readBack, statement });
}

/**
 * DESTROYED in both records. Should the medium go away here, the key is proven destroyed all the same and the receipt is due; the next
 * terminal finds RETURNING over a destroyed slot and finishes the record under the same return id.
 */
async function markDestroyed(
  deps: MediaDeps,
  input: DestroyInput,
  destroyed: Destroyed,
  destroyedAt: EpochMs,
): Promise<void> {
  const { medium, copy, session } = destroyed;
  const base = recordOf(input, session);
  const record = {
    ...base,
    state: 'DESTROYED',
    startedAt: copy.stateFile.current?.startedAt ?? null,
    returning: { ...base.returning, destroyedAt, readBack: destroyed.readBack },
  } as const;
  const first = await writeState(medium, copy.stateFile, record, deps.signer, destroyedAt);
  if (first.ok) await writeState(medium, first.value, record, deps.signer, destroyedAt);
}
