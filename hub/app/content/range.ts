/** What of a resource of `bytes` bytes is asked for: all of it, `from` until `until` (exclusive), or nothing that exists. */
export type RangeAnswer =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly from: number; readonly until: number }
  | { readonly kind: 'unsatisfiable' };

/**
 * Reads a `Range` header (RFC 9110 §14): one range of bytes. Anything else that is well formed but not supported, and anything
 * malformed, means the whole resource, as the RFC wants; so does an `If-Range` that names another state of the resource.
 */
export function parseRange(
  header: string | undefined,
  ifRange: string | undefined,
  etag: string,
  bytes: number,
): RangeAnswer {
  if (header === undefined || (ifRange !== undefined && ifRange !== etag)) return { kind: 'whole' };
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim());
  const [, first, last] = match ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return { kind: 'whole' };
  if (first === '') {
    const suffix = Math.min(Number(last), bytes);
    return suffix === 0 ? { kind: 'unsatisfiable' } : { kind: 'part', from: bytes - suffix, until: bytes };
  }
  const from = Number(first);
  if (last !== '' && Number(last) < from) return { kind: 'whole' };
  if (from >= bytes) return { kind: 'unsatisfiable' };
  const until = last === '' ? bytes : Math.min(Number(last) + 1, bytes);
  return { kind: 'part', from, until };
}
