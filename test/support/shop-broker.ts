import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeBrokerFiles } from '#hub/broker-files.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { freePort } from './free-port.ts';
import { isRoot } from './processes.ts';
import { type ConfiguredMosquitto, startConfiguredMosquitto } from './real-parts.ts';

/** How hub and terminals find a broker of its own. */
export interface OwnBroker {
  /** Its listener for hubs. */
  readonly url: string;
  readonly terminalUrl: string;
  /** What `broker config` wrote. */
  readonly folder: string;
}

/** Mosquitto of the distribution with the configuration that `broker config` writes for the fleet whose data lie below `home`. */
export interface ShopBroker extends OwnBroker {
  readonly broker: ConfiguredMosquitto;
}

export interface ShopBrokerChange {
  /** Where its files lie; default: below `home`. */
  readonly folder?: string;
  /** What another configuration would say. */
  readonly adjust?: (config: string) => string;
}

export async function startShopBroker(home: string, change: ShopBrokerChange = {}): Promise<ShopBroker> {
  const folder = change.folder ?? join(home, 'broker');
  mkdirSync(folder, { recursive: true });
  const [port, hubPort] = [await freePort(), await freePort()];
  const written = await writeBrokerFiles(
    { clock: systemClock, random: systemRandom },
    { home, secret: '', rootPassphrase: '' },
    folder,
    // As root Mosquitto would become a user who may not read this folder.
    { host: '127.0.0.1', port, hubHost: '127.0.0.1', hubPort, user: isRoot() ? 'root' : null },
  );
  if (!written.ok) throw new Error(`${written.error.code}: ${written.error.message}`);
  const { config } = written.value;
  if (change.adjust !== undefined) writeFileSync(config, change.adjust(readFileSync(config, 'utf8')));
  const broker = await startConfiguredMosquitto(config);
  return {
    broker,
    folder,
    url: `mqtts://127.0.0.1:${hubPort}`,
    terminalUrl: `mqtts://127.0.0.1:${port}`,
  };
}
