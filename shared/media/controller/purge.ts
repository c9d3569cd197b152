import { z } from 'zod';
import type { CopyId, MediumId, ReturnId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { hex, uuid } from '../json.ts';
import type { Receipt } from '../receipt.ts';
import { type FleetTrust, type SignatureFaultCode, verifyJws } from '../signing.ts';

/** Longest statement (compact JWS). */
export const PURGE_BYTES = 12 * 1024;

/**
 * What a controller signs once a key is gone from it (type `keyturn-purge`, role `medium`; RET-4, MS-23). `signedAt` in the header is what
 * the terminal's clock said: a controller has none. `counter` of one controller never repeats and never goes back.
 */
export const purgeStatementSchema = z.object({
  version: z.literal(1),
  mediumId: uuid<MediumId>(),
  copyId: uuid<CopyId>(),
  returnId: uuid<ReturnId>(),
  /** The hub's nonce of this return, or offline that of the terminal's own counter (MS-10). */
  nonce: z
    .string()
    .max(64)
    .regex(/^[A-Za-z0-9_-]+$/),
  counter: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
  /** `slotCheck` of the key that was removed, as in the copy's licence. */
  slotDigest: hex(32),
});
export type PurgeStatement = z.infer<typeof purgeStatementSchema>;

export type PurgeFault = Fault<SignatureFaultCode | 'purge_missing' | 'purge_contradicts'>;

/**
 * Whether the controller itself says what a receipt with claim PURGE says. `slotCheck` is the licence's. Pure: the caller compares `counter`
 * with the last one it knows of this medium. A receipt that fails here was made by a terminal that lies about the deletion (SEC-5).
 */
export async function verifyPurgeStatement(
  receipt: Pick<Receipt, 'mediumId' | 'copyId' | 'returnId' | 'proof' | 'purge'>,
  slotCheck: string,
  trust: FleetTrust,
): Promise<Result<PurgeStatement, PurgeFault>> {
  if (receipt.purge === undefined)
    return fault('purge_missing', 'the receipt claims PURGE without the controller’s statement');
  const read = await verifyJws(receipt.purge, trust, {
    type: 'keyturn-purge',
    schema: purgeStatementSchema,
    roles: ['medium'],
    validAt: 'signed-at',
    maxBytes: PURGE_BYTES,
  });
  if (!read.ok) return read;
  const { payload, signer } = read.value;
  const contradiction = (
    [
      ['medium', signer.id === receipt.mediumId && payload.mediumId === receipt.mediumId],
      ['copy', payload.copyId === receipt.copyId],
      ['return', payload.returnId === receipt.returnId],
      ['nonce', payload.nonce === receipt.proof.nonce],
      ['key', payload.slotDigest === slotCheck],
    ] as const
  ).find(([, fits]) => !fits);
  return contradiction === undefined
    ? ok(payload)
    : fault('purge_contradicts', `the controller’s statement is about another ${contradiction[0]}`);
}

/** The controller's number in a receipt that was verified when it was stored; null where it carries no statement. */
export function purgeCounterOf(receiptJws: string): number | null {
  const receipt = payloadOf(receiptJws, z.object({ purge: z.string() }));
  const statement = receipt === null ? null : payloadOf(receipt.purge, purgeStatementSchema);
  return statement?.counter ?? null;
}

function payloadOf<T>(jws: string, schema: z.ZodType<T>): T | null {
  try {
    const read = schema.safeParse(
      JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8')),
    );
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}
