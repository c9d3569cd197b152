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

/** Orders and configuration (FLT-2): one command at a time, never retained, true states; configuration retained until it is reported back. */
export function createOutgoing({ db, broker, clock, log }: Deps): Outgoing {
  const sendConfig = async (terminalId: TerminalId): Promise<boolean> => {
    const terminal = await db.stores.terminals.find({ terminalId });
    if (terminal === null || terminal.state !== 'active' || !terminal.online) return false;
    const desired = terminal.configDesired;
    if (desired !== null && desired.version > terminal.configReported) {
      const message = { protocol: OUR_VERSION, terminal: terminalId, config: desired };
      await broker.publish(downTopic(terminalId, 'cfg'), encode(message), { retain: true });
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
