import { z } from 'zod';
import { defineSettings, setting } from '#shared/toolchain/settings.ts';

const port = (fallback: number, description: string) =>
  setting({
    schema: z.coerce.number().int().min(0).max(65_535),
    default: fallback,
    unit: 'TCP port, 0: any free',
    description,
  });

/** Settings of the demo (`npm start`), read from the environment (`npm run keyturn -- config` prints all). */
export const DEMO_SETTINGS = defineSettings({
  KEYTURN_HOME: setting({
    schema: z.string().min(1),
    default: '.data',
    unit: 'folder',
    description: 'Data of all programs; a relative one lies below the project',
  }),
  DATABASE_URL: setting({
    schema: z.url({ protocol: /^postgres(ql)?$/ }).max(500),
    default: '',
    unit: 'address',
    description: 'PostgreSQL of the hub; without it an embedded database below KEYTURN_HOME',
    secret: true,
  }),
  MQTT_URL: setting({
    schema: z.url({ protocol: /^mqtts?$/ }).max(300),
    default: '',
    unit: 'address',
    description: 'The broker; without it an embedded one',
  }),
  KEYTURN_MEDIA: setting({
    schema: z.string().min(1),
    default: '',
    unit: 'folder',
    description:
      'A mounted directory used as the drive of kiosk, return terminal and player; without it simulated media',
  }),
  HUB_PORT: port(7300, 'Where the hub serves terminals, console and staff API'),
  MQTT_PORT: port(7301, 'Where the embedded broker listens'),
  KIOSK_PORT: port(7310, 'Where the kiosk serves its screen on this machine'),
  RETURN_TERMINAL_PORT: port(7320, 'Where the return terminal serves its screen on this machine'),
  PLAYER_PORT: port(7330, 'Where the player serves its page on this machine'),
  PANEL_PORT: port(7340, 'Where the demo serves its panel of hardware, network and clock'),
  DEMO_LOG: setting({
    schema: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
    default: 'warn',
    unit: '',
    description: 'How much the programs of the demo log: debug, info, warn, error or silent',
  }),
});
