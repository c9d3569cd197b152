import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { makeEnrolmentCode } from '#hub/app/enrolment/enrolment.ts';
import { defaultHubSettings } from '#hub/config.ts';
import { createHub } from '#hub/hub.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type { MemberId, TerminalId } from '#shared/kernel/ids.ts';
import { silentLog } from '#shared/ports/log.ts';
import { newId } from '#shared/ports/random.ts';
import { addMember, furnish, SITE } from '#test/contract/hub-world.ts';
import { freePort } from '#test/support/free-port.ts';
import { type ServerProcess, startServer } from '#test/support/processes.ts';
import { type PostgresCluster, startPostgres } from '#test/support/real-parts.ts';
import { type ShopBroker, startShopBroker } from '#test/support/shop-broker.ts';
import { buildPrograms, type Programs } from './programs.ts';
import type { TerminalsSetup } from './setup.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

/** A shop's real parts: PostgreSQL, Mosquitto, two hubs on one database, processes of terminals. */
export interface Stage {
  readonly cluster: PostgresCluster;
  readonly broker: ShopBroker['broker'];
  readonly databaseDisk: SmallDisk | null;
  readonly brokerDisk: SmallDisk | null;
  readonly hubs: readonly Part[];
  /** Processes of terminals. */
  readonly edges: readonly Part[];
  readonly terminals: readonly string[];
  journalOf(terminalId: string): string;
  /** Whoever looks into the database, beside the hubs. */
  readonly sql: postgres.Sql;
  readonly databaseUrl: string;
  stop(): Promise<void>;
}

/** A process of the production programs that can be killed and started again. */
export interface Part {
  readonly name: string;
  /** Starts it, again and again as a supervisor would, until it says that it is ready. */
  start(): Promise<void>;
  running(): boolean;
  signal(signal: NodeJS.Signals): void;
  end(signal: NodeJS.Signals): Promise<void>;
  /** Lines of errors in its log, of all its lives. */
  errors(): readonly string[];
}

export interface StageSize {
  readonly terminals: number;
  /** Kiosks with their return terminals in one process. */
  readonly pairsInProcess: number;
  readonly everyMs: number;
  /** Of the disk of PostgreSQL. */
  readonly diskMebibytes: number;
}

const MEMBERS = 20;
const PASSWORD = 'a password of the tests';

export async function openStage(size: StageSize): Promise<Stage> {
  const closers: (() => void | Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    return await opened(size, closers, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function opened(
  size: StageSize,
  closers: (() => void | Promise<void>)[],
  stop: () => Promise<void>,
): Promise<Stage> {
  const home = mkdtempSync(join(tmpdir(), 'keyturn-fire-'));
  closers.push(() => rmSync(home, { recursive: true, force: true }));
  const building = buildPrograms();
  building.catch(() => undefined);
  const databaseDisk = mountSmallDisk(size.diskMebibytes);
  const brokerDisk = mountSmallDisk(64);
  closers.push(() => databaseDisk?.remove());
  closers.push(() => brokerDisk?.remove());
  const cluster = await startPostgres(
    // A small write-ahead log, so that a full disk is one of data too.
    { min_wal_size: '32MB', max_wal_size: '64MB' },
    databaseDisk === null ? {} : { below: join(databaseDisk.folder, 'data') },
  );
  closers.push(() => cluster.stop());
  const { url: databaseUrl } = await cluster.createDatabase();
  const brokerFolder = brokerDisk === null ? join(home, 'broker') : join(brokerDisk.folder, 'data');
  const shop = await startShopBroker(home, {
    folder: brokerFolder,
    // The shop's own configuration keeps nothing on the disk; one that does must do no harm either.
    adjust: (config) =>
      config.replace(
        'persistence false',
        `persistence true\npersistence_location ${brokerFolder}/\nautosave_interval 2`,
      ),
  });
  closers.push(() => shop.broker.stop());

  const names = Array.from({ length: Math.ceil(size.terminals / 2) }, (_, n) => ({
    kiosk: `kiosk-f${n}`,
    returns: `return-f${n}`,
  }));
  const settings = await settingsOf(home, databaseUrl, shop);
  const { codes, members } = await furnished(settings[0] as HubSettingsText, names);
  const sql = postgres(databaseUrl, { max: 2, onnotice: () => {} });
  closers.push(() => sql.end({ timeout: 5 }));
  await watchOrder(sql);

  const programs: Programs = await building;
  closers.push(() => programs.remove());
  const hubs = settings.map((env, n) => partOf(`hub ${n + 1}`, [programs.hub], /Hub at /, env));
  for (const hub of hubs) {
    closers.push(() => hub.end('SIGKILL'));
    await hub.start();
  }
  const edges: Part[] = [];
  const homes = new Map<string, string>();
  for (let from = 0; from < names.length; from += size.pairsInProcess) {
    const mine = names.slice(from, from + size.pairsInProcess);
    const n = edges.length;
    const folder = join(home, `edge-${n}`);
    mkdirSync(folder);
    for (const pair of mine) for (const id of [pair.kiosk, pair.returns]) homes.set(id, folder);
    const enrolling = (terminalId: string) => ({ terminalId, code: codes.get(terminalId) ?? '' });
    const setup: TerminalsSetup = {
      home: folder,
      hubUrl: `https://127.0.0.1:${settings[n % settings.length]?.['HUB_TERMINAL_PORT']}`,
      pairs: mine.map(({ kiosk, returns }) => ({ kiosk: enrolling(kiosk), returns: enrolling(returns) })),
      members,
      everyMs: size.everyMs,
    };
    const file = join(folder, 'setup.json');
    writeFileSync(file, JSON.stringify(setup));
    edges.push(partOf(`terminals ${n + 1}`, [programs.terminals, file], /^ready$/m));
  }
  closers.push(async () => {
    await Promise.all(edges.map((edge) => edge.end('SIGKILL')));
  });
  // Two at a time: each makes its keys first.
  for (let at = 0; at < edges.length; at += 2)
    await Promise.all(edges.slice(at, at + 2).map((edge) => edge.start()));
  return {
    cluster,
    broker: shop.broker,
    databaseDisk,
    brokerDisk,
    hubs,
    edges,
    terminals: [...homes.keys()],
    journalOf: (terminalId) => join(homes.get(terminalId) ?? '', `${terminalId}.journal`),
    sql,
    databaseUrl,
    stop,
  };
}

type HubSettingsText = Readonly<Record<string, string>>;

/** Two hubs: one home (authority, library, keys), one database, doors of their own. */
async function settingsOf(home: string, databaseUrl: string, shop: ShopBroker): Promise<HubSettingsText[]> {
  const of = async () => ({
    KEYTURN_HOME: home,
    DATABASE_URL: databaseUrl,
    MQTT_URL: shop.url,
    MQTT_TERMINAL_URL: shop.terminalUrl,
    HUB_PORT: String(await freePort()),
    HUB_TERMINAL_PORT: String(await freePort()),
    HUB_ADMIN_PASSWORD: PASSWORD,
    HUB_LOG: 'warn',
  });
  return [await of(), await of()];
}

/** Shop, title, members and codes for the terminals, by a hub in this process before the others start. */
async function furnished(
  settings: HubSettingsText,
  names: readonly { kiosk: string; returns: string }[],
): Promise<{ codes: ReadonlyMap<string, string>; members: string[] }> {
  const hub = createHub({
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    settings: defaultHubSettings(settings),
    consoleFolder: null,
  });
  const up = await hub.start();
  if (!up.ok) throw new Error(`${up.error.code}: ${up.error.message}`);
  const inside = hub.inside();
  await furnish(inside.db);
  const members: string[] = [];
  for (let n = 0; n < MEMBERS; n += 1) {
    const token = `mt_${String(n).padStart(24, 'f')}`;
    await addMember(inside.db, newId<MemberId>(systemClock, systemRandom), token, String(2_000_000 + n));
    members.push(token);
  }
  const codes = new Map<string, string>();
  for (const { kiosk, returns } of names)
    for (const [terminalId, role] of [
      [kiosk, 'kiosk'],
      [returns, 'return-terminal'],
    ] as const) {
      const made = await makeEnrolmentCode(
        inside,
        {
          terminalId: terminalId as TerminalId,
          role,
          siteId: SITE,
          name: terminalId,
          approvedBeforehand: true,
        },
        false,
      );
      if (!made.ok) throw new Error(made.error.code);
      codes.set(terminalId, made.value.code);
    }
  await hub.stop();
  return { codes, members };
}

/** The database itself notes in which order events take effect, and a cursor that goes back: nobody's word has to be believed. */
async function watchOrder(sql: postgres.Sql): Promise<void> {
  await sql.unsafe(`
    create table fire_applied (n bigserial primary key, terminal_id text not null, event_id text not null);
    create function fire_note_applied() returns trigger language plpgsql as $$ begin
      if new.event_id is not null and new.terminal_id is not null then
        insert into fire_applied (terminal_id, event_id) values (new.terminal_id, new.event_id::text);
      end if; return new; end $$;
    create trigger fire_applied after insert on rental_timeline for each row execute function fire_note_applied();
    create table fire_backwards (terminal_id text, lane int, was bigint, became bigint);
    create function fire_note_backwards() returns trigger language plpgsql as $$ begin
      if new.contiguous < old.contiguous then
        insert into fire_backwards values (new.terminal_id, new.lane, old.contiguous, new.contiguous);
      end if; return new; end $$;
    create trigger fire_backwards after update on cursors for each row execute function fire_note_backwards();`);
}

function partOf(name: string, args: readonly string[], ready: RegExp, env: HubSettingsText = {}): Part {
  let server: ServerProcess | null = null;
  const former: string[] = [];
  const errors = (): string[] =>
    (server?.output() ?? '')
      .split('\n')
      .filter((line) => line.includes('"level":"error"') || /^\w*Error/.test(line));
  return {
    name,
    async start() {
      former.push(...errors());
      for (let attempt = 1; ; attempt += 1)
        try {
          server = await startServer({
            command: process.execPath,
            args,
            ready,
            env: { ...process.env, ...env },
          });
          return;
        } catch (error) {
          if (attempt === 30) throw error;
          await pause(1000);
        }
    },
    running: () => server?.running() === true,
    signal: (signal) => {
      if (server?.running() === true) process.kill(server.pid, signal);
    },
    end: async (signal) => {
      await server?.end(signal);
    },
    errors: () => [...former, ...errors()],
  };
}
