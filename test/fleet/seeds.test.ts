import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';

/** What every run of the tests goes through: worlds of the size in which `npm run sim` makes them, a process for each core. */
const SEEDS = 100;
const FROM = 1;
/** Every so many seeds one is run twice. */
const TWICE = 25;
/** Worlds in which everything breaks at once. */
const TOGETHER = 10;
/** No bound for what it takes, but for a run that hangs. */
const HANGS_AFTER_MS = 60 * 60_000;

/** Starts the simulation as the command does: built, since that is faster than what a test runner makes of the sources. */
function simulate(
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly said: string }> {
  const root = projectRoot();
  const launcher = join(root, 'shared', 'toolchain', 'launch.mjs');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [launcher, 'sim', ...args], { cwd: root });
    const said: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => said.push(bytes));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, said: Buffer.concat(said).toString('utf8') }));
  });
}

test(
  `SYN-2: ${SEEDS} fleets of eight end three days of rentals and faults in the books that they should, and a seed twice is the same run`,
  async () => {
    const { code, said } = await simulate(
      ...['--seeds', String(SEEDS), '--from', String(FROM), '--twice', String(TWICE)],
    );
    console.info(said);
    expect(said).toContain(`${SEEDS} held, 0 failed`);
    expect(code).toBe(0);
  },
  HANGS_AFTER_MS,
);

test(
  `SYN-2: ${TOGETHER} fleets with every kind of fault at once (two hubs, certificates, staff, lost media, a thief) end in the books that they should`,
  async () => {
    const { code, said } = await simulate('--seeds', String(TOGETHER), '--together');
    console.info(said);
    expect(said).toContain(`${TOGETHER} held, 0 failed`);
    expect(code).toBe(0);
  },
  HANGS_AFTER_MS,
);
