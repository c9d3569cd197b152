import type { EpochMs } from '#shared/kernel/time.ts';

export type LogKind = 'transfer' | 'receipt' | 'audit';

/** What is to become a leaf of the log. */
export interface LogPendingRow {
  readonly place: number;
  readonly kind: LogKind;
  readonly subject: string;
  readonly since: EpochMs;
}

/** A leaf of the Merkle log (RFC 9162); `subject` is the transfer's or receipt's id, or the audit entry's number. */
export interface LogLeafRow {
  readonly position: number;
  readonly kind: LogKind;
  readonly subject: string;
  /** Hex. */
  readonly hash: string;
  readonly appendedAt: EpochMs;
}

/** Hash of a complete subtree; `level` 1 covers two leaves. */
export interface LogNodeRow {
  readonly level: number;
  readonly position: number;
  readonly hash: string;
}

/** A signed tree head. */
export interface LogCheckpointRow {
  readonly size: number;
  readonly root: string;
  readonly at: EpochMs;
  readonly timeline: string;
  readonly jws: string;
}
