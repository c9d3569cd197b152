import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { count, epoch, hex, text } from '../json.ts';
import { type Receipt, receiptSchema } from '../receipt.ts';
import { type FleetTrust, type SignatureFaultCode, type Verified, verifyJws } from '../signing.ts';
import { receiptLeaf } from './leaves.ts';
import { MAX_LEAVES, verifyConsistency, verifyInclusion } from './merkle.ts';

/**
 * What the hub signs of its log (type `keyturn-checkpoint`, role hub): so many leaves, this root. Checkpoints of one timeline continue each other; a restored
 * database begins a new timeline and may stand before what was signed last (SYN-6), which everybody can see.
 */
export const checkpointSchema = z.object({
  version: z.literal(1),
  fleetId: hex(16),
  timeline: text(64),
  size: count.max(MAX_LEAVES),
  root: hex(32),
  at: epoch,
});
export type Checkpoint = z.infer<typeof checkpointSchema>;
const CHECKPOINT_BYTES = 16 * 1024;
const RECEIPT_BYTES = 32 * 1024;

/** A leaf's way up to the root of a signed checkpoint: what a customer downloads and anybody can check. */
export const logProofSchema = z.object({
  leaf: hex(32),
  index: count,
  size: count,
  path: z.array(hex(32)).max(64).readonly(),
  checkpoint: z.string().max(CHECKPOINT_BYTES),
});
export type LogProof = z.infer<typeof logProofSchema>;

export const verifyCheckpoint = (
  jws: string,
  trust: FleetTrust,
): Promise<Result<Verified<Checkpoint>, Fault<SignatureFaultCode>>> =>
  verifyJws(jws, trust, {
    type: 'keyturn-checkpoint',
    schema: checkpointSchema,
    roles: ['hub'],
    validAt: 'signed-at',
    maxBytes: CHECKPOINT_BYTES,
  });

export type LogFault = Fault<SignatureFaultCode | 'not_in_log' | 'not_consistent' | 'other_fleet'>;

/** Whether a leaf is in the log as of the proof's checkpoint. Needs nothing but the fleet's root certificate. */
export async function verifyLogged(
  leaf: string,
  proof: LogProof,
  trust: FleetTrust,
): Promise<Result<Checkpoint, LogFault>> {
  const signed = await verifyCheckpoint(proof.checkpoint, trust);
  if (!signed.ok) return signed;
  const { payload } = signed.value;
  if (payload.fleetId !== trust.fleetId) return fault('other_fleet', 'the checkpoint of another fleet');
  const fits =
    proof.size === payload.size && verifyInclusion(leaf, proof.index, payload.size, proof.path, payload.root);
  return fits ? ok(payload) : fault('not_in_log', 'the proof does not lead to the signed root');
}

/**
 * Whether a receipt is genuine and stands in the log (RET-4, SEC-4): for customers and providers, with the receipt, the downloaded proof and the
 * fleet's root certificate alone. A receipt that was signed after its certificate's end answers `certificate_expired`.
 */
export async function verifyLoggedReceipt(
  receiptJws: string,
  proof: LogProof,
  trust: FleetTrust,
): Promise<Result<{ readonly receipt: Receipt; readonly checkpoint: Checkpoint }, LogFault>> {
  const receipt = await verifyJws(receiptJws, trust, {
    type: 'keyturn-receipt',
    schema: receiptSchema,
    roles: ['return-terminal', 'kiosk'],
    validAt: 'signed-at',
    maxBytes: RECEIPT_BYTES,
  });
  if (!receipt.ok) return receipt;
  const receiptId = createHash('sha256').update(receiptJws).digest('hex');
  const logged = await verifyLogged(receiptLeaf(receiptId), proof, trust);
  return logged.ok ? ok({ receipt: receipt.value.payload, checkpoint: logged.value }) : logged;
}

/** Whether of two checkpoints the later one continues the earlier one: nothing before it was changed or taken out. */
export async function verifyContinues(
  earlierJws: string,
  laterJws: string,
  path: readonly string[],
  trust: FleetTrust,
): Promise<Result<void, LogFault>> {
  const earlier = await verifyCheckpoint(earlierJws, trust);
  if (!earlier.ok) return earlier;
  const later = await verifyCheckpoint(laterJws, trust);
  if (!later.ok) return later;
  const [a, b] = [earlier.value.payload, later.value.payload];
  if (a.fleetId !== trust.fleetId || b.fleetId !== trust.fleetId)
    return fault('other_fleet', 'the checkpoint of another fleet');
  return verifyConsistency(a, b, path)
    ? ok(undefined)
    : fault('not_consistent', 'the later checkpoint does not continue the earlier one');
}
