import { describe, expect, it } from 'vitest';
import { parseRange } from './range.ts';

const ETAG = '"abc"';

describe('ranges', () => {
  it.each([
    [undefined, { kind: 'whole' }],
    ['bytes=0-0', { kind: 'part', from: 0, until: 1 }],
    ['bytes=10-', { kind: 'part', from: 10, until: 100 }],
    ['bytes=10-999', { kind: 'part', from: 10, until: 100 }],
    ['bytes=-5', { kind: 'part', from: 95, until: 100 }],
    ['bytes=-500', { kind: 'part', from: 0, until: 100 }],
    ['bytes=-0', { kind: 'unsatisfiable' }],
    ['bytes=100-', { kind: 'unsatisfiable' }],
    ['bytes=9-3', { kind: 'whole' }],
    ['bytes=0-1,5-6', { kind: 'whole' }],
    ['bytes=-', { kind: 'whole' }],
    ['chunks=0-1', { kind: 'whole' }],
    ['bytes=99999999999999999999-', { kind: 'whole' }],
  ])('CNT-1: Range %s of 100 bytes', (header, answer) => {
    expect(parseRange(header, undefined, ETAG, 100)).toEqual(answer);
  });

  it('CNT-1: a transfer is resumed only where the content is still the same', () => {
    expect(parseRange('bytes=10-', ETAG, ETAG, 100)).toEqual({ kind: 'part', from: 10, until: 100 });
    expect(parseRange('bytes=10-', '"other"', ETAG, 100)).toEqual({ kind: 'whole' });
  });
});
