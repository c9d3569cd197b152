import type { Result } from '#shared/kernel/result.ts';
import { RETURN_TERMINAL_SETTINGS } from '#shared/toolchain/settings/return-terminal.ts';
import { readSettings, type SettingFault, type Values } from '#shared/toolchain/settings.ts';

export type ReturnTerminalSettings = Values<typeof RETURN_TERMINAL_SETTINGS>;

/** The return terminal's settings from an environment; every fault at once. */
export const readReturnTerminalSettings = (
  environment: Readonly<Record<string, string | undefined>>,
): Result<ReturnTerminalSettings, readonly SettingFault[]> =>
  readSettings(RETURN_TERMINAL_SETTINGS, environment);
