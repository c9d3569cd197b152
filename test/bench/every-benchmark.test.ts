import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { pageOf } from './support/page.ts';

/** Each benchmark runs to its end with small amounts and says its result in a form that a script can read. */
const launcher = join(projectRoot(), 'shared/toolchain/launch.mjs');
const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, [launcher, 'bench', ...args], { maxBuffer: 16 * 1024 * 1024 });

const rssPeakMib = z.number().positive();
const withPeak = z
  .union([z.object({ rssPeakMib }), z.object({ lines: z.array(z.object({ rssPeakMib })).min(1) })])
  .transform((said) =>
    'lines' in said ? Math.max(...said.lines.map((line) => line.rssPeakMib)) : said.rssPeakMib,
  );

const names = readdirSync(join(projectRoot(), 'test/bench'))
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== 'main.ts')
  .map((name) => name.slice(0, -'.ts'.length));

describe('benchmarks', () => {
  test('there are some', () => expect(names).not.toEqual([]));

  test.each(names)('%s ends with one JSON object that names it', async (name) => {
    const { stdout } = await run(name, '--quick');
    const last = stdout.trimEnd().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toMatchObject({ bench: name });
  });

  test.each(['media-write', 'media-read'])('%s: memory does not grow with the copy', async (name) => {
    const peak = async (mib: string): Promise<number> => {
      const { stdout } = await run(name, '--quick', '--size-mib', mib);
      const last: unknown = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
      return withPeak.parse(last);
    };
    const [small, large] = [await peak('8'), await peak('96')];
    expect(large - small).toBeLessThan(24);
  });

  test('all of those that are named are run, and the page of what they found is shown, not written', async () => {
    const page = join(projectRoot(), 'test/bench/README.md');
    const before = readFileSync(page, 'utf8');
    const { stdout } = await run('all', 'recommend', '--quick');
    expect(stdout).toMatch(/next-item quality.*\| NDCG@10 \d/);
    expect(stdout).toMatch(/charging returns.*\| not measured \|/);
    const last = stdout.trimEnd().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toEqual({ bench: 'all', ran: ['recommend'], left: [] });
    expect(readFileSync(page, 'utf8')).toBe(before);
  });

  test('a goal that is not met is marked with the goal, in lists too; what is missing is said to be', () => {
    const lines = [
      { medium: 'disk', source: 'cache', ratio: 0.5, ageRatio: 2 },
      { medium: 'disk', source: 'plain', ratio: 0.95, cpuSecondsPerGb: 2 },
    ];
    const figures = { lines };
    const meta = { command: 'c', date: 'd', seconds: 1, hostTook: 0, loadBefore: 0 };
    const page = pageOf([{ bench: 'media-write', figures, ...meta }], ['a machine']);
    expect(page).toContain(
      '× cp, from the cache 0.5 **✗** ≥ 0.6; × age 2; × cp, plain source 0.95; CPU-s/GB, plain source 2 **✗** ≤ 0.85 |',
    );
    expect(page).toMatch(/400 MB\/s.*\| not measured \|/);
  });

  test('an unknown name is answered with the list', async () => {
    const failed = await run('nonsense').then(
      () => undefined,
      (error: { code: number; stderr: string }) => error,
    );
    expect(failed?.code).toBe(2);
    for (const name of names) expect(failed?.stderr).toContain(name);
  });
});
