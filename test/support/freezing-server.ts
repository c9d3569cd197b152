import { createServer, connect as dial, type Socket } from 'node:net';

export interface FreezingServer {
  readonly port: number;
  /** As SIGSTOP does it: connections stay open and new ones are taken, and nobody answers any more, until it thaws. */
  freeze(frozen: boolean): void;
  stop(): Promise<void>;
}

/** Stands before the server at `port` of this machine and can hang. */
export async function freezingServer(port: number): Promise<FreezingServer> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let frozen = false;
  const server = createServer((page) => {
    const program = dial(port, '127.0.0.1');
    const pair = [page, program] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [program, page] as const]) {
      from.on('data', (bytes) => to.write(bytes));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
      if (frozen) from.pause();
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a port');
  return {
    port: address.port,
    freeze: (wanted) => {
      frozen = wanted;
      for (const socket of [...pairs].flat()) wanted ? socket.pause() : socket.resume();
    },
    stop: async () => {
      for (const socket of [...pairs].flat()) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
