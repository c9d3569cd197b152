import { afterAll, beforeAll } from 'vitest';
import { type Devices, makeDevices, openHub } from '#test/contract/hub-world.ts';
import { type PostgresCluster, startPostgres } from './real-parts.ts';

export type Hub = Awaited<ReturnType<typeof openHub>>;

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
  };
}
