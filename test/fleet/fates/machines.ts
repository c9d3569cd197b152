import { disksMayRefuse } from '../world/edge-disk.ts';
import { owesOnCards } from '../world/owed-on-cards.ts';
import type { TerminalProcess } from '../world/terminal-process.ts';
import { DAY, type Fate, HOUR, MINUTE, one } from './chance.ts';

/** Terminals as machines: power, disks, clocks. */
export const ofMachines: Fate = ({ world, disksAreLost, happened, nowAndThen }) => {
  const { time, terminals, aging } = world;
  // Whoever takes its machine's disk waits until everything it knew is acknowledged, by the hub and by the card reader: what was lost with it, nobody can know.
  const disks = nowAndThen('disks', 16 * HOUR, async (random) => {
    const terminal = one(random, terminals);
    if (!disksAreLost || !mayLoseItsDisk(terminal)) return;
    happened('store lost', terminal.id);
    terminal.cutPower();
    terminal.loseStore();
  });
  // Once, some times, or for a while; a disk that is nearly full says so before it refuses (SYN-5).
  const stores = nowAndThen('stores', 8 * HOUR, async (random) => {
    const { id, disk } = one(random, terminals);
    if (!disksMayRefuse()) return;
    if (random.below(3) === 0) {
      const used = 90 + random.below(10);
      happened('disk nearly full', `${id} ${used}`);
      disk.fill(used);
    } else {
      const commits = one(random, [1, 1 + random.below(6), Number.MAX_SAFE_INTEGER]);
      const code = one(random, ['store_full', 'store_io_error'] as const);
      happened('disk refuses', `${id} ${code} ${commits}`);
      disk.refuse(code, commits, random.below(40 * MINUTE));
    }
    await time.sleep(MINUTE + random.below(6 * HOUR));
    disk.mend();
  });
  const power = nowAndThen('power', 5 * HOUR, async (random) => {
    const terminal = one(random, terminals);
    if (!terminal.up()) return;
    happened('power cut', terminal.id);
    terminal.cutPower();
  });
  // Whatever took its power: somebody switches a dark terminal on again.
  const staff = nowAndThen('staff', 4 * MINUTE, async () => {
    for (const terminal of terminals) if (!terminal.up()) await terminal.start();
  });
  const clocks = nowAndThen('clocks', 12 * HOUR, async (random) => {
    const terminal = one(random, terminals);
    const by =
      (random.below(2) === 0 ? 1 : -1) * (random.below(3) === 0 ? random.below(7 * DAY) : random.below(HOUR));
    // Its short certificate would seem over to whoever reads what it signed then; those of shops are good for months.
    if (terminal.id === aging?.ends) return;
    happened('clock stepped', `${terminal.id} ${by}`);
    terminal.jumpClock(by);
    await time.sleep(random.below(8 * HOUR));
    terminal.jumpClock(-terminal.ahead());
  });
  // No two quartzes run alike, and each as warm as its case; now and then one is worse than any clock can allow for (`hub-clock.ts`).
  const drift = nowAndThen('drift', 6 * HOUR, async (random) => {
    const most = random.below(8) === 0 ? 1_500 : 100;
    const by = random.below(2 * most + 1) - most;
    const terminal = one(random, terminals);
    happened('clock drifts', `${terminal.id} ${by}`);
    terminal.drift(by);
  });
  return [power, disks, stores, staff, clocks, drift];
};

const RESTING = new Set<string>(['attract', 'welcome', 'take']);
export const mayLoseItsDisk = (terminal: TerminalProcess): boolean =>
  terminal.up() &&
  terminal.store.position(0).queued === 0 &&
  !owesOnCards(terminal.store) &&
  terminal.inSlot() === null &&
  RESTING.has(terminal.session().snapshot().view.screen);
