import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createDirectoryDrive } from '#shared/edge/drivers/directory-drive.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemLog } from '#shared/edge/drivers/system-log.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { fleetTrust } from '#shared/media/signing.ts';
import { uiDirectory } from '#shared/toolchain/assets.ts';
import { PLAYER_SETTINGS } from '#shared/toolchain/settings/player.ts';
import { readSettings } from '#shared/toolchain/settings.ts';
import { httpPlayerHub } from './hub-link.ts';
import { createPlayer } from './player.ts';

/** The home player on a real machine: its drive is the folder where the medium is mounted. */
const settings = readSettings(PLAYER_SETTINGS, process.env);
const faults = settings.ok ? [] : settings.error.map(({ message }) => message);
// Read even where other settings are wrong, so that every fault is told at once.
const rootFile = settings.ok ? settings.value.PLAYER_FLEET_ROOT : (process.env.PLAYER_FLEET_ROOT ?? '');
const rootPem = rootFile === '' ? null : await readFile(rootFile, 'utf8').catch(() => null);
const trust = rootPem === null ? null : fleetTrust(rootPem);
if (rootFile !== '' && trust?.ok !== true)
  faults.push(
    `PLAYER_FLEET_ROOT: ${JSON.stringify(rootFile)} is not the root certificate of a fleet. Fetch it from the hub at /fleet/root.pem.`,
  );
if (!settings.ok || trust?.ok !== true) {
  process.stderr.write(`The player cannot start:\n${faults.map((one) => `  ${one}\n`).join('')}`);
  process.exit(2);
}

const { PLAYER_MEDIUM, PLAYER_HOME, PLAYER_PORT, PLAYER_HUB } = settings.value;
const drive = await createDirectoryDrive({
  name: 'player',
  clock: systemClock,
  where: async () => resolve(PLAYER_MEDIUM),
});
const player = await createPlayer({
  drive,
  trust: trust.value,
  clock: systemClock,
  random: systemRandom,
  log: systemLog('player', 'info').log,
  folder: PLAYER_HOME,
  uiFolder: uiDirectory('player'),
  host: '127.0.0.1',
  port: PLAYER_PORT,
  name: 'Home player',
  hub: PLAYER_HUB === '' ? null : httpPlayerHub(PLAYER_HUB, systemClock),
});
let ending = false;
const end = async (): Promise<void> => {
  if (ending) return;
  ending = true;
  drive.stop();
  await player.stop();
  process.exit(0);
};
process.on('SIGINT', () => void end());
process.on('SIGTERM', () => void end());
const { address } = await player.start();
process.stdout.write(`player: ${address}\n`);
