import { createHash } from 'node:crypto';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { ChunkHash, WriteVerification } from '#shared/ports/copy-intents.ts';
import type { MountedMedium } from '#shared/ports/media-drive.ts';
import type { Random } from '#shared/ports/random.ts';
import { type OpenContent, openContent, type ReadRange } from './container/content-reader.ts';
import { openSealed } from './container/sealed-reader.ts';
import type { LoadedCopy } from './copy-files.ts';
import { contentFile } from './layout.ts';
import { mediumRange } from './medium-range.ts';
import { openSlot } from './slot.ts';

/**
 * How many random chunks find a corruption of 1 % of them with 99.9 % probability: the least n with 0.99ⁿ ≤ 0.001 (MS-17).
 */
export const SAMPLE_CHUNKS = 688;

/** Chunks that are asked for at the same time: a device answers several questions sooner than one after the other, and has the next ones before this process has looked at the last. */
const READS_AT_ONCE = 8;

/** `count` different numbers below `limit` (all of them where there are not more), in ascending order. */
export function sampleIndices(
  random: Pick<Random, 'below'>,
  limit: number,
  count: number,
): readonly number[] {
  if (limit <= count) return Array.from({ length: limit }, (_, index) => index);
  // Partial shuffle of 0…limit−1 that only remembers what it moved.
  const moved = new Map<number, number>();
  const chosen: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const other = at + random.below(limit - at);
    chosen.push(moved.get(other) ?? other);
    moved.set(other, moved.get(at) ?? at);
  }
  return chosen.sort((a, b) => a - b);
}

export type VerifyFault = Fault<'verification_failed' | 'medium_pulled'>;

export interface Verified {
  readonly chunksVerified: number;
  readonly chunkHashes: readonly ChunkHash[];
}

export interface VerifyPlan {
  readonly verification: WriteVerification;
  readonly random: Pick<Random, 'below'>;
  /** The copy's identity where the caller knows it (just written); null: taken from an unbound slot, else only probes are checked. */
  readonly identity: string | null;
  readonly chunkIndices: readonly number[];
  readonly onChunk: (done: number, total: number) => void;
}

/** Reads a copy back (MS-17): slot, licence and state as loaded, then header, length, last chunk, and a sample or all chunks. */
export async function verifyCopy(
  medium: MountedMedium,
  copy: LoadedCopy,
  plan: VerifyPlan,
): Promise<Result<Verified, VerifyFault>> {
  const range = mediumRange(medium, contentFile(copy.copyId));
  try {
    return await verifyContent(medium, copy, plan, range.read);
  } finally {
    await range.rest();
  }
}

async function verifyContent(
  medium: MountedMedium,
  copy: LoadedCopy,
  plan: VerifyPlan,
  range: ReadRange,
): Promise<Result<Verified, VerifyFault>> {
  const { licence, slot } = copy;
  if (licence === null || !copy.slotWhole || copy.state?.state !== 'ACTIVE')
    return fault('verification_failed', 'licence, slot or state did not come back as written');
  const identity = plan.identity ?? (slot === null ? null : await identityOf(slot));
  const readable = identity === null ? null : await openContent(range, copy.contentBytes, identity);
  const opened = readable ?? (await openSealed(range, copy.contentBytes));
  if (!opened.ok) return failed(medium, opened.error.message);
  const { plaintextBytes, chunkCount } = opened.value;
  if (plaintextBytes !== licence.keyturn.plaintextBytes || chunkCount !== licence.keyturn.chunkCount)
    return fault('verification_failed', 'the content has another length than the licence says');
  const probed = await checkProbes(opened.value, licence.keyturn.probes);
  if (!probed.ok) return failed(medium, probed.error.message);
  let chunksVerified = 0;
  if (readable?.ok) {
    const checked = await checkSample(readable.value, plan);
    if (!checked.ok) return failed(medium, checked.error.message);
    chunksVerified = checked.value;
  }
  const hashes = await hashChunks(opened.value, plan.chunkIndices);
  return hashes.ok ? ok({ chunksVerified, chunkHashes: hashes.value }) : failed(medium, hashes.error.message);
}

const failed = (medium: MountedMedium, message: string) =>
  medium.present() ? fault('verification_failed', message) : fault('medium_pulled', 'pulled while verifying');

async function identityOf(slot: Uint8Array): Promise<string | null> {
  const opened = await openSlot(slot, null);
  return opened.ok ? opened.value : null;
}

async function checkSample(content: OpenContent, plan: VerifyPlan): Promise<Result<number, Fault>> {
  const { chunkCount } = content;
  const wanted = plan.verification === 'full' ? chunkCount : SAMPLE_CHUNKS;
  const indices = sampleIndices(plan.random, chunkCount, wanted);
  let begun = 0;
  let done = 0;
  let damage: Result<void, Fault> | null = null;
  const check = async (): Promise<void> => {
    while (damage === null && begun < indices.length) {
      const index = indices[begun] ?? 0;
      begun += 1;
      const checked = await content.checkChunk(index);
      if (!checked.ok) damage ??= checked;
      done += 1;
      plan.onChunk(done, indices.length);
    }
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, check));
  return damage ?? ok(indices.length);
}

type Sealed = Pick<OpenContent, 'readSealed' | 'chunkCount'>;

async function checkProbes(content: Sealed, probes: readonly ChunkHash[]): Promise<Result<void, Fault>> {
  for (const probe of probes) {
    const bytes = await content.readSealed(probe.index);
    if (!bytes.ok) return bytes;
    if (createHash('sha256').update(bytes.value).digest('hex') !== probe.sha256)
      return fault('content_damaged', `chunk ${probe.index} is not what was written`);
  }
  return ok(undefined);
}

/** Hashes of the ciphertext chunks asked for; indices beyond the end are left out. */
export async function hashChunks(
  content: Sealed,
  indices: readonly number[],
): Promise<Result<readonly ChunkHash[], Fault>> {
  const hashes: ChunkHash[] = [];
  for (const index of new Set(indices)) {
    if (index >= content.chunkCount) continue;
    const bytes = await content.readSealed(index);
    if (!bytes.ok) return bytes;
    hashes.push({ index, sha256: createHash('sha256').update(bytes.value).digest('hex') });
  }
  return ok(hashes);
}
