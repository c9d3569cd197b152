import { z } from '@hono/zod-openapi';
import { base64url, instant, moneySchema } from '#shared/protocol/primitives.ts';

/** Building blocks of the staff API. Ids come from `shared/protocol/primitives.ts`: one shape everywhere. */
export { type Problem, problemSchema } from '#hub/http/endpoint.ts';

export const staffRole = z.enum(['clerk', 'manager', 'auditor', 'admin']);
export const pageQuery = z.object({
  /** Opaque: what the page before answered as `next`. */
  cursor: base64url(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
/** One page of a list, newest first; `next` is null on the last one. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next: z.string().nullable() });

export const done = z.object({ done: z.literal(true) });
export const money = moneySchema;
export const moment = instant;
export const label = z.string().trim().min(1).max(200);
export const note = z.string().trim().min(1).max(500);
