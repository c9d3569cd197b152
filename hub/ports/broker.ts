import type { TerminalId } from '#shared/kernel/ids.ts';
import type { Fault, Result } from '#shared/kernel/result.ts';

export type BrokerFault = Fault<'broker_unreachable' | 'broker_port_taken' | 'broker_away'>;

export interface BrokerMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
}

/** The hub's side of the broker: embedded (aedes) or external over MQTT 3.1.1 (DESIGN §3). Its acknowledgements mean nothing to anybody. */
export interface Broker {
  readonly kind: 'embedded' | 'external';
  /** Resolves when messages can flow for the first time; answers the address for terminals. An external one reconnects by itself from then on. */
  start(): Promise<Result<{ readonly url: string }, BrokerFault>>;
  /** What the hub wants to read from now on, also after a reconnect. */
  subscribe(filters: readonly string[]): Promise<void>;
  unsubscribe(filters: readonly string[]): Promise<void>;
  publish(
    topic: string,
    payload: Uint8Array,
    options?: { readonly retain?: boolean },
  ): Promise<Result<void, BrokerFault>>;
  /** One listener; called in the order of arrival. */
  onMessage(listener: (message: BrokerMessage) => void): void;
  /** Called after every connect: retained records have to be written again. */
  onConnected(listener: () => void): void;
  /** Ends a terminal's connection where the broker is ours; SEC-2: a revoked terminal is gone within a minute. */
  drop(terminalId: TerminalId): void;
  stop(): Promise<void>;
}
