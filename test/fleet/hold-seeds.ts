import { expect } from 'vitest';
import { type RunReport, runSeed } from './run.ts';
import { replayLine, type Size, tooLittle, totalsOf } from './totals.ts';
import { makeFixture } from './world/fixture.ts';
import { makeCryptoInstant } from './world/instant-crypto.ts';

/** The size of the worlds that every run of the tests goes through; more and larger ones: `npm run sim`. */
export const SIZE: Size = { devices: 8, days: 1, members: 2, faults: true };

/** Runs the seeds one after the other; a broken rule is told with the line that replays its seed. */
export async function holdSeeds(seeds: readonly string[], size: Size = SIZE): Promise<readonly RunReport[]> {
  const fixture = await makeFixture(size.devices);
  makeCryptoInstant();
  const reports: RunReport[] = [];
  const broken: string[] = [];
  for (const seed of seeds) {
    const report = await runSeed({
      ...{ seed, fixture, days: size.days, membersPerDevice: size.members, faults: size.faults, print: null },
    });
    reports.push(report);
    if (report.violations.length > 0) broken.push(...report.violations.slice(0, 10), replayLine(seed, size));
  }
  expect(broken.join('\n')).toBe('');
  const totals = totalsOf(reports);
  expect(tooLittle(totals, size)).toEqual([]);
  console.info(
    `${totals.seeds} seeds × ${size.devices} devices × ${size.days} days: ${totals.rentals} rentals, ${totals.returns} returns, ${totals.faults} faults, ${totals.events} events`,
  );
  return reports;
}
