import { join, resolve } from 'node:path';
import { absentCardReader, absentPrinter, absentSlotDoor } from '#shared/edge/drivers/absent-devices.ts';
import { createDirectoryDrive } from '#shared/edge/drivers/directory-drive.ts';
import { openRetired } from '#shared/edge/drivers/retired-terminal.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import {
  enrolmentWords,
  openTerminalParts,
  type TerminalParts,
  type TerminalPartsOptions,
} from '#shared/edge/drivers/terminal-parts.ts';
import { createUsbDrive, runLsblk } from '#shared/edge/drivers/usb-detection.ts';
import { createEnding } from '#shared/edge/ending.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { Fault } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { MediaDrive } from '#shared/ports/media-drive.ts';
import { projectRoot, uiDirectory } from '#shared/toolchain/assets.ts';
import { type KioskSettings, readKioskSettings } from './config.ts';
import { createKiosk, KIOSK_SOFTWARE, type Kiosk } from './kiosk.ts';

/** Exit code that asks whoever supervises the process to start it again at once (the order `restart`). */
const RESTART = 75;

const settings = readKioskSettings(process.env);
if (!settings.ok) {
  for (const fault of settings.error) process.stderr.write(`${fault.message}\n`);
  process.exit(2);
}
await main(settings.value);

async function main(values: KioskSettings): Promise<void> {
  const options: TerminalPartsOptions = {
    role: 'kiosk',
    terminalId: values.KIOSK_ID,
    home: join(resolve(projectRoot(), values.KEYTURN_HOME), values.KIOSK_ID),
    deviceSecret: {
      hex: values.KEYTURN_DEVICE_SECRET || null,
      file: values.KEYTURN_DEVICE_SECRET_FILE || null,
    },
    hubUrl: values.HUB_URL,
    mqttUrl: values.MQTT_URL === '' ? null : values.MQTT_URL,
    enrolmentCode: values.KIOSK_ENROLMENT_CODE === '' ? null : values.KIOSK_ENROLMENT_CODE,
    hardwareSerial: values.KEYTURN_HARDWARE_SERIAL,
    onEnrolment: (notice) => process.stdout.write(`${enrolmentWords(values.KIOSK_ID, notice)}\n`),
    software: KIOSK_SOFTWARE,
    logLevel: values.KIOSK_LOG,
    cacheBytes: values.KIOSK_CACHE_BYTES,
  };
  const restart = (): void => ending.end(RESTART);
  const terminal = await openTerminalParts(options);
  if (!terminal.ok && terminal.error.code !== 'decommissioned') return refuse(terminal.error);
  const retired = terminal.ok ? null : openRetired({ ...options, port: values.KIOSK_PORT, restart });
  if (retired?.ok === false) return refuse(retired.error);
  const kiosk = terminal.ok ? await kioskOf(values, terminal.value, restart) : retired?.value;
  assert(kiosk !== undefined, 'a terminal is in the fleet or out of it');

  const ending = createEnding({
    program: kiosk,
    clock: systemClock,
    limit: milliseconds(1_000 * values.KIOSK_STOP_SECONDS),
    exit: (code) => process.exit(code),
    say: (line) => void process.stdout.write(`kiosk ${values.KIOSK_ID} ${line}\n`),
  });
  process.on('SIGINT', () => ending.signal());
  process.on('SIGTERM', () => ending.signal());
  await kiosk.start();
  process.stdout.write(
    `kiosk ${values.KIOSK_ID}${terminal.ok ? '' : ', out of the fleet'}: ${kiosk.address()}\n`,
  );
}

async function kioskOf(values: KioskSettings, terminal: TerminalParts, restart: () => void): Promise<Kiosk> {
  return createKiosk({
    terminal,
    port: values.KIOSK_PORT,
    uiFolder: uiDirectory('kiosk'),
    minimumBytesPerSecond: values.KIOSK_SLOWEST_MEDIUM,
    drive: await driveOf(values),
    card: absentCardReader,
    printer: absentPrinter,
    door: absentSlotDoor,
    restart,
  });
}

function driveOf(values: KioskSettings): Promise<MediaDrive> {
  const { KEYTURN_MEDIA: media } = values;
  if (media !== '')
    return createDirectoryDrive({ name: 'media', clock: systemClock, where: async () => resolve(media) });
  return createUsbDrive({ name: 'usb', clock: systemClock, lsblk: runLsblk, port: values.KIOSK_USB_PORT });
}

function refuse(fault: Fault): never {
  const remedy =
    fault.code === 'not_enrolled'
      ? ' Set KIOSK_ENROLMENT_CODE to a code from the hub’s staff and start again.'
      : '';
  process.stderr.write(`The kiosk cannot start (${fault.code}): ${fault.message}.${remedy}\n`);
  process.exit(1);
}
