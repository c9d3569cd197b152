import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { editionFits, kindOf } from './file-kind.ts';

const hex = (text: string): Buffer => Buffer.concat([Buffer.from(text, 'hex'), Buffer.alloc(64)]);
const codeOf = (type: string, head: Uint8Array): string => {
  const fits = editionFits(type, head);
  return fits.ok ? 'fits' : fits.error.code;
};

describe('SEC-8: what a file is', () => {
  test('SEC-8: the demo’s editions are what they say', () => {
    const types: Record<string, string> = {
      webm: 'video/webm',
      ogg: 'audio/ogg',
      html: 'text/html',
      webp: 'image/webp',
    };
    const folder = join(projectRoot(), 'firmware-sim/demo/catalogue/editions');
    for (const name of readdirSync(folder)) {
      const type = types[name.slice(name.lastIndexOf('.') + 1)] ?? '';
      expect([name, codeOf(type, readFileSync(join(folder, name)).subarray(0, 4096))]).toEqual([
        name,
        'fits',
      ]);
    }
  });

  test.each([
    ['a program as a film', 'video/mp4', hex('7f454c46')],
    ['a Windows program as text', 'text/plain', Buffer.from('MZ\x90\0')],
    ['a script as text', 'text/plain', Buffer.from('#!/bin/sh\nrm -rf /\n')],
    ['a zip as a film', 'video/webm', hex('504b0304')],
    ['a packed file as text', 'text/html', hex('1f8b08')],
    ['a page as a picture', 'image/png', Buffer.from('<html><script>alert(1)</script>')],
    ['a picture as a page', 'text/html', hex('89504e470d0a1a0a')],
    ['a film of another container', 'video/mp4', hex('1a45dfa3')],
    ['text with zeros', 'text/plain', Buffer.from('words\0words')],
    ['text that is no UTF-8', 'text/plain', Buffer.from([0x61, 0xff, 0xfe, 0x62])],
    ['nothing', 'text/plain', Buffer.alloc(0)],
  ])('SEC-8: %s is refused', (_name, type, head) => {
    expect(codeOf(type, head)).toBe('media_type_mismatch');
  });

  test.each([
    'image/svg+xml',
    'application/zip',
    'application/x-sh',
    'text/javascript',
    '__proto__',
    'constructor',
  ])('SEC-8: no edition is %s', (type) =>
    expect(codeOf(type, Buffer.from('text'))).toBe('media_type_unsupported'),
  );

  test('SEC-8: a character cut in two at the end of the head is still text', () => {
    const text = Buffer.from('字幕'.repeat(2000));
    for (const end of [4094, 4095, 4096]) expect(kindOf(text.subarray(0, end))).toBe('text');
  });

  test('SEC-8: bytes of any kind have a kind', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(kindOf(bytes)).toMatch(/^[a-z/-]+$/);
      }),
    );
  });
});
