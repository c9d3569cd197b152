import type { HubDeps } from '#hub/app/deps.ts';
import type { Backup, Backups } from '#hub/ports/backups.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import { backupsIn } from './folder.ts';
import type { BackupNote } from './format.ts';
import { type BackupPlace, type BackupSource, writeBackup } from './write.ts';

const ALERT = { code: 'backup_failed', subject: 'hub' } as const;
const HOUR_MS = 3_600_000;

/** What of the hub's settings says where backups go. */
export interface BackupSettings {
  readonly HUB_BACKUP_FOLDER: string;
  readonly HUB_BACKUP_RECIPIENT: string;
  readonly HUB_BACKUP_HOURS: number;
  readonly HUB_BACKUP_KEEP: number;
}

/** The place that the settings name; null: no backups. Fault `backup_settings`: half of it is missing. */
export function backupPlace(
  settings: BackupSettings,
): Result<(BackupPlace & { readonly hours: number }) | null, Fault<'backup_settings'>> {
  const { HUB_BACKUP_FOLDER: folder, HUB_BACKUP_RECIPIENT: recipient } = settings;
  if (folder === '' && recipient === '') return ok(null);
  return folder === '' || recipient === ''
    ? fault(
        'backup_settings',
        'backups need both HUB_BACKUP_FOLDER and HUB_BACKUP_RECIPIENT (the public part of a key of age-keygen)',
      )
    : ok({ folder, recipient, keep: settings.HUB_BACKUP_KEEP, hours: settings.HUB_BACKUP_HOURS });
}

export function backupKeeper(
  deps: HubDeps,
  source: BackupSource,
  place: (BackupPlace & { readonly hours: number }) | null,
): Backups {
  const { clock, log } = deps;
  let last: Promise<unknown> = Promise.resolve();

  const once = async (to: BackupPlace): ReturnType<Backups['make']> => {
    const { alerts } = deps.db.stores;
    try {
      const note = await writeBackup(source, to, clock.now());
      log.info({ backup: note.name, bytes: note.bytes, rows: note.rows }, 'backup made');
      await alerts.clear(ALERT, 'hub', clock.now());
      return ok(backupOf(note));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      log.error({ error: message }, 'the backup failed');
      await alerts.raise(
        newId<string>(clock, deps.random),
        {
          ...ALERT,
          severity: 'critical',
          message: `No backup could be made: ${message.slice(0, 300)}`,
          terminalId: null,
          rentalId: null,
        },
        clock.now(),
      );
      return fault('backup_failed', message);
    }
  };
  const make = (): ReturnType<Backups['make']> => {
    if (place === null)
      return Promise.resolve(
        fault('backup_off', 'no backups are made: set HUB_BACKUP_FOLDER and HUB_BACKUP_RECIPIENT'),
      );
    const turn = last.then(() => once(place));
    last = turn.catch(() => {});
    return turn;
  };
  return {
    list: async () => (place === null ? [] : (await backupsIn(place.folder)).map(backupOf)),
    make,
    async tend() {
      if (place === null) return 0;
      const [newest] = await backupsIn(place.folder);
      const age = newest === undefined ? Number.POSITIVE_INFINITY : clock.now() - newest.madeAt;
      if (age >= 0 && age < place.hours * HOUR_MS) return 0;
      return (await make()).ok ? 1 : 0;
    },
  };
}

const backupOf = ({ name, madeAt, bytes, sha256, rows }: BackupNote): Backup => ({
  name,
  madeAt: epochMs(madeAt),
  bytes,
  sha256,
  rows,
});
