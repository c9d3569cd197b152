import type { Broker } from '#hub/ports/broker.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import type { Command, CommandState } from '#shared/protocol/commands.ts';
import { encode, OUR_VERSION } from '#shared/protocol/decode.ts';
import { downTopic } from '#shared/protocol/topics.ts';

export interface Outgoing {
  /** Sends what is next for a terminal: its configuration where it reports an older one, and one command. */
  advance(terminalId: TerminalId): Promise<void>;
}

interface Deps {
  readonly db: HubDatabase;
  readonly broker: Broker;
  readonly clock: Clock;
  readonly log: Log;
}

const UNDER_WAY: readonly CommandState[] = ['sent', 'accepted', 'running'];
/** A command that was sent and never answered goes out again after this time; the terminal knows its id. */
const RESEND_MS = 30_000;

/**
 * A configuration may name thousands of titles, and a small heartbeat that reports an older one asks for it: the same one goes out again after so many milliseconds at the earliest,
 * then after twice as many, up to the most. What was lost on the way comes with the bundle as well.
 */
const CONFIG_AGAIN = { first: 5_000, most: 600_000 } as const;

/** Orders and configuration (FLT-2): one command at a time, never retained, true states; configuration retained until it is reported back. */
export function createOutgoing({ db, broker, clock, log }: Deps): Outgoing {
  /** The last configuration that each terminal was sent, by monotonic time: none is forgotten when it is reported back, since a terminal may report what it likes. */
  const configs = new Map<
    TerminalId,
    { readonly version: number; readonly at: number; readonly quiet: number }
  >();
  const isDue = (terminalId: TerminalId, version: number): boolean => {
    const at = clock.monotonic();
    const before = configs.get(terminalId);
    const again = before !== undefined && before.version === version;
    if (again && at - before.at < before.quiet) return false;
    const quiet = again ? Math.min(2 * before.quiet, CONFIG_AGAIN.most) : CONFIG_AGAIN.first;
    configs.set(terminalId, { version, at, quiet });
    return true;
  };

  const sendConfig = async (terminalId: TerminalId): Promise<boolean> => {
    const terminal = await db.stores.terminals.find({ terminalId });
    if (terminal === null || terminal.state !== 'active' || !terminal.online) return false;
    const desired = terminal.configDesired;
    if (desired !== null && desired.version > terminal.configReported && isDue(terminalId, desired.version)) {
      const message = { protocol: OUR_VERSION, terminal: terminalId, config: desired };
      const sent = await broker.publish(downTopic(terminalId, 'cfg'), encode(message), { retain: true });
      if (!sent.ok) configs.delete(terminalId);
    }
    return true;
  };

  const sendCommand = async (terminalId: TerminalId): Promise<void> => {
    const now = clock.now();
    const options = { orderBy: ['issuedAt', 'commandId'] as const, limit: 1 };
    const [running] = await db.stores.commands.list(
      { terminalId, state: UNDER_WAY, expiresAt: { gt: now } },
      options,
    );
    if (running !== undefined && (running.state !== 'sent' || now - running.updatedAt < RESEND_MS)) return;
    const [next] =
      running !== undefined
        ? [running]
        : await db.stores.commands.list({ terminalId, state: 'queued', expiresAt: { gt: now } }, options);
    if (next === undefined) return;
    const { commandId, issuedAt, expiresAt, order } = next;
    const taken = await db.stores.commands.patchWhere(
      { commandId, state: ['queued', 'sent'] },
      { state: 'sent', updatedAt: now },
    );
    if (taken === 0) return;
    const command: Command = {
      version: OUR_VERSION,
      id: commandId,
      terminal: terminalId,
      issuedAt,
      expiresAt,
      order,
    };
    const sent = await broker.publish(downTopic(terminalId, 'cmd'), encode(command));
    if (!sent.ok) {
      log.debug({ terminal: terminalId, code: sent.error.code }, 'a command could not be sent and waits');
      await db.stores.commands.patchWhere({ commandId, state: 'sent' }, { state: 'queued', updatedAt: now });
    }
  };

  return {
    async advance(terminalId) {
      if (await sendConfig(terminalId)) await sendCommand(terminalId);
    },
  };
}
