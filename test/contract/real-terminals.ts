import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDemoClock, type DemoClock } from '#firmware-sim/demo/demo-clock.ts';
import { makeEnrolmentCode } from '#hub/app/enrolment/enrolment.ts';
import { defaultHubSettings } from '#hub/config.ts';
import { createHub, type Hub, type HubParts } from '#hub/hub.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { openTerminalParts, type TerminalParts } from '#shared/edge/drivers/terminal-parts.ts';
import type { TerminalRole } from '#shared/edge/identity.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import { openQuickDatabase, openTestDatabase } from '#test/support/database-image.ts';
import { freePort } from '#test/support/free-port.ts';
import { beginChains, furnish, SITE } from './hub-world.ts';

/** The real hub in this process, on fixed ports of loopback, and terminals that enrolled with it over HTTP and speak MQTT to it. */
export interface RealHub {
  readonly clock: DemoClock;
  readonly folder: string;
  /** Where terminals ask. */
  readonly hubUrl: string;
  hub(): Hub;
  /** Starts the hub, again where it was stopped, on the same ports. */
  start(change?: Partial<HubParts>): Promise<void>;
  stop(): Promise<void>;
  /** Opens a terminal's real parts; enrols it where it is new. */
  parts(terminalId: string, role: TerminalRole): Promise<TerminalParts>;
  pass(duration: number): void;
  /** Stops the hub and removes everything. */
  end(): Promise<void>;
  /** A copy of the hub's database as it lies on disk, and the way back; only while the hub is stopped. */
  backUp(): Promise<void>;
  restore(): Promise<void>;
}

/** Starts a hub with the shop, member and title of `hub-world`. */
export async function startRealHub(inMemory: boolean): Promise<RealHub> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-real-'));
  const clock = createDemoClock(systemClock, milliseconds(0), () => {});
  const settings = defaultHubSettings({
    KEYTURN_HOME: folder,
    HUB_PORT: await freePort(),
    MQTT_PORT: await freePort(),
    HUB_TERMINAL_PORT: await freePort(),
    HUB_ADMIN_PASSWORD: 'a password of the tests',
    HUB_SECOND_FACTOR: '',
  });
  const hubUrl = `https://127.0.0.1:${settings.HUB_TERMINAL_PORT}`;
  const database = join(folder, 'hub', 'pglite');
  const backup = join(folder, 'yesterday');
  let running: Hub | null = null;
  const hub = (): Hub => {
    if (running === null) throw new Error('the hub is stopped');
    return running;
  };
  const known = new Set<string>();
  const real: RealHub = {
    ...{ clock, folder, hubUrl, hub },
    async start(change = {}) {
      const made = createHub({
        clock,
        random: systemRandom,
        log: silentLog,
        settings,
        consoleFolder: null,
        database: () =>
          inMemory
            ? openQuickDatabase({ clock, log: silentLog })
            : openTestDatabase({ clock, log: silentLog }, join(folder, 'hub')),
        ...change,
      });
      const started = await made.start();
      if (!started.ok) throw new Error(`${started.error.code}: ${started.error.message}`);
      running = made;
    },
    async stop() {
      await running?.stop();
      running = null;
    },
    async parts(terminalId, role) {
      const wanted = {
        terminalId: terminalId as TerminalId,
        role,
        siteId: SITE,
        name: terminalId,
        approvedBeforehand: true,
      };
      const code = known.has(terminalId) ? null : await makeEnrolmentCode(hub().inside(), wanted, false);
      if (code !== null && !code.ok) throw new Error(code.error.code);
      known.add(terminalId);
      const parts = await openTerminalParts({
        role,
        terminalId: wanted.terminalId,
        home: join(folder, terminalId),
        hubUrl,
        mqttUrl: null,
        enrolmentCode: code === null ? null : code.value.code,
        software: 'test',
        logLevel: 'silent',
        cacheBytes: 2 ** 30,
        clock,
      });
      if (!parts.ok) throw new Error(`${parts.error.code}: ${parts.error.message}`);
      return parts.value;
    },
    pass(duration) {
      const moved = clock.forward(milliseconds(duration));
      if (!moved.ok) throw new Error(moved.error.message);
    },
    async end() {
      await real.stop();
      await rm(folder, { recursive: true, force: true });
    },
    backUp: () => cp(database, backup, { recursive: true }),
    async restore() {
      await rm(database, { recursive: true });
      await cp(backup, database, { recursive: true });
    },
  };
  beginChains();
  await real.start();
  await furnish(hub().inside().db);
  return real;
}
