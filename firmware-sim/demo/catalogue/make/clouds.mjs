/** node make/clouds.mjs — the field guide to clouds: eight skies of seeded noise as WebP, set in one HTML file. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { withPage } from './browser.mjs';

const [WIDTH, HEIGHT] = [960, 640];

/** Name, sky above and below, tone of the cloud (0…1), noise (two frequencies, octaves, seed), gain, lift; then a line in each language. */
const clouds = [
  ['Cirrus oblivius', '#2d6ea3', '#8fbfd9', [1, 1, 1], [0.003, 0.032, 6, 14], 4.4, -2.8, 'What was on the tip of your tongue. Gone by noon.', 'Was dir auf der Zunge lag. Mittags verschwunden.', '喉まで出かかっていたこと。昼には消える。'],
  ['Stratus dominicalis', '#c58f6c', '#f1d8b0', [0.36, 0.38, 0.46], [0.003, 0.018, 5, 31], 3.6, -1.9, 'Sunday, from four o’clock. Covers the whole country.', 'Sonntag ab vier. Bedeckt das ganze Land.', '日曜日の四時から。国じゅうを覆う。'],
  ['Cumulus promissus', '#2a6fae', '#bcdcec', [1, 0.99, 0.97], [0.0055, 0.009, 8, 23], 6.4, -3.95, 'Fair weather, said by somebody else.', 'Schönwetter, sagt jemand anders.', 'だれかの言う「晴れるよ」。'],
  ['Altocumulus typographicus', '#7fa6b8', '#f3dcc0', [0.98, 0.93, 0.86], [0.021, 0.036, 3, 5], 7, -3.7, 'Can be read from below, but not in your language.', 'Von unten lesbar, aber nicht in deiner Sprache.', '下から読める。ただし、あなたの言葉ではない。'],
  ['Nimbus personalis', '#39464f', '#8c959a', [0.16, 0.18, 0.22], [0.005, 0.011, 7, 41], 4.4, -2.2, 'Follows one person, usually the one with the cake.', 'Folgt einer einzelnen Person, meist der mit dem Kuchen.', 'ひとりだけについてくる。たいていケーキを持った人に。'],
  ['Cumulus vespertinus', '#23405f', '#f08a5a', [0.98, 0.72, 0.58], [0.005, 0.012, 7, 64], 6, -3.4, 'Stays up late for no reason. Pink with embarrassment.', 'Bleibt grundlos lange auf. Rosa vor Verlegenheit.', 'わけもなく夜ふかしをする。照れて桃色。'],
  ['Nebula domestica', '#cfd2cb', '#e9e6dc', [0.96, 0.96, 0.94], [0.002, 0.007, 4, 18], 2.6, -1.1, 'Lives between the house and the bicycle.', 'Wohnt zwischen Haus und Fahrrad.', '家と自転車のあいだに棲む。'],
  ['Cumulonimbus ultimus', '#12202b', '#b98a4c', [0.92, 0.85, 0.72], [0.0036, 0.0072, 8, 77], 6.6, -3.5, 'The last one of every summer. It waves.', 'Die letzte jedes Sommers. Sie winkt.', '毎年の夏の最後のひとつ。手を振る。'],
];

const sky = ([, top, bottom, [r, g, b], [fx, fy, octaves, seed], gain, lift]) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" style="display:block"><defs><linearGradient id="s" x1="0" y1="0" x2="0" y2="1"><stop stop-color="${top}"/><stop offset="1" stop-color="${bottom}"/></linearGradient>
  <filter id="c" x="0" y="0" width="100%" height="100%" color-interpolation-filters="sRGB"><feTurbulence type="fractalNoise" baseFrequency="${fx} ${fy}" numOctaves="${octaves}" seed="${seed}"/><feColorMatrix values="0 0 0 0 ${r} 0 0 0 0 ${g} 0 0 0 0 ${b} ${gain} ${gain * 0.4} 0 0 ${lift}"/></filter>
  <filter id="d" x="0" y="0" width="100%" height="100%" color-interpolation-filters="sRGB"><feTurbulence type="fractalNoise" baseFrequency="${fx} ${fy}" numOctaves="${octaves}" seed="${seed}"/><feOffset dx="-10" dy="-16"/><feColorMatrix values="0 0 0 0 ${r * 0.55} 0 0 0 0 ${g * 0.58} 0 0 0 0 ${b * 0.66} ${gain} ${gain * 0.4} 0 0 ${lift - 0.5}"/></filter></defs>
  <rect width="100%" height="100%" fill="url(#s)"/><rect width="100%" height="100%" filter="url(#c)"/><rect width="100%" height="100%" filter="url(#d)" opacity=".38"/></svg>`;

const plates = [];
await withPage({ width: WIDTH, height: HEIGHT }, async (page) => {
  for (const [i, cloud] of clouds.entries()) {
    await page.setContent(`<style>*{margin:0}</style>${sky(cloud)}`);
    const webp = await sharp(await page.screenshot({ type: 'png' })).webp({ quality: 70, effort: 6 }).toBuffer();
    const [name, , , , , , , en, de, ja] = cloud;
    plates.push(
      `<section><figure><img src="data:image/webp;base64,${webp.toString('base64')}" alt="${name}" width="${WIDTH}" height="${HEIGHT}"><figcaption><b>${name}</b> <i>Plate ${i + 1}</i></figcaption></figure><p lang="en">${en}</p><p lang="de">${de}</p><p lang="ja">${ja}</p></section>`,
    );
  }
});
const style = `*{box-sizing:border-box;margin:0}body{background:#efe9db;color:#2c2a26;font:20px/1.5 Georgia,"Times New Roman","Noto Serif CJK JP",serif}header{padding:14vh 6vw 8vh;text-align:center}h1{font-weight:400;letter-spacing:.3em;font-size:clamp(34px,7vw,84px);margin-right:-.3em}header p{letter-spacing:.2em;margin-top:1em}section{max-width:1000px;margin:0 auto;padding:0 5vw 9vh;display:grid;grid-template-columns:repeat(3,1fr);gap:1em 2.5em}figure{grid-column:1/-1}img{display:block;width:100%;height:auto;border:1px solid #2c2a26}figcaption{display:flex;justify-content:space-between;padding:.7em 0;border-bottom:1px solid #2c2a26}figcaption b{font-weight:400;font-style:italic;font-size:1.3em}figcaption i{color:#7b7468}section p{font-size:.9em}@media (max-width:640px){section{grid-template-columns:1fr}}`;
writeFileSync(
  fileURLToPath(new URL('../editions/field-guide-to-clouds.html', import.meta.url)),
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>A Field Guide to Clouds</title><style>${style}</style></head><body><header><h1>CLOUDS</h1><p>A field guide · Ein Bestimmungsbuch · 雲の図鑑</p></header>${plates.join('')}</body></html>\n`,
);
