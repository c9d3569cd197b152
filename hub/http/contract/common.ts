import { z } from '@hono/zod-openapi';
import { isStorable } from '#shared/kernel/storable.ts';
import { base64url, instant, moneySchema } from '#shared/protocol/primitives.ts';

/** Building blocks of the staff API. Ids come from `shared/protocol/primitives.ts`: one shape everywhere. */
export { type Problem, problemSchema } from '#hub/http/endpoint.ts';

export const staffRole = z.enum(['clerk', 'manager', 'auditor', 'admin']);

export interface ListMark {
  readonly sort: string;
  readonly dir: 'asc' | 'desc';
  readonly value: string | number | null;
  readonly key: string | number;
}
/** What a column that sorts holds, for the database to compare a cursor's value with it. */
type Kind = 'number' | 'text';

const mark = z.tuple([
  z.string(),
  z.enum(['asc', 'desc']),
  z.union([z.string().max(400), z.int(), z.null()]),
  z.union([z.string().max(400), z.int()]),
]);

function readMark(text: string): ListMark | null {
  try {
    const [sort, dir, value, key] = mark.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    return [value, key].every((one) => isStorable(one, 1)) ? { sort, dir, value, key } : null;
  } catch {
    return null;
  }
}
export const cursorOf = (next: ListMark | null): string | null =>
  next === null
    ? null
    : Buffer.from(JSON.stringify([next.sort, next.dir, next.value, next.key])).toString('base64url');

/**
 * What every list can be asked: a page of at most `limit`, sorted by one of `sorts` (the first where nothing is said), and what is sought in it. A cursor
 * (opaque: what the page before answered as `next`) carries its own order. `keyForm`: what the key of a row in it looks like.
 */
export function listQuery<const S extends Readonly<Record<string, Kind>>>(
  sorts: S,
  { first = 50, most = 200, key = 'text' as Kind, keyForm = /^/ } = {},
) {
  const kinds: Readonly<Record<string, Kind>> = sorts;
  const is = (kind: Kind | undefined, value: unknown) =>
    kind === 'number' ? typeof value === 'number' : kind === 'text' && typeof value === 'string';
  const cursor = base64url(2000).transform((text, c): ListMark => {
    const read = readMark(text);
    const kind = read !== null && Object.hasOwn(kinds, read.sort) ? kinds[read.sort] : undefined;
    if (
      read !== null &&
      is(key, read.key) &&
      keyForm.test(String(read.key)) &&
      kind !== undefined &&
      (read.value === null || is(kind, read.value))
    )
      return read;
    c.addIssue({ code: 'custom', message: 'no page of this list begins there' });
    return z.NEVER;
  });
  return z.object({
    cursor: cursor.optional(),
    limit: z.coerce.number().int().min(1).max(most).default(first),
    sort: z.enum(Object.keys(sorts) as [keyof S & string]).optional(),
    dir: z.enum(['asc', 'desc']).optional(),
    q: z.string().trim().max(100).optional(),
  });
}
/** How many there are, counted no further than is worth it: `more` says that there are more. */
export const total = z.object({ count: z.int().min(0), more: z.boolean() });
/** One page of a list; `next` is null on the last one, `total` stands on the first. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next: z.string().nullable(), total: total.nullable() });

export const done = z.object({ done: z.literal(true) });
export const money = moneySchema;
export const moment = instant;
export const label = z.string().trim().min(1).max(200);
export const note = z.string().trim().min(1).max(500);
