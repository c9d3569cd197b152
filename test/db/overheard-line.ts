import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A statement as the client gives it to the server to read; unnamed ones are read anew each time. */
export interface ReadStatement {
  readonly name: string;
  readonly text: string;
  /** Whether it brings values beside its text. */
  readonly values: boolean;
}

/** A line to PostgreSQL that hears which statements a client has read (Parse) and which it runs (Bind): what really goes over the wire. */
export interface OverheardLine {
  /** Of the database behind it. */
  readonly url: string;
  /** What was sent since the last call. */
  since(): { readonly read: readonly ReadStatement[]; readonly run: readonly string[] };
  close(): Promise<void>;
}

const SSL_REQUEST = 80_877_103;
const textAt = (bytes: Buffer, from: number): string => bytes.toString('utf8', from, bytes.indexOf(0, from));

export async function overhear(url: string): Promise<OverheardLine> {
  const to = new URL(url);
  let read: ReadStatement[] = [];
  let run: string[] = [];
  const note = (kind: string, body: Buffer): void => {
    const name = textAt(body, 0);
    const second = textAt(body, Buffer.byteLength(name) + 1);
    if (kind === 'P') read.push({ name, text: second, values: /\$1\b/.test(second) });
    // Behind the portal's name stands the statement's.
    if (kind === 'B') run.push(second);
  };
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const database = connect(Number(to.port), to.hostname);
    for (const one of [client, database]) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        client.destroy();
        database.destroy();
      });
    }
    database.pipe(client);
    let waiting = Buffer.alloc(0);
    let begun = false;
    client.on('data', (bytes) => {
      database.write(bytes);
      waiting = Buffer.concat([waiting, bytes]);
      for (;;) {
        // The first message of a connection has no letter before its length.
        const head = begun ? 1 : 0;
        if (waiting.length < head + 4) return;
        const end = head + waiting.readUInt32BE(head);
        if (waiting.length < end) return;
        if (begun) note(waiting.toString('latin1', 0, 1), waiting.subarray(head + 4, end));
        else begun = waiting.readUInt32BE(4) !== SSL_REQUEST;
        waiting = waiting.subarray(end);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const here = new URL(url);
  here.hostname = '127.0.0.1';
  here.port = String((server.address() as AddressInfo).port);
  return {
    url: here.href,
    since: () => {
      const heard = { read, run };
      [read, run] = [[], []];
      return heard;
    },
    close: async () => {
      for (const each of sockets) each.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
