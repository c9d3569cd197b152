import type { HubDeps } from '#hub/app/deps.ts';
import { currentTimeline } from '#hub/app/ingest/timeline.ts';
import type { LogCheckpointRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { assert } from '#shared/kernel/assert.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type Checkpoint, checkpointSchema, type LogProof } from '#shared/media/log/checkpoint.ts';
import {
  append,
  consistencyRanges,
  type Frontier,
  frontierOf,
  inclusionRanges,
  type LeafRange,
  type NodeLookup,
  type Place,
  placesOf,
  rangeHash,
  rootOf,
} from '#shared/media/log/merkle.ts';
import { type FleetTrust, signJws } from '#shared/media/signing.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { keyOf, leafHashes } from './contents.ts';

export type LogDeps = HubDeps & { readonly trust: FleetTrust; readonly signer: Signer };

/** Leaves in one transaction. */
const BATCH = 500;
/** A grown log is signed again after this time; the first leaves at once. */
export const CHECKPOINT_MS = 5 * 60_000;

/**
 * Appends what was committed since (SEC-4): ledger postings, receipts, audit entries, in the order in which they were noted by the database's own triggers.
 * Run by the hub that holds the jobs; ingest never waits for it. Answers how many leaves it made.
 */
export async function appendToLog(deps: HubDeps): Promise<number> {
  let made = 0;
  for (;;) {
    const appended = await deps.db.transaction((stores) => appendBatch(stores, deps));
    made += appended;
    if (appended < BATCH) return made;
  }
}

async function appendBatch(stores: Stores, { clock }: HubDeps): Promise<number> {
  const pending = await stores.logPending.list({}, { orderBy: ['place'], limit: BATCH });
  if (pending.length === 0) return 0;
  const hashes = await leafHashes(stores, pending);
  const before = await currentFrontier(stores);
  const now = clock.now();
  const leaves = pending.map(({ kind, subject }, index) => {
    const hash = hashes.get(keyOf({ kind, subject }));
    assert(hash !== undefined, `${kind} ${subject} was noted for the log and is gone`);
    return { position: before.size + index, kind, subject, hash, appendedAt: now };
  });
  const { nodes } = append(
    before,
    leaves.map(({ hash }) => hash),
  );
  // Another hub that took the jobs over in the same moment: the second one to come undoes its own work.
  assert((await stores.logLeaves.insertMany(leaves)) === leaves.length, 'one hub appends at a time');
  assert((await stores.logNodes.insertMany(nodes)) === nodes.length, 'a subtree is completed once');
  await stores.logPending.removeWhere({ place: pending.map(({ place }) => place) });
  return leaves.length;
}

/** Signs the log as it stands, where it has grown since the last time and that is long enough ago. Answers the new checkpoint, or null. */
export async function signCheckpoint(deps: LogDeps): Promise<LogCheckpointRow | null> {
  const { stores } = deps.db;
  const now = deps.clock.now();
  const last = await newestCheckpoint(stores);
  const frontier = await currentFrontier(stores);
  if (frontier.size === 0 || frontier.size === last?.size) return null;
  if (last !== null && now - last.at < CHECKPOINT_MS) return null;
  const checkpoint: Checkpoint = checkpointSchema.parse({
    version: 1,
    fleetId: deps.trust.fleetId,
    timeline: await currentTimeline(deps.db, deps),
    size: frontier.size,
    root: rootOf(frontier),
    at: now,
  });
  const { size, root, timeline } = checkpoint;
  const jws = await signJws('keyturn-checkpoint', checkpoint, deps.signer, now);
  const row = { size, root, at: now, timeline, jws };
  return (await stores.logCheckpoints.insert(row)) === 'created' ? row : null;
}

/** The duty that time brings up: leaves, then a checkpoint. */
export async function keepLog(deps: LogDeps): Promise<number> {
  const made = await appendToLog(deps);
  const signed = await signCheckpoint(deps);
  return made + (signed === null ? 0 : 1);
}

export async function newestCheckpoint(
  stores: Pick<Stores, 'logCheckpoints'>,
): Promise<LogCheckpointRow | null> {
  const [row] = await stores.logCheckpoints.list({}, { orderBy: ['size'], descending: true, limit: 1 });
  return row ?? null;
}

async function currentFrontier(stores: Stores): Promise<Frontier> {
  const [last] = await stores.logLeaves.list({}, { orderBy: ['position'], descending: true, limit: 1 });
  const size = last === undefined ? 0 : last.position + 1;
  return frontierOf(size, await lookupOf(stores, placesOf({ start: 0, end: size })));
}

/** Reads the hashes of some complete subtrees: two questions, however many. */
async function lookupOf(
  stores: Pick<Stores, 'logLeaves' | 'logNodes'>,
  places: readonly Place[],
): Promise<NodeLookup> {
  const found = new Map<string, string>();
  const leaves = places.filter(({ level }) => level === 0).map(({ position }) => position);
  for (const { position, hash } of await stores.logLeaves.list(
    { position: leaves },
    { limit: leaves.length + 1 },
  ))
    found.set(`0 ${position}`, hash);
  const inner = places.filter(({ level }) => level > 0);
  const wanted = {
    level: [...new Set(inner.map(({ level }) => level))],
    position: [...new Set(inner.map(({ position }) => position))],
  };
  const limit = wanted.level.length * wanted.position.length + 1;
  for (const { level, position, hash } of await stores.logNodes.list(wanted, { limit }))
    found.set(`${level} ${position}`, hash);
  return ({ level, position }) => {
    const hash = found.get(`${level} ${position}`);
    assert(hash !== undefined, `the log has no subtree ${level}/${position}`);
    return hash;
  };
}

async function hashesOf(stores: Stores, ranges: readonly LeafRange[]): Promise<readonly string[]> {
  const lookup = await lookupOf(stores, ranges.flatMap(placesOf));
  return ranges.map((range) => rangeHash(range, lookup));
}

export type ProofFault = Fault<'leaf_unknown' | 'log_behind' | 'log_size_unknown'>;

/** Proof that a leaf is in the log, against the newest checkpoint. `log_behind`: it is known and not yet signed; a few minutes help. */
export async function proveLeaf(stores: Stores, leaf: string): Promise<Result<LogProof, ProofFault>> {
  const row = await stores.logLeaves.first({ hash: leaf });
  if (row === null) return fault('leaf_unknown', 'this leaf is not in the log');
  const checkpoint = await newestCheckpoint(stores);
  if (checkpoint === null || checkpoint.size <= row.position)
    return fault('log_behind', 'this leaf is signed with the next checkpoint');
  const path = await hashesOf(stores, inclusionRanges(row.position, checkpoint.size));
  return ok({ leaf, index: row.position, size: checkpoint.size, path, checkpoint: checkpoint.jws });
}

/** Proof that the log of `to` leaves continues that of `from`. Both are sizes of checkpoints. */
export async function proveConsistency(
  stores: Stores,
  from: number,
  to: number,
): Promise<
  Result<{ readonly earlier: string; readonly later: string; readonly path: readonly string[] }, ProofFault>
> {
  const [earlier, later] = await Promise.all([from, to].map((size) => stores.logCheckpoints.find({ size })));
  if (earlier == null || later == null || from > to)
    return fault(
      'log_size_unknown',
      'from and to are the sizes of signed checkpoints, the earlier one first',
    );
  const path = await hashesOf(stores, consistencyRanges(from, to));
  return ok({ earlier: earlier.jws, later: later.jws, path });
}
