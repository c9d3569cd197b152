import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type HttpListener, listenHttp } from '#shared/edge/drivers/http-listener.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { value } from '#test/support/media-story.ts';
import type { PlayerDesk } from './contract.ts';
import { playerApp } from './http.ts';
import { PiecePool, sendPieces } from './pieces.ts';
import type { OpenedCopy } from './shelf.ts';

/** How content goes out over sockets, to readers that are slow, many, or gone. */
const MIB = 1024 * 1024;
/** Several times what two ends of a connection hold for a reader who does not read. */
const SIZE = 40 * MIB;

let listener: HttpListener | null = null;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await listener?.close();
  listener = null;
  vi.restoreAllMocks();
});

/** No two blocks of a film, and no block of two films, are alike. */
function blocks(film: number, from: number, into: Buffer): Buffer {
  for (let at = 0; at < into.length; ) {
    const block = Math.floor((from + at) / 4096);
    const until = Math.min(into.length, (block + 1) * 4096 - from);
    into.fill(`${film}/${block};`, at, until);
    at = until;
  }
  return into;
}

/** A player with films that are open under the addresses of `token`. `damagedFrom` cannot be read from there on. */
async function playing(damagedFrom = Number.POSITIVE_INFINITY) {
  const seen = { reads: 0, rests: 0, troubles: [] as string[], may: true };
  const copy = (film: number) =>
    ({
      copyId: `film ${film}`,
      mediaType: 'video/mp4',
      content: {
        plaintextBytes: SIZE,
        read: async (at: number, into: Buffer) => {
          seen.reads += 1;
          // As a device does: the buffer is written after a moment.
          await sleep(0);
          if (at + into.length > damagedFrom) return fault('content_damaged', 'planted');
          blocks(film, at, into);
          return ok(into.length);
        },
      },
      rest: async () => {
        seen.rests += 1;
      },
    }) as unknown as OpenedCopy;
  const desk = {
    opened: (token: string) => copy(Number(token.slice(0, 1))),
    mayServe: async () => seen.may,
    reportTrouble: (_copy: unknown, code: string) => seen.troubles.push(code),
    reportAttack: () => {},
  } as unknown as PlayerDesk;
  listener = value(await listenHttp(playerApp(desk, '.'), 0));
  return { seen, port: listener.port };
}

const token = (film: number): string => `${film}`.repeat(32);

/** Asks, and reads nothing until it is told to. */
function ask(port: number, film: number, from = 0, method = 'GET') {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.pause();
  socket.on('error', () => {});
  const range = from === 0 ? '' : `Range: bytes=${from}-\r\n`;
  socket.write(
    `${method} /content/${token(film)} HTTP/1.1\r\nHost: localhost\r\n${range}Connection: close\r\n\r\n`,
  );
  return {
    socket,
    /** Everything until the connection ends. */
    all: async () => {
      const parts: Buffer[] = [];
      for await (const part of socket) parts.push(part as Buffer);
      const whole = Buffer.concat(parts);
      const head = whole.indexOf('\r\n\r\n');
      return { head: whole.subarray(0, head).toString('latin1'), body: whole.subarray(head + 4) };
    },
  };
}

/** Until the player, which has begun to read for the one who asked last, waits for its readers. `before`: what it had read until that one asked. */
async function stalled(seen: { readonly reads: number }, before = 0): Promise<void> {
  await expect.poll(() => seen.reads).toBeGreaterThan(before);
  for (let still = 0, last = -1; still < 10; still = seen.reads === last ? still + 1 : 0) {
    last = seen.reads;
    await sleep(20);
  }
}

describe('pieces on their way', () => {
  it('PLY-1: a reader who stops for a while gets every byte as it was; meanwhile no more is read than he will take', async () => {
    const { seen, port } = await playing();
    const asked = ask(port, 1);
    await stalled(seen);
    expect(seen.reads).toBeGreaterThan(2);
    expect(seen.reads).toBeLessThan(SIZE / MIB);
    const { head, body } = await asked.all();
    expect(head).toMatch(/^HTTP\/1.1 200 /);
    expect(body.equals(blocks(1, 0, Buffer.alloc(SIZE)))).toBe(true);
    expect(seen).toMatchObject({ rests: 1, troubles: [] });
  });

  it('PLY-1: two readers at once, each slow in turn, get their own', async () => {
    const { seen, port } = await playing();
    const [one, two] = [ask(port, 1), ask(port, 2, 3 * MIB + 5)];
    await stalled(seen);
    const first = one.all();
    await sleep(30);
    const [got, other] = await Promise.all([first, two.all()]);
    expect(got.body.equals(blocks(1, 0, Buffer.alloc(SIZE)))).toBe(true);
    expect(other.head).toMatch(/^HTTP\/1.1 206 /);
    expect(other.body.equals(blocks(2, 3 * MIB + 5, Buffer.alloc(SIZE - 3 * MIB - 5)))).toBe(true);
  });

  it('PLY-1: a reader who goes away in the middle stops the reading, and spoils nothing for the others', async () => {
    const { seen, port } = await playing();
    const steady = ask(port, 2);
    await stalled(seen);
    for (let leap = 0; leap < 6; leap += 1) {
      const before = seen.reads;
      const leaper = ask(port, 1, leap * MIB + 77);
      await stalled(seen, before);
      leaper.socket.destroy();
    }
    await expect.poll(() => seen.rests).toBe(6);
    const reads = seen.reads;
    await sleep(50);
    expect(seen.reads).toBe(reads);
    expect((await steady.all()).body.equals(blocks(2, 0, Buffer.alloc(SIZE)))).toBe(true);
    expect(seen.troubles).toEqual([]);
  });

  it('PLY-1: however many readers come and go, the same few buffers carry what they see', async () => {
    const { seen, port } = await playing();
    const made = vi.spyOn(Buffer, 'allocUnsafeSlow');
    for (let leap = 0; leap < 40; leap += 1) {
      const { socket } = ask(port, 1, leap * MIB + 5);
      await new Promise((resolve) => socket.once('readable', resolve));
      socket.destroy();
      await expect.poll(() => seen.rests).toBe(leap + 1);
    }
    await ask(port, 1).all();
    expect(made.mock.calls.filter(([bytes]) => bytes === MIB).length).toBeLessThanOrEqual(6);
  });

  it('PLY-1: a question for the head alone reads nothing', async () => {
    const { seen, port } = await playing();
    const { head, body } = await ask(port, 1, 0, 'HEAD').all();
    expect(head).toMatch(/^HTTP\/1.1 200 /);
    expect(head.toLowerCase()).toContain(`content-length: ${SIZE}`);
    expect(body.length).toBe(0);
    expect(seen.reads).toBe(0);
  });

  it('MED-2: where the content cannot be read the connection breaks off, what was before it arrived, and the cause is known by then', async () => {
    const { seen, port } = await playing(5 * MIB);
    const asked = ask(port, 1);
    await stalled(seen);
    const { head, body } = await asked.all();
    expect(head).toMatch(/^HTTP\/1.1 200 /);
    expect(body.length).toBe(5 * MIB);
    expect(body.equals(blocks(1, 0, Buffer.alloc(5 * MIB)))).toBe(true);
    expect(seen).toMatchObject({ rests: 1, troubles: ['content_damaged'] });
  });

  it('PLY-1: the licence’s end breaks it off too, without a trouble', async () => {
    const { seen, port } = await playing();
    const asked = ask(port, 1);
    await stalled(seen);
    seen.may = false;
    const { body } = await asked.all();
    expect(body.length).toBeLessThan(SIZE);
    expect(body.equals(blocks(1, 0, Buffer.alloc(body.length)))).toBe(true);
    expect(seen.troubles).toEqual([]);
  });

  it('PLY-1: a piece is used again once it is freed, and not before, whatever its reader said', async () => {
    const pool = new PiecePool();
    const kept: { readonly piece: Uint8Array; readonly copy: Buffer; readonly free: () => void }[] = [];
    const content = {
      read: async (at: number, into: Uint8Array) => ok(blocks(3, at, into as Buffer).length),
    };
    const wanted = { content, start: 0, end: 6 * MIB - 1, mayServe: async () => true };
    const keeping = async (piece: Uint8Array, free: () => void): Promise<boolean> => {
      kept.push({ piece, copy: Buffer.from(piece), free });
      return kept.length < 5;
    };
    expect(await sendPieces(wanted, { send: keeping }, pool)).toBe('gone');
    expect(await sendPieces({ ...wanted, start: MIB }, { send: keeping }, pool)).toBe('gone');
    expect(kept.every(({ piece, copy }) => copy.equals(piece))).toBe(true);
    const freed = kept.slice(0, 2).map(({ piece, free }) => {
      free();
      return piece.buffer;
    });
    const took = [pool.take(), pool.take(), pool.take()].map(({ buffer }) => buffer);
    expect(new Set(took).size).toBe(3);
    for (const buffer of freed) expect(took).toContain(buffer);
  });
});
