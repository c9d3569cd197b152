import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The middle of the values: half of them lie below. */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
};

/** The value below which a share of all lies (nearest rank). */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
};

export const round3 = (value: number): number => Math.round(value * 1000) / 1000;

/** Milliseconds that a shell needs for `script`, whose `$1` and following are `args`. Rejects where it fails. */
export async function shellMs(script: string, args: readonly string[]): Promise<number> {
  const started = performance.now();
  await promisify(execFile)('sh', ['-c', script, 'sh', ...args]);
  return performance.now() - started;
}
