import type { HubDatabase } from '#hub/ports/database.ts';
import { epochMs, type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import { allPartitions } from '#shared/protocol/topics.ts';

/** How long a lease lasts, and how often it is renewed: a dead hub's partitions move after the first at most. */
export const LEASE: Milliseconds = milliseconds(15_000);
export const RENEWAL: Milliseconds = milliseconds(4000);

export interface LeasePace {
  readonly lease: Milliseconds;
  readonly renewal: Milliseconds;
}

export interface PartitionLeases {
  /** Generation of a partition that this hub holds now; null: not held, or the lease ran out unrenewed. */
  generation(partition: string): number | null;
  held(): readonly string[];
  /** Renews, takes and gives up: at once, and then by itself until `stop`. */
  start(): Promise<void>;
  renew(): Promise<void>;
  /** Gives everything back, so that the others need not wait. */
  stop(): Promise<void>;
}

interface Deps {
  readonly db: HubDatabase;
  readonly clock: Clock;
  readonly log: Log;
  /** Name of this hub process; never used by two. */
  readonly holder: string;
  /** Default `LEASE` and `RENEWAL`. */
  readonly pace?: LeasePace;
  /** Called with what was gained (also with a new generation) and lost. */
  changed(gained: readonly string[], lost: readonly string[]): Promise<void>;
}

const partitionLease = (partition: string) => `partition:${partition}`;
const hubLease = (holder: string) => `hub:${holder}`;

/**
 * Which partitions this hub serves (DESIGN §3). Every hub holds a lease of its own name; each takes its share, the number of partitions by the number
 * of living hubs rounded up, and gives up what is beyond it. A lease that was not renewed in time is not trusted any more.
 */
export function createPartitionLeases(deps: Deps): PartitionLeases {
  const { db, clock, holder } = deps;
  const { lease: life, renewal } = deps.pace ?? { lease: LEASE, renewal: RENEWAL };
  const mine = new Map<string, { generation: number; trustedUntil: number }>();
  let cancel: (() => void) | null = null;
  let running: Promise<void> = Promise.resolve();
  let stopped = false;

  const share = async (): Promise<number> => {
    const now = clock.now();
    await db.stores.leases.acquire(hubLease(holder), holder, now, epochMs(now + life));
    const living = (await db.stores.leases.list()).filter(
      (row) => row.leaseName.startsWith('hub:') && row.expiresAt > now,
    );
    return Math.ceil(allPartitions().length / Math.max(1, living.length));
  };

  const renewOnce = async (): Promise<void> => {
    const gained: string[] = [];
    const lost: string[] = [];
    try {
      const limit = await share();
      // Own partitions first, so that a share that shrank gives up the last ones.
      const order = [...mine.keys(), ...allPartitions().filter((partition) => !mine.has(partition))];
      let count = 0;
      for (const partition of order) {
        const had = mine.get(partition);
        if (count >= limit) {
          if (had !== undefined) await giveUp(partition, lost);
          continue;
        }
        const trustedUntil = clock.monotonic() + life;
        const now = clock.now();
        const lease = await db.stores.leases.acquire(
          partitionLease(partition),
          holder,
          now,
          epochMs(now + life),
        );
        if (lease === null) {
          if (had !== undefined) await giveUp(partition, lost);
          continue;
        }
        count += 1;
        if (had?.generation !== lease.generation) gained.push(partition);
        mine.set(partition, { generation: lease.generation, trustedUntil });
      }
    } catch (error) {
      deps.log.warn({ error: String(error) }, 'leases could not be renewed');
      for (const [partition, lease] of mine)
        if (clock.monotonic() >= lease.trustedUntil) await giveUp(partition, lost);
    }
    if (gained.length > 0 || lost.length > 0) await deps.changed(gained, lost);
  };

  const giveUp = async (partition: string, lost: string[]): Promise<void> => {
    mine.delete(partition);
    lost.push(partition);
    await db.stores.leases.release(partitionLease(partition), holder, clock.now()).catch(() => undefined);
  };

  const renew = (): Promise<void> => {
    running = running.then(renewOnce);
    return running;
  };
  const schedule = (): void => {
    if (stopped) return;
    cancel = clock.after(renewal, () => void renew().then(schedule));
  };

  return {
    generation(partition) {
      const lease = mine.get(partition);
      return lease !== undefined && clock.monotonic() < lease.trustedUntil ? lease.generation : null;
    },
    held: () => [...mine.keys()].sort(),
    renew,
    async start() {
      await renew();
      schedule();
    },
    async stop() {
      stopped = true;
      cancel?.();
      await running;
      const lost: string[] = [];
      for (const partition of [...mine.keys()]) await giveUp(partition, lost);
      await db.stores.leases.release(hubLease(holder), holder, clock.now()).catch(() => undefined);
    },
  };
}
