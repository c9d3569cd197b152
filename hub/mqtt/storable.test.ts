import { expect, it } from 'vitest';
import { storableText } from './storable.ts';

const read = (json: string): unknown =>
  JSON.parse(Buffer.from(storableText(Buffer.from(json))).toString('utf8'));

it.each([
  ['"a\\u0000b"', 'a\ufffdb'],
  ['"\\u0000\\u0000"', '\ufffd\ufffd'],
  ['"\\ud800"', '\ufffd'],
  ['"\\udc00x"', '\ufffdx'],
  ['"\\ud83d\\ude00"', '😀'],
  ['"\\\\u0000"', '\\u0000'],
  ['"\\\\ud83d\\ude00"', '\\ud83d\ufffd'],
  ['"\\\\\\u0000"', '\\\ufffd'],
  ['"plain"', 'plain'],
])('SYN-3: %s becomes text that the database can store', (json, expected) => {
  expect(read(json)).toBe(expected);
});
