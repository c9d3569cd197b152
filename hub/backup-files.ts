import type { Fault, Result } from '#shared/kernel/result.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import { type BackupContents, checkBackup } from './backup/check.ts';
import { identitiesIn, type Restored, restoreBackup } from './backup/restore.ts';
import type { HubSettings } from './config.ts';

/** What the command line does with backups where no hub runs (OPS-2). */
export interface BackupFiles {
  check(file: string, identityFile: string): Promise<Result<BackupContents, Fault>>;
  restore(file: string, identityFile: string): Promise<Result<Restored, Fault>>;
}

/** Over the files of this machine. `settings` are asked for only where a hub is to be put back. */
export function backupFiles(
  deps: { readonly clock: Pick<Clock, 'now'>; readonly log: Log },
  settings: () => Result<HubSettings, Fault>,
): BackupFiles {
  return {
    async check(file, identityFile) {
      const identities = await identitiesIn(identityFile);
      return identities.ok ? checkBackup(file, identities.value) : identities;
    },
    async restore(path, identityFile) {
      const identities = await identitiesIn(identityFile);
      if (!identities.ok) return identities;
      const read = settings();
      if (!read.ok) return read;
      const { KEYTURN_HOME: home, DATABASE_URL, HUB_SECRET } = read.value;
      return restoreBackup(
        deps,
        { path, identities: identities.value },
        { home, databaseUrl: DATABASE_URL === '' ? null : DATABASE_URL, secretSet: HUB_SECRET !== '' },
      );
    },
  };
}
