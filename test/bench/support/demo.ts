import { join } from 'node:path';
import { readSeedFiles } from '#firmware-sim/demo/seed/files.ts';
import { seedFleet } from '#firmware-sim/demo/seed/seed.ts';
import type { HubInside } from '#hub/hub.ts';
import { projectRoot } from '#shared/toolchain/assets.ts';

/** The demo's shops, titles, members and past. */
export const seedDemo = (inside: HubInside) =>
  seedFleet(inside, readSeedFiles(join(projectRoot(), 'firmware-sim', 'demo', 'catalogue')));
