import { createServer, type Server } from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';

export interface HttpListener {
  /** The port that was really taken (asked for 0: any free one). */
  readonly port: number;
  /** Takes no more connections, ends the open ones. */
  close(): Promise<void>;
}

/** Serves a Hono app over HTTP. `port_taken` when another program has the port, `port_refused` when it may not be used. */
export function listenHttp(
  app: Pick<Hono<{ Bindings: HttpBindings }>, 'fetch'>,
  port: number,
  host = '127.0.0.1',
): Promise<Result<HttpListener, Fault<'port_taken' | 'port_refused'>>> {
  const server: Server = createServer(getRequestListener(app.fetch));
  return new Promise((resolve) => {
    server.once('error', (error) => {
      const taken = Reflect.get(error, 'code') === 'EADDRINUSE';
      resolve(fault(taken ? 'port_taken' : 'port_refused', `port ${port} of ${host}: ${error.message}`));
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(
        ok({
          port: typeof address === 'object' && address !== null ? address.port : port,
          close: () =>
            new Promise((closed) => {
              server.close(() => closed());
              server.closeAllConnections();
            }),
        }),
      );
    });
  });
}
