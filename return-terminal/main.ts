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
import { type ReturnTerminalSettings, readReturnTerminalSettings } from './config.ts';
import { createReturnTerminal, RETURN_TERMINAL_SOFTWARE, type ReturnTerminal } from './return-terminal.ts';

/** Exit code that asks whoever supervises the process to start it again at once (the order `restart`). */
const RESTART = 75;

const settings = readReturnTerminalSettings(process.env);
if (!settings.ok) {
  for (const fault of settings.error) process.stderr.write(`${fault.message}\n`);
  process.exit(2);
}
await main(settings.value);

async function main(values: ReturnTerminalSettings): Promise<void> {
  const code = values.RETURN_TERMINAL_ENROLMENT_CODE;
  const options: TerminalPartsOptions = {
    role: 'return-terminal',
    terminalId: values.RETURN_TERMINAL_ID,
    home: join(resolve(projectRoot(), values.KEYTURN_HOME), values.RETURN_TERMINAL_ID),
    deviceSecret: {
      hex: values.KEYTURN_DEVICE_SECRET || null,
      file: values.KEYTURN_DEVICE_SECRET_FILE || null,
    },
    hubUrl: values.HUB_URL,
    mqttUrl: values.MQTT_URL === '' ? null : values.MQTT_URL,
    enrolmentCode: code === '' ? null : code,
    hardwareSerial: values.KEYTURN_HARDWARE_SERIAL,
    onEnrolment: (notice) => process.stdout.write(`${enrolmentWords(values.RETURN_TERMINAL_ID, notice)}\n`),
    software: RETURN_TERMINAL_SOFTWARE,
    logLevel: values.RETURN_TERMINAL_LOG,
    // A return terminal stores no editions.
    cacheBytes: 0,
  };
  const restart = (): void => ending.end(RESTART);
  const opened = await openTerminalParts(options);
  if (!opened.ok && opened.error.code !== 'decommissioned') return refuse(opened.error);
  const port = values.RETURN_TERMINAL_PORT;
  const retired = opened.ok ? null : openRetired({ ...options, port, restart });
  if (retired?.ok === false) return refuse(retired.error);
  const terminal = opened.ok ? await terminalOf(values, opened.value, restart) : retired?.value;
  assert(terminal !== undefined, 'a terminal is in the fleet or out of it');

  const ending = createEnding({
    program: terminal,
    clock: systemClock,
    limit: milliseconds(1_000 * values.RETURN_TERMINAL_STOP_SECONDS),
    exit: (code) => process.exit(code),
    say: (line) => void process.stdout.write(`return terminal ${values.RETURN_TERMINAL_ID} ${line}\n`),
  });
  process.on('SIGINT', () => ending.signal());
  process.on('SIGTERM', () => ending.signal());
  await terminal.start();
  process.stdout.write(
    `return terminal ${values.RETURN_TERMINAL_ID}${opened.ok ? '' : ', out of the fleet'}: ${terminal.address()}\n`,
  );
}

async function terminalOf(
  values: ReturnTerminalSettings,
  terminal: TerminalParts,
  restart: () => void,
): Promise<ReturnTerminal> {
  return createReturnTerminal({
    terminal,
    port: values.RETURN_TERMINAL_PORT,
    uiFolder: uiDirectory('return-terminal'),
    drive: await driveOf(values),
    card: absentCardReader,
    printer: absentPrinter,
    door: absentSlotDoor,
    restart,
  });
}

function driveOf(values: ReturnTerminalSettings): Promise<MediaDrive> {
  const { KEYTURN_MEDIA: media, RETURN_TERMINAL_USB_PORT: port } = values;
  if (media !== '')
    return createDirectoryDrive({ name: 'media', clock: systemClock, where: async () => resolve(media) });
  return createUsbDrive({ name: 'usb', clock: systemClock, lsblk: runLsblk, port });
}

function refuse(fault: Fault): never {
  const remedy =
    fault.code === 'not_enrolled'
      ? ' Set RETURN_TERMINAL_ENROLMENT_CODE to a code from the hub’s staff and start again.'
      : '';
  process.stderr.write(`The return terminal cannot start (${fault.code}): ${fault.message}.${remedy}\n`);
  process.exit(1);
}
