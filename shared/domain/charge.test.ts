import { describe, expect, test } from 'vitest';
import { money } from '#shared/kernel/money.ts';
import { chargeCurve, computeCharge, dueAt, keepAt, nextStep } from './charge.ts';
import { parseTariff } from './tariff.ts';
import { aCharge, aCutoff, aSite, aTariff, at, CLOSED_ON_SUNDAY, theTerms } from './testing/builders.ts';

const priceOf = (input: Parameters<typeof computeCharge>[0]): number => {
  const charge = computeCharge(input);
  if (!charge.ok) throw new Error(charge.error.code);
  return charge.value.total.minor;
};
const value = <T>(result: { ok: true; value: T } | { ok: false; error: { code: string } }): T => {
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
};

// 20 November 2026 is a Friday; Berlin is at +01:00.
const FRIDAY = at('2026-11-20T18:00:00+01:00');

describe('CHG-3: the worked example, 48 h for 400, then 150 a day, grace 60 min, from Friday 18:00:00', () => {
  test.each([
    ['at once', '2026-11-20T18:00:00+01:00', 400],
    ['Sunday 18:00:00, exactly due', '2026-11-22T18:00:00+01:00', 400],
    ['Sunday 19:00:00, the last second of grace', '2026-11-22T19:00:00+01:00', 400],
    ['Sunday 19:00:00.999, still that second', '2026-11-22T19:00:00.999+01:00', 400],
    ['Sunday 19:00:01', '2026-11-22T19:00:01+01:00', 550],
    ['Monday 18:00:00, the end of the first late day', '2026-11-23T18:00:00+01:00', 550],
    ['Monday 18:30, grace is not given twice', '2026-11-23T18:30:00+01:00', 700],
  ])('CHG-3: returned %s', (_name, stop, total) => {
    expect(priceOf(aCharge({ start: FRIDAY, stop: at(stop) }))).toBe(total);
  });
});

describe('CHG-3: closed time', () => {
  const sundayClosed = { weekly: CLOSED_ON_SUNDAY };
  const due20 = at('2026-11-19T20:00:00+01:00');
  test.each([
    [
      'due Saturday 20:00, Sunday closed, returned Sunday 14:00: one late unit',
      '2026-11-22T14:00:00+01:00',
      550,
    ],
    ['Monday 20:00: Sunday does not count, still one', '2026-11-23T20:00:00+01:00', 550],
    ['Monday 20:00:01: two', '2026-11-23T20:00:01+01:00', 700],
  ])('CHG-3: %s', (_name, stop, total) => {
    expect(priceOf(aCharge({ terms: theTerms({}, sundayClosed), start: due20, stop: at(stop) }))).toBe(total);
  });

  test('CHG-3: closed time is taken out before grace, so that grace runs on after a closed day', () => {
    const terms = theTerms({}, sundayClosed);
    const start = at('2026-11-19T23:30:00+01:00');
    expect(priceOf(aCharge({ terms, start, stop: at('2026-11-23T00:30:00+01:00') }))).toBe(400);
    expect(priceOf(aCharge({ terms, start, stop: at('2026-11-23T00:30:01+01:00') }))).toBe(550);
  });

  test('CHG-3: a due moment in closed time moves to the end of the next open day', () => {
    const saturdayOff = { weekly: CLOSED_ON_SUNDAY, closures: [{ from: '2026-11-23', to: '2026-11-23' }] };
    const end = value(dueAt(theTerms({}, saturdayOff), FRIDAY));
    expect(end).toBe(at('2026-11-25T00:00:00+01:00'));
    const closesAt = { closesAt: '20:00' };
    const weekly = [closesAt, closesAt, closesAt, closesAt, closesAt, closesAt, null];
    expect(value(dueAt(theTerms({}, { weekly }), FRIDAY))).toBe(at('2026-11-23T20:00:00+01:00'));
    const cutoff = { tariff: aCutoff('21:00', 2), site: aSite({ weekly }) };
    expect(value(dueAt(cutoff, FRIDAY))).toBe(at('2026-11-23T20:00:00+01:00'));
  });

  test('CHG-3: closed time before due changes nothing', () => {
    const closures = [{ from: '2026-11-21', to: '2026-11-21' }];
    const input = aCharge({ start: FRIDAY, stop: at('2026-11-22T19:00:01+01:00') });
    expect(priceOf({ ...input, terms: theTerms({}, { closures }) })).toBe(550);
  });

  test('CHG-3: each run of late units between closed days is a line, and the lines add up', () => {
    const terms = theTerms({}, sundayClosed);
    const charge = value(
      computeCharge(aCharge({ terms, start: due20, stop: at('2026-11-24T21:00:00+01:00') })),
    );
    expect(charge.lines.map((line) => [line.kind, line.units, line.amountMinor])).toEqual([
      ['first', 1, 400],
      ['further', 1, 150],
      ['further', 2, 300],
    ]);
    expect(charge.lines[2]?.from).toBe(at('2026-11-23T20:00:00+01:00'));
    expect(charge).toMatchObject({ closedSeconds: 86_400, lateSeconds: 49 * 3600, lateUnits: 3 });
  });

  test('CHG-3: a site that is never open again is a fault, not a price', () => {
    const terms = theTerms({}, { closures: [{ from: '2026-11-01', to: '2036-01-01' }] });
    const charge = computeCharge(aCharge({ terms, start: FRIDAY, stop: FRIDAY }));
    expect(charge).toMatchObject({ ok: false, error: { code: 'site_never_open' } });
  });
});

describe('CHG-3: order of cap, discounts, coupons, keep', () => {
  const twentyPerCent = [{ discountId: 'd', label: 'Autumn', basisPoints: 2000 }];
  const coupon = (minor: number) => [{ couponId: 'c', label: 'Coupon', amount: money(minor, 'EUR') }];
  const later = at('2026-11-26T18:30:00+01:00'); // five late units: 400 + 750

  test('CHG-3: 1,000 less 20 %, less coupon 100, is 700', () => {
    const input = aCharge({ start: FRIDAY, stop: FRIDAY, terms: theTerms({ firstPrice: 1000 }) });
    expect(priceOf({ ...input, discounts: twentyPerCent, coupons: coupon(100) })).toBe(700);
  });
  test('CHG-3: the cap covers first and late units together and comes before discounts', () => {
    const terms = theTerms({ cap: 1000 });
    expect(priceOf(aCharge({ start: FRIDAY, stop: later, terms }))).toBe(1000);
    expect(priceOf(aCharge({ start: FRIDAY, stop: later, terms, discounts: twentyPerCent }))).toBe(800);
  });
  test.each([
    [549, 549],
    [550, 550],
    [551, 550],
  ])('CHG-3: a cap of %i makes 550 cost %i', (cap, total) => {
    const stop = at('2026-11-22T20:00:00+01:00');
    expect(priceOf(aCharge({ start: FRIDAY, stop, terms: theTerms({ cap }) }))).toBe(total);
  });
  test('CHG-3: a coupon never takes the price below 0', () => {
    expect(priceOf(aCharge({ start: FRIDAY, stop: FRIDAY, coupons: coupon(5000) }))).toBe(0);
  });
  test('CHG-3: at the keep limit the keep price replaces the whole total, undiscounted and above the cap', () => {
    const terms = theTerms({ cap: 1000, keep: { price: 2500, afterLate: { unit: 'days', count: 7 } } });
    const limit = at('2026-11-29T18:00:00+01:00');
    expect(value(keepAt(terms, FRIDAY))).toBe(limit);
    const input = aCharge({
      start: FRIDAY,
      stop: limit,
      terms,
      discounts: twentyPerCent,
      coupons: coupon(100),
    });
    expect(priceOf(input)).toBe(2500);
    expect(priceOf({ ...input, stop: at('2026-11-29T17:59:59+01:00') })).toBe(700);
    expect(priceOf({ ...input, stop: at('2027-11-29T17:59:59+01:00') })).toBe(2500);
  });
  test('CHG-3: the keep limit counts open time', () => {
    const keep = { price: 2500, afterLate: { unit: 'days' as const, count: 2 } };
    const terms = theTerms({ keep }, { weekly: CLOSED_ON_SUNDAY });
    expect(value(keepAt(terms, at('2026-11-19T20:00:00+01:00')))).toBe(at('2026-11-24T20:00:00+01:00'));
  });
  test('RNT-7: a lost medium costs the meter up to the report and the fee, undiscounted', () => {
    const terms = theTerms({ lostFee: 900 });
    const input = aCharge({ start: FRIDAY, stop: FRIDAY, terms, discounts: twentyPerCent });
    expect(priceOf({ ...input, ending: 'lost' })).toBe(320 + 900);
  });
});

describe('CHG-2: cutoff', () => {
  const terms = { tariff: aCutoff('21:00', 1), site: aSite() };
  test.each([
    ['due at 21:00 of the next day', '2026-11-21T21:00:00+01:00', 400],
    ['last second of grace', '2026-11-21T22:00:00+01:00', 400],
    ['after grace', '2026-11-21T22:00:01+01:00', 550],
    ['next cutoff is the end of the first late day', '2026-11-22T21:00:00+01:00', 550],
    ['one second later', '2026-11-22T21:00:01+01:00', 700],
  ])('CHG-2: %s', (_name, stop, total) => {
    expect(priceOf(aCharge({ terms, start: FRIDAY, stop: at(stop) }))).toBe(total);
  });
});

describe('CHG-2, CHG-5: clock changes', () => {
  const cases: [string, string, string, number, string, string][] = [
    [
      'Berlin, spring, skipped hour: the first instant after',
      'Europe/Berlin',
      '02:30',
      1,
      '2026-03-28T12:00:00+01:00',
      '2026-03-29T03:00:00+02:00',
    ],
    [
      'Berlin, autumn, repeated hour: the later instant',
      'Europe/Berlin',
      '02:30',
      1,
      '2026-10-24T12:00:00+02:00',
      '2026-10-25T02:30:00+01:00',
    ],
    [
      'Berlin, spring, a day of 23 hours',
      'Europe/Berlin',
      '21:00',
      1,
      '2026-03-28T21:00:00+01:00',
      '2026-03-29T21:00:00+02:00',
    ],
    [
      'Sydney, October, skipped hour',
      'Australia/Sydney',
      '02:30',
      1,
      '2026-10-03T12:00:00+10:00',
      '2026-10-04T03:00:00+11:00',
    ],
    [
      'Sydney, April, repeated hour',
      'Australia/Sydney',
      '02:30',
      1,
      '2026-04-04T12:00:00+11:00',
      '2026-04-05T02:30:00+10:00',
    ],
    [
      'Lord Howe, October, half an hour skipped',
      'Australia/Lord_Howe',
      '02:15',
      1,
      '2026-10-03T12:00:00+10:30',
      '2026-10-04T02:30:00+11:00',
    ],
    [
      'Lord Howe, April, half an hour repeated',
      'Australia/Lord_Howe',
      '01:45',
      1,
      '2026-04-04T12:00:00+11:00',
      '2026-04-05T01:45:00+10:30',
    ],
    [
      'Berlin, autumn, from the first minutes of a day of 25 hours',
      'Europe/Berlin',
      '21:00',
      1,
      '2026-10-25T00:10:00+02:00',
      '2026-10-26T21:00:00+01:00',
    ],
    [
      'Tokyo, no change at all',
      'Asia/Tokyo',
      '21:00',
      2,
      '2026-03-28T23:59:59+09:00',
      '2026-03-30T21:00:00+09:00',
    ],
    [
      'Santiago, midnight skipped',
      'America/Santiago',
      '00:30',
      1,
      '2026-09-05T12:00:00-04:00',
      '2026-09-06T01:00:00-03:00',
    ],
  ];
  test.each(cases)('CHG-2: %s', (_name, zone, wall, days, start, due) => {
    const terms = { tariff: aCutoff(wall, days), site: aSite({ zone }) };
    expect(value(dueAt(terms, at(start)))).toBe(at(due));
  });
  test('CHG-5: under elapsed a stopwatch runs: 48 hours across a clock change are 48 hours', () => {
    expect(value(dueAt(theTerms(), at('2026-03-28T18:00:00+01:00')))).toBe(at('2026-03-30T19:00:00+02:00'));
  });
  test('CHG-5: a further day of a cutoff tariff is a calendar day, also one of 25 hours', () => {
    const input = aCharge({
      terms: { tariff: aCutoff('21:00', 1), site: aSite() },
      start: at('2026-10-23T12:00:00+02:00'),
      stop: at('2026-10-25T21:00:00+01:00'),
    });
    expect(priceOf(input)).toBe(550);
    expect(priceOf({ ...input, stop: at('2026-10-25T21:00:01+01:00') })).toBe(700);
  });
  test('CHG-3: a closed day of 23 hours takes out 23 hours', () => {
    const terms = theTerms({}, { weekly: CLOSED_ON_SUNDAY });
    const start = at('2026-03-26T20:00:00+01:00');
    const charge = value(computeCharge(aCharge({ terms, start, stop: at('2026-03-30T20:00:00+02:00') })));
    expect(charge).toMatchObject({ closedSeconds: 23 * 3600, lateSeconds: 24 * 3600, lateUnits: 1 });
  });
});

describe('CHG-4, CHG-5: facts that must be there', () => {
  test('CHG-4: a missing tariff or a missing rate is an error, never a price of 0', () => {
    expect(parseTariff(null)).toMatchObject({ ok: false, error: { code: 'tariff_missing' } });
    const { furtherPrice: _gone, ...without } = aTariff();
    expect(parseTariff(without)).toMatchObject({ ok: false, error: { code: 'tariff_invalid' } });
    expect(parseTariff({ ...aTariff(), cap: 399 })).toMatchObject({ error: { code: 'tariff_invalid' } });
    expect(parseTariff({ ...aTariff(), surprise: 1 })).toMatchObject({ error: { code: 'tariff_invalid' } });
    expect(parseTariff(JSON.parse(JSON.stringify(aTariff())))).toEqual({ ok: true, value: aTariff() });
  });
  test('CHG-5: tax is extracted once from the final price, half up', () => {
    const charge = value(computeCharge(aCharge({ start: FRIDAY, stop: FRIDAY })));
    expect([charge.total.minor, charge.tax.minor, charge.net.minor]).toEqual([400, 64, 336]);
  });
  test('CHG-5: a half is rounded up in the price', () => {
    const discounts = [{ discountId: 'd', label: 'Half', basisPoints: 5000 }];
    expect(
      priceOf(aCharge({ terms: theTerms({ firstPrice: 999 }), start: FRIDAY, stop: FRIDAY, discounts })),
    ).toBe(500);
  });
  test.each([
    ['charge_stop_before_start', { stop: at('2026-11-20T17:59:59+01:00') }],
    ['charge_out_of_range', { stop: at('2056-11-20T17:59:59+01:00') }],
    ['charge_currency_mismatch', { coupons: [{ couponId: 'c', label: 'c', amount: money(1, 'JPY') }] }],
    ['charge_currency_mismatch', { terms: theTerms({ currency: 'JPY' }) }],
    ['charge_reduction_invalid', { discounts: [{ discountId: 'd', label: 'd', basisPoints: 10_001 }] }],
    ['charge_reduction_invalid', { coupons: [{ couponId: 'c', label: 'c', amount: money(-1, 'EUR') }] }],
  ])('CHG-5: %s is a fault', (code, change) => {
    const charge = computeCharge(aCharge({ start: FRIDAY, stop: FRIDAY, ...change }));
    expect(charge).toMatchObject({ ok: false, error: { code } });
  });
});

describe('SCR-2: what screens show of the price to come', () => {
  const terms = theTerms({ cap: 1000, keep: { price: 2500, afterLate: { unit: 'days', count: 7 } } });
  const base = { terms, start: FRIDAY, discounts: [], coupons: [] };
  test('CHG-3: the curve tells the price by the end of each of the next days', () => {
    const curve = value(chargeCurve({ ...base, from: FRIDAY, days: 11 }));
    expect(curve.map((point) => point.total.minor)).toEqual([
      400, 400, 550, 700, 850, 1000, 1000, 1000, 1000, 2500, 2500,
    ]);
    expect(curve[0]).toMatchObject({
      date: '2026-11-20',
      until: at('2026-11-20T23:59:59+01:00'),
      kept: false,
    });
    expect(curve[9]).toMatchObject({ date: '2026-11-29', kept: true });
  });
  test('CHG-3: the next step names the last second of the present price', () => {
    const step = (stop: string) => value(nextStep(aCharge({ terms, start: FRIDAY, stop: at(stop) })));
    expect(step('2026-11-20T18:00:00+01:00')).toEqual({
      lastMoment: at('2026-11-22T19:00:00+01:00'),
      total: money(550, 'EUR'),
    });
    expect(step('2026-11-23T18:00:00+01:00')).toEqual({
      lastMoment: at('2026-11-23T18:00:00+01:00'),
      total: money(700, 'EUR'),
    });
    expect(step('2026-11-27T18:00:00+01:00')).toEqual({
      lastMoment: at('2026-11-29T17:59:59+01:00'),
      total: money(2500, 'EUR'),
    });
    expect(step('2026-11-30T18:00:00+01:00')).toBeNull();
  });
});
