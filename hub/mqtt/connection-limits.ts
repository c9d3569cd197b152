import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Client } from 'aedes';
import { assert } from '#shared/kernel/assert.ts';
import { LIMITS } from '#shared/protocol/limits.ts';

/** How many connections terminals may have, and what one to the embedded broker may cost (SEC-2). */
export const CONNECTION = {
  /** Terminals at one broker at once: ten thousand, and those who come back before their former line is found dead. */
  terminals: 12_000,
  /** Of these, between accepting a connection and the first word of its terminal: enough for slow lines, few enough for each to be quick. */
  atOnce: 256,
  /** Headers around the largest payload that the protocol allows. */
  frameBytes: LIMITS.packetBytes + 1024,
  /** Everything up to the broker's answer to CONNECT; one with its will has some 500 bytes. */
  bytesBeforeConnect: 8192,
  /** A packet that began must end within this time, in milliseconds: 256 KiB over a slow line take less. */
  packetMs: 30_000,
  /** Token bucket of publishes: as many at once, and so many a second for ever. A terminal's window is 400 events in few packets. */
  publishBurst: 200,
  publishesPerSecond: 50,
  /** Refused subscriptions until the connection is ended. */
  deniedSubscriptions: 4,
  /** A terminal says something at least this often, in seconds. */
  keepAliveSeconds: 300,
} as const;

export type FrameFault = 'too_large' | 'before_connect' | 'endless' | 'malformed';

/** Counts connections by address, so that one of them cannot have all. */
export function addressCounter(most: number) {
  const open = new Map<string, number>();
  return {
    /** False: this address has its share already. */
    take(socket: Socket): boolean {
      const address = socket.remoteAddress ?? '';
      const count = open.get(address) ?? 0;
      if (count >= most) return false;
      open.set(address, count + 1);
      socket.once('close', () => {
        const left = (open.get(address) ?? 1) - 1;
        if (left <= 0) open.delete(address);
        else open.set(address, left);
      });
      return true;
    },
  };
}

interface Parser {
  parse(bytes: Buffer): number;
  on(event: 'packet' | 'error', listener: () => void): void;
  readonly packet?: { readonly length?: number };
  readonly _stateCounter?: number;
}

export interface WatchedFrames {
  /** Ends the connection where a packet began too long ago; called now and then. */
  look(now: number): void;
}

/**
 * Ends a connection as soon as it announces or collects more than a packet may have (aedes itself would gather up to 256 MB), sends much before its CONNECT
 * was answered, or never ends a packet. Looks into aedes' parser, which is why its version is pinned.
 */
export function boundFrames(
  client: Client,
  socket: TLSSocket,
  now: () => number,
  refuse: (why: FrameFault) => void,
): WatchedFrames {
  const { _parser: parser } = client as Client & { _parser?: Parser };
  assert(parser !== undefined, 'this version of aedes has a parser at its client');
  const parse = parser.parse.bind(parser);
  let early = 0;
  let packets = 0;
  let begunAt: number | null = null;
  const end = (why: FrameFault): void => {
    if (socket.destroyed) return;
    refuse(why);
    socket.destroy();
  };
  parser.on('packet', () => {
    packets += 1;
  });
  // aedes ends the connection for it by itself.
  parser.on('error', () => refuse('malformed'));
  parser.parse = (bytes) => {
    if (!client.connected) {
      early += bytes.length;
      if (early > CONNECTION.bytesBeforeConnect) {
        end('before_connect');
        return 0;
      }
    }
    const before = packets;
    const left = parse(bytes);
    const unfinished = left > 0 || (parser._stateCounter ?? 0) > 0;
    if (!unfinished) begunAt = null;
    else if (begunAt === null || packets !== before) begunAt = now();
    if (left > CONNECTION.frameBytes || (parser.packet?.length ?? 0) > CONNECTION.frameBytes)
      end('too_large');
    return left;
  };
  return {
    look: (at) => {
      if (begunAt !== null && at - begunAt > CONNECTION.packetMs) end('endless');
    },
  };
}

/** A token bucket; time in milliseconds. */
export function publishBudget(now: () => number): { take(): boolean } {
  let tokens: number = CONNECTION.publishBurst;
  let at = now();
  return {
    take() {
      const time = now();
      tokens = Math.min(
        CONNECTION.publishBurst,
        tokens + ((time - at) * CONNECTION.publishesPerSecond) / 1000,
      );
      at = time;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
