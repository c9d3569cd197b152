import { z } from 'zod';
import type { HubDeps } from '#hub/app/deps.ts';
import type { SecurityAlarm } from '#hub/app/security/alarm.ts';
import type { CheckpointKeep } from '#hub/ports/checkpoint-keep.ts';
import type { AuditCheckpointRow } from '#hub/ports/rows/index.ts';
import { type FleetTrust, signJws, verifyJws } from '#shared/media/signing.ts';
import type { Signer } from '#shared/ports/signer.ts';

export type AuditDeps = Pick<HubDeps, 'db' | 'clock'> & {
  readonly trust: FleetTrust;
  readonly signer: Signer;
  readonly checkpoints: CheckpointKeep;
};

const PAYLOAD = z.object({
  sequence: z.int().min(1),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.int(),
});
type Checkpoint = z.infer<typeof PAYLOAD>;
const PAGE = 500;

/**
 * Signs how far the audit trail has come, in the database and in a file beside it. Who rewrites the whole chain from some entry on, or cuts off its
 * end, cannot make these fit. Answers 1, or 0 where nothing was added since the last one.
 */
export async function signAuditCheckpoint(deps: AuditDeps): Promise<number> {
  const { audit, auditCheckpoints } = deps.db.stores;
  const [last] = await audit.list({ limit: 1 });
  if (last === undefined) return 0;
  const [before] = await newest(deps);
  if (before !== undefined && before.sequence >= last.sequence) return 0;
  const at = deps.clock.now();
  const payload: Checkpoint = { sequence: last.sequence, hash: last.hash, at };
  const jws = await signJws('keyturn-audit', payload, deps.signer, at);
  const row: AuditCheckpointRow = { ...payload, at, jws };
  if ((await auditCheckpoints.insert(row)) === 'exists') return 0;
  await deps.checkpoints.add(jws);
  return 1;
}

/**
 * The database came back from a backup (SYN-6): it lacks entries that checkpoints of the file were signed for. They are put aside, and the trail says
 * so; a checkpoint that an auditor kept still shows what is gone.
 */
export async function restoredAudit(deps: Pick<AuditDeps, 'db' | 'clock' | 'checkpoints'>): Promise<void> {
  const at = deps.clock.now();
  await deps.checkpoints.setAside(`before-${at}`);
  await deps.db.stores.audit.append({
    at,
    actor: 'hub',
    action: 'hub.restored',
    subject: 'database',
    detail: {},
  });
}

const newest = (deps: AuditDeps) =>
  deps.db.stores.auditCheckpoints.list({}, { orderBy: ['sequence'], descending: true, limit: 1 });

export interface AuditProblem {
  /**
   * `entry_broken`: this entry does not follow from the one before; `checkpoint_mismatch`: the chain is whole but was written anew, for this entry is
   * not the one that was signed; `entry_missing`: the trail ends before this entry, which was signed; `checkpoint_forged`: a checkpoint for this
   * entry (0: for none readable) is not signed by this fleet's hub.
   */
  readonly code: 'entry_broken' | 'entry_missing' | 'checkpoint_mismatch' | 'checkpoint_forged';
  readonly sequence: number;
}
export interface AuditVerification {
  readonly entries: number;
  readonly checkpoints: number;
  readonly problem: AuditProblem | null;
  readonly latest: AuditCheckpointRow | null;
}

/** As `verifyAudit`, and staff hear of it where the trail is not as it was. */
export async function watchAudit(
  deps: AuditDeps & { readonly alarm: SecurityAlarm },
): Promise<AuditVerification> {
  const found = await verifyAudit(deps);
  if (found.problem !== null)
    await deps.alarm.raise({
      code: 'security_audit_broken',
      subject: `entry ${found.problem.sequence}`,
      severity: 'critical',
      message: `the audit trail was changed: ${found.problem.code.replaceAll('_', ' ')} at entry ${found.problem.sequence}`,
    });
  return found;
}

/** SEC-7: walks the whole trail and compares it with every checkpoint, those of the database and those of the file. Names the first entry that is not as it was. */
export async function verifyAudit(deps: AuditDeps): Promise<AuditVerification> {
  const kept = await allCheckpoints(deps);
  const { entries, broken, mismatch } = await walk(deps, kept.good);
  const missing = [...kept.good.keys()].filter((sequence) => sequence > entries).sort((a, b) => a - b)[0];
  const found: AuditProblem[] = [
    ...(broken === null ? [] : [{ code: 'entry_broken' as const, sequence: broken }]),
    ...(mismatch === null ? [] : [{ code: 'checkpoint_mismatch' as const, sequence: mismatch }]),
    ...(missing === undefined || broken !== null
      ? []
      : [{ code: 'entry_missing' as const, sequence: entries + 1 }]),
    ...kept.forged.map((sequence) => ({ code: 'checkpoint_forged' as const, sequence })),
  ];
  const [latest] = await newest(deps);
  return { entries, checkpoints: kept.good.size, problem: found[0] ?? null, latest: latest ?? null };
}

async function walk(deps: AuditDeps, signed: ReadonlyMap<number, string>) {
  const { audit } = deps.db.stores;
  const broken = await audit.firstBroken();
  let entries = 0;
  let mismatch: number | null = null;
  for (;;) {
    const part = await audit.after(entries, PAGE);
    for (const { sequence, hash } of part) {
      const known = signed.get(sequence);
      if (known !== undefined && known !== hash && mismatch === null) mismatch = sequence;
      entries = sequence;
    }
    if (part.length < PAGE) return { entries, broken, mismatch };
  }
}

async function allCheckpoints(deps: AuditDeps) {
  const good = new Map<number, string>();
  const forged: number[] = [];
  const take = async (jws: string, named: number | null) => {
    const read = await verifyJws(jws, deps.trust, {
      type: 'keyturn-audit',
      schema: PAYLOAD,
      roles: ['hub'],
      validAt: 'signed-at',
      maxBytes: 16_384,
    });
    if (!read.ok || (named !== null && named !== read.value.payload.sequence)) forged.push(named ?? 0);
    else {
      const { sequence, hash } = read.value.payload;
      // Two signed standings of one place cannot both be true; the first one holds, so the other shows.
      if ((good.get(sequence) ?? hash) === hash) good.set(sequence, hash);
      else forged.push(sequence);
    }
  };
  for (const jws of await deps.checkpoints.all()) await take(jws, null);
  for (let after = 0; ; ) {
    const rows = await deps.db.stores.auditCheckpoints.list(
      { sequence: { gt: after } },
      { orderBy: ['sequence'], limit: PAGE },
    );
    for (const { jws, sequence } of rows) {
      await take(jws, sequence);
      after = sequence;
    }
    if (rows.length < PAGE) return { good, forged };
  }
}
