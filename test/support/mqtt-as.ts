import { type IClientOptions, MqttClient } from 'mqtt';
import { milliseconds } from '#shared/kernel/time.ts';
import { destinationOf, dial } from '#shared/tls/client.ts';
import type { AsWhom } from './secure-fetch.ts';

/** An MQTT session with the certificate of a terminal, under any names and with any will; rejects where it does not come about. */
export async function mqttAs(
  url: string,
  { trust, clock, identity }: AsWhom,
  options: Partial<IClientOptions>,
): Promise<MqttClient> {
  const to = destinationOf(url, 'mqtts:');
  if (!to.ok) throw new Error(to.error.message);
  const timeout = milliseconds(10_000);
  const dialled = await dial({ to: to.value, serverName: 'broker', trust, clock, identity, timeout });
  if (!dialled.ok) throw new Error(`${dialled.error.code}: ${dialled.error.message}`);
  const client = new MqttClient(() => dialled.value, {
    protocolVersion: 4,
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: 10_000,
    resubscribe: false,
    ...options,
  });
  return new Promise((resolve, reject) => {
    let problem: Error = new Error('the connection was closed');
    const failed = (error: Error): void => {
      problem = error;
    };
    const closed = (): void => {
      client.end(true);
      reject(problem);
    };
    client.on('error', failed);
    client.once('close', closed);
    client.once('connect', () => {
      client.off('close', closed);
      resolve(client);
    });
  });
}
