import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecurityAlarm } from '#hub/app/security/alarm.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import { BROKER_FILES } from './mosquitto-config.ts';
import { mosquittoLogReader } from './mosquitto-log.ts';
import { brokerAlarms } from './security-words.ts';

export interface BrokerKeeper {
  /** Writes who is revoked and has the broker read it; resolves when it had time to. Nobody of them connects any more. */
  revoke(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface Deps {
  readonly clock: Clock;
  readonly log: Log;
  readonly alarm: SecurityAlarm;
  /** Serial numbers of all certificates that no longer count. */
  revokedSerials(): Promise<readonly string[]>;
  /** What names every issuing certificate: a new one needs a list of its own. */
  issuers(): Promise<readonly string[]>;
  /** PEM of all revocation lists as they are now. */
  revocationLists(): Promise<string>;
  /** Replaces a file durably. */
  write(path: string, text: string): Promise<void>;
  /** Tells a process to read its files again (SIGHUP). */
  hangUp(pid: number): void;
  /** Ends a terminal's connection. */
  drop(terminalId: TerminalId): void;
}

const LOOK_EVERY = milliseconds(1000);
/** Certificates that a newer one has replaced are noticed within this many looks. */
const LOOKS_PER_LIST = 15;
const RELOADING = milliseconds(500);
/** Read at once at most. */
const PIECE = 1_048_576;

/**
 * Tends a Mosquitto on this machine whose folder was written by `broker config` (SEC-2): keeps its revocation list, and reads in its log what it refused, so
 * that staff hear of an attack there as of one on the broker inside the hub, and the connection ends as it would there. It reads there as well that something was dropped.
 */
export function createBrokerKeeper(folder: string, deps: Deps): BrokerKeeper {
  const { log, clock } = deps;
  const path = (name: keyof typeof BROKER_FILES): string => join(folder, BROKER_FILES[name]);
  const alarms = brokerAlarms(deps.alarm);
  const refusalIn = mosquittoLogReader();
  let cancel = (): void => {};
  let stopped = true;
  let looking: Promise<void> = Promise.resolve();
  let looks = 0;
  let listed: string | null = null;
  let read: number | null = null;
  let rest = '';

  const heed = (line: string): void => {
    const seen = refusalIn(line);
    if (seen === null) return;
    if (seen.kind === 'stranger')
      alarms.stranger({ code: 'peer_foreign', message: seen.words }, seen.address);
    else if (seen.kind === 'handshake') alarms.handshake(seen.why, seen.address);
    else if (seen.kind === 'drops') {
      alarms.drops(seen.client, seen.terminalId);
      // What waits for it goes with its connection; a terminal that reads again asks for all it needs.
      if (seen.terminalId !== null) deps.drop(seen.terminalId);
    } else {
      const peer = { id: seen.terminalId };
      if (seen.kind === 'frame') alarms.frame(peer, seen.why);
      else alarms[seen.kind](peer, seen.topic);
      deps.drop(seen.terminalId);
    }
  };

  const readLog = async (): Promise<void> => {
    const size = await stat(path('log')).then(
      (facts) => facts.size,
      () => null,
    );
    if (size === null) return;
    // What was refused before this hub looked is history; a log that was begun anew is read from its beginning.
    if (read === null || size < read) {
      read = read === null ? size : 0;
      rest = '';
    }
    const file = await open(path('log'), 'r');
    try {
      while (read < size) {
        const piece = Buffer.alloc(Math.min(PIECE, size - read));
        const { bytesRead } = await file.read(piece, 0, piece.length, read);
        if (bytesRead === 0) break;
        read += bytesRead;
        const lines = (rest + piece.toString('latin1', 0, bytesRead)).split('\n');
        rest = (lines.pop() ?? '').slice(-4096);
        for (const line of lines) heed(line);
      }
    } finally {
      await file.close();
    }
  };
  const revoke = async (): Promise<void> => {
    const issuers = await deps.issuers();
    const serials = [...issuers, ...(await deps.revokedSerials()).toSorted()].join(' ');
    if (serials === listed) return;
    await deps.write(path('revoked'), await deps.revocationLists());
    const pid = Number(await readFile(path('pid'), 'utf8'));
    if (Number.isInteger(pid) && pid > 1) deps.hangUp(pid);
    listed = serials;
    await clock.sleep(RELOADING);
  };
  const failed = (what: string) => (error: unknown) => log.warn({ error: String(error) }, what);
  const look = async (): Promise<void> => {
    looks += 1;
    await readLog().catch(failed('the broker’s log cannot be read'));
    if (looks % LOOKS_PER_LIST === 0)
      await revoke().catch(failed('the broker’s revocation list could not be renewed'));
  };
  const again = (): void => {
    cancel = clock.after(LOOK_EVERY, () => {
      looking = look().finally(() => {
        if (!stopped) again();
      });
    });
  };

  return {
    revoke: () => revoke().catch(failed('the broker’s revocation list could not be renewed')),
    async start() {
      stopped = false;
      await readLog().catch(failed('the broker’s log cannot be read'));
      await revoke().catch(failed('the broker’s revocation list could not be renewed'));
      again();
    },
    async stop() {
      stopped = true;
      cancel();
      await looking;
    },
  };
}
