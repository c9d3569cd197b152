import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { withLock } from './lock.mjs';
import { nodeTooOld, packagesStale } from './packages.mjs';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

type Packages = Record<string, { version: string; optional?: boolean }>;

function project(wanted: Packages, present?: Packages): string {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-packages-'));
  folders.push(folder);
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...wanted } }));
  if (present !== undefined) {
    mkdirSync(join(folder, 'node_modules'));
    writeFileSync(join(folder, 'node_modules/.package-lock.json'), JSON.stringify({ packages: present }));
  }
  return folder;
}

test('packages are installed when missing, of another version, or no longer wanted; not for other platforms', () => {
  const wanted: Packages = {
    'node_modules/a': { version: '1.0.0' },
    'node_modules/a-windows': { version: '1.0.0', optional: true },
  };
  const a = { version: '1.0.0' };
  expect(packagesStale(project(wanted))).toBe('node_modules is missing');
  expect(packagesStale(project(wanted, { 'node_modules/a': a }))).toBeUndefined();
  expect(packagesStale(project(wanted, { 'node_modules/a': { version: '0.9.0' } }))).toContain(
    'node_modules/a',
  );
  expect(packagesStale(project(wanted, {}))).toContain('node_modules/a');
  const more = { 'node_modules/a': a, 'node_modules/b': a };
  expect(packagesStale(project(wanted, more))).toContain('node_modules/b is not in the lock file');
});

test('a Node.js that is too old is named with what is needed', () => {
  expect(nodeTooOld('20.18.3')).toContain('20.19 or newer; this is 20.18.3');
  for (const version of ['20.19.0', '22.1.0', '24.0.0']) expect(nodeTooOld(version)).toBeUndefined();
});

test('a lock lets one work at a time, and that of a dead process is taken over', async () => {
  const folder = project({});
  const path = join(folder, 'locks', 'x');
  const order: string[] = [];
  let release = (): void => {};
  const first = withLock(path, async () => {
    order.push('first begins');
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    order.push('first ends');
  });
  const second = withLock(path, async () => order.push('second'));
  release();
  await Promise.all([first, second]);
  expect(order).toEqual(['first begins', 'first ends', 'second']);

  mkdirSync(path, { recursive: true });
  // The largest process id that Linux can give, plus one: nobody has it.
  writeFileSync(join(path, 'pid'), String(2 ** 22 + 1));
  expect(await withLock(path, async () => 'taken over')).toBe('taken over');
});
