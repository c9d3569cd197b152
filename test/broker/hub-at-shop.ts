import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { createExternalBroker } from '#hub/mqtt/external-broker.ts';
import { openAuthority } from '#hub/open-authority.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import type { Broker } from '#hub/ports/broker.ts';
import { openSecrets } from '#hub/secrets.ts';
import { dialBroker } from '#hub/wire.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { assert } from '#shared/kernel/assert.ts';
import { silentLog } from '#shared/ports/log.ts';
import { type ShopBroker, type ShopBrokerChange, startShopBroker } from '#test/support/shop-broker.ts';

/** A Mosquitto and a hub's end of a connection to it, without a hub behind. */
export interface HubAtShop {
  readonly shop: ShopBroker;
  readonly authority: FleetAuthority;
  /** The hub's end; whoever asked for it starts it. */
  readonly broker: Broker;
  /** The line that it was started with. */
  line(): TLSSocket;
  stop(): Promise<void>;
}

export async function hubAtShop(change: ShopBrokerChange = {}): Promise<HubAtShop> {
  const home = mkdtempSync(join(tmpdir(), 'keyturn-hub-at-shop-'));
  const shop = await startShopBroker(home, change);
  const secrets = await openSecrets('', join(home, 'hub'), systemRandom);
  const parts = { clock: systemClock, random: systemRandom };
  const opened = await openAuthority(parts, secrets, join(home, 'hub', 'authority'));
  assert(opened.ok, 'the authority that the broker’s files were made of opens');
  const authority = opened.value;
  let line: TLSSocket | null = null;
  const broker = createExternalBroker(
    { url: shop.url, clientId: 'hub-000000000001', terminalUrl: shop.terminalUrl },
    {
      log: silentLog,
      clock: systemClock,
      async connect() {
        const dialled = await dialBroker(shop.url, authority, systemClock);
        if (dialled.ok) line ??= dialled.value;
        return dialled;
      },
    },
  );
  return {
    ...{ shop, authority, broker },
    line() {
      assert(line !== null, 'the hub’s end was started');
      return line;
    },
    async stop() {
      await broker.stop();
      await shop.broker.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
