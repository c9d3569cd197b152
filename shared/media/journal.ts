import { z } from 'zod';
import type { CopyId } from '#shared/kernel/ids.ts';
import { ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { MountedMedium } from '#shared/ports/media-drive.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { sha256Hex } from './certificate.ts';
import { count, epoch, hex, terminalId, uuid } from './json.ts';
import { JOURNAL_FILE } from './layout.ts';
import type { MediumTrouble } from './orders.ts';
import { pack, unpack } from './packed.ts';
import { type FleetTrust, signParts, verifySignedParts } from './signing.ts';

const BLOCK_BYTES = 4096;
/** Two halves of this many entries: when one is full, a checkpoint opens the other, so that a torn write never costs both. */
export const JOURNAL_HALF = 24;
export const journalBytes = 2 * JOURNAL_HALF * BLOCK_BYTES;

export const JOURNAL_KINDS = [
  'copy_written',
  'copy_voided',
  'copy_destroyed',
  'recommendations_written',
  'checkpoint',
] as const;

/** One entry (type `keyturn-journal`). `previous` is the SHA-256 of the packed block before it; 64 zeros for the first. */
export const journalEntrySchema = z.object({
  version: z.literal(1),
  sequence: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
  previous: hex(32),
  at: epoch,
  terminal: terminalId,
  kind: z.enum(JOURNAL_KINDS),
  copyId: uuid<CopyId>().nullable(),
  /** Checkpoint only: how many entries came before it. */
  replaced: count.nullable(),
});
export type JournalEntry = z.infer<typeof journalEntrySchema>;

export interface Journal {
  /** Entries of the current half, oldest first: a gapless, verified chain. */
  readonly entries: readonly JournalEntry[];
  /** Block where the next entry goes, and the hash it names. */
  readonly next: { readonly block: number; readonly previous: string; readonly sequence: number };
}

const ZEROS = '0'.repeat(64);

/** Reads a journal of any bytes: what is torn, forged or out of order ends the chain there (MS-15). */
export async function readJournal(bytes: Uint8Array, trust: FleetTrust): Promise<Journal> {
  const halves = [await readHalf(bytes, 0, trust), await readHalf(bytes, 1, trust)] as const;
  const [a, b] = halves.map((half) => half.entries.at(-1)?.sequence ?? 0) as [number, number];
  const half = b > a ? halves[1] : halves[0];
  const start = b > a ? JOURNAL_HALF : 0;
  const block = half.entries.length < JOURNAL_HALF ? start + half.entries.length : JOURNAL_HALF - start;
  return { entries: half.entries, next: { block, previous: half.hash, sequence: Math.max(a, b) + 1 } };
}

async function readHalf(bytes: Uint8Array, half: 0 | 1, trust: FleetTrust) {
  const entries: JournalEntry[] = [];
  let hash = ZEROS;
  for (let index = 0; index < JOURNAL_HALF; index += 1) {
    const at = (half * JOURNAL_HALF + index) * BLOCK_BYTES;
    const block = bytes.subarray(at, at + BLOCK_BYTES);
    const parts = block.length === BLOCK_BYTES ? unpack(block) : null;
    if (parts === null) break;
    const verified = await verifySignedParts(parts, trust, {
      type: 'keyturn-journal',
      schema: journalEntrySchema,
      roles: ['kiosk', 'return-terminal'],
      validAt: 'signed-at',
      maxBytes: 2 * BLOCK_BYTES,
    });
    if (!verified.ok || verified.value.payload.terminal !== verified.value.signer.id) break;
    const entry = verified.value.payload;
    const before = entries.at(-1);
    const follows =
      before === undefined
        ? entry.sequence === 1 || entry.kind === 'checkpoint'
        : entry.sequence === before.sequence + 1 && entry.previous === hash;
    if (!follows) break;
    entries.push(entry);
    hash = sha256Hex(block);
  }
  return { entries, hash };
}

/** Appends one entry; a full half is closed by a checkpoint at the start of the other. */
export async function appendJournal(
  medium: MountedMedium,
  signer: Signer,
  trust: FleetTrust,
  at: EpochMs,
  fact: { readonly kind: (typeof JOURNAL_KINDS)[number]; readonly copyId: CopyId | null },
): Promise<Result<void, MediumTrouble>> {
  const bytes = await medium.readSmall(JOURNAL_FILE, journalBytes);
  if (!bytes.ok) return bytes;
  if (bytes.value === null || bytes.value.length !== journalBytes) {
    const laid = await medium.replaceSmall(JOURNAL_FILE, new Uint8Array(journalBytes));
    if (!laid.ok) return laid;
  }
  let { next } = await readJournal(bytes.value ?? new Uint8Array(0), trust);
  const turnsOver = next.block % JOURNAL_HALF === 0 && next.sequence > 1;
  const facts = turnsOver ? [{ kind: 'checkpoint' as const, copyId: null }, fact] : [fact];
  for (const each of facts) {
    const block = await entryBlock(signer, at, next, each);
    const written = await medium.overwrite(JOURNAL_FILE, next.block * BLOCK_BYTES, block);
    if (!written.ok) return written;
    next = { block: next.block + 1, previous: sha256Hex(block), sequence: next.sequence + 1 };
  }
  return ok(undefined);
}

async function entryBlock(
  signer: Signer,
  at: EpochMs,
  next: Journal['next'],
  fact: { readonly kind: JournalEntry['kind']; readonly copyId: CopyId | null },
): Promise<Uint8Array> {
  const entry: JournalEntry = {
    version: 1,
    sequence: next.sequence,
    previous: next.previous,
    at,
    terminal: signer.id,
    kind: fact.kind,
    copyId: fact.copyId,
    replaced: fact.kind === 'checkpoint' ? next.sequence - 1 : null,
  };
  return pack(await signParts('keyturn-journal', entry, signer, at), BLOCK_BYTES);
}
