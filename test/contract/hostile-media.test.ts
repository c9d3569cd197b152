import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { holdFolder } from '#shared/edge/drivers/beneath.ts';
import { mountDirectory, rootIdentity } from '#shared/edge/drivers/mounted-directory.ts';
import type { MountedMedium } from '#shared/ports/media-drive.ts';
import { value } from '#test/support/media-story.ts';

const scratch = mkdtempSync(join(tmpdir(), 'keyturn-hostile-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let number = 0;
let root = '';
let outside = '';
let medium: MountedMedium;
beforeEach(async () => {
  number += 1;
  root = join(scratch, `stick-${number}`);
  outside = join(scratch, `outside-${number}`);
  for (const folder of [root, outside, join(root, 'KEYTURN'), join(root, 'KEYTURN', 'copies')])
    mkdirSync(folder);
  writeFileSync(join(outside, 'own.txt'), 'mine');
  const mounted = await mountDirectory(root, { directReads: false });
  if (mounted === null) throw new Error('a medium');
  medium = mounted;
});

const REFUSED = { error: { code: 'medium_path_refused' } };
/** Every way to use a file of the medium. */
const uses = (path: string): Record<string, () => Promise<unknown>> => ({
  readSmall: () => medium.readSmall(path, 1000),
  openLarge: () => medium.openLarge(path),
  overwrite: () => medium.overwrite(path, 0, Buffer.from('gone')),
});
const inKeyturn = (...names: string[]): string => join(root, 'KEYTURN', ...names);

describe('hostile media', () => {
  test('MED-4, SEC-8: a second name of a file elsewhere is neither read nor overwritten', async () => {
    linkSync(join(outside, 'own.txt'), inKeyturn('journal'));
    for (const [use, work] of Object.entries(uses('KEYTURN/journal')))
      expect(await work(), use).toMatchObject(REFUSED);
    value(await medium.replaceSmall('KEYTURN/journal', Buffer.from('ours')));
    expect(readFileSync(join(outside, 'own.txt'), 'utf8')).toBe('mine');
    expect(value(await medium.readSmall('KEYTURN/journal', 10))).toEqual(Buffer.from('ours'));
  });

  test('MED-4, SEC-8: links to files, folders, devices and themselves lead nowhere, on any level', async () => {
    symlinkSync(join(outside, 'own.txt'), inKeyturn('file'));
    symlinkSync(outside, inKeyturn('folder'));
    symlinkSync('/dev/zero', inKeyturn('device'));
    symlinkSync('self', inKeyturn('self'));
    symlinkSync('../../outside', inKeyturn('copies', 'up'));
    execFileSync('mkfifo', [inKeyturn('pipe')]);
    for (const path of ['file', 'device', 'self', 'pipe', 'folder/own.txt', 'copies/up/own.txt'])
      for (const [use, work] of Object.entries(uses(`KEYTURN/${path}`)))
        expect(await work(), `${use} ${path}`).toMatchObject({ ok: false });
    for (const path of ['KEYTURN/folder/new', 'KEYTURN/copies/up/new']) {
      expect(await medium.replaceSmall(path, Buffer.from('x'))).toMatchObject(REFUSED);
      expect(await medium.makeDirectory(path)).toMatchObject(REFUSED);
      expect(await medium.createLarge(path, 10)).toMatchObject(REFUSED);
      expect(await medium.remove(path)).toMatchObject(REFUSED);
      expect(await medium.list(path)).toMatchObject(REFUSED);
    }
    expect(readFileSync(join(outside, 'own.txt'), 'utf8')).toBe('mine');
  });

  test('MED-4, SEC-8: KEYTURN itself a link to the customer’s folder is refused', async () => {
    rmSync(inKeyturn(), { recursive: true });
    symlinkSync(outside, inKeyturn());
    expect(await medium.readSmall('KEYTURN/own.txt', 10)).toMatchObject(REFUSED);
    expect(await medium.replaceSmall('KEYTURN/own.txt', Buffer.from('gone'))).toMatchObject(REFUSED);
    expect(await medium.remove('KEYTURN/own.txt')).toMatchObject(REFUSED);
    expect(readFileSync(join(outside, 'own.txt'), 'utf8')).toBe('mine');
  });

  test('MED-4, SEC-8: a name exchanged after it was looked at does not lead elsewhere', async () => {
    const identity = await rootIdentity(root);
    if (identity === null) throw new Error('a root');
    const held = value(await holdFolder({ root, ...identity }, ['KEYTURN', 'copies']));
    writeFileSync(inKeyturn('copies', 'own.txt'), 'copy');
    renameSync(inKeyturn('copies'), inKeyturn('away'));
    symlinkSync(outside, inKeyturn('copies'));
    expect(readFileSync(held.entry('own.txt'), 'utf8')).toBe('copy');
    await held.close();
    await expect(holdFolder({ root, ...identity }, ['KEYTURN', 'copies'])).rejects.toThrow(/ENOTDIR|ELOOP/);
  });

  test('MED-4, SEC-8: another file system mounted on the way is refused', async () => {
    const identity = await rootIdentity(root);
    if (identity === null) throw new Error('a root');
    const elsewhere = { root, device: identity.device + 1, inode: identity.inode };
    expect(await holdFolder(elsewhere, ['KEYTURN'])).toMatchObject({ error: { code: 'medium_pulled' } });
    const proc = await rootIdentity('/');
    if (proc === null) throw new Error('a root');
    expect(await holdFolder({ root: '/', ...proc }, ['proc'])).toMatchObject(REFUSED);
  });

  test('MED-3, SEC-8: names of any kind, depth and number cost a fault at most', async () => {
    const names = [
      'a\nb',
      '\u202egpj.exe',
      'ﷺ'.repeat(40),
      ' ',
      '-rf',
      '$(reboot)',
      'MEDIUM.JWS',
      'x'.repeat(255),
    ];
    for (const name of names) writeFileSync(inKeyturn('copies', name), name);
    expect([...value(await medium.list('KEYTURN/copies'))].sort()).toEqual([...names].sort());
    for (const name of names)
      if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name))
        expect(await medium.readSmall(`KEYTURN/copies/${name}`, 1000)).toMatchObject(REFUSED);
    let deep = inKeyturn('deep');
    for (let level = 0; level < 200; level += 1) {
      mkdirSync(deep);
      deep = join(deep, 'd');
    }
    expect(await medium.readSmall('KEYTURN/deep/d/d/d/d', 10)).toMatchObject(REFUSED);
    mkdirSync(inKeyturn('many'));
    for (let file = 0; file < 100_000; file += 1) writeFileSync(inKeyturn('many', String(file)), '');
    expect(await medium.list('KEYTURN/many')).toMatchObject({ error: { code: 'medium_io_error' } });
  });

  test('MED-4, SEC-8: a small file that is huge is not read', async () => {
    execFileSync('truncate', ['-s', '1T', inKeyturn('medium.jws')]);
    expect(await medium.readSmall('KEYTURN/medium.jws', 16_384)).toMatchObject({
      error: { code: 'medium_io_error' },
    });
  });
});
