import { fault, ok } from '#shared/kernel/result.ts';
import type { LinkMessage, LinkOptions, MessageLink } from '#shared/ports/message-link.ts';

/** A link whose messages move only when the test moves them: so a test chooses order, loss and repetition. */
export interface HandLink extends MessageLink {
  /** What the terminal sent and nobody delivered yet. */
  readonly up: LinkMessage[];
  /** Options of the connection that is open, or null. */
  open(): LinkOptions | null;
  /** Connections made so far. */
  connections(): number;
  /** As `connections`, with those that were refused. */
  attempts(): number;
  deliver(message: LinkMessage): void;
  /** Cuts the connection; everything on its way to the broker is lost when `lossy`. */
  cut(lossy?: boolean): void;
  /** From now on connecting fails (or works again), with this code of the link. */
  refuse(refused: boolean, code?: 'link_down' | 'link_refused' | 'link_untrusted'): void;
}

export function handLink(): HandLink {
  const up: LinkMessage[] = [];
  let options: LinkOptions | null = null;
  let connections = 0;
  let attempts = 0;
  let refused: 'link_down' | 'link_refused' | 'link_untrusted' | null = null;
  let receive: (message: LinkMessage) => void = () => {};
  let down: (reason: string) => void = () => {};
  return {
    up,
    open: () => options,
    connections: () => connections,
    attempts: () => attempts,
    connect: async (wanted) => {
      attempts += 1;
      if (refused !== null) return fault(refused, 'played');
      options = wanted;
      connections += 1;
      return ok(undefined);
    },
    publish: async (topic, payload, choice) => {
      if (options === null) return fault('link_down', 'not connected');
      up.push({ topic, payload, retained: choice?.retain ?? false });
      return ok(undefined);
    },
    onMessage: (listener) => {
      receive = listener;
    },
    onDown: (listener) => {
      down = listener;
    },
    close: async () => {
      options = null;
    },
    deliver: (message) => {
      if (options !== null) receive(message);
    },
    cut: (lossy = true) => {
      if (lossy) up.length = 0;
      if (options === null) return;
      options = null;
      down('cut');
    },
    refuse: (value, code = 'link_down') => {
      refused = value ? code : null;
    },
  };
}
