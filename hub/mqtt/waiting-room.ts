import type { Socket } from 'node:net';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';

/** A terminal that was let in is settled after this time at the latest, in milliseconds: who shows nothing keeps nobody out for long. */
const SETTLES_MS = milliseconds(2000);
/** Who waited longer than this, in milliseconds, has given up or is about to (`shared/edge/drivers/mqtt-link.ts`): a handshake with him would be work for nothing. */
const PATIENCE_MS = 25_000;

interface Guest {
  readonly socket: Socket;
  /** Monotonic, milliseconds. */
  readonly since: number;
  readonly enter: () => void;
}

/**
 * When a fleet of ten thousand comes back at once, each handshake by turns makes all of them late, and most are given up half-way and begun anew. So only some come in at
 * once: the others' connections stand open, unread and at no cost, first come first served, until one before them is settled: known, gone, or let in `SETTLES_MS` ago.
 */
export function waitingRoom(clock: Pick<Clock, 'monotonic' | 'after'>, atOnce: number) {
  const waiting: Guest[] = [];
  /** Those who were let in and are not settled, with what ends their stay; by address and port. */
  const inside = new Map<string, () => void>();

  const settle = (place: string): void => {
    const leave = inside.get(place);
    if (leave === undefined) return;
    leave();
    inside.delete(place);
    letIn();
  };
  const letIn = (): void => {
    while (inside.size < atOnce) {
      const guest = waiting.shift();
      if (guest === undefined) return;
      const { socket, since, enter } = guest;
      if (socket.destroyed) continue;
      // Whose address cannot be read any more has gone, too.
      if (socket.remoteAddress === undefined || clock.monotonic() - since > PATIENCE_MS) {
        socket.destroy();
        continue;
      }
      const place = placeOf(socket);
      const settles = () => settle(place);
      const cancel = clock.after(SETTLES_MS, settles);
      socket.once('close', settles);
      inside.set(place, () => {
        cancel();
        socket.off('close', settles);
      });
      enter();
    }
  };

  return {
    /** A connection that nothing was read of yet; `enter` is called when its turn has come, perhaps at once. */
    take(socket: Socket, enter: () => void): void {
      // Whoever goes while he waits is passed over; an error of his line is no more than that.
      socket.on('error', () => socket.destroy());
      waiting.push({ socket, since: clock.monotonic(), enter });
      letIn();
    },
    /** The terminal behind this connection is known: the next may come. */
    settled: (socket: Socket): void => settle(placeOf(socket)),
    waiting: () => waiting.length,
    stop(): void {
      for (const { socket } of waiting.splice(0)) socket.destroy();
      for (const leave of inside.values()) leave();
    },
  };
}

/** The other end, which no two open connections share; a TLS socket has the same as the one below it. */
const placeOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
