import { z } from 'zod';
import { type EpochMs, milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import {
  type Command,
  type CommandOrder,
  command,
  commandFault,
  commandState,
} from '#shared/protocol/commands.ts';
import { decodeCommand } from '#shared/protocol/decode.ts';
import type { EventData } from '#shared/protocol/events.ts';
import { instant } from '#shared/protocol/primitives.ts';
import type { Record } from './recorder.ts';
import { type EdgeStore, table } from './store.ts';
import type { Admission, RecordTransaction } from './terminal.ts';

const taken = table(
  'commands',
  z.object({ command, state: commandState, at: instant, fault: commandFault.nullable() }),
);
type Taken = z.infer<typeof taken.schema>;
const locks = table('locks', z.object({ locked: z.boolean() }));

const ASK_AGAIN = milliseconds(2_000);
/** Finished commands are remembered, so that a repeated one is known. */
const REMEMBERED = 200;

export type Outcome = {
  readonly fault: NonNullable<EventData<'command.state'>['fault']> | null;
  readonly output: string | null;
};

/** An order that takes its time. */
export type LongOrder = Exclude<CommandOrder, { kind: 'restart' | 'lock' }>;

export interface CommandsDeps {
  readonly terminalId: string;
  readonly store: EdgeStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly record: Record;
  /** Hub time as well as it is known: expiry is the hub's. */
  hubNow(): EpochMs;
  admit(order: CommandOrder): Admission;
  /** Carries out every other order; ends early when the signal says that the order expired or the program stops. */
  execute(one: Pick<Command, 'id'> & { readonly order: LongOrder }, signal: AbortSignal): Promise<Outcome>;
  restart(): void;
  changed(): void;
}

/** Orders of the hub (FLT-2, PR-18): one at a time, each step recorded before it counts. */
export interface Commands {
  message(payload: Uint8Array): void;
  /** True while an order has locked the terminal. */
  locked(): boolean;
  /** Goes on with what a former process left: a restart that was running is done by now. */
  start(): void;
  stop(): Promise<void>;
}

export function createCommands(deps: CommandsDeps): Commands {
  const { store, clock, record } = deps;
  let locked = store.get(locks, 'terminal')?.locked ?? false;
  let cancel = (): void => {};
  let running: Promise<void> | null = null;
  let stopped = false;
  const stopping = new AbortController();

  const report = (
    tx: RecordTransaction,
    one: Command,
    state: Taken['state'],
    outcome: Outcome = { fault: null, output: null },
  ): void => {
    const at = clock.now();
    tx.put(taken, one.id, { command: one, state, at, fault: outcome.fault });
    tx.emit({ kind: 'command.state', data: { commandId: one.id, state, at, ...outcome } });
  };
  const settle = (one: Command, state: Taken['state'], outcome?: Outcome): void => {
    record((tx) => {
      report(tx, one, state, outcome);
      const finished = tx.list(taken).filter(({ value }) => !isOpen(value));
      for (const { key } of finished.slice(0, Math.max(0, finished.length - REMEMBERED)))
        tx.remove(taken, key);
    });
    deps.log.info({ command: one.id, order: one.order.kind, state }, 'command');
  };

  const expired = (one: Command): boolean => deps.hubNow() >= one.expiresAt;

  const work = (): void => {
    cancel();
    if (stopped || running !== null) return;
    const next = store.list(taken).find(({ value }) => isOpen(value))?.value.command;
    if (next === undefined) return;
    const admission = expired(next) ? 'expired' : deps.admit(next.order);
    if (admission === 'expired') settle(next, 'expired');
    else if (admission === 'later') {
      cancel = clock.after(ASK_AGAIN, work);
      return;
    } else if (admission !== 'now')
      settle(next, 'failed', { fault: { code: admission.code, message: admission.message }, output: null });
    else {
      running = perform(next).finally(() => {
        running = null;
        work();
      });
      return;
    }
    work();
  };

  const perform = async (one: Command): Promise<void> => {
    settle(one, 'running');
    const { order } = one;
    if (order.kind === 'lock') {
      record((tx) => {
        tx.put(locks, 'terminal', { locked: order.locked });
        report(tx, one, 'done');
      });
      locked = order.locked;
      deps.changed();
    } else if (order.kind === 'restart') {
      stopped = true;
      deps.restart();
    } else {
      const over = new AbortController();
      const cancelExpiry = clock.after(milliseconds(Math.max(0, one.expiresAt - deps.hubNow())), () =>
        over.abort(),
      );
      const outcome = await deps.execute(
        { id: one.id, order },
        AbortSignal.any([over.signal, stopping.signal]),
      );
      cancelExpiry();
      // A program that stops leaves the order open: the next process begins it anew.
      if (stopping.signal.aborted) return;
      settle(one, over.signal.aborted ? 'expired' : outcome.fault === null ? 'done' : 'failed', outcome);
    }
  };

  return {
    locked: () => locked,
    message: (payload) => {
      const read = decodeCommand(payload);
      if (!read.ok) {
        deps.log.warn({ code: read.error.code }, 'unreadable command');
        return;
      }
      const one = read.value;
      if (one.terminal !== deps.terminalId || store.get(taken, one.id) !== null) return;
      settle(one, expired(one) ? 'expired' : 'accepted');
      work();
    },
    start: () => {
      for (const { value } of store.list(taken))
        if (value.state === 'running' && value.command.order.kind === 'restart')
          settle(value.command, 'done');
      work();
    },
    stop: async () => {
      stopped = true;
      cancel();
      stopping.abort();
      await running;
    },
  };
}

const isOpen = (one: Taken): boolean => one.state === 'accepted' || one.state === 'running';
