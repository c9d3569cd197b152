import { dirname, join } from 'node:path';
import { base64url } from 'jose';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { codeDigest } from '#shared/media/enrolment-code.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { DeviceSeal } from '#shared/ports/device-seal.ts';
import type { MessageLink } from '#shared/ports/message-link.ts';
import type { Random } from '#shared/ports/random.ts';
import { beginEnrolment, enrol, keyPrintOf } from '../enrolment.ts';
import type { HttpTransport } from '../http-transport.ts';
import { createHubClient } from '../hub-client.ts';
import type { TerminalRole } from '../identity.ts';
import { StoreFailure } from '../store.ts';
import type { TerminalDeps } from '../terminal.ts';
import { assetFiles } from './asset-files.ts';
import { contentFiles } from './content-files.ts';
import { openDeviceSecret } from './device-secret.ts';
import { diskSpaceOf } from './disk-space.ts';
import { readAttempt, removeAttempt, writeAttempt } from './enrolment-files.ts';
import { hubTransport, rootShownBy } from './hub-transport.ts';
import { readIdentity, type StoredIdentity, writeIdentity } from './identity-files.ts';
import { identityKeeper } from './identity-keeper.ts';
import { comesBack, readLeft, removeLeft, writeLeft } from './left-file.ts';
import { openLibsqlStore } from './libsql-store.ts';
import { mqttLink } from './mqtt-link.ts';
import { sealedLeaseFile } from './sealed-lease-file.ts';
import { sealedStoreKey } from './sealed-store-key.ts';
import { systemClock } from './system-clock.ts';
import { type LogLevel, systemLog } from './system-log.ts';
import { systemRandom } from './system-random.ts';
import { wipeKey } from './wipe.ts';

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
  /** One-time code: needed at the very first start, and to enrol again; the code that was used already may stay set. */
  readonly enrolmentCode: string | null;
  /** Number on this machine's plate, which staff gave for its code; absent: none. */
  readonly hardwareSerial?: string;
  /** Tells whoever stands before the machine how its enrolment goes. */
  readonly onEnrolment?: (notice: EnrolmentNotice) => void;
  readonly software: string;
  readonly logLevel: LogLevel;
  readonly cacheBytes: number;
  /** The demo moves the clock forward by days; everything else takes the machine's. */
  readonly clock?: Clock;
  readonly random?: Random;
  /** Where everything that this terminal says passes through: a cable that can be pulled. */
  readonly cable?: Cable;
}

/**
 * `waiting`: staff have to approve this terminal, after they compared the key. `kept`: a new code could not be used, so the terminal goes on
 * with the identity that it has.
 */
export type EnrolmentNotice =
  | { readonly kind: 'waiting'; readonly keyPrint: string }
  | { readonly kind: 'kept'; readonly fault: Fault };

/** From the settings of the program: the secret itself, or the file that holds it; null where nothing is set. */
export interface DeviceSecretSettings {
  readonly hex: string | null;
  readonly file: string | null;
}
export interface Cable {
  link(inner: MessageLink): MessageLink;
  transport(inner: HttpTransport): HttpTransport;
}
const STRAIGHT: Cable = { link: (inner) => inner, transport: (inner) => inner };

/** What a terminal's `main.ts` hands to `createTerminal`, but for what only the program knows (drives, its word on orders). */
export type TerminalParts = Omit<
  TerminalDeps,
  'drives' | 'onCommand' | 'restart' | 'temperatureCelsius' | 'business'
>;

/**
 * Opens a terminal's real parts below one folder; enrols at the first start. Faults: `not_enrolled` (no identity and no code),
 * `decommissioned` (it has left the fleet, and no new code brings it back: `openRetired`), `left_file_damaged`,
 * `device_secret_unreadable`, `identity_damaged`, `identity_sealed`, `identity_other`, the codes of `enrol` (`hub_away` may be tried again), and those of the store.
 */
export async function openTerminalParts(
  options: TerminalPartsOptions,
): Promise<Result<TerminalParts, Fault>> {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const left = readLeft(options.home);
  if (left === 'unreadable')
    return fault('left_file_damaged', 'whether this terminal has left the fleet cannot be read');
  const seal = openTerminalSeal(options.home, options.deviceSecret);
  if (!seal.ok) return seal;
  if (left !== null) {
    if (!comesBack(left, options.enrolmentCode))
      return fault('decommissioned', 'this terminal has been taken out of the fleet');
    // Also where a stop came between the last answer and the end of the key.
    wipeKey({ home: options.home, seal: seal.value, clock, spare: null });
    removeLeft(options.home);
  }
  const identified = await identityOf(options, seal.value);
  if (!identified.ok) return identified;
  const keeper = identityKeeper(join(options.home, 'identity'), seal.value, identified.value);
  const { identity } = keeper;
  if (identity.role !== options.role || identity.terminalId !== options.terminalId)
    return fault('identity_other', `this folder belongs to the ${identity.role} ${identity.terminalId}`);
  const wire = { trust: identity.trust, clock };
  let hubUntrusted = (): void => {};
  const transport = hubTransport({ ...wire, identity: () => identity.tls, untrusted: () => hubUntrusted() });
  const wired = options.cable ?? STRAIGHT;
  const { log, recent } = systemLog(options.role, options.logLevel);
  try {
    return ok({
      identity,
      keeper,
      store: openLibsqlStore(
        join(options.home, 'store.db'),
        () => base64url.encode(random.bytes(12)),
        sealedStoreKey(join(options.home, 'identity', 'store-key'), seal.value),
      ),
      hub: createHubClient({ transport: wired.transport(transport), hubUrl: options.hubUrl }),
      onHubUntrusted: (listener) => {
        hubUntrusted = listener;
      },
      link: wired.link(
        mqttLink({ ...wire, identity: () => identity.tls, url: options.mqttUrl ?? identity.mqttUrl }),
      ),
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
      leave: (facts) =>
        writeLeft(options.home, {
          version: 1,
          terminalId: identity.terminalId,
          role: identity.role,
          facts: { ...facts, lanes: [...facts.lanes], openCards: [...facts.openCards] },
          counted: null,
          codeDigest: null,
          receipt: null,
          over: false,
        }),
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
): Promise<Result<StoredIdentity, Fault>> {
  const folder = join(options.home, 'identity');
  const known = readIdentity(folder, seal);
  if (!known.ok) return known;
  const code = options.enrolmentCode;
  if (known.value !== null && (code === null || codeDigest(code) === known.value.codeDigest))
    return ok(known.value);
  if (code === null)
    return fault('not_enrolled', 'this terminal needs a one-time enrolment code for its first start');
  const enrolled = await enrolWith(options, code, seal);
  if (enrolled.ok || known.value === null) return enrolled;
  options.onEnrolment?.({ kind: 'kept', fault: enrolled.error });
  return ok(known.value);
}

/** SEC-1: the key is on the disk before the hub hears of it, and the identity before the key is forgotten there. */
async function enrolWith(
  options: TerminalPartsOptions,
  code: string,
  seal: DeviceSeal,
): Promise<Result<StoredIdentity, Fault>> {
  const folder = join(options.home, 'identity');
  const begun = readAttempt(folder, code, seal);
  const attempt = begun ?? (await beginEnrolment(code, options.terminalId));
  if (begun === null) writeAttempt(folder, attempt, seal);
  const clock = options.clock ?? systemClock;
  const cable = options.cable ?? STRAIGHT;
  const deps = {
    shownRoot: rootShownBy,
    transport: (trust: FleetTrust) => cable.transport(hubTransport({ trust, clock, identity: () => null })),
    hubUrl: options.hubUrl,
    software: options.software,
    hardwareSerial: options.hardwareSerial ?? '',
    clock,
    random: options.random ?? systemRandom,
    waiting: () => options.onEnrolment?.({ kind: 'waiting', keyPrint: keyPrintOf(attempt.privateKeyPem) }),
  };
  const enrolled = await enrol(deps, attempt, options);
  if (!enrolled.ok) {
    if (enrolled.error.code !== 'hub_away') removeAttempt(folder);
    return enrolled;
  }
  const written = writeIdentity(folder, enrolled.value, seal, codeDigest(code));
  if (written.ok) removeAttempt(folder);
  return written;
}

/** How the enrolment goes, for whoever started the program. */
export const enrolmentWords = (terminalId: TerminalId, notice: EnrolmentNotice): string =>
  notice.kind === 'waiting'
    ? `${terminalId} waits for approval: in the console, or with "npm run keyturn -- terminal approve ${terminalId}". Its key: ${notice.keyPrint}`
    : `${terminalId} keeps the identity it has; its new code was not taken (${notice.fault.code}): ${notice.fault.message}.`;
