import type { Fault, Result } from '#shared/kernel/result.ts';

/**
 * `link_refused`: the broker said no. `link_untrusted`: who answered is not the fleet's broker, nothing was said to it. `wire_not_secure`: the
 * address is not one of TLS.
 */
export type LinkFault = Fault<
  'link_down' | 'link_refused' | 'link_untrusted' | 'wire_not_secure' | 'link_packet_too_large'
>;

export interface LinkMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
}

/**
 * A connection to a broker with the guarantees of MQTT 3.1.1, clean session. It does not reconnect by itself: whoever
 * owns it decides when (back-off and jitter are rules, not technology).
 * Implementations: `shared/edge/drivers/mqtt-link.ts`, simulated links with loss and delay in `firmware-sim/sim`.
 */
export interface MessageLink {
  /** Connects and subscribes; resolves when both are granted. */
  connect(options: LinkOptions): Promise<Result<void, LinkFault>>;
  /** Resolves when the broker took it (QoS 1): says nothing about the hub (DESIGN §3). */
  publish(
    topic: string,
    payload: Uint8Array,
    options?: { readonly retain?: boolean; readonly qos?: 0 | 1 },
  ): Promise<Result<void, LinkFault>>;
  onMessage(listener: (message: LinkMessage) => void): void;
  onDown(listener: (reason: string) => void): void;
  close(): Promise<void>;
}

export interface LinkOptions {
  /** Also the name in the certificate that the connection is made with (SEC-2). */
  readonly clientId: string;
  readonly subscriptions: readonly string[];
  readonly will?: { readonly topic: string; readonly payload: Uint8Array; readonly retain: boolean };
}
