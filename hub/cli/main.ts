import { resolve } from 'node:path';
import { CommanderError } from 'commander';
import { backupFiles } from '#hub/backup-files.ts';
import { writeBrokerFiles } from '#hub/broker-files.ts';
import { readHubSettings } from '#hub/config.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { fault } from '#shared/kernel/result.ts';
import { silentLog } from '#shared/ports/log.ts';
import { connectApi } from './api.ts';
import { keyturnCommands } from './commands.ts';

/** `npm run keyturn -- …`: reads who asks from the environment, runs one command, ends with 0 or what went wrong. */
const { HUB_URL, KEYTURN_STAFF, KEYTURN_STAFF_PASSWORD, KEYTURN_STAFF_CODE, KEYTURN_STAFF_SESSION } =
  process.env;
const hubSettings = () => {
  const settings = readHubSettings(process.env);
  return settings.ok
    ? settings
    : fault('settings_wrong', settings.error.map(({ message }) => message).join('; '));
};
const program = keyturnCommands({
  terminal: {
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    fail: (code) => {
      process.exitCode = code;
    },
  },
  api: () =>
    connectApi({
      hubUrl: HUB_URL === undefined || HUB_URL === '' ? 'http://127.0.0.1:7300' : HUB_URL,
      name: KEYTURN_STAFF === undefined || KEYTURN_STAFF === '' ? 'admin' : KEYTURN_STAFF,
      password: KEYTURN_STAFF_PASSWORD ?? '',
      code: KEYTURN_STAFF_CODE ?? '',
      session: KEYTURN_STAFF_SESSION ?? '',
    }),
  backups: backupFiles({ clock: systemClock, log: silentLog }, hubSettings),
  writeBroker: async (folder, place) => {
    const settings = hubSettings();
    if (!settings.ok) return settings;
    const { KEYTURN_HOME, HUB_SECRET, HUB_ROOT_PASSPHRASE } = settings.value;
    const parts = { clock: systemClock, random: systemRandom };
    const out = resolve(process.env.INIT_CWD ?? process.cwd(), folder);
    const hub = { home: KEYTURN_HOME, secret: HUB_SECRET, rootPassphrase: HUB_ROOT_PASSPHRASE };
    return writeBrokerFiles(parts, hub, out, place);
  },
  key: () => `cli-${Buffer.from(systemRandom.bytes(12)).toString('hex')}`,
});
try {
  await program.parseAsync(process.argv);
} catch (error) {
  // Commander has said it already; help and version are no faults.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode;
}
