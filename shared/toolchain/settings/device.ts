import { z } from 'zod';
import { defineSettings, setting } from '#shared/toolchain/settings.ts';

/** What seals the secrets of a terminal on its disk (SEC-3). */
export const DEVICE_SETTINGS = defineSettings({
  KEYTURN_DEVICE_SECRET: setting({
    schema: z.string().regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits'),
    default: '',
    unit: '64 hexadecimal digits',
    description: 'Seals the keys of this machine’s terminals; goes before the file',
    secret: true,
  }),
  KEYTURN_HARDWARE_SERIAL: setting({
    schema: z.string().max(64),
    default: '',
    unit: 'text',
    description:
      'Number on this machine’s plate: an enrolment code that was made for it works on this machine alone',
  }),
  KEYTURN_DEVICE_SECRET_FILE: setting({
    schema: z.string().min(1),
    default: '',
    unit: 'file',
    description:
      'File with those 64 digits that is not on the disk, such as a systemd credential. Without it a file in KEYTURN_HOME, which whoever takes the whole disk has too',
  }),
});
