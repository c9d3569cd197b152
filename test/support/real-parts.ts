import { execFileSync } from 'node:child_process';
import { appendFileSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { CHROMIUM, findProgram, postgresBinaries } from '../parts.mjs';
import { freePort } from './free-port.ts';
import { childrenOf, isRoot, type ServerProcess, startServer, userIds } from './processes.ts';

/**
 * Real parts of the distribution for tests. Each lives in a folder of its own below the system's temporary folder, on
 * a free port of loopback, and is gone after `stop()`.
 */
export interface PostgresCluster {
  readonly port: number;
  /** `postgres://` address of the maintenance database. */
  readonly adminUrl: string;
  /** A fresh, empty database with a name nobody else has. */
  createDatabase(): Promise<TestDatabase>;
  /** Ends the server at once, without a checkpoint or farewell (PostgreSQL's immediate shutdown): recovery must follow. */
  crash(): Promise<void>;
  /** Kills the server's first process (SIGKILL): its backends end by themselves, the next start recovers. */
  kill(): Promise<void>;
  /** An orderly restart's first half (PostgreSQL's fast shutdown): sessions are ended, a checkpoint is written. */
  shutDown(): Promise<void>;
  /** Starts the server again after its end, on the same port and data; tries again while backends of before hold it. */
  start(): Promise<void>;
  /** Whether the server's first process is there. */
  running(): boolean;
  /** Stops all of its processes where they are (SIGSTOP): connections stay open, nobody answers. */
  freeze(): void;
  /** Lets them run on after `freeze()`. */
  thaw(): void;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
}

export interface PostgresPlace {
  /** Where its folder is made; default: the system's temporary folder. */
  readonly below?: string;
}

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Starts a throw-away PostgreSQL (15 or newer) with durable settings: fsync and synchronous_commit as in a shop. */
export async function startPostgres(
  settings: Record<string, string> = {},
  place: PostgresPlace = {},
): Promise<PostgresCluster> {
  const binaries = postgresBinaries();
  if (binaries === undefined) throw new Error('PostgreSQL 15 or newer is not installed (package postgresql)');
  const user = isRoot() ? 'postgres' : undefined;
  const folder = ownFolder('pg', user, place.below);
  const data = join(folder, 'data');
  const ids = user === undefined ? {} : userIds(user);
  execFileSync(
    join(binaries, 'initdb'),
    ['-D', data, '-U', 'keyturn', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
    { ...ids, stdio: ['ignore', 'ignore', 'pipe'], cwd: folder },
  );
  const options = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_buffers: '64MB',
    max_connections: '100',
    log_min_messages: 'warning',
    ...settings,
  };
  let server: ServerProcess;
  let port: number;
  const start = async (): Promise<void> => {
    const args = Object.entries({ ...options, port: String(port) }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    server = await startServer({
      command: join(binaries, 'postgres'),
      args: ['-D', data, ...args],
      ...(user === undefined ? {} : { user }),
      ready: /database system is ready to accept connections/,
    });
  };
  port = await onFreePort(async (candidate) => {
    port = candidate;
    await start();
  });
  const address = (name: string): string => `postgres://keyturn@127.0.0.1:${port}/${name}`;
  let made = 0;
  return {
    port,
    adminUrl: address('postgres'),
    createDatabase: async () => {
      made += 1;
      const name = `test_${process.pid}_${made}`;
      await execute(address('postgres'), `CREATE DATABASE ${name}`);
      return {
        url: address(name),
        drop: () => execute(address('postgres'), `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
      };
    },
    crash: () => server.end('SIGQUIT'),
    kill: () => server.end('SIGKILL'),
    shutDown: () => server.end('SIGINT'),
    start: () => againWhileHeld(start),
    running: () => server.running(),
    freeze: () => signalAll(server.pid, 'SIGSTOP'),
    thaw: () => signalAll(server.pid, 'SIGCONT'),
    stop: async () => {
      await server.end('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** After a kill the last backends may still hold the memory that the server shared with them. */
async function againWhileHeld(start: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await start();
    } catch (error) {
      if (attempt === 60 || !/shared memory block|lock file/.test(String(error))) throw error;
      await pause(500);
    }
}

/** A process and its children (Linux). */
function signalAll(pid: number, signal: NodeJS.Signals): void {
  for (const each of [pid, ...childrenOf(pid)])
    try {
      process.kill(each, signal);
    } catch {
      // It has ended meanwhile.
    }
}

async function execute(url: string, statement: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.end();
  }
}

export interface MosquittoBroker {
  readonly port: number;
  /** `mqtt://` address of the first listener. */
  readonly url: string;
  /** The broker's folder: password files, ACLs and certificates for its configuration go there. */
  readonly folder: string;
  /** Everything the broker has logged so far. */
  log(): string;
  /** Lets the broker read its password file and ACL again (SIGHUP). */
  reload(): void;
  /** Ends the broker without farewell (SIGKILL): what it had not stored is lost. */
  crash(): Promise<void>;
  /** Starts it again after `crash()`, on the same port, folder and configuration. */
  start(): Promise<void>;
  /** Ends the broker and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Starts Mosquitto of the distribution on a free port. `configure` returns the lines of its configuration after
 * `listener <port> 127.0.0.1` (default: anybody may connect) and may write files into the broker's folder first.
 */
export async function startMosquitto(
  configure: (place: { readonly port: number; readonly folder: string }) => readonly string[] = () => [
    'allow_anonymous true',
  ],
): Promise<MosquittoBroker> {
  const command = findProgram('mosquitto');
  if (command === undefined) throw new Error('Mosquitto is not installed (package mosquitto)');
  const folder = ownFolder('mosquitto', undefined);
  const file = join(folder, 'mosquitto.conf');
  let server: ServerProcess;
  const start = async (): Promise<void> => {
    server = await startServer({ command, args: ['-c', file, '-v'], ready: /mosquitto version \S+ running/ });
  };
  const port = await onFreePort(async (candidate) => {
    const lines = [
      // As root Mosquitto would become a user who may not read this folder.
      ...(isRoot() ? ['user root'] : []),
      `listener ${candidate} 127.0.0.1`,
      ...configure({ port: candidate, folder }),
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    await start();
  });
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    folder,
    log: () => server.output(),
    reload: () => void process.kill(server.pid, 'SIGHUP'),
    crash: () => server.end('SIGKILL'),
    start,
    stop: async () => {
      await server.end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface ConfiguredMosquitto
  extends Pick<MosquittoBroker, 'crash' | 'start' | 'stop' | 'reload' | 'log'> {
  /** Whether it runs: one whose disk is full may end by itself. */
  running(): boolean;
  /** Stops it where it is (SIGSTOP): what comes meanwhile waits in the kernel. */
  freeze(): void;
  /** Lets it run on after `freeze()`. */
  thaw(): void;
}

/**
 * Starts Mosquitto with a whole configuration, such as the one that `broker config` writes; only its log comes to the test as well. Its folder
 * belongs to whoever wrote the file.
 */
export async function startConfiguredMosquitto(file: string): Promise<ConfiguredMosquitto> {
  const command = findProgram('mosquitto');
  if (command === undefined) throw new Error('Mosquitto is not installed (package mosquitto)');
  appendFileSync(file, 'log_dest stderr\n');
  let server: ServerProcess;
  const start = async (): Promise<void> => {
    server = await startServer({ command, args: ['-c', file], ready: /mosquitto version \S+ running/ });
  };
  await start();
  return {
    log: () => server.output(),
    reload: () => void process.kill(server.pid, 'SIGHUP'),
    running: () => server.running(),
    freeze: () => void process.kill(server.pid, 'SIGSTOP'),
    thaw: () => void process.kill(server.pid, 'SIGCONT'),
    crash: () => server.end('SIGKILL'),
    start,
    stop: () => server.end('SIGTERM'),
  };
}

/** Path of the distribution's `age` tool, the judge of the media format; throws when it is not installed. */
export const findAge = (): string => found('age', 'age');
export const findAgeKeygen = (): string => found('age-keygen', 'age');
export const findFfmpeg = (): string => found('ffmpeg', 'ffmpeg');
/** Path of the distribution's Chromium, rather the one that has no windows (`test/parts.mjs`); throws when there is none. */
export const findChromium = (): string => findProgram(...CHROMIUM) ?? found('chromium', 'chromium');

function found(name: string, debian: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`${name} is not installed (package ${debian})`);
  return path;
}

function ownFolder(kind: string, user: string | undefined, below = tmpdir()): string {
  const folder = mkdtempSync(join(below, `keyturn-${kind}-`));
  if (user !== undefined) {
    const { uid, gid } = userIds(user);
    chownSync(folder, uid, gid);
  }
  return folder;
}

/** Tries a start on free ports until one works: between finding and using, another process may take a port. */
async function onFreePort(start: (port: number) => Promise<void>): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      await start(port);
      return port;
    } catch (error) {
      const taken = /address already in use|could not create any TCP\/IP sockets/i.test(String(error));
      if (!taken || attempt === 5) throw error;
    }
  }
}
