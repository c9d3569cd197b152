import { createHash } from 'node:crypto';
import type { AuditRow } from '#hub/ports/rows/index.ts';

const GENESIS = '0'.repeat(64);
const auditHash = (row: Omit<AuditRow, 'hash'>): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        row.sequence,
        row.at,
        row.actor,
        row.action,
        row.subject,
        sorted(row.detail),
        row.previousHash,
      ]),
    )
    .digest('hex');

/** JSON with keys in one order: the database does not keep the order of keys. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const pairs = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.map(([key, inner]) => [key, sorted(inner)]);
}

/** First sequence that does not follow from the entry before it; null: the chain is whole. `after` reads entries in order. */
export async function firstBroken(
  after: (sequence: number, limit: number) => Promise<readonly AuditRow[]>,
): Promise<number | null> {
  let previous = { sequence: 0, hash: GENESIS };
  for (;;) {
    const part = await after(previous.sequence, 500);
    for (const row of part) {
      const follows = row.sequence === previous.sequence + 1 && row.previousHash === previous.hash;
      if (!follows || row.hash !== auditHash(row)) return row.sequence;
      previous = row;
    }
    if (part.length === 0) return null;
  }
}

/** The entry that follows the newest one. */
export function chained(
  entry: Omit<AuditRow, 'sequence' | 'previousHash' | 'hash'>,
  last: AuditRow | null,
): AuditRow {
  const draft = { ...entry, sequence: (last?.sequence ?? 0) + 1, previousHash: last?.hash ?? GENESIS };
  return { ...draft, hash: auditHash(draft) };
}
