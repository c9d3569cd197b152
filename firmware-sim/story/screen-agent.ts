import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';

/**
 * A customer without eyes: sees the same snapshots as a terminal's page, sends the same intents, over the same local address. So
 * the story goes exactly the way that a finger on the screen goes.
 */
export class ScreenAgent<Snapshot extends { readonly view: { readonly screen: string } }, Intent> {
  readonly #address: string;
  readonly #name: string;
  readonly #clock: Pick<Clock, 'after'>;

  constructor(name: string, address: string, clock: Pick<Clock, 'after'> = systemClock) {
    this.#clock = clock;
    this.#name = name;
    this.#address = address;
  }

  async snapshot(): Promise<Snapshot> {
    const answer = await fetch(`${this.#address}/session`);
    if (!answer.ok) throw new Error(`${this.#name}: GET /session answered ${answer.status}`);
    return (await answer.json()) as Snapshot;
  }

  async send(intent: Intent): Promise<void> {
    const answer = await fetch(`${this.#address}/session/intents`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Origin: this.#address },
      body: JSON.stringify(intent),
    });
    if (!answer.ok)
      throw new Error(`${this.#name}: ${JSON.stringify(intent)} was refused: ${await answer.text()}`);
  }

  /**
   * Reads the session's live events until `wanted` answers something other than null, and answers that. Ends with an error that
   * names the screen it stands on after `seconds` without progress of any kind.
   */
  async until<T>(what: string, seconds: number, wanted: (snapshot: Snapshot) => T | null): Promise<T> {
    const gone = new AbortController();
    let last: Snapshot | null = null;
    let cancel = this.#clock.after(milliseconds(seconds * 1000), () => gone.abort());
    try {
      const answer = await fetch(`${this.#address}/session/events`, { signal: gone.signal });
      if (!answer.ok || answer.body === null)
        throw new Error(`${this.#name}: no live events (${answer.status})`);
      for await (const text of serverSentData(answer.body)) {
        const snapshot = JSON.parse(text) as Snapshot;
        const found = wanted(snapshot);
        if (found !== null) return found;
        if (JSON.stringify(snapshot) !== JSON.stringify(last)) {
          cancel();
          cancel = this.#clock.after(milliseconds(seconds * 1000), () => gone.abort());
        }
        last = snapshot;
      }
      throw new Error(`${this.#name}: the live events ended while waiting for ${what}`);
    } catch (error) {
      if (!gone.signal.aborted) throw error;
      throw new Error(
        `${this.#name}: waited ${seconds} s for ${what}; it shows ${JSON.stringify(last)?.slice(0, 1500)}`,
      );
    } finally {
      cancel();
      gone.abort();
    }
  }
}

async function* serverSentData(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body as unknown as AsyncIterable<Uint8Array>) {
    rest += decoder.decode(piece, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = block
        .split('\n')
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5).trimStart())
        .join('\n');
      if (data !== '') yield data;
    }
  }
}
