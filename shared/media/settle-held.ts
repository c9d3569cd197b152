import type { Fault } from '#shared/kernel/result.ts';
import { fault, ok, type Result } from '#shared/kernel/result.ts';
import type { WriteCommit, WriteIntent } from '#shared/ports/copy-intents.ts';
import type { MountedMedium } from '#shared/ports/media-drive.ts';
import { type LoadedCopy, loadCopy, loadIdentity, writeState } from './copy-files.ts';
import type { Licence } from './licence.ts';
import type { MediaDeps, SettleInput, SettleOutcome, WriteFailureCode } from './orders.ts';
import { progressMeter } from './progress.ts';
import { newSession } from './session.ts';
import { slotPlaceOf } from './slot-place.ts';
import { verifyCopy } from './verify-copy.ts';
import { cycleAndReload, wipeCopy } from './wipe-copy.ts';
import { confirmOnMedium } from './write-copy.ts';

type SettleFault = Fault<WriteFailureCode>;

/**
 * Settles a held copy whose medium was seen again: verified complete → active from now; else wiped and void (RNT-6). A copy whose content can
 * be checked without the key only (binding `players`, or a secure medium) is complete when slot, licence, length and probes are.
 */
export async function settleHeld(deps: MediaDeps, input: SettleInput): Promise<SettleOutcome> {
  const found = await findCopy(deps, input);
  if (!found.ok) return held(found.error);
  const { medium, copy, mediumId } = found.value;
  if (copy === null) return { kind: 'missing' };
  switch (copy.condition) {
    case 'void':
      return { kind: 'void' };
    case 'returned':
    case 'returning':
    case 'torn':
      return { kind: 'returned', licence: copy.licence, state: copy.state };
    default:
  }
  const { licence } = copy;
  if (licence !== null && copy.slotWhole && copy.state !== null) {
    const settled = await complete(deps, input, medium, copy, licence);
    if (settled.ok) return { kind: 'active', licence, commit: settled.value };
    if (settled.error.code !== 'verification_failed') return held(settled.error);
  }
  // Only what was never confirmed is wiped: a confirmed copy that does not verify is a complaint (RNT-8), not a failed write.
  if (copy.condition === 'active' || copy.condition === 'damaged')
    return held({ code: 'verification_failed', message: 'a confirmed copy is damaged' });
  const wiped = await wipeCopy(deps, mediumId, input.copyId, copy.state?.session ?? null);
  if (!wiped.ok) return held(wiped.error);
  const { state } = copy;
  if (state !== null) {
    const { rentalId, session } = state;
    const { copyId } = input;
    const intent: WriteIntent = { copyId, rentalId, mediumId, sessionNonce: session, at: deps.clock.now() };
    await input.intents.recordFailed(intent, 'verification_failed');
  }
  return { kind: 'void' };
}

const held = (error: SettleFault): SettleOutcome => ({
  kind: 'held',
  code: error.code,
  message: error.message,
});

async function findCopy(deps: MediaDeps, input: SettleInput) {
  const medium = deps.drive.current();
  if (medium === null) return fault('medium_missing', 'no medium in the drive');
  const identity = await loadIdentity(medium, deps.trust);
  if (!identity.ok) return identity;
  if (identity.value === null) return fault('medium_damaged', 'the medium lost its identity');
  const copy = await loadCopy(medium, identity.value, input.copyId, deps.trust);
  if (!copy.ok) return copy;
  const gone = copy.value.seen.kind === 'absent' && copy.value.state === null;
  return ok({ medium, mediumId: identity.value.mediumId, copy: gone ? null : copy.value });
}

/** ACTIVE in this session, power cycle, full read-back as after a write, commit. */
async function complete(
  deps: MediaDeps,
  input: SettleInput,
  medium: MountedMedium,
  copy: LoadedCopy,
  licence: Licence,
): Promise<Result<WriteCommit, SettleFault>> {
  const meter = progressMeter(deps.clock, input.progress);
  const { copyId, rentalId, mediumId } = licence.keyturn;
  const session = newSession(deps.random);
  const active = {
    state: 'ACTIVE',
    copyId,
    rentalId,
    mediumId,
    session,
    startedAt: null,
    returning: null,
  } as const;
  const marked = await writeState(medium, copy.stateFile, active, deps.signer, deps.clock.now());
  if (!marked.ok) return marked;
  meter.step('verifying', 0, 1);
  const cycled = await cycleAndReload(deps, mediumId, copyId, session);
  if (!cycled.ok) return cycled;
  const again = cycled.value;
  const verified = await verifyCopy(again.medium, again.copy, {
    verification: input.verification,
    random: deps.random,
    identity: null,
    chunkIndices: input.chunkIndices,
    onChunk: (done, total) => meter.step('verifying', done, total),
  });
  if (!verified.ok) return verified;
  const { slot, licenceJws } = again.copy;
  if (licenceJws === null) return fault('verification_failed', 'the copy changed while it was read');
  const key = await slotPlaceOf(deps, again.medium).proofKey({ copyId, bytes: slot }, rentalId);
  if (!key.ok) return key;
  const startedAt = deps.clock.now();
  const commit: WriteCommit = {
    copyId,
    rentalId,
    mediumId,
    sessionNonce: session,
    at: startedAt,
    startedAt,
    licenceJws,
    slotProofKey: key.value,
    chunkHashes: verified.value.chunkHashes,
    plaintextBytes: licence.keyturn.plaintextBytes,
    chunkCount: licence.keyturn.chunkCount,
    verification: input.verification,
    chunksVerified: verified.value.chunksVerified,
    readBack: again.readBack,
  };
  await input.intents.recordCommit(commit);
  await confirmOnMedium(deps, again.medium, again.copy, session, startedAt);
  return ok(commit);
}
