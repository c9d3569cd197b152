import { leafHash } from './merkle.ts';

/** A posting of the ledger as a leaf holds it: everything that the books say of it. */
export interface LoggedTransfer {
  readonly transferId: string;
  readonly phase: string;
  readonly reason: string;
  readonly pendingId: string | null;
  readonly correctsId: string | null;
  readonly rentalId: string | null;
  readonly returnId: string | null;
  readonly memberId: string | null;
  readonly siteId: string | null;
  readonly at: number;
  readonly bookedAt: number;
  readonly expiresAt: number | null;
  readonly fingerprint: string;
  readonly detail: unknown;
}
export interface LoggedEntry {
  readonly line: number;
  readonly accountId: string;
  readonly amount: number;
  readonly unit: string;
}
export interface LoggedAudit {
  readonly sequence: number;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: unknown;
  readonly previousHash: string;
  readonly hash: string;
}

/** A receipt's leaf holds its id, which is the SHA-256 of its compact JWS: who has the receipt can compute it, and nobody learns anything from it. */
export const receiptLeaf = (receiptId: string): string => hashed(['receipt', receiptId]);

export const transferLeaf = (transfer: LoggedTransfer, entries: readonly LoggedEntry[]): string =>
  hashed([
    'transfer',
    transfer.transferId,
    transfer.phase,
    transfer.reason,
    transfer.pendingId,
    transfer.correctsId,
    transfer.rentalId,
    transfer.returnId,
    transfer.memberId,
    transfer.siteId,
    transfer.at,
    transfer.bookedAt,
    transfer.expiresAt,
    transfer.fingerprint,
    sorted(transfer.detail),
    [...entries]
      .sort((a, b) => a.line - b.line)
      .map(({ line, accountId, amount, unit }) => [line, accountId, amount, unit]),
  ]);

export const auditLeaf = (entry: LoggedAudit): string =>
  hashed([
    'audit',
    entry.sequence,
    entry.at,
    entry.actor,
    entry.action,
    entry.subject,
    sorted(entry.detail),
    entry.previousHash,
    entry.hash,
  ]);

/** A leaf's bytes are its JSON in UTF-8, without spaces. */
const hashed = (contents: readonly unknown[]): string => leafHash(Buffer.from(JSON.stringify(contents)));

/** JSON with keys in one order, objects as lists of pairs: the database does not keep the order of keys. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value ?? null;
  const pairs = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.map(([key, inner]) => [key, sorted(inner)]);
}
