import { createServer } from 'node:net';

/**
 * A TCP port on loopback that was free a moment ago. Whoever starts a server on it must expect, rarely, to find it
 * taken after all: the starters in `real-parts.ts` try again with another.
 */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new TypeError('a TCP server has a port')),
      );
    });
  });
}
