import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import postgres from 'postgres';
import { z } from 'zod';
import { certificateRow } from '#hub/app/enrolment/registry.ts';
import { defaultHubSettings } from '#hub/config.ts';
import { createHub } from '#hub/hub.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { MemberId, TerminalId } from '#shared/kernel/ids.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { createCsr } from '#shared/media/device-key.ts';
import { silentLog } from '#shared/ports/log.ts';
import { newId } from '#shared/ports/random.ts';
import { addMember, addTerminal, furnish, SITE } from '#test/contract/hub-world.ts';
import { startPostgres } from '#test/support/real-parts.ts';
import { type ShopBroker, startShopBroker } from '#test/support/shop-broker.ts';
import { assertDurable } from './support/durable.ts';
import { quantile, round3 } from './support/figures.ts';
import { type FleetProcess, startFleetProcess } from './support/fleet-process.ts';
import {
  type FleetOrder,
  type FleetTerminal,
  hubFigures,
  type TerminalsAnswer,
  type TerminalsSetup,
  terminalsAnswer,
} from './support/fleet-words.ts';
import { wholeNumbers } from './support/whole-numbers.ts';

/**
 * `npm run bench -- fleet [--quick] [--setups TERMINALS[:embedded|:mosquitto[:HUBS[:EVENTS_PER_SECOND]]],…] [--events-per-second N] [--rentals N] [--heartbeat SECONDS]`: production hubs as processes of
 * their own, with PostgreSQL (fsync) and broker; simulated terminals in other processes, each with a certificate over mutual TLS 1.3 from loopback. Open loop: events and
 * heartbeats (one a terminal in `--heartbeat` seconds) go out at their time whether the hub keeps up or not; then all lines are cut at once. In the end the database is compared
 * with what terminals made. One line of figures a setup; `ratio`, of the largest: events acknowledged while they came over events offered, so 1 is a hub that keeps up.
 */
export async function run({ quick, rest }: { quick: boolean; rest: readonly string[] }): Promise<void> {
  const { values } = parseArgs({
    args: [...rest],
    options: {
      setups: {
        type: 'string',
        default: quick ? '8,8:mosquitto:2:80' : SETUPS.join(','),
      },
      rentals: { type: 'string', default: quick ? '12' : '1500' },
      'events-per-second': { type: 'string', default: quick ? '40' : '150' },
      heartbeat: { type: 'string', default: quick ? '2' : '60' },
    },
  });
  const shared = wholeNumbers({
    rentals: values.rentals,
    eventsPerSecond: values['events-per-second'],
    heartbeat: values.heartbeat,
  });
  const orders = values.setups.split(',').map((setup): Order => setupOf(setup, shared));
  const lines: (Figures & Order)[] = [];
  for (const order of orders) {
    await withClosers(async (onStop) => {
      lines.push({ ...order, ...(await measured(order, onStop)) });
    });
    console.log(JSON.stringify(lines.at(-1)));
  }
  const largest = lines.reduce((most, line) => (line.terminals > most.terminals ? line : most));
  console.log(JSON.stringify({ bench: 'fleet', ratio: largest.ratio, lines }));
}

/** How cost grows with the terminals, how acks grow with the events, and what a second hub brings. */
const SETUPS = [
  ...['1000', '3000', '10000', '1000:mosquitto', '1000:mosquitto:2'],
  ...['embedded', 'mosquitto'].flatMap((broker) => [400, 1000].map((rate) => `20:${broker}:1:${rate}`)),
];

interface Shared {
  readonly rentals: number;
  readonly eventsPerSecond: number;
  readonly heartbeat: number;
}
interface Order extends Shared {
  readonly terminals: number;
  readonly hubs: number;
  readonly broker: 'embedded' | 'mosquitto';
}

function setupOf(text: string, shared: Shared): Order {
  const [count = '', broker = 'embedded', hubCount = '1', rate] = text.split(':');
  assert(broker === 'embedded' || broker === 'mosquitto', 'a setup names embedded or mosquitto');
  const { terminals, hubs } = wholeNumbers({ terminals: count, hubs: hubCount });
  assert(hubs === 1 || broker === 'mosquitto', 'several hubs share a Mosquitto');
  const eventsPerSecond = rate === undefined ? shared.eventsPerSecond : wholeNumbers({ rate }).rate;
  return { ...shared, terminals, hubs, broker, eventsPerSecond };
}

type OnStop = (close: () => void | Promise<void>) => void;

async function withClosers(work: (onStop: OnStop) => Promise<void>): Promise<void> {
  const closers: (() => void | Promise<void>)[] = [];
  try {
    await work((close) => closers.push(close));
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** Terminals of one process. */
const IN_PROCESS = 2500;

interface Figures {
  readonly ratio: number;
  readonly kilobytesATerminal: number;
  readonly connectSeconds: number;
  readonly eventsPerSecondTaken: number;
  readonly hubCpuShare: number;
  readonly hubCpuMillisAnEvent: number;
  readonly ackMs: { readonly p50: number; readonly p99: number };
  readonly heartbeatAckMs: { readonly p50: number; readonly p99: number };
  readonly stormSeconds: number;
  /** Processor time of the hubs in that storm: the rest of the machine's went to the terminals' own ends and the database. */
  readonly stormHubCpuSeconds: number;
  /** Connections that terminals began in it; beyond one each, they were for nothing. */
  readonly stormAttempts: number;
  readonly events: number;
  readonly hubRssMib: number;
}

async function measured(order: Order, onStop: OnStop): Promise<Figures> {
  const home = mkdtempSync(join(tmpdir(), 'keyturn-fleet-bench-'));
  onStop(() => rmSync(home, { recursive: true, force: true }));
  const cluster = await startPostgres();
  onStop(() => cluster.stop());
  const { url: databaseUrl } = await cluster.createDatabase();
  await assertDurable(databaseUrl);
  const settings = {
    KEYTURN_HOME: home,
    DATABASE_URL: databaseUrl,
    ...{ HUB_PORT: 0, MQTT_PORT: 0, HUB_TERMINAL_PORT: 0 },
    HUB_ADMIN_PASSWORD: 'a password of the benchmark',
  };
  console.log(`making ${order.terminals} terminals`);
  const made = await furnished(settings, order.terminals);
  let shop: ShopBroker | null = null;
  if (order.broker === 'mosquitto') {
    shop = await startShopBroker(home);
    const { broker } = shop;
    onStop(() => broker.stop());
  }
  const of =
    shop === null ? settings : { ...settings, MQTT_URL: shop.url, MQTT_TERMINAL_URL: shop.terminalUrl };
  const hubs: FleetProcess[] = [];
  for (let n = 0; n < order.hubs; n += 1) {
    const hub = await startFleetProcess({ as: 'hub', settings: of });
    onStop(() => hub.end());
    hubs.push(hub);
  }
  const figures = () => Promise.all(hubs.map((hub) => hub.ask({ order: 'figures' }, hubFigures)));
  const atRest = await figures();
  const { url } = z.object({ url: z.string() }).parse(hubs[0]?.first);
  const parts: FleetProcess[] = [];
  const connecting = performance.now();
  for (let from = 0; from < made.terminals.length; from += IN_PROCESS) {
    const terminals = made.terminals.slice(from, from + IN_PROCESS);
    const { terminals: _all, ...shared } = made;
    const setup = { as: 'terminals', url, terminals, heartbeatSeconds: order.heartbeat, ...shared } as const;
    const part = await startFleetProcess(setup);
    onStop(() => part.end());
    parts.push(part);
  }
  const connectedMs = performance.now() - connecting;
  const connected = await figures();
  const rss = (all: typeof atRest) => all.reduce((sum, each) => sum + each.rssBytes, 0);
  const kilobytesEach = (rss(connected) - rss(atRest)) / 1000 / order.terminals;
  console.log(`connected in ${Math.round(connectedMs)} ms, ${round3(kilobytesEach)} kB of hub a terminal`);

  const all = (ask: FleetOrder) => Promise.all(parts.map((part) => part.ask(ask, terminalsAnswer)));
  const share = Math.ceil(order.rentals / parts.length);
  await all({ order: 'make', rentals: share });
  const before = await figures();
  const begun = performance.now();
  const reported = await all({ order: 'report', eventsPerSecond: order.eventsPerSecond / parts.length });
  const offered = sum(reported, 'sent');
  const inTime = sum(reported, 'acknowledged');
  const settledThen = await all({ order: 'settle' });
  const seconds = (performance.now() - begun) / 1000;
  const after = await figures();
  const spent = (from: typeof before, to: typeof before): number =>
    to.reduce((total, each, at) => total + each.cpuMicros - (from[at]?.cpuMicros ?? 0), 0) / 1e6;
  const cpuSeconds = spent(before, after);
  const batchAcks = [...reported, ...settledThen].flatMap((each) => each.batchAcks);
  const heartbeatAcks = [...reported, ...settledThen].flatMap((each) => each.heartbeatAcks);
  console.log(
    `${offered} events in ${round3(seconds)} s, acks p99 ${Math.round(quantile(batchAcks, 0.99))} ms`,
  );

  await all({ order: 'make', rentals: Math.max(1, Math.ceil(share / 10)) });
  const storm = await all({ order: 'storm' });
  const stormHubCpuSeconds = spent(after, await figures());
  const stormSeconds = Math.max(...storm.map((each) => each.tookMs)) / 1000;
  const sent = sum(storm, 'sent');
  await nothingLost(databaseUrl, sent);
  return {
    ratio: round3(inTime / offered),
    kilobytesATerminal: round3(kilobytesEach),
    connectSeconds: round3(connectedMs / 1000),
    eventsPerSecondTaken: Math.round(offered / seconds),
    hubCpuShare: round3(cpuSeconds / seconds),
    hubCpuMillisAnEvent: round3((cpuSeconds * 1000) / offered),
    ackMs: { p50: round3(quantile(batchAcks, 0.5)), p99: round3(quantile(batchAcks, 0.99)) },
    heartbeatAckMs: { p50: round3(quantile(heartbeatAcks, 0.5)), p99: round3(quantile(heartbeatAcks, 0.99)) },
    stormSeconds: round3(stormSeconds),
    stormHubCpuSeconds: round3(stormHubCpuSeconds),
    stormAttempts: sum(storm, 'attempts') - sum(settledThen, 'attempts'),
    events: sent,
    hubRssMib: Math.round(rss(after) / 1_048_576),
  };
}

const sum = (answers: readonly TerminalsAnswer[], name: 'sent' | 'acknowledged' | 'attempts'): number =>
  answers.reduce((total, each) => total + each[name], 0);

/** Shop, members, terminals and their certificates, by a hub that is gone before the measured ones start. */
async function furnished(
  settings: Record<string, string | number>,
  count: number,
): Promise<Pick<TerminalsSetup, 'rootPem' | 'keyPem' | 'terminals' | 'memberTokens' | 'addresses'>> {
  const hub = createHub({
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    settings: defaultHubSettings(settings),
    consoleFolder: null,
  });
  const started = await hub.start();
  assert(started.ok, 'a hub starts');
  const { db, authority } = hub.inside();
  await furnish(db);
  const memberTokens: string[] = [];
  for (let n = 0; n < Math.max(10, count / 10); n += 1) {
    const token = `mt_${String(n).padStart(24, 'f')}`;
    await addMember(db, newId<MemberId>(systemClock, systemRandom), token, String(2_000_000 + n));
    memberTokens.push(token);
  }
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const terminals: FleetTerminal[] = [];
  for (let n = 0; n < count; n += 1) {
    const role = n % 2 === 0 ? 'kiosk' : 'return-terminal';
    const terminalId = `fleet-${String(n).padStart(5, '0')}` as TerminalId;
    await addTerminal(db, terminalId, role);
    const granted = await authority.issue(
      createCsr(keyPem, terminalId),
      terminalId,
      role,
      milliseconds(86_400_000),
    );
    assert(granted.ok, 'a sound request is granted');
    const row = certificateRow({ terminalId, role }, granted.value, systemClock.now());
    await db.stores.certificates.put({ ...row, state: 'active' });
    terminals.push({ terminalId, role, siteId: SITE, chain: [...granted.value.chain] });
  }
  const { rootPem } = authority;
  await hub.stop();
  // A shop has few terminals, and no address may have more than a thousand lines.
  const addresses = Array.from({ length: Math.ceil(count / 200) }, (_, n) => `127.0.1.${n + 1}`);
  return { rootPem, keyPem, terminals, memberTokens, addresses };
}

/** SYN-2: each event that a terminal made stands in the inbox once, every lane without a gap, and nothing waits for staff. */
async function nothingLost(url: string, events: number): Promise<void> {
  const sql = postgres(url, { max: 1 });
  const [inbox] =
    await sql`select count(*)::int as n, count(distinct event_id)::int as ids from inbox_events`;
  const [lanes] = await sql`select coalesce(sum(contiguous + 1), 0)::int as n from cursors where lane = 0`;
  const [letters] =
    await sql`select count(*)::int as n, min(cause || ': ' || message) as cause from dead_letters`;
  await sql.end();
  assert(inbox?.n === events && inbox.ids === events, `${inbox?.n} of ${events} events are in the inbox`);
  assert(lanes?.n === events, `${lanes?.n} of ${events} events came to their turn`);
  assert(letters?.n === 0, `no event waits for staff (${letters?.n}: ${letters?.cause})`);
}
