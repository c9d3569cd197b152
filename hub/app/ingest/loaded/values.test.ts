import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normalised } from './values.ts';

const LEAF = fc.oneof(
  fc.string(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, undefined, -0, Number.NaN, new Date(0)),
);
const VALUE = fc.letrec((again) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    LEAF,
    fc.array(again('value')),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'toString')), again('value')),
  ),
})).value;

test('SYN-2: a changed row reads as it would after the database wrote it', () => {
  fc.assert(
    fc.property(fc.array(VALUE), (value) => {
      expect(normalised({ value })).toStrictEqual({ value: JSON.parse(JSON.stringify(value)) });
    }),
    { seed: 7, numRuns: 60 },
  );
});

test('SYN-2: what was copied once is not copied again, and a later change of the original does not reach it', () => {
  const inner = { lines: [1, 2] };
  const first = normalised({ value: { inner } });
  const second = normalised({ value: { kept: first?.value, more: 1 } });
  inner.lines.push(3);
  expect(second).toEqual({ value: { kept: { inner: { lines: [1, 2] } }, more: 1 } });
  expect(second?.value.kept).toBe(first?.value);
});
