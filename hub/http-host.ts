import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';

export interface HttpHost {
  readonly address: string;
  close(): Promise<void>;
}

/** A large edition over a slow line takes hours; slow headers are still ended by Node's own limit of a minute. */
const LONGEST_REQUEST_MS = 12 * 3_600_000;
/** What is under way at a stop gets this long to end by itself (OPS-1). */
const GRACE = milliseconds(3000);

/** Serves an app over HTTP. Faults: `hub_port_taken`, `hub_not_listening`. */
export async function listen(
  app: OpenAPIHono,
  host: string,
  port: number,
  clock: Clock,
): Promise<Result<HttpHost, Fault<'hub_port_taken' | 'hub_not_listening'>>> {
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.requestTimeout = LONGEST_REQUEST_MS;
  const listening = await new Promise<Result<number, Fault<'hub_port_taken' | 'hub_not_listening'>>>(
    (resolve) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        resolve(
          fault(error.code === 'EADDRINUSE' ? 'hub_port_taken' : 'hub_not_listening', error.message, {
            host,
            port,
          }),
        ),
      );
      server.listen(port, host, () => {
        const address = server.address();
        resolve(ok(typeof address === 'object' && address !== null ? address.port : port));
      });
    },
  );
  if (!listening.ok) return listening;
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return ok({
    address: `http://${shown}:${listening.value}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const cancel = clock.after(GRACE, () => server.closeAllConnections());
      await closed;
      cancel();
    },
  });
}
