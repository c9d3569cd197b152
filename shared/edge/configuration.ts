import { milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import { type TerminalConfig, terminalConfig } from '#shared/protocol/commands.ts';
import { decodeConfig } from '#shared/protocol/decode.ts';
import type { Record } from './recorder.ts';
import { type EdgeStore, getReplaceable, table } from './store.ts';
import type { Admission } from './terminal.ts';

const configs = table('config', terminalConfig);

/** What holds between enrolment and the first word of the hub; version 0 says so in the heartbeat. */
export const FIRST_CONFIG: TerminalConfig = {
  version: 0,
  heartbeatSeconds: 30,
  sessionIdleSeconds: 60,
  verification: 'sampled',
  locked: false,
  languages: ['en'],
  wantedTitles: [],
};

const ASK_AGAIN = milliseconds(2_000);

export interface ConfigurationDeps {
  readonly terminalId: string;
  readonly store: EdgeStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly record: Record;
  /** May the configuration change now, or is there a customer? */
  admit(): Admission;
  changed(): void;
}

/** Desired configuration (FLT-2, PR-19): stored at once, in force between customers, reported back. */
export interface Configuration {
  /** The configuration in force. */
  current(): TerminalConfig;
  /** Takes a configuration message as it came over the link. */
  message(payload: Uint8Array): void;
  /** Takes a configuration as the bundle carries it. */
  desire(config: TerminalConfig): void;
  /** Carries out what a former process left undone. */
  start(): void;
  stop(): void;
}

export function createConfiguration(deps: ConfigurationDeps): Configuration {
  let current = getReplaceable(deps.store, configs, 'applied') ?? FIRST_CONFIG;
  let cancel = (): void => {};

  const apply = (): void => {
    cancel();
    const desired = getReplaceable(deps.store, configs, 'desired');
    if (desired === null || desired.version <= current.version) return;
    if (deps.admit() !== 'now') {
      cancel = deps.clock.after(ASK_AGAIN, apply);
      return;
    }
    deps.record((tx) => {
      tx.put(configs, 'applied', desired);
      tx.emit({ kind: 'config.applied', data: { version: desired.version, at: deps.clock.now() } });
    });
    current = desired;
    deps.log.info({ version: desired.version }, 'configuration applied');
    deps.changed();
  };

  const desire = (config: TerminalConfig): void => {
    const known = getReplaceable(deps.store, configs, 'desired')?.version ?? 0;
    if (config.version <= known) return;
    deps.record((tx) => tx.put(configs, 'desired', config));
    apply();
  };

  return {
    current: () => current,
    desire,
    message: (payload) => {
      const read = decodeConfig(payload);
      if (!read.ok) deps.log.warn({ code: read.error.code }, 'unreadable configuration');
      else if (read.value.terminal !== deps.terminalId)
        deps.log.warn({ terminal: read.value.terminal }, 'configuration of another terminal');
      else desire(read.value.config);
    },
    start: apply,
    stop: () => cancel(),
  };
}
