import { newestCheckpoint } from '#hub/app/log/log.ts';
import type { Backups } from '#hub/ports/backups.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import type { EpochMs } from '#shared/kernel/time.ts';

/** What a look into the database tells whoever watches over the hub. Counts, and moments of the last good run. */
export interface WatchedFacts {
  readonly terminals: readonly {
    readonly role: 'kiosk' | 'return-terminal';
    readonly online: boolean;
    readonly count: number;
  }[];
  readonly rentals: readonly { readonly status: string; readonly count: number }[];
  readonly overdue: number;
  readonly deadLetters: readonly { readonly state: string; readonly count: number }[];
  readonly conflicts: number;
  readonly alerts: readonly { readonly severity: string; readonly count: number }[];
  readonly secondPerson: number;
  /** Null: none was signed yet. */
  readonly checkpointAt: EpochMs | null;
  /** Null: none was made yet, or none are made. */
  readonly backupAt: EpochMs | null;
}

const ROLES = ['kiosk', 'return-terminal'] as const;
const DEAD = ['dead', 'parked', 'quarantined'] as const;
const SEVERITIES = ['info', 'warning', 'critical'] as const;

/** A handful of counts, one after the other so that a look never takes more than one connection. May throw a `DatabaseTrouble`. */
export async function readWatchedFacts(
  { stores }: Pick<HubDatabase, 'stores'>,
  backups: Pick<Backups, 'list'>,
  now: EpochMs,
): Promise<WatchedFacts> {
  const terminals = [];
  for (const role of ROLES)
    for (const online of [true, false])
      terminals.push({
        role,
        online,
        count: await stores.terminals.count({ role, online, state: 'active' }),
      });
  const deadLetters = [];
  for (const state of DEAD) deadLetters.push({ state, count: await stores.deadLetters.count({ state }) });
  const alerts = [];
  for (const severity of SEVERITIES)
    alerts.push({ severity, count: await stores.alerts.count({ severity, clearedAt: null }) });
  const rentals = await stores.reports.rentalCounts();
  return {
    terminals,
    rentals: [...rentals].map(([status, count]) => ({ status, count })),
    overdue: await stores.reports.overdue(now),
    deadLetters,
    conflicts: await stores.conflicts.count({ settledAt: null }),
    alerts,
    secondPerson: await stores.secondPerson.count({ state: 'pending' }),
    checkpointAt: (await newestCheckpoint(stores))?.at ?? null,
    backupAt: (await backups.list())[0]?.madeAt ?? null,
  };
}
