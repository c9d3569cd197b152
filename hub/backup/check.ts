import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { BackupDamage, openBackup } from './read.ts';

export interface BackupContents {
  readonly fleetId: string;
  readonly madeAt: number;
  readonly files: number;
  readonly rows: Readonly<Record<string, number>>;
}

/** Reads a backup from end to end (OPS-2); faults as `openBackup`. */
export async function checkBackup(
  path: string,
  identities: readonly string[],
): Promise<Result<BackupContents, Fault>> {
  const opened = await openBackup(path, identities);
  if (!opened.ok) return opened;
  const rows: Record<string, number> = {};
  let files = 0;
  try {
    for await (const line of opened.value.lines()) {
      if ('file' in line) files += 1;
      if ('table' in line) rows[line.table] = (rows[line.table] ?? 0) + line.rows.length;
    }
  } catch (error) {
    if (!(error instanceof BackupDamage)) throw error;
    return fault('backup_damaged', error.message);
  }
  const { fleetId, madeAt } = opened.value.header;
  return ok({ fleetId, madeAt, files, rows });
}
