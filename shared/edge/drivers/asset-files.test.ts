import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { assetFiles } from './asset-files.ts';

const [first, second, third] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string];

test('SYN-5: of a terminal’s pictures those that are named stay; others go, and what a power cut left half written', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-assets-'));
  const files = assetFiles(folder);
  for (const name of [first, second]) await files.write(name, Buffer.from(name));
  await writeFile(join(folder, `${third}.1.new`), 'half');
  const writing = `${third}.${process.pid}.new`;
  await writeFile(join(folder, writing), 'under way');
  await files.keepOnly(new Set([first, third]));
  expect((await readdir(folder)).sort()).toEqual([first, writing]);
  expect(await files.read(second)).toBeNull();
  await rm(folder, { recursive: true });
  await files.keepOnly(new Set());
});
