import type { ReturnId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { MountedMedium } from '#shared/ports/media-drive.ts';
import { openSealed } from './container/sealed-reader.ts';
import { type LoadedCopy, loadCopy, loadIdentity } from './copy-files.ts';
import { contentFile } from './layout.ts';
import type { Licence } from './licence.ts';
import { mediumRange } from './medium-range.ts';
import type { AcceptInput, AcceptOutcome, MediaDeps, MediumTrouble, OpenReturn } from './orders.ts';
import type { SlotAnswer, SlotChallenge } from './receipt.ts';
import { slotPlaceOf } from './slot-place.ts';
import { hashChunks } from './verify-copy.ts';

type RefusalCode = Extract<AcceptOutcome, { kind: 'refused' }>['code'];

/** Which return this is: a new one, or one begun elsewhere that is rolled forward with its own id and T0. */
interface Begun {
  readonly returnId: ReturnId;
  readonly t0: EpochMs;
  readonly acceptedBy: string;
  readonly rolledForward: boolean;
  readonly begunElsewhere: boolean;
}

/**
 * Takes a copy for return: fixes T0, reads and verifies licence, state and slot, answers the challenge. Writes nothing to the
 * medium: until `destroySlot` the customer may still take it back and the meter runs on (CHG-1, RET-7).
 */
export async function acceptReturn(deps: MediaDeps, input: AcceptInput): Promise<AcceptOutcome> {
  const now = deps.clock.now();
  const found = await find(deps, input);
  if (!found.ok) return refused(found.error);
  const { medium, copy } = found.value;
  const { licence, licenceJws, state } = copy;
  const resumed = state?.returning != null && ownOpen(input, state.returning.returnId) !== undefined;
  if (copy.condition === 'returned' && state !== null && !resumed)
    return { kind: 'already-returned', licence, state };
  const usable = judge(copy, input);
  if (!usable.ok) return refused(usable.error);
  if (licence === null || licenceJws === null)
    return refused({ code: 'copy_damaged', message: copy.trouble?.message ?? 'no valid licence' });
  const begun = whichReturn(copy, input, deps.signer.id, now);
  const { returnId, t0, acceptedBy } = begun;
  const challenge = await input.challenge(licence, { returnId, t0, acceptedBy, licenceJws });
  const proof = await answer(deps, medium, copy, licence, challenge, returnId);
  if (!proof.ok) return refused(proof.error);
  return {
    kind: 'accepted',
    accepted: {
      ...begun,
      rentalId: licence.keyturn.rentalId,
      copyId: copy.copyId,
      mediumId: licence.keyturn.mediumId,
      licence,
      licenceJws,
      startedAt: copy.startedAt ?? licence.rights.start,
      nonceOrigin: challenge.origin,
      proof: proof.value,
    },
  };
}

const refused = (error: Fault<RefusalCode>): AcceptOutcome => ({
  kind: 'refused',
  code: error.code,
  message: error.message,
});

async function find(
  deps: MediaDeps,
  input: AcceptInput,
): Promise<
  Result<{ readonly medium: MountedMedium; readonly copy: LoadedCopy }, MediumTrouble | Fault<'copy_missing'>>
> {
  const medium = deps.drive.current();
  if (medium === null) return fault('medium_missing', 'no medium in the drive');
  if (medium.readOnly) return fault('medium_read_only', 'the key on this medium cannot be overwritten');
  const identity = await loadIdentity(medium, deps.trust);
  if (!identity.ok) return identity;
  if (identity.value === null) return fault('copy_missing', 'this medium has no copy of the fleet');
  const copy = await loadCopy(medium, identity.value, input.copyId, deps.trust);
  if (!copy.ok) return copy;
  const gone = copy.value.seen.kind === 'absent' && copy.value.state === null && copy.value.licence === null;
  return gone ? fault('copy_missing', 'no such copy on this medium') : ok({ medium, copy: copy.value });
}

/**
 * Whether this condition can be returned. A whole slot under a valid licence always can, even with unreadable state records: destroying it is
 * what the customer came for, and the hub knows whether the rental is still open.
 */
function judge(copy: LoadedCopy, input: AcceptInput): Result<void, Fault<RefusalCode>> {
  switch (copy.condition) {
    case 'active':
    case 'returning':
    case 'torn':
    case 'returned':
      return ok(undefined);
    case 'held':
      return input.knownActive && copy.slotWhole
        ? ok(undefined)
        : fault('copy_held', 'the write of this copy was never confirmed');
    case 'damaged':
      return copy.slotWhole && copy.state?.state !== 'VOID'
        ? ok(undefined)
        : fault('copy_damaged', copy.trouble?.message ?? 'slot, licence or state of this copy is damaged');
    case 'unfinished':
      return fault('copy_unfinished', 'this copy was never finished and holds no key');
    case 'void':
      return fault('copy_void', 'this copy was withdrawn and holds no key');
  }
}

function whichReturn(copy: LoadedCopy, input: AcceptInput, self: string, now: EpochMs): Begun {
  const fresh = {
    returnId: input.returnId,
    t0: now,
    acceptedBy: self,
    rolledForward: false,
    begunElsewhere: false,
  };
  if (copy.condition !== 'torn' && copy.condition !== 'returned') return fresh;
  const { returning } = copy.state ?? { returning: null };
  const marked = copy.seen.kind === 'mark' ? copy.seen.id : input.returnId;
  const id = (returning?.returnId ?? marked) as ReturnId;
  const own = ownOpen(input, id);
  if (returning !== null && !knowsBetter(own, returning.t0))
    return {
      returnId: id,
      t0: returning.t0,
      acceptedBy: returning.acceptedBy,
      rolledForward: true,
      // Also where this terminal's former store began it, of which nothing is left here.
      begunElsewhere: own === undefined || returning.acceptedBy !== self,
    };
  // The record of the return was lost, its pattern was not: same return, T0 as it can be proven now.
  const t0 = own?.t0 ?? now;
  return { ...fresh, returnId: id, t0, rolledForward: true, begunElsewhere: own === undefined };
}

/** Than what another terminal wrote after the medium lost the record of this one: who began the return, whatever the clocks say, and who came earlier (CHG-1). */
const knowsBetter = (own: OpenReturn | undefined, t0: EpochMs): boolean =>
  own !== undefined && (own.begunElsewhere === false || own.t0 < t0);

const ownOpen = ({ openReturns }: AcceptInput, id: ReturnId) =>
  openReturns.find(({ returnId }) => returnId === id);

/** RET-7: the HMAC proves the slot, chunk hashes prove the content; what is damaged already is left out, never made up. */
async function answer(
  deps: MediaDeps,
  medium: MountedMedium,
  copy: LoadedCopy,
  licence: Licence,
  challenge: SlotChallenge,
  returnId: ReturnId,
): Promise<Result<SlotAnswer, MediumTrouble>> {
  const held = { copyId: copy.copyId, bytes: copy.slot };
  const mac = copy.slotWhole
    ? await slotPlaceOf(deps, medium).prove(held, licence.keyturn.rentalId, challenge.nonce, returnId)
    : ok('');
  if (!mac.ok) return mac;
  const range = mediumRange(medium, contentFile(copy.copyId));
  const sealed = await openSealed(range.read, copy.contentBytes);
  const hashes = sealed.ok ? await hashChunks(sealed.value, challenge.chunkIndices) : null;
  await range.rest();
  return ok({ nonce: challenge.nonce, mac: mac.value, chunkHashes: hashes?.ok ? hashes.value : [] });
}
