import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { siteCalendarSchema } from '#shared/domain/site.ts';
import { parseTariff } from '#shared/domain/tariff.ts';
import { assert } from '#shared/kernel/assert.ts';
import { fault, ok, type Result } from '#shared/kernel/result.ts';
import { historySchema } from '#shared/media/history.ts';
import { journalEntrySchema } from '#shared/media/journal.ts';
import { licenceSchema } from '#shared/media/licence.ts';
import { mediumIdentitySchema } from '#shared/media/medium-identity.ts';
import { playerKeySchema } from '#shared/media/player-key.ts';
import { receiptSchema } from '#shared/media/receipt.ts';
import { recommendationsSchema } from '#shared/media/recommendations.ts';
import { stateRecordSchema } from '#shared/media/state-record.ts';
import * as api from '#shared/protocol/terminal-api.ts';
import { CALENDAR, TARIFF } from '#test/contract/hub-harness.ts';
import { fuzz } from './campaign.ts';

import { expectSaid, expectSameAgain, refusal } from './oracle.ts';
import { samplesOf } from './samples.ts';
import { spliceable, spliceDocument } from './splice.ts';

/** Executions of each pure parser, and of each body of the terminals' API. */
const RUNS = 200_000;
const BODY_RUNS = 20_000;
const schemasIn = (room: object): [string, z.ZodType][] =>
  Object.entries(room).filter((entry): entry is [string, z.ZodType] => entry[1] instanceof z.ZodType);

type Read = (value: unknown) => Result<unknown, { code: string; message: string }>;
const reading =
  (schema: z.ZodType): Read =>
  (value) => {
    const parsed = schema.safeParse(value);
    return parsed.success
      ? ok(parsed.data)
      : fault('malformed', parsed.error.issues[0]?.message.slice(0, 200) ?? '');
  };

/** One shape against documents near its own: nothing added, nothing coerced, the same again, small refusals. */
async function fuzzShape(name: string, read: Read, samples: readonly unknown[], runs = RUNS): Promise<void> {
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
  expect(executions).toBeGreaterThanOrEqual(runs);
}

describe('questions between terminal and hub', () => {
  it.each(schemasIn(api))('PR-21 SEC-8: %s of any shape is read truly or refused', async (name, schema) => {
    const samples =
      name === 'bundle' || name === 'catalogueTitle' ? withTariff(name) : samplesOf(schema, name);
    await fuzzShape(`api ${name}`, reading(schema), samples, BODY_RUNS);
  });
});

const TARIFF_SAMPLE = { ...TARIFF, tariffId: '0199d0c8-1c00-7000-8000-000000000001', version: 3 };
const CUTOFF = { ...TARIFF_SAMPLE, mode: { kind: 'cutoff', at: '20:30', days: 2, furtherDays: 1 } };

describe('facts that are frozen into rentals', () => {
  it('CHG-4 SEC-8: a tariff is read whole or refused, never completed', () =>
    fuzzShape('tariff', parseTariff, [TARIFF_SAMPLE, CUTOFF]));

  it('CHG-3 SEC-8: a calendar is read whole or refused, never completed', () => {
    const closures = [{ from: '2026-12-24', to: '2026-12-26' }];
    return fuzzShape('calendar', reading(siteCalendarSchema), [CALENDAR, { ...CALENDAR, closures }]);
  });
});

const PAYLOADS = {
  'medium identity': mediumIdentitySchema,
  licence: licenceSchema,
  'state record': stateRecordSchema,
  'journal entry': journalEntrySchema,
  receipt: receiptSchema,
  'player key': playerKeySchema,
  recommendations: recommendationsSchema,
  history: historySchema,
} as const satisfies Record<string, z.ZodType>;

describe('what documents of the medium say', () => {
  it.each(Object.entries(PAYLOADS))(
    'MS-3 SEC-8: a %s of any shape is read truly or refused',
    (name, schema) => fuzzShape(`payload ${name}`, reading(schema), samplesOf(schema, name)),
  );
});

/** The catalogue carries tariffs, whose rules between fields no JSON Schema tells. */
function withTariff(name: 'bundle' | 'catalogueTitle'): readonly unknown[] {
  const node = api.catalogueTitle.omit({ tariff: true });
  const titles = samplesOf(node, name).map((title) => ({ ...(title as object), tariff: TARIFF_SAMPLE }));
  if (name === 'catalogueTitle') return titles;
  const site = { siteId: TARIFF_SAMPLE.tariffId, name: 'Shop', calendar: CALENDAR };
  const rest = samplesOf(api.bundle.omit({ titles: true, site: true }), name);
  const made = rest.map((each) => ({ ...(each as object), titles: titles.slice(0, 2), site }));
  assert(api.bundle.safeParse(made[0]).success, 'a whole bundle');
  return made;
}
