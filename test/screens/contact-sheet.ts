import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import sharp, { type OverlayOptions } from 'sharp';

/** One picture that was taken, and of what. */
export interface Picture {
  readonly path: string;
  readonly screen: string;
  readonly look: string;
  readonly language: string;
  readonly shape: { readonly width: number; readonly height: number };
}

const GAP = 12;
const NAME_HEIGHT = 26;
const WIDTH = 2_800;
const ROW_HEIGHT = 420;

/** All pictures of an application on one page (`NAME.html`, each a link to the whole) and in one picture (`NAME.png`). */
export async function contactSheet(
  name: string,
  pictures: readonly Picture[],
  folder: string,
): Promise<void> {
  if (pictures.length === 0) return;
  const order = [...pictures].sort(
    (a, b) => compare(a.look, b.look) || compare(a.language, b.language) || compare(a.screen, b.screen),
  );
  writeFileSync(join(folder, `${name}.html`), page(name, order, folder));
  await sheet(order, join(folder, `${name}.png`));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const groupOf = ({ look, language }: Picture): string => `${look}, ${language}`;

function page(name: string, pictures: readonly Picture[], folder: string): string {
  const groups = [...new Set(pictures.map(groupOf))];
  const parts = groups.map(
    (group) =>
      `<h2>${group}</h2><div>${pictures
        .filter((picture) => groupOf(picture) === group)
        .map(({ path, screen }) => {
          const address = encodeURI(relative(folder, path));
          return `<a href="${address}"><img loading="lazy" src="${address}" alt=""><span>${screen}</span></a>`;
        })
        .join('')}</div>`,
  );
  return `<!doctype html><meta charset="utf-8"><title>${name}</title><style>
body{font:14px sans-serif;background:#55585e;color:#fff;margin:16px}div{display:flex;flex-wrap:wrap;gap:12px}
a{color:inherit;text-decoration:none}img{height:420px;display:block}span{display:block;padding:4px 0}</style>
<h1>${name}</h1>${parts.join('\n')}`;
}

/** Rows of equal height, filled from the left; a new look begins a new row. */
async function sheet(pictures: readonly Picture[], out: string): Promise<void> {
  const parts: OverlayOptions[] = [];
  let left = GAP;
  let top = GAP;
  let before = pictures[0];
  const newRow = () => {
    left = GAP;
    top += ROW_HEIGHT + NAME_HEIGHT + GAP;
  };
  for (const picture of pictures) {
    const { width, height } = picture.shape;
    const cell = Math.round((ROW_HEIGHT * width) / height);
    if (left + cell + GAP > WIDTH || (before !== undefined && groupOf(before) !== groupOf(picture))) newRow();
    before = picture;
    parts.push(
      {
        input: await sharp(picture.path).resize({ width: cell, height: ROW_HEIGHT }).png().toBuffer(),
        left,
        top,
      },
      { input: label(`${picture.screen} · ${groupOf(picture)}`, cell), left, top: top + ROW_HEIGHT },
    );
    left += cell + GAP;
  }
  newRow();
  await sharp({ create: { width: WIDTH, height: top, channels: 3, background: '#55585e' } })
    .composite(parts)
    .png({ palette: true, compressionLevel: 6 })
    .toFile(out);
}

const label = (text: string, width: number): Buffer =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${NAME_HEIGHT}"><text y="18" font-family="sans-serif" font-size="13" fill="#fff">${text}</text></svg>`,
  );
