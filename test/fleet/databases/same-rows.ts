import { memoryDatabase } from '#hub/db/memory/database.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import { type RunOptions, type RunReport, runSeed } from '../run.ts';
import { rowsOf, unlike } from './rows.ts';

/** How a real database answered the same days: `rows` in the one in memory, and what either has that the other has not. */
export interface Comparison {
  readonly report: RunReport;
  readonly rows: number;
  readonly differences: readonly string[];
}

/** One seed in memory and on a real, empty database: every row of every table at the end, and every event on the way, must be the same (SYN-2). */
export async function sameRows(options: RunOptions, real: HubDatabase): Promise<Comparison> {
  const memory = memoryDatabase();
  const first = await runSeed({ ...options, database: memory });
  const report = await runSeed({ ...options, database: real });
  const expected = await rowsOf(memory);
  const differences = [...unlike(expected, await rowsOf(real))];
  if (first.hash !== report.hash) differences.unshift(`on ${real.engine} this seed is another run`);
  return { report, rows: [...expected.values()].reduce((sum, rows) => sum + rows.length, 0), differences };
}
