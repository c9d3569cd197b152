/** node make/previews.mjs [SLUG…] — a few seconds of every film and record, small, for the loop that kiosks show with a title. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { titles } from './titles.mjs';

/** Where the preview begins, in seconds; elsewhere after a third of the work. */
const FROM = { 'the-salt-road': 40, 'goldfish-march': 14, 'platform-four': 14, 'concrete-summer': 14, 'winter-wolf': 14 };
const asked = process.argv.slice(2);
const at = (folder, name) => fileURLToPath(new URL(`../${folder}/${name}`, import.meta.url));

function run(program, args) {
  const ran = spawnSync(program, args, { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return ran.stdout;
}

for (const { slug, file, preview } of titles) {
  if (preview === null || (asked.length > 0 && !asked.includes(slug))) continue;
  const seconds = Number(run('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', at('editions', file)]));
  const from = FROM[slug] ?? Math.floor(seconds / 3);
  const how = file.endsWith('.webm')
    ? ['-an', '-vf', 'scale=480:-2,fps=20', '-c:v', 'libvpx-vp9', '-b:v', '0', '-crf', '42', '-deadline', 'realtime', '-cpu-used', '6', '-flags:v', '+bitexact']
    : ['-c:a', 'libopus', '-b:a', '56k', '-af', 'afade=in:d=0.6,afade=out:st=6.8:d=1.2', '-f', 'ogg'];
  run('ffmpeg', ['-y', '-loglevel', 'error', '-ss', `${from}`, '-t', '8', '-i', at('editions', file), ...how, '-fflags', '+bitexact', at('previews', preview)]);
}
