import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSeedFiles } from '#firmware-sim/demo/seed/files.ts';
import { DEMO_SITE, seedFleet } from '#firmware-sim/demo/seed/seed.ts';
import { siteIdOf } from '#firmware-sim/demo/seed/shops.ts';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { defaultHubSettings } from '#hub/config.ts';
import { memoryDatabase } from '#hub/db/memory/database.ts';
import { createHub } from '#hub/hub.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { ok } from '#shared/kernel/result.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import { projectRoot, uiDirectory } from '#shared/toolchain/assets.ts';
import { seedPresent } from './console-present.ts';
import { NOW } from './demo-titles.ts';

export const SCREENS_STAFF = { name: 'admin', password: 'screens of a quiet morning' };

/** A hub that stands still at `NOW`, with the demo's past and a present of its own; the same rows and ids each time. */
export interface ConsoleHub {
  readonly address: string;
  /** The session of a signed-in administrator, as the browser keeps it. */
  readonly cookie: { readonly name: string; readonly value: string; readonly url: string };
  /** Ids that places of the console name. */
  readonly ids: {
    readonly rental: string;
    readonly open: string;
    readonly member: string;
    readonly title: string;
    readonly site: string;
  };
  /** Lets the hub's time go on, so that what is done next comes after what was done before. */
  goOn(ms: number): Promise<void>;
  readonly stores: Stores;
  stop(): Promise<void>;
}

export async function openConsoleHub(): Promise<ConsoleHub> {
  const home = await mkdtemp(join(tmpdir(), 'keyturn-screens-'));
  const clock = simulatedClock(epochMs(NOW));
  const hub = createHub({
    clock,
    random: seededRandom('screens'),
    log: silentLog,
    settings: defaultHubSettings({
      KEYTURN_HOME: home,
      HUB_PORT: 0,
      MQTT_PORT: 0,
      HUB_TERMINAL_PORT: 0,
      HUB_ADMIN_PASSWORD: SCREENS_STAFF.password,
      HUB_SECOND_FACTOR: '',
    }),
    consoleFolder: uiDirectory('hub'),
    database: async () => ok(memoryDatabase()),
    pinCost: { N: 1024, r: 8, p: 1 },
  });
  const started = await hub.start();
  if (!started.ok) throw new Error(`the hub of the screens cannot start: ${started.error.message}`);
  const stop = async (): Promise<void> => {
    const stopped = hub.stop();
    await clock.advance(5000);
    await stopped;
    await rm(home, { recursive: true, force: true });
  };
  try {
    const inside = hub.inside();
    const files = readSeedFiles(join(projectRoot(), 'firmware-sim', 'demo', 'catalogue'));
    const members = await seedFleet(inside, files);
    const present = await seedPresent(inside, members);
    await inside.recommender.refresh();
    const address = hub.addresses().http;
    return {
      address,
      cookie: { ...(await signIn(address)), url: address },
      ids: { ...present, site: siteIdOf(DEMO_SITE) },
      goOn: (ms) => clock.advance(ms),
      stores: inside.db.stores,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function signIn(address: string): Promise<{ readonly name: string; readonly value: string }> {
  const answer = await fetch(`${address}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(SCREENS_STAFF),
  });
  const [pair = ''] = (answer.headers.get('set-cookie') ?? '').split(';');
  const at = pair.indexOf('=');
  if (at < 1) throw new Error(`signing in was answered ${answer.status}`);
  return { name: pair.slice(0, at), value: pair.slice(at + 1) };
}
