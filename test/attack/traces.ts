import type { Stores } from '#hub/ports/stores.ts';
import type { Trace } from './contract.ts';

/** The places where an attack leaves its trace. */
export interface TracePlaces {
  readonly stores: {
    readonly alerts: Pick<Stores['alerts'], 'list'>;
    readonly audit: Pick<Stores['audit'], 'list'>;
  };
  /** Lines of the home player's log so far. */
  readonly playerLog: () => readonly Readonly<Record<string, unknown>>[];
}

/** How far each place had been filled before an attack. */
export interface TraceMark {
  readonly alerts: ReadonlyMap<string, number>;
  readonly audit: number;
  readonly playerLog: number;
}

const MOST = 5_000;

export async function markTraces({ stores, playerLog }: TracePlaces): Promise<TraceMark> {
  const alerts = await stores.alerts.list({}, { limit: MOST });
  const [newest] = await stores.audit.list({ limit: 1 });
  return {
    alerts: new Map(alerts.map(({ alertId, count }) => [alertId, count])),
    audit: newest?.sequence ?? 0,
    playerLog: playerLog().length,
  };
}

/** What of the named trace is missing, in words; empty: all of it was left since the mark. A trace that names nothing is missing whole. */
export async function missingTraces(
  places: TracePlaces,
  mark: TraceMark,
  trace: Trace,
): Promise<readonly string[]> {
  const missing: string[] = [];
  const about = trace.subject === undefined ? '' : ` about ${trace.subject}`;
  const same = (subject: string): boolean => trace.subject === undefined || trace.subject === subject;
  if (trace.alert === undefined && trace.audit === undefined && trace.playerLog === undefined)
    missing.push('the row names no trace');
  if (trace.alert !== undefined) {
    const found = await places.stores.alerts.list({ code: trace.alert }, { limit: MOST });
    const fresh = found.some(
      ({ alertId, count, subject }) => same(subject) && count > (mark.alerts.get(alertId) ?? 0),
    );
    if (!fresh) missing.push(`no alert ${trace.alert}${about}`);
  }
  if (trace.alsoAlert !== undefined) {
    const found = await places.stores.alerts.list({ code: trace.alsoAlert }, { limit: MOST });
    if (!found.some(({ alertId, count }) => count > (mark.alerts.get(alertId) ?? 0)))
      missing.push(`no alert ${trace.alsoAlert}`);
  }
  if (trace.audit !== undefined) {
    const newest = await places.stores.audit.list({ limit: MOST });
    const fresh = newest.some(
      ({ sequence, action, subject }) => sequence > mark.audit && action === trace.audit && same(subject),
    );
    if (!fresh) missing.push(`no audit entry ${trace.audit}${about}`);
  }
  if (trace.playerLog !== undefined) {
    const lines = places.playerLog().slice(mark.playerLog);
    if (!lines.some(({ code }) => code === trace.playerLog))
      missing.push(`no line ${trace.playerLog} in the player's log`);
  }
  return missing;
}
