import { enrolAgain } from '../certificates.ts';
import type { World } from '../world/world.ts';

/** Everything whole again: lines, drives, card readers, clocks, hub and terminals. */
export async function mend(world: World): Promise<void> {
  const { wire, hub, secondHub, terminals, cards } = world;
  wire.mendAll();
  Object.assign(world.databaseFate, { conflictsPerMille: 0, forgottenPerMille: 0, away: false });
  // Which partitions are whose is settled by leases that last for hours at this pace: one hub that comes up has them all.
  if (secondHub.since > 0) {
    secondHub.kill('for good');
    hub.kill('for its successor');
  }
  hub.unfuse();
  if (!hub.up()) await hub.start();
  for (const terminal of terminals) {
    terminal.disk.mend();
    if (!terminal.up()) await terminal.start();
    terminal.drive().setFault({});
    terminal.drift(0);
    terminal.jumpClock(-terminal.ahead());
    const card = cards.get(terminal.id);
    card?.behave('approve');
    card?.answer('prompt');
  }
  for (const terminal of terminals)
    if (terminal.papers.expired(world.time.now())) await enrolAgain(world, terminal);
  world.chronicle.note('fate', 'everything is mended');
}
