import { z } from 'zod';
import type { CopyId, MediumId, RentalId, ReturnId } from '#shared/kernel/ids.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { epoch, hex, terminalId, uuid } from './json.ts';
import { STATE_BLOCK_BYTES } from './layout.ts';
import { pack, unpack } from './packed.ts';
import { READ_BACKS } from './receipt.ts';
import {
  type FleetTrust,
  type SignatureFault,
  signParts,
  type VerifyOptions,
  verifySignedParts,
} from './signing.ts';

export const COPY_STATES = ['WRITING', 'ACTIVE', 'RETURNING', 'DESTROYED', 'VOID'] as const;
export type CopyState = (typeof COPY_STATES)[number];

/** Payload of a state record (type `keyturn-state`). Two of them alternate in 4 KiB blocks; the highest valid sequence counts (MS-12). */
export const stateRecordSchema = z.object({
  version: z.literal(1),
  sequence: z.int().min(1).max(0xffff_ffff),
  state: z.enum(COPY_STATES),
  copyId: uuid<CopyId>(),
  rentalId: uuid<RentalId>(),
  mediumId: uuid<MediumId>(),
  /** Nonce of the session that wrote it: shows whether the medium after the power cycle is the one before. */
  session: hex(16),
  at: epoch,
  terminal: terminalId,
  /** Start of the rental (RNT-1), known once the write was verified; null in a copy whose kiosk never got that far (`held`). */
  startedAt: epoch.nullable(),
  /** Present from RETURNING on: T0 and who took the medium then (CHG-1). */
  returning: z
    .object({
      returnId: uuid<ReturnId>(),
      t0: epoch,
      acceptedBy: terminalId,
      destroyedAt: epoch.nullable(),
      readBack: z.enum(READ_BACKS).nullable(),
    })
    .nullable(),
});
export type StateRecord = z.infer<typeof stateRecordSchema>;

const OPTIONS: VerifyOptions<StateRecord> = {
  type: 'keyturn-state',
  schema: stateRecordSchema,
  roles: ['kiosk', 'return-terminal'],
  validAt: 'signed-at',
  maxBytes: STATE_BLOCK_BYTES * 2,
};

/** What the two blocks of a state file say. */
export interface StateFile {
  /** The valid record with the higher sequence; null where neither block holds one. */
  readonly current: StateRecord | null;
  /** Both valid records, by block. */
  readonly records: readonly [StateRecord | null, StateRecord | null];
  /** Where the next record goes: never over the current one. */
  readonly nextBlock: 0 | 1;
  /** Why a written block does not count, for the log; null where all that is written counts. */
  readonly fault: SignatureFault | null;
}

/** Reads a state file of any bytes: torn or forged blocks do not count (MS-12). */
export async function readState(bytes: Uint8Array, copyId: CopyId, trust: FleetTrust): Promise<StateFile> {
  const records: [StateRecord | null, StateRecord | null] = [null, null];
  let found: SignatureFault | null = null;
  for (const index of [0, 1] as const) {
    const parts = unpack(bytes.subarray(index * STATE_BLOCK_BYTES, (index + 1) * STATE_BLOCK_BYTES));
    if (parts === null) continue;
    const verified = await verifySignedParts(parts, trust, OPTIONS);
    if (!verified.ok) found = verified.error;
    else if (verified.value.payload.copyId !== copyId)
      found = { code: 'malformed', message: 'the state of another copy' };
    else if (verified.value.payload.terminal !== verified.value.signer.id)
      found = { code: 'signature_invalid', message: 'signed by another terminal than it names' };
    else records[index] = verified.value.payload;
  }
  const [a, b] = records;
  const newer = (b?.sequence ?? 0) > (a?.sequence ?? 0) ? 1 : 0;
  return { current: records[newer], records, nextBlock: newer === 1 ? 0 : 1, fault: found };
}

/** One signed state block. */
export const stateBlock = async (record: StateRecord, signer: Signer): Promise<Uint8Array> =>
  pack(
    await signParts('keyturn-state', stateRecordSchema.parse(record), signer, record.at),
    STATE_BLOCK_BYTES,
  );
