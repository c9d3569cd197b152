import type { OpenContent } from '#shared/media/container/content-reader.ts';
import { CHUNK_BYTES } from '#shared/media/layout.ts';

/** What is read and decrypted at once: whole chunks of the container, so that no chunk is decrypted twice. */
const PIECE_BYTES = 16 * CHUNK_BYTES;
/** Two readers have two each; what more of them needed at a time is left to the collector. */
const MOST_IDLE = 4;

/** Where the pieces of an answer go. */
export interface Outlet {
  /**
   * True once the piece has arrived and more is wanted; false: whoever asked has gone. `free` is called once nobody reads the piece any more, which may be after
   * that, and never where nobody can say.
   */
  send(piece: Uint8Array, free: () => void): Promise<boolean>;
}

/** Buffers for pieces, used again and again: new ones would come back with a collection of garbage only, one for each 50 MiB that is shown, over all that the process holds. */
export class PiecePool {
  readonly #idle: Buffer[] = [];

  /** With whatever its last user left there. */
  take(): Buffer {
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES);
  }

  /** Of a piece that nobody reads or writes any more. */
  give(piece: Buffer): void {
    if (this.#idle.length < MOST_IDLE) this.#idle.push(piece);
  }
}

export interface PiecesWanted {
  readonly content: Pick<OpenContent, 'read'>;
  /** First and last byte. */
  readonly start: number;
  readonly end: number;
  /** Asked before each piece is read. */
  readonly mayServe: () => Promise<boolean>;
}

/** `gone`: whoever asked wants no more. `over`: it may not be served any more. Anything else is why the content cannot be read. */
export type PiecesSent = 'sent' | 'gone' | 'over' | { readonly unreadable: string };

/**
 * Sends a part of the content, piece by piece: one is read and decrypted while the one before is on its way. The first is one chunk only, so that who leaps
 * to a place sees it soon.
 */
export async function sendPieces(wanted: PiecesWanted, outlet: Outlet, pool: PiecePool): Promise<PiecesSent> {
  const { content, start, end, mayServe } = wanted;
  let before = Promise.resolve(true);
  for (let at = start; at <= end; ) {
    if (!(await mayServe())) return (await before) ? 'over' : 'gone';
    const whole = at === start ? CHUNK_BYTES : PIECE_BYTES;
    const length = Math.min(whole - (at % whole), end - at + 1);
    const buffer = pool.take();
    const piece = buffer.subarray(0, length);
    const read = await content.read(at, piece);
    const arrived = await before;
    // Not a byte of a damaged chunk goes out (MED-2).
    const unreadable = read.ok ? (read.value === length ? null : 'content_truncated') : read.error.code;
    if (!arrived || unreadable !== null) {
      pool.give(buffer);
      return arrived ? { unreadable: unreadable ?? '' } : 'gone';
    }
    at += length;
    before = outlet.send(piece, () => pool.give(buffer));
  }
  return (await before) ? 'sent' : 'gone';
}
