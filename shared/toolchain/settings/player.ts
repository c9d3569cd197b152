import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { defineSettings, setting } from '#shared/toolchain/settings.ts';

/** Settings of the home player, read from the environment (`npm run keyturn -- config` prints all). */
export const PLAYER_SETTINGS = defineSettings({
  PLAYER_PORT: setting({
    schema: z.coerce.number().int().min(0).max(65_535),
    default: 7330,
    unit: 'TCP port, 0: any free',
    description: 'Where the player serves its page on this machine',
  }),
  PLAYER_MEDIUM: setting({
    schema: z.string().min(1),
    default: 'required',
    unit: 'folder',
    description: 'Where the medium is mounted: the folder that holds KEYTURN',
  }),
  PLAYER_HOME: setting({
    schema: z.string().min(1),
    default: join(homedir(), '.keyturn-player'),
    unit: 'folder',
    description: 'Where the player keeps its keys and reading positions',
  }),
  PLAYER_HUB: setting({
    schema: z.union([z.literal(''), z.url({ protocol: /^https?$/ }).max(300)]),
    default: '',
    unit: 'address',
    description:
      'Public address of the hub, for pairing by a code; empty: no network, the player is paired by the medium alone',
  }),
  PLAYER_FLEET_ROOT: setting({
    schema: z.string().min(1),
    default: 'required',
    unit: 'PEM file',
    description: "The fleet's root certificate, as the hub serves it at /fleet/root.pem",
  }),
});
