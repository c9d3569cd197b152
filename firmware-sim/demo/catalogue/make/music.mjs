/** node make/music.mjs SLUG SECONDS — renders a score to Ogg Opus. */
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scores } from './scores.mjs';

const [slug, seconds] = process.argv.slice(2);
const wav = join(tmpdir(), `${slug}.wav`);
scores[slug](Number(seconds)).save(wav, { fadeIn: 0.4, fadeOut: 5 });
const out = fileURLToPath(new URL(`../editions/${slug}.ogg`, import.meta.url));
const ran = spawnSync(
  'ffmpeg',
  [
    '-y',
    '-loglevel',
    'error',
    '-i',
    wav,
    '-c:a',
    'libopus',
    '-b:a',
    '80k',
    '-fflags',
    '+bitexact',
    '-f',
    'ogg',
    out,
  ],
  { stdio: 'inherit' },
);
process.exitCode = ran.status ?? 1;
