import type { HubDeps } from '#hub/app/deps.ts';
import type { TerminalGate } from '#hub/app/enrolment/gate.ts';
import type { Ingest } from '#hub/app/ingest/ingest.ts';
import { currentTimeline } from '#hub/app/ingest/timeline.ts';
import type { SecurityAlarm } from '#hub/app/security/alarm.ts';
import { type BrokerKeeper, createBrokerKeeper } from '#hub/mqtt/broker-keeper.ts';
import { CONNECTION } from '#hub/mqtt/connection-limits.ts';
import { createEmbeddedBroker } from '#hub/mqtt/embedded-broker.ts';
import { createExternalBroker } from '#hub/mqtt/external-broker.ts';
import { createHubLink, type HubLink } from '#hub/mqtt/hub-link.ts';
import type { LeasePace } from '#hub/mqtt/leases.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import { writeDurable } from '#hub/pki/key-provider.ts';
import type { Broker } from '#hub/ports/broker.ts';
import { type Fault, ok, type Result } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import { newId } from '#shared/ports/random.ts';
import { destinationOf, dial } from '#shared/tls/client.ts';
import type { HubSettings } from './config.ts';

/** Broker and the hub's end of the wire, started. */
export async function openWire(making: {
  readonly settings: HubSettings;
  readonly core: HubDeps;
  readonly ingest: Ingest;
  readonly gate: TerminalGate;
  readonly alarm: SecurityAlarm;
  readonly authority: FleetAuthority;
  /** Another one than the settings name. */
  readonly broker?: Broker;
  readonly leasePace?: LeasePace;
  readonly onStop: (close: () => Promise<void>) => void;
}): Promise<Result<{ readonly url: string; readonly link: HubLink; readonly holder: string }, Fault>> {
  const { settings, core, ingest, gate, alarm, authority, onStop } = making;
  const { clock, random, log } = core;
  const holder = `hub-${newId<string>(clock, random).slice(-12)}`;
  const broker: Broker =
    making.broker ??
    (settings.MQTT_URL === ''
      ? createEmbeddedBroker(
          {
            host: terminalHost(settings),
            port: settings.MQTT_PORT,
            maxConnections: CONNECTION.terminals,
            maxPerAddress: 1000,
            atOnce: CONNECTION.atOnce,
          },
          {
            log,
            clock,
            alarm,
            trust: authority.trust,
            identity: () => authority.serverIdentity('broker'),
            admit: gate.admitCertificate,
          },
        )
      : createExternalBroker(
          {
            url: settings.MQTT_URL,
            clientId: holder,
            terminalUrl: settings.MQTT_TERMINAL_URL === '' ? settings.MQTT_URL : settings.MQTT_TERMINAL_URL,
          },
          { log, clock, connect: () => dialBroker(settings.MQTT_URL, authority, clock) },
        ));
  const link = createHubLink({
    db: core.db,
    broker,
    ingest,
    clock,
    log,
    holder,
    ...(making.leasePace === undefined ? {} : { leasePace: making.leasePace }),
    timeline: () => currentTimeline(core.db, core),
  });
  await link.start();
  onStop(() => link.stop());
  const started = await broker.start();
  if (!started.ok) return started;
  onStop(() => broker.stop());
  const keeper =
    settings.MQTT_URL === '' || settings.MQTT_BROKER_FOLDER === ''
      ? null
      : brokerKeeper(settings.MQTT_BROKER_FOLDER, making, broker);
  await keeper?.start();
  onStop(async () => keeper?.stop());
  const endDrops = gate.onRevoked((terminalId) => {
    // A broker of its own first reads who is revoked, else the terminal would be back at once.
    void (keeper?.revoke() ?? Promise.resolve()).then(() => broker.drop(terminalId));
  });
  onStop(async () => endDrops());
  return ok({
    url: settings.MQTT_TERMINAL_URL === '' ? started.value.url : settings.MQTT_TERMINAL_URL,
    link,
    holder,
  });
}

function brokerKeeper(
  folder: string,
  { core, alarm, authority }: { core: HubDeps; alarm: SecurityAlarm; authority: FleetAuthority },
  broker: Broker,
): BrokerKeeper {
  const { clock, log } = core;
  const revoked = async () => {
    const rows = await core.db.stores.certificates.list(
      { state: ['revoked', 'superseded'], validTo: { gt: clock.now() } },
      { limit: 100_000 },
    );
    return rows.map(({ serial, revokedAt, supersededAt }) => ({
      serial,
      revokedAt: revokedAt ?? supersededAt ?? clock.now(),
    }));
  };
  return createBrokerKeeper(folder, {
    clock,
    log,
    alarm,
    revokedSerials: async () => (await revoked()).map(({ serial }) => serial),
    issuers: () => authority.issuers(),
    revocationLists: async () => authority.revocationLists(await revoked()),
    write: writeDurable,
    hangUp: (pid) => {
      process.kill(pid, 'SIGHUP');
    },
    drop: (terminalId) => broker.drop(terminalId),
  });
}

/** With the hub's own certificate to the broker's listener for hubs. */
export async function dialBroker(url: string, authority: FleetAuthority, clock: Clock) {
  const to = destinationOf(url, 'mqtts:');
  if (!to.ok) return to;
  const identity = await authority.clientIdentity();
  const { trust } = authority;
  return dial({ to: to.value, serverName: 'broker', trust, clock, identity, timeout: milliseconds(10_000) });
}

/** On which interface terminals reach hub and broker. */
export const terminalHost = (settings: HubSettings): string =>
  settings.HUB_TERMINAL_HOST === '' ? settings.HUB_HOST : settings.HUB_TERMINAL_HOST;
