import { z } from '@hono/zod-openapi';
import { count, sha256Hex, terminalId } from '#shared/protocol/primitives.ts';

const logKind = z.enum(['transfer', 'receipt', 'audit']);

/** Answer of the replay (SEC-4): `damage` is the first thing that is wrong. */
export const logReport = z.object({
  leaves: count,
  waiting: count,
  checkpoints: count,
  receipts: count,
  gaps: count,
  damage: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('leaf_changed'), position: count, what: logKind, subject: z.string() }),
      z.object({ kind: z.literal('leaf_missing'), position: count, what: logKind, subject: z.string() }),
      z.object({ kind: z.literal('leaf_gap'), position: count }),
      z.object({ kind: z.literal('checkpoint_broken'), size: count, why: z.string() }),
      z.object({ kind: z.literal('not_logged'), what: logKind, count }),
      z.object({ kind: z.literal('receipt_broken'), receiptId: z.string(), terminalId, why: z.string() }),
    ])
    .nullable(),
});
export type LogReportView = z.infer<typeof logReport>;

export const logHead = z.object({ size: count, root: sha256Hex, at: count, checkpoint: z.string() });
export const consistencyAnswer = z.object({
  earlier: z.string(),
  later: z.string(),
  path: z.array(sha256Hex),
});
export const acceptBody = z.object({ reason: z.string().trim().min(1).max(500) });
export const acceptAnswer = z.object({ requestId: z.string() });
