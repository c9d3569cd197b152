import { request } from 'node:http';
import { milliseconds } from '#shared/kernel/time.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import type { Clock } from '#shared/ports/clock.ts';
import { destinationOf, dial } from '#shared/tls/client.ts';
import type { TlsIdentity } from '#shared/tls/peer.ts';

export interface AsWhom {
  readonly trust: FleetTrust;
  readonly clock: Pick<Clock, 'now'>;
  /** Null: nobody, as before enrolment. */
  readonly identity: TlsIdentity | null;
}

/** One question over a TLS connection of its own, with the certificate of a terminal; rejects where the connection does not come about. */
export async function secureFetch(
  url: string,
  { trust, clock, identity }: AsWhom,
  init: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  } = {},
): Promise<Response> {
  const to = destinationOf(url, 'https:');
  if (!to.ok) throw new Error(to.error.message);
  const dialled = await dial({
    to: to.value,
    serverName: 'hub',
    trust,
    clock,
    identity,
    timeout: milliseconds(15_000),
  });
  if (!dialled.ok) throw new Error(`${dialled.error.code}: ${dialled.error.message}`);
  const socket = dialled.value;
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    const { pathname, search, host } = new URL(url);
    const sent = request(
      {
        createConnection: () => socket,
        method: init.method ?? 'GET',
        path: `${pathname}${search}`,
        headers: { host, connection: 'close', ...init.headers },
      },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', reject);
        answer.on('end', () => {
          socket.destroy();
          const headers = new Headers();
          for (const [name, value] of Object.entries(answer.headers))
            if (value !== undefined) headers.set(name, String(value));
          const status = answer.statusCode ?? 0;
          const empty = status === 204 || status === 304;
          resolve(new Response(empty ? null : Buffer.concat(parts), { status, headers }));
        });
      },
    );
    sent.on('error', reject);
    sent.end(init.body);
  });
}
