/** node make/catalogue.mjs — measures and hashes the files, writes catalogue.json, tariffs.json, sites.json, members.json, past-rentals.json. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { pastRentals } from './past.mjs';
import { members, sites, tariffs } from './shop.mjs';
import { titles } from './titles.mjs';

const MEDIA_TYPES = { webm: 'video/webm', ogg: 'audio/ogg', html: 'text/html', webp: 'image/webp' };
const root = new URL('../', import.meta.url);

function seconds(file) {
  if (!/\.(webm|ogg)$/.test(file)) return null;
  const asked = spawnSync(
    'ffprobe',
    ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', file],
    { cwd: root, encoding: 'utf8' },
  );
  if (asked.status !== 0) throw new Error(asked.stderr);
  return Math.round(Number(asked.stdout));
}

const entries = titles.map(({ file, preview, ...title }) => {
  const path = `editions/${file}`;
  const content = readFileSync(new URL(path, root));
  const sha256 = createHash('sha256').update(content).digest('hex');
  const edition = {
    file: path,
    mediaType: MEDIA_TYPES[file.split('.').at(-1)],
    bytes: content.length,
    sha256,
  };
  const shown =
    preview === null
      ? null
      : { file: `previews/${preview}`, mediaType: MEDIA_TYPES[preview.split('.').at(-1)] };
  const poster = `posters/${title.slug}.webp`;
  return { ...title, runtimeSeconds: seconds(path), edition, poster, preview: shown };
});

const write = (name, value) => writeFileSync(new URL(name, root), `${JSON.stringify(value, null, 2)}\n`);
write('catalogue.json', entries);
write('tariffs.json', tariffs);
write('sites.json', sites);
write('members.json', members);
write('past-rentals.json', pastRentals(titles));
