import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below what systems give to outgoing connections and to servers without a wish (Linux: from 32768, others: from 49152). */
const FROM = 20_000;
const TO = 32_000;
const TRIES = 100;
const given = new Set<number>();

/**
 * A TCP port on loopback that was free a moment ago and is given once, and that no connection takes by chance: servers are ended and started again on theirs. Whoever
 * starts a server on it must expect, rarely, to find it taken after all: the starters in `real-parts.ts` try again with another.
 */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const port = randomInt(FROM, TO);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`no free port among ${TRIES} between ${FROM} and ${TO}`);
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
