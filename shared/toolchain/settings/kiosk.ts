import { z } from 'zod';
import { TERMINAL_ID_PATTERN, type TerminalId } from '#shared/kernel/ids.ts';
import { defineSettings, setting } from '#shared/toolchain/settings.ts';
import { DEVICE_SETTINGS } from './device.ts';

/** Settings of a kiosk, read from the environment (`npm run keyturn -- config` prints all). */
export const KIOSK_SETTINGS = defineSettings({
  HUB_URL: setting({
    schema: z.url({ protocol: /^https$/ }).max(300),
    default: 'https://127.0.0.1:7302',
    unit: 'address',
    description: 'Where the hub answers terminals, without a path',
  }),
  KEYTURN_HOME: setting({
    schema: z.string().min(1),
    default: '.data',
    unit: 'folder',
    description: 'Data of all programs; the kiosk keeps its own in a folder of its name',
  }),
  ...DEVICE_SETTINGS,
  MQTT_URL: setting({
    schema: z.url({ protocol: /^mqtts$/ }).max(300),
    default: '',
    unit: 'address',
    description: 'The broker; without it the one that the hub named at enrolment',
  }),
  KEYTURN_MEDIA: setting({
    schema: z.string().min(1),
    default: '',
    unit: 'folder',
    description: 'A mounted directory used as the drive; without it the USB port is watched',
  }),
  KIOSK_USB_PORT: setting({
    schema: z.string().min(1).max(200),
    default: '/dev/',
    unit: 'beginning of a device path',
    description:
      'Which removable device is the customer’s port, such as /dev/sdb; where several match, the first',
  }),
  KIOSK_ID: setting({
    schema: z
      .string()
      .regex(TERMINAL_ID_PATTERN)
      .transform((id) => id as TerminalId),
    default: 'kiosk-1' as TerminalId,
    unit: 'a-z 0-9 -',
    description: 'Name of this kiosk in the fleet: the one its enrolment code was made for',
  }),
  KIOSK_PORT: setting({
    schema: z.coerce.number().int().min(0).max(65_535),
    default: 7310,
    unit: 'TCP port, 0: any free',
    description: 'Where the kiosk serves its screen on this machine',
  }),
  KIOSK_ENROLMENT_CODE: setting({
    schema: z.string().min(1).max(300),
    default: '',
    unit: '',
    description: 'One-time code for the first start, made by the hub’s staff',
    secret: true,
  }),
  KIOSK_CACHE_BYTES: setting({
    schema: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
    default: 200_000_000_000,
    unit: 'bytes',
    description: 'How much of the disk the stored editions may fill',
  }),
  KIOSK_SLOWEST_MEDIUM: setting({
    schema: z.coerce.number().int().min(0).max(1_000_000_000),
    default: 1_000_000,
    unit: 'bytes per second, 0: never too slow',
    description: 'A medium that writes slower than this over 30 seconds is refused',
  }),
  KIOSK_STOP_SECONDS: setting({
    schema: z.coerce.number().int().min(1).max(86_400),
    default: 1_800,
    unit: 'seconds',
    description:
      'How long a stop (SIGTERM, the order restart) waits for a title that is being written; give a supervisor more than this',
  }),
  KIOSK_LOG: setting({
    schema: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
    default: 'info',
    unit: '',
    description: 'How much the log says: debug, info, warn, error or silent',
  }),
});
