import { firstConfig } from '#hub/app/enrolment/enrolment.ts';
import type { AlertRow, CommandRow, SiteRow, TerminalRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';

/** A terminal as staff see it at a glance (FLT-1). */
export interface TerminalGlance {
  readonly terminal: TerminalRow;
  readonly siteName: string;
  readonly openAlerts: number;
}

/** Rows of terminals with what else is seen of them, asked once for all. */
export async function glanceOf(
  stores: Stores,
  terminals: readonly TerminalRow[],
): Promise<readonly TerminalGlance[]> {
  const siteIds = [...new Set(terminals.map(({ siteId }) => siteId))];
  const sites = new Map(
    (await stores.sites.list({ siteId: siteIds }, { limit: 10_000 })).map((site) => [site.siteId, site]),
  );
  const alerts = new Map<string, number>();
  for (const { terminalId } of await openAlertsOf(stores, terminals))
    if (terminalId !== null) alerts.set(terminalId, (alerts.get(terminalId) ?? 0) + 1);
  return terminals.map((terminal) => ({
    terminal,
    siteName: siteName(sites.get(terminal.siteId)),
    openAlerts: alerts.get(terminal.terminalId) ?? 0,
  }));
}

/** The whole fleet. */
export const fleetGlance = async (stores: Stores): Promise<readonly TerminalGlance[]> =>
  glanceOf(stores, await stores.terminals.list({}, { orderBy: ['terminalId'], limit: 10_000 }));

const FEW = 500;
function openAlertsOf(stores: Stores, terminals: readonly TerminalRow[]): Promise<readonly AlertRow[]> {
  if (terminals.length > FEW) return openAlerts(stores, 5000);
  const terminalId = terminals.map((one) => one.terminalId);
  return stores.alerts.list({ clearedAt: null, terminalId }, { limit: 5000 });
}

const siteName = (site: SiteRow | undefined): string => site?.name ?? '';

export const openAlerts = (stores: Stores, limit: number): Promise<readonly AlertRow[]> =>
  stores.alerts.list({ clearedAt: null }, { orderBy: ['raisedAt'], descending: true, limit });

export const summaryOf = ({ terminal, siteName: name, openAlerts: alerts }: TerminalGlance) => ({
  terminalId: terminal.terminalId,
  role: terminal.role,
  name: terminal.name,
  siteId: terminal.siteId,
  siteName: name,
  state: terminal.state,
  online: terminal.online,
  lastContactAt: terminal.lastContactAt,
  software: terminal.software,
  queue: terminal.heartbeat?.queue ?? null,
  storage: terminal.heartbeat?.storage ?? null,
  temperatureCelsius: terminal.heartbeat?.temperatureCelsius ?? null,
  driveFaults: terminal.heartbeat?.drives.filter(({ state }) => state === 'fault').length ?? 0,
  openAlerts: alerts,
  locked: terminal.heartbeat?.locked ?? false,
  config: {
    desired: (terminal.configDesired ?? firstConfig()).version,
    reported: terminal.configReported,
  },
});

export const commandViewOf = (row: CommandRow) => ({
  commandId: row.commandId,
  order: row.order,
  state: row.state,
  issuedBy: row.issuedBy,
  issuedAt: row.issuedAt,
  expiresAt: row.expiresAt,
  updatedAt: row.updatedAt,
  fault: row.fault,
  output: row.output,
});
