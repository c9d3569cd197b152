import { spawnSync } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNetworkCable, type NetworkCable } from '#firmware-sim/demo/network.ts';
import { readSeedFiles } from '#firmware-sim/demo/seed/files.ts';
import { DEMO_SITE, seedFleet } from '#firmware-sim/demo/seed/seed.ts';
import { siteIdOf } from '#firmware-sim/demo/seed/shops.ts';
import { startOwnFleet } from '#firmware-sim/story/own-fleet.ts';
import { makeTariff, openShop } from '#firmware-sim/story/shop.ts';
import type { StaffAgent } from '#firmware-sim/story/staff-agent.ts';
import type { Hub } from '#hub/hub.ts';
import type { TerminalParts } from '#shared/edge/drivers/terminal-parts.ts';
import type { SiteId } from '#shared/kernel/ids.ts';
import type { Log } from '#shared/ports/log.ts';
import { projectRoot, type UiName, uiDirectory } from '#shared/toolchain/assets.ts';

import { openTestDatabase } from './database-image.ts';
import { LiveFleet, type Place } from './fleet-at-work.ts';
import type { OwnBroker } from './shop-broker.ts';

export { LiveFleet, PIN, type TestMember } from './fleet-at-work.ts';
export { happens, watchedMedium } from './moments.ts';

/** Builds what is stale of the pages, as `npm start` would. */
export function buildUis(names: readonly UiName[]): void {
  const ids = names.map((name) => `ui/${name}`);
  const script = join(projectRoot(), 'shared/toolchain/build.mjs');
  const done = spawnSync(process.execPath, [script, ...ids], {
    stdio: 'pipe',
    encoding: 'utf8',
    env: { ...process.env, NODE_ENV: 'production' },
  });
  if (done.status !== 0) throw new Error(`the pages cannot be built:\n${done.stderr}`);
}

export interface LiveFleetOptions {
  /** `demo`: the demo's shops, catalogue with posters, members and past. Default: one shop, a tariff, no titles. */
  readonly shop?: 'demo';
  readonly uis?: readonly UiName[];
  readonly databaseUrl?: string;
  /** Below it lies everything; made where it is not given. */
  readonly folder?: string;
  /** A broker that knows the fleet of `folder`. */
  readonly broker?: OwnBroker;
  readonly playerLog?: Log;
  /** Changes a terminal's parts further, after its cable is in. */
  readonly change?: (parts: TerminalParts) => TerminalParts | Promise<TerminalParts>;
}

/** A whole fleet on loopback, with one shop and no titles yet. Stop it in `afterAll`. */
export async function startLiveFleet(options: LiveFleetOptions = {}): Promise<LiveFleet> {
  if (options.uis !== undefined) buildUis(options.uis);
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'keyturn-e2e-')));
  const cables: Record<Place, NetworkCable> = {
    kiosk: createNetworkCable(),
    'return-terminal': createNetworkCable(),
  };
  const own = await startOwnFleet(
    {
      folder,
      databaseUrl: options.databaseUrl ?? null,
      database: openTestDatabase,
      broker: options.broker ?? null,
      ui: options.uis === undefined ? null : uiDirectory,
      ...(options.playerLog === undefined ? {} : { playerLog: options.playerLog }),
      pinCost: { N: 1024, r: 8, p: 1 },
      logLevel: process.env.E2E_LOG === undefined ? 'silent' : 'info',
      cable: (role) => cables[role],
      ...(options.change === undefined ? {} : { change: options.change }),
    },
    options.shop === 'demo' ? openDemoShop : openShop,
  );
  const siteId = options.shop === 'demo' ? siteIdOf(DEMO_SITE) : await openShop(own.staff);
  const fleet = new LiveFleet({ own, siteId, tariffId: await makeTariff(own.staff), folder, cables });
  await fleet.online();
  return fleet;
}

async function openDemoShop(_staff: StaffAgent, hub: Hub): Promise<SiteId> {
  const inside = hub.inside();
  await seedFleet(inside, readSeedFiles(join(projectRoot(), 'firmware-sim', 'demo', 'catalogue')));
  await inside.recommender.refresh();
  return siteIdOf(DEMO_SITE);
}
