import type { Command } from 'commander';
import * as contract from '#hub/http/contract/backups.ts';
import { type CliDeps, jsonOf, read } from './answers.ts';
import { moment, say, table } from './output.ts';

/** OPS-2. `now` and `list` ask the hub; `check` and `restore` work on files, where no hub runs. */
export function backupCommands(program: Command, { terminal, api, backups }: CliDeps): void {
  const backup = program.command('backup').description('backups of the hub');
  backup
    .command('now')
    .description('makes one where HUB_BACKUP_FOLDER says')
    .action(async () => {
      const answer = read(await api().send('POST', '/backups', {}), contract.backupView);
      say(terminal, jsonOf(program), answer, (one) => [
        `${one.name}: ${one.rows} rows, ${one.bytes} bytes, sha256 ${one.sha256}`,
      ]);
    });
  backup
    .command('list')
    .description('what lies there, newest first')
    .action(async () => {
      const answer = read(await api().get('/backups'), contract.backupList);
      say(terminal, jsonOf(program), answer, ({ items }) =>
        table(
          ['backup', 'made (UTC)', 'bytes', 'rows', 'sha256'],
          items.map((one) => [one.name, moment(one.madeAt), String(one.bytes), String(one.rows), one.sha256]),
        ),
      );
    });
  backup
    .command('check <file>')
    .description('reads a backup from end to end and says what is in it; changes nothing')
    .requiredOption('--identity <keyfile>', 'the key file of age-keygen that opens it')
    .action(async (file: string, { identity }: { identity: string }) => {
      say(terminal, jsonOf(program), await backups.check(file, identity), (one) => [
        `whole: fleet ${one.fleetId}, made ${moment(one.madeAt)} UTC, ${one.files} files`,
        ...table(
          ['table', 'rows'],
          Object.entries(one.rows).map(([name, rows]) => [name, String(rows)]),
        ),
      ]);
    });
  backup
    .command('restore <file>')
    .description(
      'puts the hub back below KEYTURN_HOME (which holds none yet) and into an empty database; `library` lies beside the file. The hub’s next start tells the terminals',
    )
    .requiredOption('--identity <keyfile>', 'the key file of age-keygen that opens it')
    .action(async (file: string, { identity }: { identity: string }) => {
      say(terminal, jsonOf(program), await backups.restore(file, identity), (one) => [
        `restored: fleet ${one.fleetId} as of ${moment(one.madeAt)} UTC, ${one.rows} rows, ${one.files} files, ${one.objects} contents`,
        'Start one hub now; the others after it.',
      ]);
    });
}
