import { expect, test } from 'vitest';
import { tariffSchema } from '#shared/domain/tariff.ts';
import { aCutoff, aTariff } from '#shared/domain/testing/builders.ts';
import { canPreview, contentOf, draftOf, emptyDraft, previewOf } from './tariff-draft.ts';

const full = aTariff({
  cap: 1900,
  keep: { price: 2400, afterLate: { unit: 'days', count: 14 } },
  startWithinDays: 30,
  finishWithinHours: 48,
  taxBasisPoints: 1950,
});

test('CHG-4: a tariff opened in the form and saved untouched has the same content', () => {
  for (const tariff of [aTariff(), full, aCutoff('21:00', 2), aTariff({ currency: 'JPY' })]) {
    const { tariffId: _id, version: _version, ...content } = tariff;
    expect(contentOf(draftOf(tariff))).toEqual(content);
    expect(tariffSchema.safeParse(previewOf(draftOf(tariff))).success).toBe(true);
  }
});

test('CHG-4: what cannot be read is refused by the tariff’s schema, never taken for empty or zero', () => {
  const wrong = [
    { firstPrice: '4,5,0' },
    { cap: 'x' },
    { keep: '1.999' },
    { startWithinDays: 'soon' },
    { taxPercent: '' },
    { graceMinutes: '-1' },
  ];
  for (const change of wrong)
    expect(tariffSchema.safeParse(previewOf({ ...draftOf(full), ...change })).success).toBe(false);
});

test('CHG-3: a preview waits until the prices are typed', () => {
  expect(canPreview(emptyDraft('EUR'))).toBe(false);
  expect(canPreview(draftOf(full))).toBe(true);
});
