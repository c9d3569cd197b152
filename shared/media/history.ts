import { z } from 'zod';
import type { TitleId } from '#shared/kernel/ids.ts';
import type { Result } from '#shared/kernel/result.ts';
import { epoch, uuid } from './json.ts';
import { LIMITS } from './layout.ts';
import { openDocument, type SealFault } from './sealed-document.ts';
import type { FleetTrust, Verified } from './signing.ts';

/** Payload of `history.age`: titles and dates only, newest first (RET-6). */
export const historySchema = z.object({
  version: z.literal(1),
  memberToken: z.string().min(1).max(200),
  madeAt: epoch,
  entries: z
    .array(
      z.object({
        titleId: uuid<TitleId>(),
        returnedAt: epoch,
        stars: z.int().min(1).max(5).nullable(),
      }),
    )
    .max(100)
    .readonly(),
});
export type History = z.infer<typeof historySchema>;

export const openHistory = (
  bytes: Uint8Array,
  identity: string,
  trust: FleetTrust,
): Promise<Result<Verified<History>, SealFault>> =>
  openDocument(bytes, identity, trust, {
    type: 'keyturn-history',
    schema: historySchema,
    maxBytes: LIMITS.historyBytes,
  });
