import { request as plainRequest } from 'node:http';
import { Agent, request as secureRequest } from 'node:https';
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
  /** Whose certificate the connection shows (https only); null or absent: nobody's. An attacker believes any hub. */
  readonly as?: Pick<TerminalIdentity, 'tls'> | null;
  /** The attacker's own patience. */
  readonly patienceMs?: number;
}

/** One request as an attacker writes it: path, headers and body as given, `Host` too. Status 0: the connection was closed without an answer. */
export function rawHttp(base: string, wanted: RawRequest): Promise<RawAnswer> {
  const { hostname, port, protocol } = new URL(base);
  const secure = protocol === 'https:';
  const closed: RawAnswer = { status: 0, headers: {}, body: Buffer.alloc(0) };
  return new Promise((resolve) => {
    const sent = (secure ? secureRequest : plainRequest)(
      {
        hostname,
        port,
        method: wanted.method ?? 'GET',
        path: wanted.path,
        headers: { ...wanted.headers } as Record<string, string | string[]>,
        agent: secure ? agentOf(wanted.as ?? null) : false,
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

async function pour(sent: ReturnType<typeof plainRequest>, blocks: AsyncIterable<Uint8Array>): Promise<void> {
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

const AGENTS = new Map<Pick<TerminalIdentity, 'tls'> | null, Agent>();

/** Connections are kept, so that thousands of questions do not wait for as many handshakes. */
function agentOf(as: Pick<TerminalIdentity, 'tls'> | null): Agent {
  const present = AGENTS.get(as);
  if (present !== undefined) return present;
  const shown = as === null ? {} : { key: as.tls.keyPem, cert: as.tls.chainPem };
  const made = new Agent({ keepAlive: true, rejectUnauthorized: false, servername: 'hub', ...shown });
  AGENTS.set(as, made);
  return made;
}
