import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { findProgram } from '../parts.mjs';

/** A server started for a test. */
export interface ServerProcess {
  readonly pid: number;
  /** Everything it has written so far. */
  output(): string;
  running(): boolean;
  /** Sends `signal` and resolves when the process has ended. Does nothing when it has ended already. */
  end(signal: NodeJS.Signals): Promise<void>;
}

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Default: those of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Run as this user of the system; only root can ask for that. */
  readonly user?: string;
  /** The server is ready when its output matches. */
  readonly ready: RegExp;
}

/** Ends a test's server when the test's process dies without cleaning up: the kernel sends the signal (Linux). */
const GUARD = findProgram('setpriv');

/** Starts a server and waits for the line that says it is ready; rejects with its output when it ends before. */
export async function startServer({
  command,
  args,
  env,
  user,
  ready,
}: ServerCommand): Promise<ServerProcess> {
  const guarded = GUARD !== undefined && process.platform === 'linux';
  const ids = user === undefined ? undefined : userIds(user);
  const environment = env === undefined ? {} : { env };
  const child = guarded
    ? spawn(
        GUARD,
        [
          '--pdeathsig',
          'KILL',
          ...(ids === undefined
            ? []
            : ['--reuid', String(ids.uid), '--regid', String(ids.gid), '--clear-groups']),
          command,
          ...args,
        ],
        environment,
      )
    : spawn(command, args, { ...environment, ...ids });
  let output = '';
  const collect = (data: Buffer): void => {
    output = (output + String(data)).slice(-1_000_000);
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    const look = (): void => {
      if (ready.test(output)) resolve();
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.once('error', reject);
    void ended.then(() => reject(new Error(`${command} ended before it was ready:\n${output}`)));
  });
  return {
    pid: child.pid ?? 0,
    output: () => output,
    running: () => isRunning(child),
    end: async (signal) => {
      if (isRunning(child)) child.kill(signal);
      await ended;
    },
  };
}

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

/** The processes that `pid` started and that live (Linux). */
export const childrenOf = (pid: number): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        // pid (name) state parent …: the name may hold anything.
        const [, parent] = readFileSync(`/proc/${name}/stat`, 'utf8').split(/.*\) /s)[1]?.split(' ') ?? [];
        return Number(parent) === pid;
      } catch {
        return false;
      }
    })
    .map(Number);

/** User and group id of a name in the system's user list. */
export function userIds(name: string): { readonly uid: number; readonly gid: number } {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((it) => it.startsWith(`${name}:`));
  if (line === undefined) throw new Error(`this system has no user ${name}`);
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

export const isRoot = (): boolean => process.getuid?.() === 0;
