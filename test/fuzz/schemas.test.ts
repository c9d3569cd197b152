import { describe, it } from 'vitest';
import { z } from 'zod';
import { siteCalendarSchema } from '#shared/domain/site.ts';
import { parseTariff } from '#shared/domain/tariff.ts';
import { assert } from '#shared/kernel/assert.ts';
import * as api from '#shared/protocol/terminal-api.ts';
import { CALENDAR, TARIFF } from '#test/contract/hub-harness.ts';

import { samplesOf } from './samples.ts';
import { BODY_RUNS, fuzzShape, reading } from './shape.ts';

const schemasIn = (room: object): [string, z.ZodType][] =>
  Object.entries(room).filter((entry): entry is [string, z.ZodType] => entry[1] instanceof z.ZodType);

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
