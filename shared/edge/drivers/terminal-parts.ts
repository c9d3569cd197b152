import { dirname, join } from 'node:path';
import { base64url } from 'jose';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { DeviceSeal } from '#shared/ports/device-seal.ts';
import type { Random } from '#shared/ports/random.ts';
import { enrol } from '../enrolment.ts';
import { createHubClient } from '../hub-client.ts';
import type { TerminalIdentity, TerminalRole } from '../identity.ts';
import { StoreFailure } from '../store.ts';
import type { TerminalDeps } from '../terminal.ts';
import { assetFiles } from './asset-files.ts';
import { contentFiles } from './content-files.ts';
import { openDeviceSecret } from './device-secret.ts';
import { diskSpaceOf } from './disk-space.ts';
import { fetchTransport } from './fetch-transport.ts';
import { readIdentity, writeIdentity } from './identity-files.ts';
import { openLibsqlStore } from './libsql-store.ts';
import { mqttLink } from './mqtt-link.ts';
import { sealedLeaseFile } from './sealed-lease-file.ts';
import { systemClock } from './system-clock.ts';
import { type LogLevel, systemLog } from './system-log.ts';
import { systemRandom } from './system-random.ts';

export interface TerminalPartsOptions {
  readonly role: TerminalRole;
  /** Name of this terminal in the fleet: the one its enrolment code was made for. */
  readonly terminalId: TerminalId;
  /** This terminal's own folder: identity, store, content and assets lie below it. */
  readonly home: string;
  /** The machine's own secret (SEC-3); absent: a file beside the terminals' folders, made at the first start. */
  readonly deviceSecret?: DeviceSecretSettings;
  readonly hubUrl: string;
  /** Broker; null: the address that enrolment brought. */
  readonly mqttUrl: string | null;
  /** One-time code; needed at the very first start only. */
  readonly enrolmentCode: string | null;
  readonly software: string;
  readonly logLevel: LogLevel;
  readonly cacheBytes: number;
  /** The demo moves the clock forward by days; everything else takes the machine's. */
  readonly clock?: Clock;
  readonly random?: Random;
}

/** From the settings of the program: the secret itself, or the file that holds it; null where nothing is set. */
export interface DeviceSecretSettings {
  readonly hex: string | null;
  readonly file: string | null;
}

/** What a terminal's `main.ts` hands to `createTerminal`, but for what only the program knows (drives, its word on orders). */
export type TerminalParts = Omit<TerminalDeps, 'drives' | 'onCommand' | 'restart' | 'temperatureCelsius'>;

/**
 * Opens a terminal's real parts below one folder; enrols at the first start. Faults: `not_enrolled` (no identity and no code),
 * `device_secret_unreadable`, `identity_damaged`, `identity_sealed`, `identity_other`, the codes of `enrol` (`hub_away` may be tried again), and those of the store.
 */
export async function openTerminalParts(
  options: TerminalPartsOptions,
): Promise<Result<TerminalParts, Fault>> {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const seal = openTerminalSeal(options.home, options.deviceSecret);
  if (!seal.ok) return seal;
  const identified = await identityOf(options, seal.value);
  if (!identified.ok) return identified;
  const identity = identified.value;
  if (identity.role !== options.role || identity.terminalId !== options.terminalId)
    return fault('identity_other', `this folder belongs to the ${identity.role} ${identity.terminalId}`);
  const { log, recent } = systemLog(options.role, options.logLevel);
  try {
    return ok({
      identity,
      store: openLibsqlStore(join(options.home, 'store.db'), () => base64url.encode(random.bytes(12))),
      hub: createHubClient({ transport: fetchTransport, hubUrl: options.hubUrl, identity }),
      link: mqttLink({ url: options.mqttUrl ?? identity.mqttUrl }),
      clock,
      random,
      log,
      software: options.software,
      contentFiles: contentFiles(join(options.home, 'content')),
      leaseFile: sealedLeaseFile(join(options.home, 'identity', 'content-lease'), seal.value),
      assetFiles: assetFiles(join(options.home, 'assets')),
      cacheBytes: options.cacheBytes,
      diskSpace: () => diskSpaceOf(options.home),
      recentLog: recent,
    });
  } catch (failure) {
    if (failure instanceof StoreFailure) return fault(failure.code, failure.message);
    throw failure;
  }
}

/** What seals the secrets of the terminal in `home`: the same for all terminals of one machine. */
export function openTerminalSeal(
  home: string,
  settings: DeviceSecretSettings = { hex: null, file: null },
): Result<DeviceSeal, Fault<'device_secret_unreadable'>> {
  return openDeviceSecret({
    given: settings.hex,
    file: settings.file ?? join(dirname(home), 'device-secret'),
    make: settings.file === null,
  });
}

async function identityOf(
  options: TerminalPartsOptions,
  seal: DeviceSeal,
): Promise<Result<TerminalIdentity, Fault>> {
  const folder = join(options.home, 'identity');
  const known = readIdentity(folder, seal);
  if (!known.ok) return known;
  if (known.value !== null) return ok(known.value);
  if (options.enrolmentCode === null)
    return fault('not_enrolled', 'this terminal needs a one-time enrolment code for its first start');
  const deps = { transport: fetchTransport, hubUrl: options.hubUrl, software: options.software };
  const enrolled = await enrol(deps, options.enrolmentCode, options);
  return enrolled.ok ? writeIdentity(folder, enrolled.value, seal) : enrolled;
}
