import type { Result } from '#shared/kernel/result.ts';
import { KIOSK_SETTINGS } from '#shared/toolchain/settings/kiosk.ts';
import { readSettings, type SettingFault, type Values } from '#shared/toolchain/settings.ts';

export type KioskSettings = Values<typeof KIOSK_SETTINGS>;

/** The kiosk's settings from an environment; every fault at once. */
export const readKioskSettings = (
  environment: Readonly<Record<string, string | undefined>>,
): Result<KioskSettings, readonly SettingFault[]> => readSettings(KIOSK_SETTINGS, environment);
