import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Encrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkBackup } from './check.ts';

let folder: string;
let identity: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyturn-backup-'));
  identity = await generateIdentity();
});
afterAll(() => rm(folder, { recursive: true }));

const HEADER = {
  format: 'keyturn-backup',
  version: 1,
  madeAt: 1,
  fleetId: 'f',
  secret: 'inside',
  library: [],
};
const ROWS = { table: 'settings', rows: ['{"name":"a"}'] };
const FILE = { file: 'authority/root.pem', mode: 0o600, content: 'QQ==' };
const END = { end: { files: 1, rows: { settings: 1 } } };
const WHOLE: readonly unknown[] = [HEADER, { migrations: ['0000'] }, ROWS, FILE, END];

/** What a reader says of these lines, sealed and packed as a hub would. */
async function said(
  lines: readonly unknown[],
  text = lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
) {
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity));
  const path = join(folder, 'backup.age');
  await writeFile(path, await encrypter.encrypt(gzipSync(text)));
  const checked = await checkBackup(path, [identity]);
  return checked.ok ? checked.value : checked.error.code;
}
const with_ = (at: number, line: unknown): readonly unknown[] => WHOLE.with(at, line);

it('OPS-2: a sound backup says what is in it', async () => {
  expect(await said(WHOLE)).toEqual({ fleetId: 'f', madeAt: 1, files: 1, rows: { settings: 1 } });
});

it.each<[string, readonly unknown[], string]>([
  ['no end', WHOLE.slice(0, -1), 'backup_damaged'],
  ['a row too few', with_(4, { end: { files: 1, rows: { settings: 2 } } }), 'backup_damaged'],
  ['a table too few', with_(4, { end: { files: 1, rows: { settings: 1, members: 3 } } }), 'backup_damaged'],
  ['a file too few', with_(4, { end: { files: 2, rows: { settings: 1 } } }), 'backup_damaged'],
  ['a file out of the folder', with_(3, { ...FILE, file: '../secret' }), 'backup_damaged'],
  ['a file in the database’s folder', with_(3, { ...FILE, file: 'pglite/PG_VERSION' }), 'backup_damaged'],
  ['an absolute path', with_(3, { ...FILE, file: '/etc/passwd' }), 'backup_damaged'],
  ['a line of another form', with_(2, { rows: [] }), 'backup_damaged'],
  ['no word on the database', [HEADER, ROWS, END], 'backup_damaged'],
  ['a later form', with_(0, { ...HEADER, version: 2 }), 'backup_newer'],
  ['something else', [{ hello: 'world' }], 'backup_foreign'],
])('OPS-2: %s is not a sound backup', async (_what, lines, code) => {
  expect(await said(lines)).toBe(code);
});

it('OPS-2: text that is no JSON, or ends within a line, is damage', async () => {
  expect(await said([], 'hello\n')).toBe('backup_damaged');
  const text = WHOLE.map((line) => `${JSON.stringify(line)}\n`).join('');
  expect(await said([], text.slice(0, -1))).toBe('backup_damaged');
});
