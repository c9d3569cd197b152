import { beforeAll, beforeEach } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { enrol } from '#test/support/test-fleet.ts';
import {
  addTerminal,
  type Devices,
  furnish,
  lane,
  makeDevices,
  openHub,
  register,
  rulesFor,
  START,
  started,
  type TestRental,
  writtenCopy,
} from './hub-world.ts';

/** A furnished hub for tests in which a terminal does whatever its key allows (SEC-4, SEC-5). */
export async function openStage() {
  const devices = await makeDevices();
  const hub = await openHub();
  const rules = rulesFor(devices, hub);
  await furnish(hub.db);
  let made = 0;
  return {
    ...{ devices, hub, rules },
    /** A return terminal of its own for a test: its chain of receipts begins with it. */
    async terminal(): Promise<Signer> {
      made += 1;
      const signer = await enrol(devices.fleet, `rt-${made}`, 'return-terminal');
      await addTerminal(hub.db, signer.id as TerminalId, 'return-terminal');
      await register(hub.db, signer);
      return signer;
    },
    /** A copy that the hub knows as written. */
    async out(change: Parameters<typeof writtenCopy>[2] = {}): Promise<TestRental> {
      const rental = await writtenCopy(devices, START, change);
      made += 1;
      const kiosk = lane('kiosk-1', 0, `written${made}`);
      kiosk.add('rental.started', started(rental), START);
      await commitGroup(hub.db, rules, [kiosk.batch()]);
      return rental;
    },
    close: () => hub.db.close(),
  };
}
export type HubStage = Awaited<ReturnType<typeof openStage>>;

/** A furnished hub of its own for each test of a file; `folder: null`: on PGlite. */
export function hubOfEachTest(settings: Parameters<typeof openHub>[0] = {}) {
  let devices: Devices;
  let hub: Awaited<ReturnType<typeof openHub>>;
  let rules: ReturnType<typeof rulesFor>;
  beforeAll(async () => {
    devices = await makeDevices();
  });
  beforeEach(async () => {
    hub = await openHub(settings);
    rules = rulesFor(devices, hub);
    await furnish(hub.db);
    return () => hub.db.close();
  });
  return {
    get devices() {
      return devices;
    },
    get hub() {
      return hub;
    },
    get rules() {
      return rules;
    },
  };
}
