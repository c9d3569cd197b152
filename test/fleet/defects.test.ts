import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { PROGRAMS } from '#shared/toolchain/programs.mjs';
import { lostGuards } from '#test/holes/plant.ts';
import { DEFECTS } from './defects.ts';

/** Planted with every run of the tests, cheap ones: seen in the first world, by judges of every moment and of the rest. All of them: `npm run sim -- --defects all`. */
const SAMPLE = ['timer-set-twice', 'log-without-clock-offset'];
const HANGS_AFTER_MS = 10 * 60_000;

const root = projectRoot();
const toolchain = (script: string): string => join(root, 'shared', 'toolchain', script);

function run(
  script: string,
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly said: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [toolchain(script), ...args], { cwd: root });
    const said: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => said.push(bytes));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, said: Buffer.concat(said).toString('utf8') }));
  });
}

test('SYN-2: each planted mistake stands beside its place in the sources, once, under a name of its own', () => {
  expect(lostGuards(DEFECTS, (file) => readFileSync(join(root, file), 'utf8'))).toEqual([]);
  expect(new Set(DEFECTS.map(({ id }) => id)).size).toBe(DEFECTS.length);
  const table = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
  expect(DEFECTS.filter(({ id }) => !table.includes(`| \`${id}\` |`)).map(({ id }) => id)).toEqual([]);
});

test(
  'SYN-2: no program but the one of this test is built with a mistake in it',
  async () => {
    const planted = Object.entries(PROGRAMS).filter(([, program]) => program.planted !== undefined);
    expect(planted.map(([name, { entry }]) => [name, entry])).toEqual([
      ['sim-planted', 'test/fleet/planted.ts'],
    ]);
    const { code, said } = await run('build.mjs', ...Object.keys(PROGRAMS));
    expect([code, said]).toEqual([0, expect.any(String)]);
    const built = (name: string): string => readFileSync(join(root, '.build', name, 'main.js'), 'utf8');
    const opened = (text: string): readonly string[] =>
      DEFECTS.map(({ id }) => id).filter((id) => text.includes(`has("${id}")`));
    expect(opened(built('sim-planted'))).toEqual(DEFECTS.map(({ id }) => id));
    for (const name of Object.keys(PROGRAMS).filter((one) => one !== 'sim-planted')) {
      expect([name, opened(built(name)), built(name).includes('keyturnOpenHoles')]).toEqual([
        name,
        [],
        false,
      ]);
      expect(existsSync(join(root, '.build', name, 'main.js'))).toBe(true);
    }
  },
  HANGS_AFTER_MS,
);

test(
  `SYN-2: the simulation sees ${SAMPLE.join(' and ')} where they are planted, and not where they are not`,
  async () => {
    const { code, said } = await run('launch.mjs', 'sim', '--defects', SAMPLE.join(','));
    console.info(said);
    expect(said).toContain(`${SAMPLE.length} mistakes planted: ${SAMPLE.length} seen, 0 not`);
    expect(code).toBe(0);
  },
  HANGS_AFTER_MS,
);
