import type { CopyId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Fixture } from '../world/fixture.ts';
import type { World } from '../world/world.ts';
import type { Town } from './town.ts';
import { Viewer } from './viewer.ts';

/** Everybody of a town at home (PLY-1). */
export interface Viewers {
  readonly opened: () => number;
  readonly refused: () => number;
  /** What players did or said that they should not. */
  readonly wrong: () => readonly string[];
  /** Copies that somebody opened by a wrong clock. */
  readonly oddly: () => ReadonlySet<CopyId>;
  /** Whoever watched at `until` has stopped. */
  readonly over: Promise<unknown>;
  /** Everybody tries every stick once more. */
  lastLook(): Promise<unknown>;
}

export function settleViewers(
  world: World,
  town: Town,
  fixture: Pick<Fixture, 'authority' | 'home'>,
  until: EpochMs,
  faults: boolean,
): Viewers {
  const viewers = town.customers.map(
    (customer, at) =>
      new Viewer({
        ...{ world, fixture, customer, forgery: town.forgery, codes: town.codes, faults },
        random: world.random(`viewer ${at}`),
      }),
  );
  return {
    opened: () => viewers.reduce((sum, { opened }) => sum + opened, 0),
    refused: () => viewers.reduce((sum, { refused }) => sum + refused, 0),
    wrong: () => viewers.flatMap(({ wrong }) => wrong),
    oddly: () => new Set(viewers.flatMap(({ oddly }) => [...oddly])),
    over: Promise.all(viewers.map((viewer) => viewer.live(until))),
    lastLook: () => Promise.all(viewers.map((viewer) => viewer.lastLook())),
  };
}
