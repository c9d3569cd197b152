import type { z } from 'zod';
import { assert } from '#shared/kernel/assert.ts';
import { fault, ok, type Result } from '#shared/kernel/result.ts';
import { fuzz } from './campaign.ts';
import { expectSaid, expectSameAgain, refusal } from './oracle.ts';
import { spliceable, spliceDocument } from './splice.ts';

/** Executions of each pure parser, and of each body of the terminals' API. */
export const RUNS = 200_000;
export const BODY_RUNS = 20_000;

export type Read = (value: unknown) => Result<unknown, { code: string; message: string }>;
export const reading =
  (schema: z.ZodType): Read =>
  (value) => {
    const parsed = schema.safeParse(value);
    return parsed.success
      ? ok(parsed.data)
      : fault('malformed', parsed.error.issues[0]?.message.slice(0, 200) ?? '');
  };

/** One shape against documents near its own: nothing added, nothing coerced, the same again, small refusals. */
export async function fuzzShape(
  name: string,
  read: Read,
  samples: readonly unknown[],
  runs = RUNS,
): Promise<void> {
  const prepared = samples.map(spliceable);
  const { executions } = await fuzz({
    name,
    runs,
    accepted: runs / 100,
    refused: runs / 20,
    input: (chance) => spliceDocument(chance, prepared),
    judge: (bytes) => {
      let sent: unknown;
      try {
        sent = JSON.parse(bytes.toString());
      } catch {
        return 'no_json';
      }
      const answer = read(sent);
      if (!answer.ok) return refusal(answer.error);
      // The one fact with a stated value where it is missing (an older terminal's request).
      expectSaid(
        answer.value,
        name === 'api enrolRequest' ? { hardwareSerial: '', ...(sent as object) } : sent,
      );
      expectSameAgain(answer.value, (text) => {
        const again = read(JSON.parse(text));
        assert(again.ok, 'what was accepted is accepted again');
        return again.value;
      });
      return 'accepted';
    },
  });
  assert(executions >= runs, `${name}: ${executions} inputs read`);
}
