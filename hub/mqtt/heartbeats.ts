import type { HeardBeat } from '#hub/ports/stores.ts';
import { grouped } from './grouped.ts';
import { NO_STANDING, type StandingDeps, standingsOf, type TerminalStanding } from './standings.ts';

/**
 * FLT-1: what terminals say of themselves, taken together. A heartbeat alone cost seven round trips and a commit of its own; now all that came while the last ones were
 * written share four statements, so that a fleet of 10,000 is no more work for the disk than a shop. One of a terminal at a time.
 */
export function createHeartbeats(deps: StandingDeps) {
  const { stores } = deps.db;
  return grouped<HeardBeat & { readonly epoch: string }, TerminalStanding>(async (beats) => {
    const subject = beats.map(({ beat }) => beat.terminal);
    const behind = await stores.terminals.hear(beats);
    await stores.alerts.clear({ code: 'terminal_stale', subject }, 'hub', deps.clock.now());
    const of = beats.map(({ beat, epoch }) => ({ terminalId: beat.terminal, epoch }));
    const standings = await standingsOf(deps, of, behind);
    return subject.map((terminal) => standings.get(terminal) ?? NO_STANDING);
  });
}
