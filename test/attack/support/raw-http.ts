import { request } from 'node:http';
import type { TerminalIdentity } from '#shared/edge/identity.ts';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

export interface RawRequest {
  readonly method?: string;
  /** Sent as it stands: nothing resolves `..` or decodes anything. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array>;
  /** The attacker's own patience. */
  readonly patienceMs?: number;
}

/** One request as an attacker writes it: path, headers and body as given, `Host` too. Status 0: the connection was closed without an answer. */
export function rawHttp(base: string, wanted: RawRequest): Promise<RawAnswer> {
  const { hostname, port } = new URL(base);
  const closed: RawAnswer = { status: 0, headers: {}, body: Buffer.alloc(0) };
  return new Promise((resolve) => {
    const sent = request(
      {
        hostname,
        port,
        method: wanted.method ?? 'GET',
        path: wanted.path,
        headers: { ...wanted.headers } as Record<string, string | string[]>,
        agent: false,
      },
      (answer) => {
        const parts: Buffer[] = [];
        const end = (): void =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(parts) });
        answer.on('data', (part: Buffer) => {
          parts.push(part);
        });
        answer.on('end', end);
        answer.on('error', end);
      },
    );
    sent.on('error', () => resolve(closed));
    sent.setTimeout(wanted.patienceMs ?? 20_000, () => sent.destroy());
    const { body } = wanted;
    if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) sent.end(body);
    else void pour(sent, body);
  });
}

async function pour(sent: ReturnType<typeof request>, blocks: AsyncIterable<Uint8Array>): Promise<void> {
  let wake = (): void => {};
  sent.on('drain', () => wake());
  sent.on('close', () => wake());
  try {
    for await (const block of blocks) {
      if (sent.destroyed) return;
      if (!sent.write(block))
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
    sent.end();
  } catch {
    sent.destroy();
  }
}

/** What a stolen terminal would send to say who it is. */
export const asTerminal = ({ terminalId, secret }: TerminalIdentity): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${terminalId}:${secret}`).toString('base64')}`,
});
