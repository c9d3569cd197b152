import type { MemoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { createSimulatedDrive } from '#firmware-sim/media/simulated-drive.ts';
import { assert } from '#shared/kernel/assert.ts';
import { inspectMedium } from '#shared/media/inspect-medium.ts';
import type { Fleet, TestTerminal } from './a-terminal.ts';

/** What the copies of a medium are like, seen by a drive of its own: oldest first. */
export async function conditionsOf(
  fleet: Fleet,
  terminal: TestTerminal,
  medium: MemoryMedium,
): Promise<readonly string[]> {
  const drive = createSimulatedDrive({ name: 'judge', clock: terminal.clock, random: terminal.random });
  await drive.insert(medium);
  const report = await inspectMedium({ drive, trust: fleet.trust });
  assert(report.ok, report.ok ? '' : report.error.code);
  return report.value.copies.map((copy) => copy.condition);
}
