import { chained, firstBroken } from '#hub/db/audit-chain.ts';
import { plainTables } from '#hub/db/plain-tables.ts';
import * as schema from '#hub/db/schema/index.ts';
import { auditAppended } from '#hub/ports/audit-watch.ts';
import type * as rows from '#hub/ports/rows/index.ts';
import type {
  AlertStore,
  AttemptStore,
  AuditStore,
  LeaseStore,
  Stores,
  TerminalStore,
} from '#hub/ports/stores.ts';
import { memoryErasure } from './erasure.ts';
import { memoryFigures } from './figures.ts';
import { memoryTable } from './heap.ts';
import type { Heaps } from './heaps.ts';
import { memoryInbox } from './inbox.ts';
import { memoryLedger } from './ledger.ts';
import { memoryReports } from './reports.ts';
import { memoryTerminalHistory } from './terminal-history.ts';

/** All stores over the heaps; transactions are the caller's. */
export function memoryStores(heaps: Heaps): Stores {
  return {
    ...plainTables((table) => memoryTable(heaps(table))),
    erasure: memoryErasure(heaps),
    staffAttempts: attempts(heaps),
    inbox: memoryInbox(heaps),
    terminals: terminals(heaps),
    alerts: alerts(heaps),
    terminalHistory: memoryTerminalHistory(heaps),
    audit: audit(heaps),
    leases: leases(heaps),
    ledger: memoryLedger(heaps),
    reports: memoryReports(heaps),
    figures: memoryFigures(heaps),
  };
}

function terminals(heaps: Heaps): TerminalStore {
  const heap = heaps(schema.terminals);
  return {
    ...memoryTable<rows.TerminalRow, 'terminalId'>(heap),
    async hear(beats) {
      return beats.flatMap(({ beat, at }) => {
        const present = heap.find({ terminalId: beat.terminal });
        if (present === null) return [];
        const { software, configVersion: configReported } = beat;
        const said = { heartbeat: beat, software, configReported, online: true };
        const now = heap.replace(present, { ...said, heartbeatAt: at, lastContactAt: at });
        const { configDesired } = now as unknown as rows.TerminalRow;
        return configDesired !== null && configDesired.version > configReported ? [beat.terminal] : [];
      });
    },
  };
}

function alerts(heaps: Heaps): AlertStore {
  const heap = heaps(schema.alerts);
  const openKey = ({ code, subject }: { readonly code: string; readonly subject: string }) =>
    `${code}:${subject}`;
  const standing = (key: string) => heap.select({ openKey: key })[0];
  return {
    ...memoryTable<rows.AlertRow, 'alertId'>(heap),
    async raise(alertId, draft, at) {
      const present = standing(openKey(draft));
      if (present === undefined)
        heap.insert({ ...draft, alertId, openKey: openKey(draft), raisedAt: at, lastAt: at, count: 1 });
      else
        heap.replace(present, { lastAt: at, count: (present.count as number) + 1, message: draft.message });
    },
    async clear(match, by, at) {
      const open = [match.subject]
        .flat()
        .map((subject) => standing(openKey({ code: match.code, subject })))
        .filter((present) => present !== undefined);
      for (const present of open)
        heap.replace(present, {
          clearedAt: at,
          clearedBy: by,
          openKey: `${String(present.openKey)}:${String(present.alertId)}`,
        });
      return open.length > 0;
    },
  };
}

function audit(heaps: Heaps): AuditStore {
  const heap = heaps(schema.auditEntries);
  const { list, page, countUpTo } = memoryTable<rows.AuditRow, 'sequence'>(heap);
  let newest = 0;
  /** The newest entry: sequences have no gap, and an undone entry's number is given again. */
  const last = (): rows.AuditRow | null => {
    while (newest > 0 && heap.find({ sequence: newest }) === null) newest -= 1;
    return newest === 0 ? null : (heap.find({ sequence: newest }) as unknown as rows.AuditRow);
  };
  const after: AuditStore['after'] = (sequence, limit) => list({ sequence: { gt: sequence } }, { limit });
  return {
    page,
    countUpTo,
    async append(entry) {
      auditAppended();
      const row = chained(entry, last());
      heap.insert(row);
      newest = row.sequence;
      return row;
    },
    list: ({ limit, before }) =>
      list(before === undefined ? {} : { sequence: { lt: before } }, { limit, descending: true }),
    after,
    firstBroken: () => firstBroken(after),
  };
}

function attempts(heaps: Heaps): AttemptStore {
  const heap = heaps(schema.staffAttempts);
  return {
    ...memoryTable<rows.StaffAttemptRow, 'bucket'>(heap),
    async take(bucket, limit, windowMs, now) {
      const present = heap.find({ bucket }) as (rows.StaffAttemptRow & Record<string, unknown>) | null;
      if (present === null) return heap.insert({ bucket, failures: 1, since: now }) !== null;
      const over = present.since <= now - windowMs;
      if (!over && present.failures >= limit) return false;
      heap.replace(present, over ? { failures: 1, since: now } : { failures: present.failures + 1 });
      return true;
    },
  };
}

function leases(heaps: Heaps): LeaseStore {
  const heap = heaps(schema.leases);
  const { list } = memoryTable<rows.LeaseRow, 'leaseName'>(heap);
  type Held = rows.LeaseRow & Record<string, unknown>;
  return {
    async acquire(leaseName, holder, now, expiresAt) {
      const present = heap.find({ leaseName }) as Held | null;
      if (present === null)
        return { ...heap.insert({ leaseName, holder, generation: 1, expiresAt }) } as unknown as Held;
      if (present.holder !== holder && present.expiresAt > now) return null;
      const same = present.holder === holder && present.expiresAt > now;
      const generation = present.generation + (same ? 0 : 1);
      return { ...heap.replace(present, { holder, expiresAt, generation }) } as unknown as Held;
    },
    async release(leaseName, holder, now) {
      const present = heap.find({ leaseName });
      if (present?.holder === holder) heap.replace(present, { expiresAt: now });
    },
    list: () => list({}, { limit: Number.MAX_SAFE_INTEGER }),
  };
}
