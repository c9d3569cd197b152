import postgres from 'postgres';
import { afterAll, beforeAll, expect } from 'vitest';
import type { IngestRules } from '#hub/app/ingest/apply-one.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { type Devices, furnish, makeDevices, openHub, rulesFor } from '#test/contract/hub-world.ts';
import { type PostgresCluster, startPostgres } from './real-parts.ts';

export type Hub = Awaited<ReturnType<typeof openHub>>;

export interface TwoHubs {
  readonly url: string;
  readonly hub: Hub;
  readonly other: Hub;
  readonly rules: IngestRules;
  readonly otherRules: IngestRules;
  close(): Promise<void>;
}

/** A cluster of PostgreSQL and a fleet's devices for all tests of a file; hubs open databases of their own there. */
export function postgresHubs() {
  let cluster: PostgresCluster | undefined;
  let devices: Devices | undefined;
  beforeAll(async () => {
    cluster = await startPostgres();
    devices = await makeDevices();
  });
  afterAll(() => cluster?.stop());
  const begun = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('the cluster is there once the tests of the file have begun');
    return part;
  };
  return {
    get cluster(): PostgresCluster {
      return begun(cluster);
    },
    get devices(): Devices {
      return begun(devices);
    },
    /** A hub over an empty database. */
    async open(): Promise<{ readonly url: string; readonly hub: Hub }> {
      const { url } = await begun(cluster).createDatabase();
      return { url, hub: await openHub({ url }) };
    },
    /** Two hubs over one furnished database. */
    async openTwo(): Promise<TwoHubs> {
      const { url, hub } = await this.open();
      const other = await openHub({ url }, 2);
      await furnish(hub.db);
      return {
        ...{ url, hub, other },
        rules: rulesFor(begun(devices), hub),
        otherRules: rulesFor(begun(devices), other),
        async close() {
          await other.db.close();
          await hub.db.close();
        },
      };
    },
  };
}

/** A database all of whose transactions are part of one that is open. */
export const within = (db: HubDatabase, stores: Stores): HubDatabase => ({
  ...db,
  transaction: (work) => work(stores, null as never),
});

/** What two hubs do at the same moment: one has written and not committed when the other begins, and commits as soon as the other waits for it. */
export async function overlapping(
  { url, hub }: TwoHubs,
  one: (db: HubDatabase) => Promise<unknown>,
  other: () => Promise<unknown>,
): Promise<void> {
  const watcher = postgres(url, { max: 1, onnotice: () => {} });
  const blocked = async () => (await watcher`select 1 from pg_locks where not granted`).length;
  let waits: Promise<unknown> = Promise.resolve();
  await hub.db.transaction(async (stores) => {
    await one(within(hub.db, stores));
    waits = other();
    await expect.poll(blocked, { timeout: 30_000 }).toBeGreaterThan(0);
  });
  await waits;
  await watcher.end();
}
