import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';

/** Each benchmark runs to its end with small amounts and says its result in a form that a script can read. */
const launcher = join(projectRoot(), 'shared/toolchain/launch.mjs');
const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, [launcher, 'bench', ...args], { maxBuffer: 16 * 1024 * 1024 });

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

  test('an unknown name is answered with the list', async () => {
    const failed = await run('nonsense').then(
      () => undefined,
      (error: { code: number; stderr: string }) => error,
    );
    expect(failed?.code).toBe(2);
    for (const name of names) expect(failed?.stderr).toContain(name);
  });
});
