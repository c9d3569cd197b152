import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { makeEnrolmentCode } from '#hub/app/enrolment/enrolment.ts';
import { putConfig } from '#hub/app/fleet/control.ts';
import type { HubInside } from '#hub/hub.ts';
import { readIdentity } from '#shared/edge/drivers/identity-files.ts';
import { readLeft } from '#shared/edge/drivers/left-file.ts';
import { openRetired } from '#shared/edge/drivers/retired-terminal.ts';
import type { LogLevel } from '#shared/edge/drivers/system-log.ts';
import {
  openTerminalParts,
  openTerminalSeal,
  type TerminalParts,
  type TerminalPartsOptions,
} from '#shared/edge/drivers/terminal-parts.ts';
import type { TerminalRole } from '#shared/edge/identity.ts';
import type { TerminalId, TitleId } from '#shared/kernel/ids.ts';
import { type Fault, ok, type Result } from '#shared/kernel/result.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { NetworkCable } from './network.ts';
import { siteIdOf } from './seed/shops.ts';
import type { DemoProgram } from './supervise.ts';

export interface DemoTerminal {
  readonly terminalId: TerminalId;
  readonly role: TerminalRole;
  readonly name: string;
  /** Slug of the shop it stands in. */
  readonly site: string;
  readonly software: string;
  /** Folder of this terminal's own data. */
  readonly home: string;
  readonly cable: NetworkCable;
  readonly clock: Clock;
  readonly logLevel: LogLevel;
}

/** Where the demo's hub is. */
export interface DemoHub {
  readonly terminals: string;
  readonly mqtt: string;
}

/** What the demo's kiosk may fill: the whole catalogue is some 50 MB. */
const CACHE_BYTES = 4 * 2 ** 30;

/**
 * A terminal's parts with everything it says led over its cable. Enrolled over HTTP with a one-time code at the first start, as in a shop;
 * a start that ended between the hub's answer and the terminal's disk is enrolled again.
 */
export async function openDemoTerminal(
  inside: HubInside,
  addresses: DemoHub,
  terminal: DemoTerminal,
): Promise<Result<TerminalParts, Fault>> {
  // Who was taken out of the fleet comes back by staff's word only, not by the next start of the demo (FLT-3).
  const left = readLeft(terminal.home) !== null;
  const code: Result<string | null, Fault> = left ? ok(null) : await codeFor(inside, terminal);
  return code.ok ? openTerminalParts(optionsOf(addresses, terminal, code.value)) : code;
}

/** The same terminal after staff took it out of the fleet: it wipes itself and says so on its screen. */
export function retiredDemoTerminal(
  addresses: DemoHub,
  terminal: DemoTerminal,
  port: number,
  restart: () => void,
): Result<DemoProgram, Fault> {
  const retired = openRetired({ ...optionsOf(addresses, terminal, null), port, restart });
  if (!retired.ok) return retired;
  const nobody = { session: { busy: () => false }, runtime: { online: () => false } };
  return ok({ ...retired.value, ...nobody });
}

const optionsOf = (
  addresses: DemoHub,
  { terminalId, role, software, home, cable, clock, logLevel }: DemoTerminal,
  enrolmentCode: string | null,
): TerminalPartsOptions => ({
  role,
  terminalId,
  home,
  hubUrl: addresses.terminals,
  mqttUrl: addresses.mqtt,
  enrolmentCode,
  software,
  logLevel,
  cacheBytes: CACHE_BYTES,
  clock,
  cable,
});

/** A one-time code where this terminal needs one; null where it is enrolled in this fleet already. */
async function codeFor(inside: HubInside, terminal: DemoTerminal): Promise<Result<string | null, Fault>> {
  const { terminalId, role, name, site, home } = terminal;
  const seal = openTerminalSeal(home);
  if (!seal.ok) return seal;
  const known = readIdentity(join(home, 'identity'), seal.value);
  const row = await inside.db.stores.terminals.find({ terminalId });
  if (known.ok && known.value?.fleetId === inside.fleet.fleetId && row?.state === 'active') return ok(null);
  // The database, the fleet or the machine is another one now: what this terminal knew belongs to the former, and stays there for whoever misses it.
  if (!known.ok || known.value !== null) setAside(home);
  const request = { terminalId, role, name, siteId: siteIdOf(site), approvedBeforehand: true };
  const made = await makeEnrolmentCode(inside, request, true);
  return made.ok ? ok(made.value.code) : made;
}

function setAside(home: string): void {
  let number = 1;
  while (existsSync(`${home}-former-${number}`)) number += 1;
  renameSync(home, `${home}-former-${number}`);
}

/** Has the kiosk fetch every title ahead of demand (CNT-1), unless staff have already chosen. */
export async function fetchAhead(
  inside: HubInside,
  terminalId: TerminalId,
  titles: readonly TitleId[],
): Promise<void> {
  const terminal = await inside.db.stores.terminals.find({ terminalId });
  const config = terminal?.configDesired ?? null;
  if (config === null || config.version > 1) return;
  const { version, ...rest } = config;
  await putConfig(inside, 'hub', terminalId, version, { ...rest, wantedTitles: [...titles] });
}
