/**
 * node make/poster.mjs [SLUG…] — sets the posters (`posters/SLUG.svg`, 600 × 900) in Chromium and writes WebP of at most 90 kB.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { withPage } from './browser.mjs';
import { drawn } from './posters/drawn.mjs';
import { painted } from './posters/painted.mjs';
import { printed } from './posters/printed.mjs';

const MOST_BYTES = 90_000;
const sources = new URL('posters/', import.meta.url);
const asked = process.argv.slice(2);
const svgs = Object.fromEntries(
  readdirSync(sources)
    .filter((f) => f.endsWith('.svg'))
    .map((f) => [f.slice(0, -4), () => readFileSync(new URL(f, sources), 'utf8')]),
);
const all = { ...svgs, ...drawn, ...painted, ...printed };

await withPage({ width: 600, height: 900 }, async (page) => {
  for (const slug of asked.length > 0 ? asked : Object.keys(all)) {
    await page.setContent(
      `<style>*{margin:0}svg{display:block;width:600px;height:900px}</style>${all[slug]()}`,
    );
    await page.evaluate(() => document.fonts.ready);
    const png = await page.screenshot({ type: 'png' });
    let webp;
    for (let quality = 90; quality > 30; quality -= 6) {
      webp = await sharp(png).webp({ quality, effort: 6, smartSubsample: true }).toBuffer();
      if (webp.length <= MOST_BYTES) break;
    }
    writeFileSync(fileURLToPath(new URL(`../posters/${slug}.webp`, import.meta.url)), webp);
  }
});
