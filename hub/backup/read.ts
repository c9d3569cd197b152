import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Decrypter } from 'age-encryption';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { BACKUP_VERSION, type BackupHeader, type BackupLine, backupHeader, backupLine } from './format.ts';

export type BackupFault = Fault<
  'backup_missing' | 'backup_sealed_for_others' | 'backup_damaged' | 'backup_newer' | 'backup_foreign'
>;

/** Thrown in the middle of a backup that is not what it was written as: nothing read from it may stay. */
export class BackupDamage extends Error {
  override readonly name = 'BackupDamage';
}

export interface OpenBackup {
  readonly header: BackupHeader;
  readonly migrations: readonly string[];
  /** All that follows, in order; ends only after a line `end` whose counts are right, else throws `BackupDamage`. */
  lines(): AsyncGenerator<Exclude<BackupLine, { readonly end: unknown }>>;
}

/**
 * Opens a backup with one of the age identities. Faults: `backup_missing`, `backup_sealed_for_others` (none of the identities fits), `backup_foreign` (no backup
 * of Keyturn), `backup_newer` (of a later form), `backup_damaged`.
 */
export async function openBackup(
  path: string,
  identities: readonly string[],
): Promise<Result<OpenBackup, BackupFault>> {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  const file = createReadStream(path);
  const there = await new Promise<boolean>((resolve) => {
    file.once('open', () => resolve(true));
    file.once('error', () => resolve(false));
  });
  if (!there) return fault('backup_missing', `there is no file ${path}`);
  let plain: ReadableStream<Uint8Array>;
  try {
    plain = await decrypter.decrypt(Readable.toWeb(file) as ReadableStream<Uint8Array>);
  } catch {
    file.destroy();
    return fault('backup_sealed_for_others', 'this key does not open this file, or the file is no age file');
  }
  const texts = linesOf(plain);
  try {
    const first = await texts.next();
    const header = backupHeader.safeParse(first.done === true ? null : JSON.parse(first.value));
    if (!header.success) return fault('backup_foreign', 'this file is no backup of a hub');
    if (header.data.version > BACKUP_VERSION)
      return fault('backup_newer', 'a newer hub made this backup; restore it with that version');
    const lines = checked(texts);
    const second = await lines.next();
    if (second.done === true || !('migrations' in second.value))
      return fault('backup_damaged', 'the backup does not say how its database was made');
    return ok({ header: header.data, migrations: second.value.migrations, lines: () => lines });
  } catch (error) {
    return fault('backup_damaged', messageOf(error));
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A line is a page of rows, or one small file. */
const LONGEST_LINE = 128 * 1024 * 1024;

/** Lines of the unpacked text; what breaks decryption or unpacking is damage. */
async function* linesOf(plain: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const unpacked = createGunzip();
  const unpacking = pipeline(Readable.fromWeb(plain as Parameters<typeof Readable.fromWeb>[0]), unpacked);
  unpacking.catch(() => {});
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  try {
    for await (const piece of unpacked) {
      rest += decoder.decode(piece as Uint8Array, { stream: true });
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LONGEST_LINE) throw new BackupDamage('a line of the backup does not end');
      yield* lines;
    }
    await unpacking;
  } catch (error) {
    throw error instanceof BackupDamage ? error : new BackupDamage(messageOf(error));
  } finally {
    unpacked.destroy();
  }
  if (rest !== '') throw new BackupDamage('the backup was cut off in a line');
}

async function* checked(
  texts: AsyncGenerator<string>,
): AsyncGenerator<Exclude<BackupLine, { readonly end: unknown }>> {
  const rows: Record<string, number> = {};
  let files = 0;
  for await (const text of texts) {
    const line = backupLine.safeParse(parsed(text));
    if (!line.success) throw new BackupDamage('a line of the backup is none of its form');
    if ('end' in line.data) {
      const { end } = line.data;
      const names = new Set([...Object.keys(rows), ...Object.keys(end.rows)]);
      const differs = [...names].find((name) => rows[name] !== end.rows[name]);
      if (differs !== undefined || files !== end.files)
        throw new BackupDamage(`the backup lacks parts of ${differs ?? 'its files'}`);
      return;
    }
    if ('table' in line.data) rows[line.data.table] = (rows[line.data.table] ?? 0) + line.data.rows.length;
    if ('file' in line.data) files += 1;
    yield line.data;
  }
  throw new BackupDamage('the backup was cut off');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
