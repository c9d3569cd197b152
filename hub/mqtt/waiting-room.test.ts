import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { waitingRoom } from './waiting-room.ts';

function world(atOnce: number) {
  const clock = simulatedClock(epochMs(1_767_355_200_000));
  const room = waitingRoom(clock, atOnce);
  const entered: number[] = [];
  const come = (port: number, from: { readonly remoteAddress?: string } = { remoteAddress: '127.0.0.1' }) => {
    const socket = Object.assign(new EventEmitter(), {
      ...{ ...from, remotePort: port, destroyed: false },
      destroy() {
        if (socket.destroyed) return;
        socket.destroyed = true;
        socket.emit('close');
      },
    });
    room.take(socket as unknown as Socket, () => entered.push(port));
    return socket as typeof socket & Socket;
  };
  return { clock, room, entered, come };
}

it('SYN-1, SEC-2: of a fleet that comes back at once only so many come in, the next when one is known or gone, in the order they came', async () => {
  const { room, entered, come } = world(2);
  const [first, second] = [1, 2, 3, 4, 5].map((port) => come(port));
  expect(entered).toEqual([1, 2]);
  if (first !== undefined) room.settled(first);
  expect(entered).toEqual([1, 2, 3]);
  if (first !== undefined) room.settled(first);
  expect(entered).toEqual([1, 2, 3]);
  second?.destroy();
  expect([entered, room.waiting()]).toEqual([[1, 2, 3, 4], 1]);
});

it('SEC-2: who was let in and says nothing keeps the next one out for two seconds, not longer', async () => {
  const { clock, entered, come } = world(1);
  for (const port of [1, 2, 3]) come(port);
  await clock.advance(1999);
  expect(entered).toEqual([1]);
  await clock.advance(1);
  expect(entered).toEqual([1, 2]);
  await clock.advance(2000);
  expect(entered).toEqual([1, 2, 3]);
});

it('SYN-1: who went while he waited is passed over, and who waited longer than a terminal does is closed without a handshake', async () => {
  const { clock, entered, come } = world(1);
  const [, second, third] = [1, 2, 3].map((port) => come(port));
  second?.emit('error', new Error('reset'));
  await clock.advance(2000);
  expect([second?.destroyed, entered]).toEqual([true, [1, 3]]);

  const many = Array.from({ length: 14 }, (_, at) => come(10 + at));
  third?.destroy();
  await clock.advance(60_000);
  // One each two seconds, within 25.
  expect(entered.slice(2)).toEqual(Array.from({ length: 13 }, (_, at) => 10 + at));
  expect(many.at(-1)?.destroyed).toBe(true);
});

it('SYN-1: who waited 25 seconds is let in still, a millisecond later no more', async () => {
  const { clock, entered, come } = world(1);
  for (let port = 1; port <= 13; port += 1) come(port);
  await clock.advance(999);
  const late = come(14);
  await clock.advance(1);
  come(15);
  // The thirteenth went in at 24 seconds, the next turn is at 26.
  await clock.advance(24_999);
  expect([entered.at(-1), late.destroyed]).toEqual([13, false]);
  await clock.advance(1);
  expect([entered.at(-1), late.destroyed]).toEqual([15, true]);
});

it('SYN-1: who came with the address of one that is settled has his own two seconds, and nobody keeps watch over who left', async () => {
  const { clock, room, entered, come } = world(1);
  const before = come(1);
  room.settled(before);
  expect([before.listenerCount('close'), clock.waiting()]).toEqual([0, 0]);
  before.destroy();
  await clock.advance(1000);
  for (const port of [1, 2]) come(port);
  await clock.advance(1999);
  expect(entered).toEqual([1, 1]);
  await clock.advance(1);
  expect(entered).toEqual([1, 1, 2]);
});

it('SEC-2: who has gone before his address could be read is closed, and takes nobody’s place', () => {
  const { room, entered, come } = world(2);
  const gone = [1, 2].map((port) => come(port, {}));
  expect(gone.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  for (const port of [3, 4, 5]) come(port);
  expect([entered, room.waiting()]).toEqual([[3, 4], 1]);
});

it('SYN-1: a room that is closed lets nobody in any more, and nobody wait', async () => {
  const { clock, room, entered, come } = world(1);
  const [first, second] = [1, 2].map((port) => come(port));
  room.stop();
  expect([second?.destroyed, room.waiting(), clock.waiting()]).toEqual([true, 0, 0]);
  first?.destroy();
  await clock.advance(60_000);
  expect(entered).toEqual([1]);
});
