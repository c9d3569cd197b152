import { join, resolve } from 'node:path';
import { absentCardReader, absentPrinter, absentSlotDoor } from '#shared/edge/drivers/absent-devices.ts';
import { createDirectoryDrive } from '#shared/edge/drivers/directory-drive.ts';
import { fetchTransport } from '#shared/edge/drivers/fetch-transport.ts';
import { readIdentity, writeIdentity } from '#shared/edge/drivers/identity-files.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemLog } from '#shared/edge/drivers/system-log.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { createUsbDrive, runLsblk } from '#shared/edge/drivers/usb-detection.ts';
import { enrol } from '#shared/edge/enrolment.ts';
import type { TerminalIdentity } from '#shared/edge/identity.ts';
import type { MediaDrive } from '#shared/ports/media-drive.ts';
import { projectRoot, uiDirectory } from '#shared/toolchain/assets.ts';
import { type KioskSettings, readKioskSettings } from './config.ts';
import { createKiosk, KIOSK_SOFTWARE } from './kiosk.ts';

/** Exit code that asks whoever supervises the process to start it again at once (the order `restart`). */
const RESTART = 75;

const settings = readKioskSettings(process.env);
if (!settings.ok) {
  for (const fault of settings.error) process.stderr.write(`${fault.message}\n`);
  process.exit(2);
}
await main(settings.value);

async function main(values: KioskSettings): Promise<void> {
  const home = join(resolve(projectRoot(), values.KEYTURN_HOME), 'kiosk');
  const { log, recent } = systemLog('kiosk', values.KIOSK_LOG);
  const identity = await identityIn(home, values);
  const kiosk = createKiosk({
    identity,
    home,
    hubUrl: values.HUB_URL,
    mqttUrl: values.MQTT_URL === '' ? undefined : values.MQTT_URL,
    port: values.KIOSK_PORT,
    uiFolder: uiDirectory('kiosk'),
    cacheBytes: values.KIOSK_CACHE_BYTES,
    minimumBytesPerSecond: values.KIOSK_SLOWEST_MEDIUM,
    drive: await driveOf(values),
    card: absentCardReader,
    printer: absentPrinter,
    door: absentSlotDoor,
    clock: systemClock,
    random: systemRandom,
    log,
    recentLog: recent,
    restart: () => void end(RESTART),
  });
  let ending = false;
  const end = async (code: number): Promise<void> => {
    if (ending) return;
    ending = true;
    await kiosk.stop();
    process.exit(code);
  };
  process.on('SIGINT', () => void end(0));
  process.on('SIGTERM', () => void end(0));
  await kiosk.start();
  process.stdout.write(`kiosk ${identity.terminalId}: ${kiosk.address()}\n`);
}

/** Enrolled once; afterwards the identity lies in the kiosk's home. */
async function identityIn(home: string, values: KioskSettings): Promise<TerminalIdentity> {
  const known = readIdentity(home);
  if (!known.ok) return refuse(known.error.message);
  if (known.value !== null) return known.value;
  if (values.KIOSK_ENROLMENT_CODE === '')
    return refuse(
      'This kiosk is not enrolled. Set KIOSK_ENROLMENT_CODE to a code from the hub’s staff and start again.',
    );
  const enrolled = await enrol(
    { transport: fetchTransport, hubUrl: values.HUB_URL, software: KIOSK_SOFTWARE },
    values.KIOSK_ENROLMENT_CODE,
    'kiosk',
  );
  if (!enrolled.ok) return refuse(`Enrolment failed (${enrolled.error.code}): ${enrolled.error.message}`);
  const written = writeIdentity(home, enrolled.value);
  return written.ok ? written.value : refuse(written.error.message);
}

function driveOf(values: KioskSettings): Promise<MediaDrive> {
  const { KEYTURN_MEDIA: media } = values;
  if (media !== '')
    return createDirectoryDrive({ name: 'media', clock: systemClock, where: async () => resolve(media) });
  return createUsbDrive({ name: 'usb', clock: systemClock, lsblk: runLsblk, port: values.KIOSK_USB_PORT });
}

function refuse(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
