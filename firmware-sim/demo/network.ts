import type { HttpTransport } from '#shared/edge/http-transport.ts';
import { fault } from '#shared/kernel/result.ts';
import type { MessageLink } from '#shared/ports/message-link.ts';

/** The cable of one terminal: pulled, neither broker nor hub can be reached. */
export interface NetworkCable {
  cut(): boolean;
  setCut(cut: boolean): void;
  /** Both ways a terminal talks, led over this cable. */
  link(inner: MessageLink): MessageLink;
  transport(inner: HttpTransport): HttpTransport;
}

export function createNetworkCable(): NetworkCable {
  let cut = false;
  const pulled = new Set<() => void>();
  return {
    cut: () => cut,
    setCut: (next) => {
      if (next === cut) return;
      cut = next;
      if (cut) for (const tell of [...pulled]) tell();
    },
    link: (inner) => {
      const listeners = new Set<(reason: string) => void>();
      let up = false;
      const down = (reason: string): void => {
        if (!up) return;
        up = false;
        for (const listener of listeners) listener(reason);
      };
      inner.onDown(down);
      pulled.add(() => {
        // As with a real cable, no will is published: the hub finds out by the silence.
        void inner.close();
        down('the network cable was pulled');
      });
      return {
        connect: async (options) => {
          if (cut) return fault('link_down', 'the network cable is pulled');
          const connected = await inner.connect(options);
          if (connected.ok) up = true;
          if (!cut) return connected;
          up = false;
          await inner.close();
          return fault('link_down', 'the network cable is pulled');
        },
        publish: async (topic, payload, options) =>
          cut
            ? fault('link_down', 'the network cable is pulled')
            : inner.publish(topic, payload, options ?? {}),
        onMessage: (listener) => inner.onMessage((message) => (cut ? undefined : listener(message))),
        onDown: (listener) => {
          listeners.add(listener);
        },
        close: async () => {
          up = false;
          await inner.close();
        },
      };
    },
    transport: (inner) => ({
      request: async (request) => {
        if (cut) return fault('hub_away', 'the network cable is pulled');
        const gone = new AbortController();
        const tell = (): void => gone.abort();
        pulled.add(tell);
        try {
          const signal =
            request.signal === undefined ? gone.signal : AbortSignal.any([gone.signal, request.signal]);
          const answered = await inner.request({ ...request, signal });
          return gone.signal.aborted ? fault('hub_away', 'the network cable was pulled') : answered;
        } finally {
          pulled.delete(tell);
        }
      },
    }),
  };
}
