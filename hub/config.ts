import { resolve } from 'node:path';
import { type Fault, ok, type Result } from '#shared/kernel/result.ts';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { HUB_SETTINGS } from '#shared/toolchain/settings/hub.ts';
import { readSettings, type Values } from '#shared/toolchain/settings.ts';

export type HubSettings = Values<typeof HUB_SETTINGS>;

/** Reads the hub's settings; all faults at once. A relative data folder lies below the project. */
export function readHubSettings(
  environment: Readonly<Record<string, string | undefined>>,
): Result<HubSettings, readonly Fault[]> {
  const read = readSettings(HUB_SETTINGS, environment);
  return read.ok
    ? ok({ ...read.value, KEYTURN_HOME: resolve(projectRoot(), read.value.KEYTURN_HOME) })
    : read;
}

/** The settings of a hub that was told nothing else: for tests and the demo, which change what they need. */
export function defaultHubSettings(changes: Partial<HubSettings> = {}): HubSettings {
  const read = readHubSettings({});
  if (!read.ok) throw new TypeError('every setting of the hub has a default');
  return { ...read.value, ...changes };
}
