import type { ServerResponse } from 'node:http';
import type { Outlet } from './pieces.ts';

/** What of Node's answer to a request the player writes to by itself: streams of the web do not say when a piece was sent. */
export type Answer = Pick<
  ServerResponse,
  'writeHead' | 'flushHeaders' | 'write' | 'end' | 'destroy' | 'destroyed' | 'once' | 'off'
>;

/**
 * The socket of whoever asked. A piece has arrived when the kernel has taken all of it; one at a time, so a slow reader is never sent more than he takes. Node calls back when it
 * is done with a piece, also after the socket was closed; a piece that never came to a socket is left to the collector.
 */
export const answerOutlet = (answer: Answer): Outlet => ({
  send: (piece, free) =>
    new Promise((resolve) => {
      if (answer.destroyed) {
        free();
        resolve(false);
        return;
      }
      const gone = (): void => resolve(false);
      answer.once('close', gone);
      answer.write(piece, (error) => {
        answer.off('close', gone);
        free();
        resolve(error == null);
      });
    }),
});
