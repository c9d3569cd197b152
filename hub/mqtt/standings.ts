import type { LaneStanding } from '#hub/app/ingest/commit-group.ts';
import type { Ingest } from '#hub/app/ingest/ingest.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import type { Clock } from '#shared/ports/clock.ts';

/** What the hub goes on with after a terminal was heard. */
export interface TerminalStanding {
  /** Both lanes of the terminal. */
  readonly standings: readonly LaneStanding[];
  /** True where a command or a newer configuration waits for it. */
  readonly awaited: boolean;
}

export interface StandingDeps {
  readonly db: HubDatabase;
  readonly ingest: Pick<Ingest, 'standings'>;
  readonly clock: Clock;
}

/** For whom nothing is known. */
export const NO_STANDING: TerminalStanding = { standings: [], awaited: false };

/** Of these terminals; `behind` are those whose configuration is older than it should be. */
export async function standingsOf(
  { db, ingest, clock }: StandingDeps,
  of: readonly { readonly terminalId: TerminalId; readonly epoch: string }[],
  behind: readonly TerminalId[],
): Promise<ReadonlyMap<TerminalId, TerminalStanding>> {
  if (of.length === 0) return new Map();
  const lanes = await ingest.standings(of);
  const terminalId = of.map((each) => each.terminalId);
  const open = { terminalId, state: ['queued', 'sent'] as const, expiresAt: { gt: clock.now() } };
  const commands = await db.stores.commands.list(open, { limit: 10_000 });
  const awaited = new Set([...behind, ...commands.map((command) => command.terminalId)]);
  const standings = new Map<TerminalId, LaneStanding[]>(terminalId.map((each) => [each, []]));
  for (const lane of lanes) standings.get(lane.terminalId)?.push(lane);
  return new Map(
    [...standings].map(([each, own]) => [each, { standings: own, awaited: awaited.has(each) }] as const),
  );
}
