import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { cleanSubtitles } from './subtitles.ts';

const clean = (text: string): string => {
  const made = cleanSubtitles(Buffer.from(text));
  return made.ok ? Buffer.from(made.value).toString('utf8') : made.error.code;
};
const cue = (words: string): string => `WEBVTT\n\n00:01.000 --> 00:02.000\n${words}\n`;

describe('subtitles', () => {
  test('CNT-1: subtitles of the demo stay as they are', () => {
    for (const language of ['en', 'ja']) {
      const path = join(
        projectRoot(),
        `firmware-sim/demo/catalogue/subtitles/the-keepers-letter.${language}.vtt`,
      );
      const text = readFileSync(path, 'utf8');
      expect(clean(text).trim()).toBe(text.trim());
    }
  });

  test('CNT-1: times, settings, bold and italic stay; names of cues, line ends and a byte order mark do not matter', () => {
    expect(
      clean(
        '\ufeffWEBVTT - title\r\n\r\ncue 1\r\n00:00:01.000 --> 00:00:02.500 line:90% align:start\r\n<i>Hush</i>, <b>you</b> & me\r\n',
      ),
    ).toBe(
      'WEBVTT\n\n00:00:01.000 --> 00:00:02.500 line:90% align:start\n<i>Hush</i>, <b>you</b> &amp; me\n',
    );
  });

  test.each([
    ['a script', '<script>alert(1)</script>now', 'alert(1)now'],
    ['a picture with a handler', '<img src=x onerror=alert(1)>now', 'now'],
    ['marks with attributes', '<b onclick=alert(1)>now</b>', 'now</b>'],
    ['a mark never closed', 'now <img src=x', 'now '],
    ['marks inside marks', '<scr<b>ipt>now', 'now'],
    ['voices, classes and languages', '<v.loud Ann>now</v> <c.red>then</c> <lang en>x</lang>', 'now then x'],
    ['escaped marks', '&lt;script&gt;', '&lt;script&gt;'],
  ])('SEC-8: of %s only words pass', (_name, words, left) => {
    expect(clean(cue(words))).toBe(cue(left));
  });

  test('SEC-8: styles, regions, notes and damaged times do not pass', () => {
    const blocks = [
      'STYLE\n::cue { background: url(http://evil.example/) }',
      'REGION\nid:a',
      'NOTE\n<script>alert(1)</script>',
      '00:01.000 --> later\nwords',
      '00:01.000 --> 00:02.000 onclick:alert(1) align:start" x\nkept',
    ];
    expect(clean(`WEBVTT\n\n${blocks.join('\n\n')}\n`)).toBe('WEBVTT\n\n00:01.000 --> 00:02.000\nkept\n');
  });

  test('SEC-8: what is no WebVTT or no UTF-8 is refused', () => {
    for (const text of ['', '<html></html>', '1\n00:00:01,000 --> 00:00:02,000\nSubRip', 'WEBVTTX\n\n'])
      expect(clean(text)).toBe('subtitles_unreadable');
    expect(cleanSubtitles(Buffer.from([0x57, 0x45, 0xff])).ok).toBe(false);
  });

  test('SEC-8: whatever comes, no markup but three bare marks goes out, and cleaning twice changes nothing', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '<',
        '>',
        '<b>',
        '</i>',
        '<script',
        '\u0001',
        '\u00010\u0001',
        '&',
        '&lt;',
        '-->',
        '\n',
        '\n\n',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const once = clean(cue(pieces.join('')));
        const words = once.replaceAll('-->', '').replace(/<\/?[biu]>/g, '');
        expect(words).not.toMatch(/[<>]/);
        expect(clean(once)).toBe(once);
      }),
      { numRuns: 2000 },
    );
  });
});
