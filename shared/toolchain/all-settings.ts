import type { Settings } from '#shared/toolchain/settings.ts';
import { DEMO_SETTINGS } from './settings/demo.ts';
import { HUB_SETTINGS } from './settings/hub.ts';
import { KIOSK_SETTINGS } from './settings/kiosk.ts';
import { PLAYER_SETTINGS } from './settings/player.ts';
import { RETURN_TERMINAL_SETTINGS } from './settings/return-terminal.ts';

/** The settings of every program, by its name: what `npm run keyturn -- config` prints. Each program reads its own from here. */
export const ALL_SETTINGS: Readonly<Record<string, Settings>> = {
  demo: DEMO_SETTINGS,
  hub: HUB_SETTINGS,
  kiosk: KIOSK_SETTINGS,
  'return-terminal': RETURN_TERMINAL_SETTINGS,
  player: PLAYER_SETTINGS,
};
