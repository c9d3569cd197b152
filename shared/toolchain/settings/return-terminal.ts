import { z } from 'zod';
import { TERMINAL_ID_PATTERN, type TerminalId } from '#shared/kernel/ids.ts';
import { defineSettings, setting } from '#shared/toolchain/settings.ts';
import { DEVICE_SETTINGS } from './device.ts';

/** Settings of a return terminal, read from the environment (`npm run keyturn -- config` prints all). */
export const RETURN_TERMINAL_SETTINGS = defineSettings({
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
    description: 'Data of all programs; the return terminal keeps its own in a folder of its name',
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
  RETURN_TERMINAL_USB_PORT: setting({
    schema: z.string().min(1).max(200),
    default: '/dev/',
    unit: 'beginning of a device path',
    description:
      'Which removable device is the customer’s port, such as /dev/sdb; where several match, the first',
  }),
  RETURN_TERMINAL_ID: setting({
    schema: z
      .string()
      .regex(TERMINAL_ID_PATTERN)
      .transform((id) => id as TerminalId),
    default: 'return-terminal-1' as TerminalId,
    unit: 'a-z 0-9 -',
    description: 'Name of this return terminal in the fleet: the one its enrolment code was made for',
  }),
  RETURN_TERMINAL_PORT: setting({
    schema: z.coerce.number().int().min(0).max(65_535),
    default: 7320,
    unit: 'TCP port, 0: any free',
    description: 'Where the return terminal serves its screen on this machine',
  }),
  RETURN_TERMINAL_ENROLMENT_CODE: setting({
    schema: z.string().min(1).max(300),
    default: '',
    unit: '',
    description: 'One-time code for the first start, made by the hub’s staff',
    secret: true,
  }),
  RETURN_TERMINAL_STOP_SECONDS: setting({
    schema: z.coerce.number().int().min(1).max(86_400),
    default: 300,
    unit: 'seconds',
    description:
      'How long a stop (SIGTERM, the order restart) waits for a return under way; give a supervisor more than this',
  }),
  RETURN_TERMINAL_LOG: setting({
    schema: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
    default: 'info',
    unit: '',
    description: 'How much the log says: debug, info, warn, error or silent',
  }),
});
