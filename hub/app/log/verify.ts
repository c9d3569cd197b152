import { createHash } from 'node:crypto';
import type { HubDatabase } from '#hub/ports/database.ts';
import type { LogCheckpointRow, LogKind, ReceiptRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { LIMITS } from '#shared/media/layout.ts';
import { verifyCheckpoint } from '#shared/media/log/checkpoint.ts';
import { append, EMPTY_FRONTIER, type Frontier, rootOf } from '#shared/media/log/merkle.ts';
import { receiptSchema } from '#shared/media/receipt.ts';
import { certificateEnd, type FleetTrust, verifyJws } from '#shared/media/signing.ts';
import { keyOf, leafHashes } from './contents.ts';

/** What is wrong with a leaf, a checkpoint or a receipt. */
export type Damage =
  /** The row is not what was logged: changed, or gone. */
  | {
      readonly kind: 'leaf_changed' | 'leaf_missing';
      readonly position: number;
      readonly what: LogKind;
      readonly subject: string;
    }
  /** A leaf was taken out or put in: positions have a hole. */
  | { readonly kind: 'leaf_gap'; readonly position: number }
  /** The leaves do not lead to what was signed, or the signature does not hold. */
  | { readonly kind: 'checkpoint_broken'; readonly size: number; readonly why: string }
  /** Rows that are neither in the log nor noted for it. */
  | { readonly kind: 'not_logged'; readonly what: LogKind; readonly count: number }
  | {
      readonly kind: 'receipt_broken';
      readonly receiptId: string;
      readonly terminalId: string;
      readonly why: string;
    };

export interface LogReport {
  readonly leaves: number;
  readonly waiting: number;
  readonly checkpoints: number;
  readonly receipts: number;
  /** Receipts whose predecessor never came; each was told when it was met. */
  readonly gaps: number;
  /** The first thing that is wrong; null: nothing. */
  readonly damage: Damage | null;
}

const PAGE = 500;

/**
 * Replays ledger, audit trail and receipts against the log and its checkpoints, and every terminal's chain of receipts (SEC-4). Everything is computed anew
 * from the tables; stored hashes of subtrees are not believed. Answers the first damage.
 */
export async function verifyLog(db: HubDatabase, trust: FleetTrust): Promise<LogReport> {
  const { stores } = db;
  const replayed = await replay(stores, trust);
  const chains = await verifyChains(stores, trust);
  const waiting = await stores.logPending.count({});
  const damage = replayed.damage ?? (await unlogged(stores)) ?? chains.damage;
  return {
    leaves: replayed.frontier.size,
    waiting,
    checkpoints: replayed.checkpoints,
    receipts: chains.receipts,
    gaps: chains.gaps,
    damage,
  };
}

interface Replay {
  readonly frontier: Frontier;
  readonly checkpoints: number;
  readonly damage: Damage | null;
}

async function replay(stores: Stores, trust: FleetTrust): Promise<Replay> {
  let frontier = EMPTY_FRONTIER;
  let checkpoints = 0;
  for (;;) {
    const page = await stores.logLeaves.list(
      { position: { gte: frontier.size } },
      { orderBy: ['position'], limit: PAGE },
    );
    if (page.length === 0) break;
    const hashes = await leafHashes(stores, page);
    const signed = await stores.logCheckpoints.list(
      { size: { gt: frontier.size, lte: frontier.size + page.length } },
      { orderBy: ['size'], limit: PAGE },
    );
    const bySize = new Map(signed.map((row) => [row.size, row]));
    for (const { position, kind: what, subject, hash } of page) {
      const at = { frontier, checkpoints };
      if (position !== frontier.size) return { ...at, damage: { kind: 'leaf_gap', position: frontier.size } };
      const now = hashes.get(keyOf({ kind: what, subject }));
      if (now === undefined) return { ...at, damage: { kind: 'leaf_missing', position, what, subject } };
      if (now !== hash) return { ...at, damage: { kind: 'leaf_changed', position, what, subject } };
      frontier = append(frontier, [now]).frontier;
      const checkpoint = bySize.get(frontier.size);
      if (checkpoint === undefined) continue;
      const why = await brokenCheckpoint(checkpoint, frontier, trust);
      if (why !== null)
        return { frontier, checkpoints, damage: { kind: 'checkpoint_broken', size: frontier.size, why } };
      checkpoints += 1;
    }
  }
  const beyond = await stores.logCheckpoints.first({ size: { gt: frontier.size } });
  return {
    frontier,
    checkpoints,
    damage:
      beyond === null
        ? null
        : { kind: 'checkpoint_broken', size: beyond.size, why: 'more leaves were signed than there are' },
  };
}

async function brokenCheckpoint(
  row: LogCheckpointRow,
  frontier: Frontier,
  trust: FleetTrust,
): Promise<string | null> {
  const signed = await verifyCheckpoint(row.jws, trust);
  if (!signed.ok) return `its signature does not hold: ${signed.error.code}`;
  const { size, root } = signed.value.payload;
  if (size !== frontier.size) return `it was signed for ${size} leaves`;
  return root === rootOf(frontier) ? null : 'the leaves before it are not those that were signed';
}

/** Everything that the log is about is a leaf, or noted to become one. */
async function unlogged(stores: Stores): Promise<Damage | null> {
  const audit = (await stores.audit.list({ limit: 1 }))[0]?.sequence ?? 0;
  const total = {
    transfer: await stores.ledger.countTransfers(),
    receipt: await stores.receipts.count({}),
    audit,
  };
  for (const what of ['transfer', 'receipt', 'audit'] as const) {
    const known =
      (await stores.logLeaves.count({ kind: what })) + (await stores.logPending.count({ kind: what }));
    if (known < total[what]) return { kind: 'not_logged', what, count: total[what] - known };
  }
  return null;
}

async function verifyChains(
  stores: Stores,
  trust: FleetTrust,
): Promise<{ readonly receipts: number; readonly gaps: number; readonly damage: Damage | null }> {
  let receipts = 0;
  let gaps = 0;
  let before: ReceiptRow | null = null;
  for (;;) {
    const page: readonly ReceiptRow[] = await stores.receipts.list(
      {},
      { orderBy: ['terminalId', 'chain', 'counter', 'receiptId'], limit: PAGE, offset: receipts },
    );
    for (const row of page) {
      receipts += 1;
      const why = await brokenReceipt(row, trust);
      const { receiptId, terminalId } = row;
      if (why !== null)
        return { receipts, gaps, damage: { kind: 'receipt_broken', receiptId, terminalId, why } };
      const follows: boolean = before?.terminalId === terminalId && before.chain === row.chain;
      if (follows && before?.counter === row.counter - 1 && before.receiptId !== row.previous) {
        const other = 'it follows another receipt than the one before it';
        return { receipts, gaps, damage: { kind: 'receipt_broken', receiptId, terminalId, why: other } };
      }
      if (row.counter > 1 && (!follows || before?.counter !== row.counter - 1)) gaps += 1;
      before = row;
    }
    if (page.length < PAGE) return { receipts, gaps, damage: null };
  }
}

async function brokenReceipt(row: ReceiptRow, trust: FleetTrust): Promise<string | null> {
  if (createHash('sha256').update(row.jws).digest('hex') !== row.receiptId)
    return 'its text is not the one that its id names';
  const options = {
    type: 'keyturn-receipt',
    schema: receiptSchema,
    roles: ['return-terminal', 'kiosk'],
    maxBytes: LIMITS.receiptBytes,
  } as const;
  let read = await verifyJws(row.jws, trust, { ...options, validAt: 'signed-at' });
  const end = read.ok || read.error.code !== 'certificate_expired' ? null : certificateEnd(row.jws);
  if (end !== null) read = await verifyJws(row.jws, trust, { ...options, validAt: end });
  if (!read.ok) return `its signature does not hold: ${read.error.code}`;
  const { counter, previous, terminal, returnId } = read.value.payload;
  const same =
    counter === row.counter &&
    previous === row.previous &&
    terminal === row.terminalId &&
    returnId === row.returnId;
  return same ? null : 'what is noted beside it is not what was signed';
}
