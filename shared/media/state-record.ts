import { z } from 'zod';
import type { CopyId, MediumId, RentalId, ReturnId } from '#shared/kernel/ids.ts';
import { epoch, hex, terminalId, uuid } from './json.ts';
import { READ_BACKS } from './receipt.ts';

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
