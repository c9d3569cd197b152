import type { LaneStanding } from '#hub/app/ingest/commit-group.ts';
import type { Ingest } from '#hub/app/ingest/ingest.ts';
import { type HubDatabase, isPassing } from '#hub/ports/database.ts';
import type { HeardBeat } from '#hub/ports/stores.ts';
import type { Clock } from '#shared/ports/clock.ts';

/** What the hub goes on with after a heartbeat. */
export interface TakenBeat {
  /** Both lanes of the terminal. */
  readonly standings: readonly LaneStanding[];
  /** True where a command or a newer configuration waits for it. */
  readonly awaited: boolean;
}

type Beat = HeardBeat & { readonly epoch: string };
interface Waiting {
  readonly beat: Beat;
  readonly done: (taken: TakenBeat) => void;
  readonly failed: (error: unknown) => void;
}

/** The more come while the database is at work, the more go into the next write. */
const GROUP = 200;

/**
 * FLT-1: what terminals say of themselves, taken together. A heartbeat alone cost seven round trips and a commit of its own; now all that came while the last ones were
 * written share four statements, so that a fleet of 10,000 is no more work for the disk than a shop.
 */
export function createHeartbeats(deps: {
  readonly db: HubDatabase;
  readonly ingest: Pick<Ingest, 'standings'>;
  readonly clock: Clock;
}) {
  const { stores } = deps.db;
  const waiting: Waiting[] = [];
  let running = false;

  const write = async (beats: readonly Beat[]): Promise<readonly TakenBeat[]> => {
    const terminalId = beats.map(({ beat }) => beat.terminal);
    const behind = await stores.terminals.hear(beats);
    await stores.alerts.clear({ code: 'terminal_stale', subject: terminalId }, 'hub', deps.clock.now());
    const lanes = beats.map(({ beat, epoch }) => ({ terminalId: beat.terminal, epoch }));
    const standings = await deps.ingest.standings(lanes);
    const open = { terminalId, state: ['queued', 'sent'] as const, expiresAt: { gt: deps.clock.now() } };
    const commands = await stores.commands.list(open, { limit: 10_000 });
    const awaited = new Set([...behind, ...commands.map((command) => command.terminalId)]);
    return beats.map(({ beat: { terminal } }) => ({
      standings: standings.filter((lane) => lane.terminalId === terminal),
      awaited: awaited.has(terminal),
    }));
  };

  /** What the database refuses of one terminal must not silence the others. */
  const settle = async (group: readonly Waiting[]): Promise<void> => {
    try {
      const taken = await write(group.map(({ beat }) => beat));
      for (const [at, { done }] of group.entries()) done(taken[at] as TakenBeat);
    } catch (error) {
      if (group.length > 1 && !isPassing(error)) for (const one of group) await settle([one]);
      else for (const { failed } of group) failed(error);
    }
  };

  const run = async (): Promise<void> => {
    running = true;
    while (waiting.length > 0) await settle(waiting.splice(0, GROUP));
    running = false;
  };

  return {
    /** One of a terminal at a time. Rejects where the database refuses or is away: the terminal will say it again. */
    take: (beat: Beat): Promise<TakenBeat> =>
      new Promise((done, failed) => {
        waiting.push({ beat, done, failed });
        if (!running) void run();
      }),
  };
}
