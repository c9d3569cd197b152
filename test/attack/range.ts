import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TerminalIdentity, TerminalRole } from '#shared/edge/identity.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { Log } from '#shared/ports/log.ts';
import { startLiveFleet } from '#test/support/live-fleet.ts';
import { startPostgres } from '#test/support/real-parts.ts';
import { startShopBroker } from '#test/support/shop-broker.ts';
import type { BrokerKind } from './contract.ts';
import type { Range } from './harness.ts';

export interface RunningRange extends Range {
  stop(): Promise<void>;
}

/** Starts a fleet to attack: aedes and PGlite, or Mosquitto and PostgreSQL of the distribution. */
export async function startRange(broker: BrokerKind): Promise<RunningRange> {
  const closers: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    return await start(broker, (close) => closers.push(close), stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  broker: BrokerKind,
  onStop: (close: () => Promise<unknown>) => void,
  stop: () => Promise<void>,
): Promise<RunningRange> {
  const scratch = await mkdtemp(join(tmpdir(), 'keyturn-attack-'));
  onStop(() => rm(scratch, { recursive: true, force: true }));
  const playerLog: Readonly<Record<string, unknown>>[] = [];
  const options = {
    playerLog: keepLines(playerLog),
    uis: ['hub', 'kiosk', 'player', 'return-terminal'] as const,
  };
  const real = broker === 'aedes' ? null : await realParts(onStop);
  const identities: Partial<Record<TerminalRole, TerminalIdentity>> = {};
  const fleet = await startLiveFleet({
    ...options,
    ...(real === null ? {} : { databaseUrl: real.databaseUrl, folder: real.folder, broker: real.shop }),
    change: (parts) => {
      identities[parts.identity.role] ??= parts.identity;
      return parts;
    },
  });
  onStop(() => fleet.stop());
  await mkdir(join(scratch, 'files'));
  const { hub, hubUrl, terminalsUrl } = fleet.own;
  const { kiosk, 'return-terminal': returnTerminal } = identities;
  assert(kiosk !== undefined && returnTerminal !== undefined, 'both terminals were enrolled');
  return {
    target: {
      broker,
      fleet,
      identities: { kiosk, 'return-terminal': returnTerminal },
      hubUrl,
      terminalsUrl,
      mqttUrl: hub.inside().mqttUrl,
      folder: fleet.folder,
      scratch: join(scratch, 'files'),
    },
    traces: { stores: hub.inside().db.stores, playerLog: () => playerLog },
    tidy: () => fleet.tidy(),
    stop,
  };
}

async function realParts(onStop: (close: () => Promise<unknown>) => void) {
  const cluster = await startPostgres();
  onStop(() => cluster.stop());
  const { url: databaseUrl } = await cluster.createDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-attacked-'));
  const shop = await startShopBroker(folder);
  onStop(() => shop.broker.stop());
  return { databaseUrl, shop, folder };
}

function keepLines(lines: Readonly<Record<string, unknown>>[]): Log {
  const keep = (fields: Readonly<Record<string, unknown>>, message: string): void => {
    lines.push({ ...fields, message });
  };
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep, child: () => log };
  return log;
}
