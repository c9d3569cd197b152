import type { CopyId, MediumId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { MountedMedium } from '#shared/ports/media-drive.ts';
import type { Signer } from '#shared/ports/signer.ts';
import {
  contentFile,
  LIMITS,
  licenceFile,
  MEDIUM_FILE,
  STATE_BLOCK_BYTES,
  STATE_BYTES,
  stateFile,
} from './layout.ts';
import { type Licence, licenceSchema } from './licence.ts';
import { type MediumIdentity, mediumIdentitySchema } from './medium-identity.ts';
import type { CopyCondition, CopyOnMedium, MediumTrouble } from './orders.ts';
import { type FleetTrust, type SignatureFaultCode, verifyJws } from './signing.ts';
import { provenId, type SlotSeen, seeSlot } from './slot-place.ts';
import { readState, type StateFile, type StateRecord, stateBlock } from './state-record.ts';

/** Everything of one copy as it stands on the medium, already judged. */
export interface LoadedCopy extends CopyOnMedium {
  /** The slot's bytes where it is a file; null on a secure medium, whose controller keeps them. */
  readonly slot: Uint8Array | null;
  readonly seen: SlotSeen;
  /** The slot is, byte for byte, the one the licence speaks of. */
  readonly slotWhole: boolean;
  readonly stateFile: StateFile;
}

/**
 * The medium's signed identity; null for a medium without one. What says it is secure proves it by its controller, and a controller's medium has no
 * identity but its own: a file that was copied here names another (MS-21).
 */
export async function loadIdentity(
  medium: MountedMedium,
  trust: FleetTrust,
): Promise<Result<MediumIdentity | null, MediumTrouble>> {
  const identity = await readIdentity(medium, trust);
  if (!identity.ok) return identity;
  const proven = await provenId(medium, trust);
  if (!proven.ok) return proven;
  if (identity.value === null) return identity;
  const secure = identity.value.mediumClass === 'secure';
  const own = proven.value === null ? !secure : secure && proven.value === identity.value.mediumId;
  return own ? identity : fault('medium_counterfeit', 'the identity on this medium is not its own');
}

async function readIdentity(
  medium: MountedMedium,
  trust: FleetTrust,
): Promise<Result<MediumIdentity | null, MediumTrouble>> {
  const bytes = await medium.readSmall(MEDIUM_FILE, LIMITS.mediumIdentityBytes);
  if (!bytes.ok) return bytes;
  if (bytes.value === null) return ok(null);
  const verified = await verifyJws(Buffer.from(bytes.value).toString('latin1'), trust, {
    type: 'keyturn-medium',
    schema: mediumIdentitySchema,
    roles: ['kiosk', 'return-terminal', 'hub'],
    validAt: 'signed-at',
    maxBytes: LIMITS.mediumIdentityBytes,
  });
  if (verified.ok) {
    return verified.value.payload.fleetId === trust.fleetId
      ? ok(verified.value.payload)
      : fault('medium_foreign', 'this medium names another fleet');
  }
  return verified.error.code === 'certificate_foreign'
    ? fault('medium_foreign', 'this medium belongs to another fleet')
    : fault('medium_damaged', `the identity of the medium is unreadable: ${verified.error.message}`);
}

type LicenceRead =
  | { readonly licence: Licence; readonly jws: string; readonly issuer: string }
  | {
      readonly licence: null;
      readonly trouble: Fault<SignatureFaultCode | 'medium_damaged' | 'copy_of_other_medium'>;
    };

/** Reads and verifies a licence file's bytes against trust, copy and medium. */
export async function readLicence(
  bytes: Uint8Array | null,
  copyId: CopyId,
  mediumId: MediumId | null,
  trust: FleetTrust,
): Promise<LicenceRead> {
  if (bytes === null) return { licence: null, trouble: { code: 'medium_damaged', message: 'no licence' } };
  const jws = Buffer.from(bytes).toString('latin1');
  const verified = await verifyJws(jws, trust, {
    type: 'keyturn-licence',
    schema: licenceSchema,
    roles: ['kiosk', 'hub'],
    validAt: 'signed-at',
    maxBytes: LIMITS.licenceBytes,
  });
  if (!verified.ok) return { licence: null, trouble: verified.error };
  const licence = verified.value.payload;
  if (licence.keyturn.copyId !== copyId || licence.keyturn.mediumId !== mediumId)
    return {
      licence: null,
      trouble: { code: 'copy_of_other_medium', message: 'the licence of another copy or medium' },
    };
  return { licence, jws, issuer: verified.value.signer.id };
}

/** Loads and judges one copy. Fails only where the device fails; anything its bytes say becomes a condition. */
export async function loadCopy(
  medium: MountedMedium,
  identity: Pick<MediumIdentity, 'mediumId'> | null,
  copyId: CopyId,
  trust: FleetTrust,
): Promise<Result<LoadedCopy, MediumTrouble>> {
  const state = await readLoose(medium, stateFile(copyId), STATE_BYTES);
  if (!state.ok) return state;
  const licenceBytes = await readLoose(medium, licenceFile(copyId), LIMITS.licenceBytes);
  if (!licenceBytes.ok) return licenceBytes;
  const content = await medium.stat(contentFile(copyId));
  if (!content.ok) return content;
  const read = await readLicence(licenceBytes.value, copyId, identity?.mediumId ?? null, trust);
  const states = await readState(state.value ?? new Uint8Array(0), copyId, trust);
  const slot = await seeSlot(medium, copyId, read.licence?.keyturn.slotCheck ?? null, trust);
  if (!slot.ok) return slot;
  const { seen, bytes } = slot.value;
  return ok({
    copyId,
    condition: conditionOf(read.licence !== null, seen, states.current),
    licence: read.licence,
    licenceJws: read.licence === null ? null : read.jws,
    issuer: read.licence === null ? null : read.issuer,
    state: states.current,
    startedAt: states.current?.startedAt ?? read.licence?.rights.start ?? null,
    contentBytes: content.value?.bytes ?? 0,
    trouble: read.licence === null ? read.trouble : states.fault,
    slot: bytes,
    seen,
    slotWhole: seen.kind === 'whole',
    stateFile: states,
  });
}

/** A file that is too long or not there is null: its bytes say nothing. A device that fails is a fault. */
async function readLoose(
  medium: MountedMedium,
  path: string,
  limit: number,
): Promise<Result<Uint8Array | null, MediumTrouble>> {
  const stat = await medium.stat(path);
  if (!stat.ok) return stat;
  if (stat.value === null || stat.value.bytes > limit) return ok(null);
  return medium.readSmall(path, limit);
}

/** The table of SPEC MS-14: what slot and state together mean. */
export function conditionOf(licenceValid: boolean, seen: SlotSeen, state: StateRecord | null): CopyCondition {
  const mark = seen.kind === 'mark' ? seen.mark : null;
  const begun = state?.state === 'RETURNING' || state?.state === 'DESTROYED';
  if (mark === 'DESTROYED') {
    if (state?.state === 'DESTROYED') return 'returned';
    // A power cut while its records were cleared away (MS-19): nothing can be returned, finished or told from a pattern alone.
    return state === null && !licenceValid ? 'unfinished' : 'torn';
  }
  if (seen.kind === 'whole') {
    if (state === null || state.state === 'VOID') return 'damaged';
    if (state.state === 'RETURNING') return 'returning';
    // A slot that came back after its destruction (a clone): destroyed again under the same return.
    if (state.state === 'DESTROYED') return 'torn';
    return state.state === 'ACTIVE' && state.startedAt !== null ? 'active' : 'held';
  }
  // A controller used the place of this spent copy again: the signed record of its return is what is left.
  if (seen.kind === 'absent' && seen.secure && state?.state === 'DESTROYED') return 'returned';
  if (begun) return 'torn';
  if (mark === 'WIPED') return 'void';
  if (mark === 'EMPTY' || seen.kind === 'absent') return state?.startedAt != null ? 'damaged' : 'unfinished';
  // A slot that was being written: a part of the key may be there, so only settling (wiping) ends it.
  return licenceValid && state !== null && state.state !== 'VOID' && state.startedAt === null
    ? 'held'
    : 'damaged';
}

/** Writes the next state record beside the current one. Answers the state file as it then is. */
export async function writeState(
  medium: MountedMedium,
  file: StateFile,
  next: Omit<StateRecord, 'version' | 'sequence' | 'at' | 'terminal'>,
  signer: Signer,
  at: EpochMs,
): Promise<Result<StateFile, MediumTrouble>> {
  const record: StateRecord = {
    ...next,
    version: 1,
    sequence: (file.current?.sequence ?? 0) + 1,
    at,
    terminal: signer.id,
  };
  const block = await stateBlock(record, signer);
  const written = await medium.overwrite(stateFile(record.copyId), file.nextBlock * STATE_BLOCK_BYTES, block);
  if (!written.ok) return written;
  const records: [StateRecord | null, StateRecord | null] = [...file.records];
  records[file.nextBlock] = record;
  return ok({ current: record, records, nextBlock: file.nextBlock === 0 ? 1 : 0, fault: null });
}
