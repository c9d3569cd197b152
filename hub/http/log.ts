import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { HubDeps } from '#hub/app/deps.ts';
import { newestCheckpoint, proveConsistency, proveLeaf } from '#hub/app/log/log.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { logProofSchema } from '#shared/media/log/checkpoint.ts';
import { receiptLeaf } from '#shared/media/log/leaves.ts';
import { MAX_LEAVES } from '#shared/media/log/merkle.ts';
import { sha256Hex } from '#shared/protocol/primitives.ts';
import { consistencyAnswer, logHead } from './contract/log.ts';
import { endpoint } from './endpoint.ts';

const tag = 'log';
const size = z.coerce.number().int().min(1).max(MAX_LEAVES);

/** The public side of the log (SEC-4): hashes and signatures only, nothing of anybody. For providers, customers and whoever watches the hub. */
export function logRoutes(app: OpenAPIHono, deps: Pick<HubDeps, 'db'>): void {
  const { stores } = deps.db;
  endpoint(
    app,
    {
      method: 'get',
      path: '/log/checkpoint',
      summary: 'SEC-4: the newest signed tree head.',
      tag,
      answer: logHead,
    },
    async () => {
      const row = await newestCheckpoint(stores);
      if (row === null) return fault('log_empty', 'nothing was signed yet');
      return ok({ size: row.size, root: row.root, at: row.at, checkpoint: row.jws });
    },
  );
  endpoint(
    app,
    {
      method: 'get',
      path: '/log/proof',
      summary: 'SEC-4: that a leaf, or the receipt of this id, is in the log.',
      tag,
      query: z.object({ leaf: sha256Hex.optional(), receipt: sha256Hex.optional() }),
      answer: logProofSchema,
    },
    async ({ query: { leaf, receipt } }) => {
      const wanted = leaf ?? (receipt === undefined ? undefined : receiptLeaf(receipt));
      if (wanted === undefined) return fault('request_malformed', 'which leaf, or which receipt?');
      return proveLeaf(stores, wanted);
    },
  );
  endpoint(
    app,
    {
      method: 'get',
      path: '/log/consistency',
      summary: 'SEC-4: that a later checkpoint continues an earlier one.',
      tag,
      query: z.object({ from: size, to: size }),
      answer: consistencyAnswer,
    },
    async ({ query: { from, to } }) => {
      const proven = await proveConsistency(stores, from, to);
      return proven.ok ? ok({ ...proven.value, path: [...proven.value.path] }) : proven;
    },
  );
}
