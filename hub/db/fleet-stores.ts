import { asc, desc, gt, inArray, lt, sql } from 'drizzle-orm';
import { auditAppended } from '#hub/ports/audit-watch.ts';
import type { AlertRow, AuditRow, LeaseRow, TerminalRow } from '#hub/ports/rows/index.ts';
import type { AlertStore, AuditStore, LeaseStore, TerminalStore } from '#hub/ports/stores.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { chained, firstBroken } from './audit-chain.ts';
import { type Db, query, whole } from './drizzle.ts';
import { alerts, auditEntries, leases, terminals } from './schema/index.ts';
import { tableStore } from './table-store.ts';
import { atomically } from './transaction-life.ts';
import { guarded } from './trouble.ts';

/** Terminals, and what they say of themselves, in whole sets. */
export function terminalStore(db: Db): TerminalStore {
  return {
    ...tableStore<TerminalRow, 'terminalId'>(db, terminals, ['terminalId']),
    async hear(beats) {
      const heard = beats.map(({ beat, at }) => ({ terminal_id: beat.terminal, at, beat }));
      const found = await query(
        db,
        sql`update terminals t set heartbeat = h.beat, heartbeat_at = h.at, last_contact_at = h.at, online = true,
          software = h.beat->>'software', config_reported = (h.beat->>'configVersion')::int
        from json_to_recordset(${JSON.stringify(heard)}::json) as h(terminal_id text, at bigint, beat jsonb)
        where t.terminal_id = h.terminal_id
        returning t.terminal_id, (t.config_desired->>'version')::bigint > t.config_reported as behind`,
      );
      return found
        .filter(({ behind }) => behind === true)
        .map((row) => String(row.terminal_id) as TerminalId);
    },
  };
}

/** Alerts: one open row per code and subject. */
export function alertStore(db: Db): AlertStore {
  return {
    ...tableStore<AlertRow, 'alertId'>(db, alerts, ['alertId']),
    async raise(alertId, draft, at) {
      const row = {
        ...draft,
        alertId,
        openKey: `${draft.code}:${draft.subject}`,
        raisedAt: at,
        lastAt: at,
        count: 1,
      };
      const again = { lastAt: at, count: sql`${alerts.count} + 1`, message: draft.message };
      await guarded(() =>
        db.insert(alerts).values(row).onConflictDoUpdate({ target: alerts.openKey, set: again }),
      );
    },
    async clear(match, by, at) {
      const found = await query(
        db,
        sql`update alerts set cleared_at = ${at}::bigint, cleared_by = ${by}, open_key = open_key || ':' || alert_id
        where ${inArray(
          alerts.openKey,
          [match.subject].flat().map((subject) => `${match.code}:${subject}`),
        )} returning alert_id`,
      );
      return found.length > 0;
    },
  };
}

/** The audit trail: each row carries the hash of the one before it (SEC-7). */
export function auditStore(db: Db): AuditStore {
  const after: AuditStore['after'] = (sequence, limit) =>
    guarded(() =>
      db
        .select()
        .from(auditEntries)
        .where(gt(auditEntries.sequence, sequence))
        .orderBy(asc(auditEntries.sequence))
        .limit(limit),
    );
  const { page, countUpTo } = tableStore<AuditRow, 'sequence'>(db, auditEntries, ['sequence']);
  return {
    page,
    countUpTo,
    async append(entry) {
      auditAppended();
      return atomically(db, async (tx) => {
        await query(tx, sql`select pg_advisory_xact_lock(7302)`);
        const last = await guarded(() =>
          tx.select().from(auditEntries).orderBy(desc(auditEntries.sequence)).limit(1),
        );
        const row = chained(entry, last[0] ?? null);
        await guarded(() => tx.insert(auditEntries).values(row));
        return row;
      });
    },
    async list(page) {
      const before = page.before === undefined ? undefined : lt(auditEntries.sequence, page.before);
      return guarded(() =>
        db.select().from(auditEntries).where(before).orderBy(desc(auditEntries.sequence)).limit(page.limit),
      );
    },
    after,
    firstBroken: () => firstBroken(after),
  };
}

/** Leases with generations (DESIGN §3): who holds a partition, and the runner of jobs. */
export function leaseStore(db: Db): LeaseStore {
  return {
    async acquire(leaseName, holder, now, until) {
      const found = await query(
        db,
        sql`insert into leases (lease_name, holder, generation, expires_at)
        values (${leaseName}, ${holder}, 1, ${until}::bigint)
        on conflict (lease_name) do update set holder = excluded.holder, expires_at = excluded.expires_at,
          generation = leases.generation + case when leases.holder = excluded.holder and leases.expires_at > ${now}::bigint
            then 0 else 1 end
        where leases.holder = excluded.holder or leases.expires_at <= ${now}::bigint
        returning lease_name, holder, generation, expires_at`,
      );
      const row = found[0];
      if (row === undefined) return null;
      const lease: LeaseRow = {
        leaseName: String(row.lease_name),
        holder: String(row.holder),
        generation: whole(row.generation),
        expiresAt: whole(row.expires_at) as EpochMs,
      };
      return lease;
    },
    async release(leaseName, holder, now) {
      await query(
        db,
        sql`update leases set expires_at = ${now}::bigint where lease_name = ${leaseName} and holder = ${holder}`,
      );
    },
    list: () => guarded(() => db.select().from(leases).orderBy(asc(leases.leaseName))),
  };
}
