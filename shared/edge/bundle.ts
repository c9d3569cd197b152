import type { Log } from '#shared/ports/log.ts';
import { type Bundle, bundle } from '#shared/protocol/terminal-api.ts';
import type { HubClient } from './hub-client.ts';
import { type EdgeStore, getReplaceable, table } from './store.ts';

const bundles = table('bundle', bundle);

export interface BundleDeps {
  readonly store: EdgeStore;
  readonly hub: Pick<HubClient, 'bundle'>;
  readonly log: Log;
  /** The program has ended: an answer that comes now is nobody's, and the store is closed. */
  over(): boolean;
  changed(bundle: Bundle): void;
}

/** All that a terminal needs to work without the hub: fetched when it changed, on the disk from then on (SYN-1). */
export interface BundleKeeper {
  current(): Bundle | null;
  /** Asks the hub; true when it answered, also when nothing is new. Calls at the same time share one question. */
  refresh(): Promise<boolean>;
}

export function createBundleKeeper(deps: BundleDeps): BundleKeeper {
  let current = getReplaceable(deps.store, bundles, 'current');
  let asking: Promise<boolean> | null = null;

  const ask = async (): Promise<boolean> => {
    const answered = await deps.hub.bundle(current?.version ?? null);
    if (deps.over()) return false;
    if (!answered.ok) {
      deps.log.info({ code: answered.error.code }, 'no bundle from the hub');
      return answered.error.code !== 'hub_away';
    }
    const fresh = answered.value;
    if (fresh === null || fresh.version === current?.version) return true;
    deps.store.transaction((tx) => tx.put(bundles, 'current', fresh));
    current = fresh;
    deps.log.info({ version: fresh.version, titles: fresh.titles.length }, 'new bundle');
    deps.changed(fresh);
    return true;
  };

  return {
    current: () => current,
    refresh: () => {
      asking ??= ask().finally(() => {
        asking = null;
      });
      return asking;
    },
  };
}
