import { z } from 'zod';
import { defineSettings, setting } from '#shared/toolchain/settings.ts';
import { HUB_SETTINGS } from './hub.ts';

const port = (fallback: number, description: string) =>
  setting({
    schema: z.coerce.number().int().min(0).max(65_535),
    default: fallback,
    unit: 'TCP port, 0: any free',
    description,
  });

/** Settings of the demo (`npm start`) beside those of its hub (`npm run keyturn -- config` prints all). */
export const DEMO_SETTINGS = defineSettings({
  KEYTURN_MEDIA: setting({
    schema: z.string().min(1),
    default: '',
    unit: 'folder',
    description:
      'A mounted directory used as the drive of kiosk, return terminal and player; without it simulated media',
  }),
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

/** All that the demo reads: its own settings and its hub's; a first look needs no authenticator app, which can be set up all the same. */
export const WHOLE_DEMO_SETTINGS = defineSettings({
  ...HUB_SETTINGS,
  HUB_SECOND_FACTOR: { ...HUB_SETTINGS.HUB_SECOND_FACTOR, default: '' },
  ...DEMO_SETTINGS,
});
