/**
 * node make/film.mjs SLUG [--still SECONDS…]
 * Plays `films/SLUG.js` frame by frame on a canvas in Chromium and pipes the frames to ffmpeg (VP9); the score
 * `scores.mjs` gives becomes Opus. With `--still`, writes PNG frames of those moments into the system's temporary folder.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withPage } from './browser.mjs';
import { scores } from './scores.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const FPS = 24;
/** The constant-quality figure of VP9; rain, dots and cut lines cost most, so those films are coded a little coarser; the great landscape finer. */
const QUALITY = {
  'night-tram': 43,
  'goldfish-march': 45,
  'platform-four': 40,
  'winter-wolf': 52,
  'the-salt-road': 33,
};
const [slug, flag, ...moments] = process.argv.slice(2);
const stage = readFileSync(join(here, 'stage.js'), 'utf8');
const filmOf = (name) => readFileSync(join(here, 'films', `${name}.js`), 'utf8');
/** An episode, `NAME-1`, has what its series shares in `films/NAME.js`, where that stands. */
const series = slug.replace(/-\d+$/, '');
const shared = series !== slug && existsSync(join(here, 'films', `${series}.js`)) ? filmOf(series) : '';
const script = `${shared}\n${filmOf(slug)}`;

await withPage({ width: 854, height: 480 }, async (page) => {
  await page.setContent('<canvas id="c" width="854" height="480"></canvas>');
  await page.addScriptTag({
    content: `${stage}\n${script}\nconst c = document.getElementById('c').getContext('2d', { willReadFrequently: true });
      globalThis.FILM_SECONDS = SECONDS;
      globalThis.frame = (t, type, q) => { c.setTransform(1, 0, 0, 1, 0, 0); c.globalAlpha = 1; draw(c, t); return c.canvas.toDataURL(type, q).split(',')[1]; };`,
  });
  await page.evaluate(() => document.fonts.ready);
  const seconds = await page.evaluate(() => globalThis.FILM_SECONDS);
  if (flag === '--still') {
    for (const t of moments) {
      const png = await page.evaluate((at) => globalThis.frame(at, 'image/png'), Number(t));
      writeFileSync(join(tmpdir(), `still-${slug}-${t}.png`), Buffer.from(png, 'base64'));
    }
    return;
  }
  const wav = join(tmpdir(), `${slug}.wav`);
  scores[slug](seconds).save(wav);
  const out = join(here, '..', 'editions', `${slug}.webm`);
  const encoder = spawn(
    'ffmpeg',
    [
      '-y',
      '-loglevel',
      'error',
      '-f',
      'image2pipe',
      '-c:v',
      'mjpeg',
      '-framerate',
      `${FPS}`,
      '-i',
      'pipe:0',
      '-i',
      wav,
    ]
      .concat([
        '-map',
        '0:v',
        '-map',
        '1:a',
        '-c:v',
        'libvpx-vp9',
        '-b:v',
        '0',
        '-crf',
        `${QUALITY[slug] ?? 36}`,
      ])
      .concat(['-deadline', 'realtime', '-cpu-used', '8', '-row-mt', '1', '-g', '120', '-pix_fmt', 'yuv420p'])
      .concat([
        '-c:a',
        'libopus',
        '-b:a',
        '80k',
        '-fflags',
        '+bitexact',
        '-flags:v',
        '+bitexact',
        '-t',
        `${seconds}`,
        out,
      ]),
    { stdio: ['pipe', 'inherit', 'inherit'] },
  );
  const frames = Math.round(seconds * FPS);
  for (let n = 0; n < frames; n += 12) {
    const batch = await page.evaluate(
      ([from, to, fps]) =>
        Array.from({ length: to - from }, (_, i) => globalThis.frame((from + i) / fps, 'image/jpeg', 0.95)),
      [n, Math.min(frames, n + 12), FPS],
    );
    for (const jpeg of batch) {
      if (!encoder.stdin.write(Buffer.from(jpeg, 'base64'))) await once(encoder.stdin, 'drain');
    }
  }
  encoder.stdin.end();
  const [code] = await once(encoder, 'exit');
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}`);
});
