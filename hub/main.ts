import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemLog } from '#shared/edge/drivers/system-log.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { uiDirectory } from '#shared/toolchain/assets.ts';
import { readHubSettings } from './config.ts';
import { createHub } from './hub.ts';

/** Starts the hub (`--restored`: the first time after its database came back from a backup); SIGINT or SIGTERM stops it gracefully, a second one at once. Wrong settings end the start with code 2, all listed. */
const settings = readHubSettings(process.env);
if (!settings.ok) {
  for (const { message } of settings.error) process.stderr.write(`${message}\n`);
  process.exit(2);
}
const console_ = uiDirectory('hub');
const { log } = systemLog('hub', settings.value.HUB_LOG);
const hub = createHub({
  clock: systemClock,
  random: systemRandom,
  log,
  settings: settings.value,
  restored: process.argv.slice(2).includes('--restored'),
  consoleFolder: existsSync(join(console_, 'index.html')) ? console_ : null,
});

let stopping = false;
const stop = (signal: string): void => {
  if (stopping) process.exit(1);
  stopping = true;
  log.info({ signal }, 'hub stops');
  hub.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      log.error({ error: String(error) }, 'the hub could not stop cleanly');
      process.exit(1);
    },
  );
};
process.on('SIGINT', () => stop('SIGINT'));
process.on('SIGTERM', () => stop('SIGTERM'));

const started = await hub.start();
if (!started.ok) {
  process.stderr.write(`The hub cannot start: ${started.error.message} (${started.error.code})\n`);
  process.exit(1);
}
const { addresses, firstPassword } = started.value;
process.stdout.write(
  `Hub at ${addresses.public}, for terminals at ${addresses.terminals} (broker at ${addresses.mqtt})\n`,
);
if (firstPassword !== null)
  process.stdout.write(`First staff account: admin, password ${firstPassword} (shown this once)\n`);
