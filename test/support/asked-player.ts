import { Writable } from 'node:stream';
import type { Answer } from '#firmware-sim/player/answer.ts';
import type { PlayerApp } from '#firmware-sim/player/http.ts';

/** A player's server, asked without sockets. */
export interface AskedPlayer {
  request(path: string, init?: RequestInit): Promise<Response>;
}

/** Asks as a page does. Content, which the server writes to its listener's answer, comes as a Response as well: whole, or broken off where it broke. */
export const askedPlayer = (app: PlayerApp): AskedPlayer => ({
  request: async (path, init) => {
    const outgoing = new WrittenAnswer();
    const answer = await app.request(path, init, { outgoing: outgoing as unknown as Answer });
    return outgoing.head === null ? answer : outgoing.response(outgoing.head);
  },
});

/** What Node's answer is to a server, in memory: it keeps a copy of what is written, as the kernel does. */
class WrittenAnswer extends Writable {
  readonly #pieces: Buffer[] = [];
  head: { readonly status: number; readonly headers: Record<string, string> } | null = null;

  writeHead(status: number, headers: Record<string, string>): this {
    this.head = { status, headers };
    return this;
  }
  /** Nothing of it waits anywhere: the head is there as soon as it is written. */
  flushHeaders(): void {}
  override _write(piece: Buffer, _encoding: string, done: () => void): void {
    this.#pieces.push(Buffer.from(piece));
    done();
  }

  response(head: { readonly status: number; readonly headers: Record<string, string> }): Response {
    const pieces = [...this.#pieces];
    const broken = !this.writableEnded;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const piece = pieces.shift();
        if (piece !== undefined) controller.enqueue(piece);
        else if (broken) controller.error(new Error('the answer broke off'));
        else controller.close();
      },
    });
    return new Response(body, head);
  }
}
