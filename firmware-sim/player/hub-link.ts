import { z } from 'zod';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';

/** The player's way to the hub when it has a network (SEC-6): documents signed on both sides; what comes back is believed for its signature. */
export interface PlayerHub {
  report(documents: {
    readonly playerKey: string;
    readonly report: string;
  }): Promise<Result<string, Fault<'hub_away' | 'hub_refused'>>>;
}

const MAX_CHARS = 16_384;
const PATIENCE = milliseconds(10_000);
const answerSchema = z.object({ answer: z.string().max(MAX_CHARS) });

/** Over HTTP(S) at the hub's public address, as customers reach it. */
export function httpPlayerHub(address: string, clock: Pick<Clock, 'after'>): PlayerHub {
  const url = `${address.replace(/\/+$/, '')}/player/v1/report`;
  return {
    report: async (documents) => {
      const patience = new AbortController();
      const cancel = clock.after(PATIENCE, () => patience.abort());
      try {
        const answer = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(documents),
          redirect: 'error',
          signal: patience.signal,
        });
        const text = await answer.text();
        if (!answer.ok) return fault('hub_refused', `the hub answered ${answer.status}`);
        const read = answerSchema.safeParse(JSON.parse(text.slice(0, 2 * MAX_CHARS)));
        return read.success ? ok(read.data.answer) : fault('hub_refused', 'another shape');
      } catch {
        return fault('hub_away', 'the hub does not answer');
      } finally {
        cancel();
      }
    },
  };
}
