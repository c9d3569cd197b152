/** node make/all.mjs — remakes everything: films, music, pictures, posters, then the JSON files. About ten minutes on two cores. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { titles } from './titles.mjs';

/** Lengths of the music titles in seconds; films state their own. */
const MUSIC = { 'tide-tables': '132', 'seven-keys': '118', 'rooms-without-doors': '104', kombinat: '96' };

const run = (script, ...args) => {
  const ran = spawnSync(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), ...args], {
    stdio: 'inherit',
  });
  if (ran.status !== 0) throw new Error(`${script} ${args.join(' ')} ended with ${ran.status}`);
};

for (const { slug, file } of titles) {
  if (file.endsWith('.webm')) run('film.mjs', slug);
  else if (file.endsWith('.ogg')) run('music.mjs', slug, MUSIC[slug]);
}
run('pictures.mjs');
run('clouds.mjs');
run('previews.mjs');
run('poster.mjs');
run('catalogue.mjs');
