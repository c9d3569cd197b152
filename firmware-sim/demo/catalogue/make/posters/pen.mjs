/** What every poster is drawn with: SVG of 600 × 900, letters, a few shapes, and the surfaces of paper and ink. */
import { chance } from '../sound.mjs';

export const svg = (body, defs = '') =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 900"><defs>${defs}</defs>${body}</svg>`;
export const text = (x, y, words, family, size, fill, more = '') =>
  `<text x="${x}" y="${y}" font-family="${family}" font-size="${size}" fill="${fill}" ${more}>${words}</text>`;
export const rect = (x, y, w, h, fill, more = '') =>
  `<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="${fill}" ${more}/>`;
export const circle = (x, y, r, fill, more = '') => `<circle cx="${x}" cy="${y}" r="${r}" fill="${fill}" ${more}/>`;
export const path = (d, fill, more = '') => `<path d="${d}" fill="${fill}" ${more}/>`;
export const vertical = (x, y, word, family, size, fill, step = size * 1.15, more = '') =>
  [...word]
    .map((sign, i) => text(x, y + i * step, sign, family, size, fill, `text-anchor="middle" ${more}`))
    .join('');
export const times = (n, make) => Array.from({ length: n }, (_, i) => make(i)).join('');

const number = (x) => Number(x.toFixed(1));
/** Points as the `points` of a polygon or, with `M`, a path. */
export const points = (list) => list.map(([x, y]) => `${number(x)},${number(y)}`).join(' ');

/** Grain over everything: `strength` 0…1, `size` the frequency of the noise. Light and dark specks, as film has them. */
export const grain = (strength, size = 0.9, seed = 7) =>
  `<filter id="grain" x="0" y="0" width="100%" height="100%"><feTurbulence type="fractalNoise" baseFrequency="${size}" numOctaves="2" seed="${seed}"/><feColorMatrix values="0 0 0 0 .5  0 0 0 0 .5  0 0 0 0 .5  0 0 0 0 1" result="g"/><feTurbulence type="fractalNoise" baseFrequency="${size}" numOctaves="2" seed="${seed}"/><feColorMatrix type="saturate" values="0"/></filter>
  <rect width="600" height="900" filter="url(#grain)" opacity="${strength}" style="mix-blend-mode:soft-light"/>`;

/** Edges that a knife or a brush made: apply with `filter="url(#ID)"`. */
export const rough = (id, scale = 4, frequency = 0.04, seed = 3) =>
  `<filter id="${id}" x="-5%" y="-5%" width="110%" height="110%"><feTurbulence type="fractalNoise" baseFrequency="${frequency}" numOctaves="3" seed="${seed}"/><feDisplacementMap in="SourceGraphic" scale="${scale}" xChannelSelector="R" yChannelSelector="G"/></filter>`;

/** Ink that did not take everywhere: `more` raises the bare spots. */
export const worn = (id, more = 0.32, frequency = 0.6, seed = 9) =>
  `<filter id="${id}" x="0" y="0" width="100%" height="100%"><feTurbulence type="fractalNoise" baseFrequency="${frequency}" numOctaves="3" seed="${seed}"/><feColorMatrix values="0 0 0 0 0  0 0 0 0 0  0 0 0 0 0  0 0 0 -14 ${(14 * (1 - more)).toFixed(2)}" result="m"/><feComposite in="SourceGraphic" in2="m" operator="in"/></filter>`;

/** A field of dots whose size `shade(x, y)` gives (0…1), turned by `angle` degrees: a halftone. */
export function halftone(fill, step, angle, shade, [x0, y0, x1, y1] = [0, 0, 600, 900]) {
  const a = (angle * Math.PI) / 180;
  const reach = Math.hypot(x1 - x0, y1 - y0);
  const [cx, cy] = [(x0 + x1) / 2, (y0 + y1) / 2];
  const dots = [];
  for (let u = -reach / 2; u < reach / 2; u += step)
    for (let v = -reach / 2; v < reach / 2; v += step) {
      const x = cx + u * Math.cos(a) - v * Math.sin(a);
      const y = cy + u * Math.sin(a) + v * Math.cos(a);
      if (x < x0 - step || x > x1 + step || y < y0 - step || y > y1 + step) continue;
      const r = Math.sqrt(Math.max(0, Math.min(1, shade(x, y)))) * step * 0.72;
      if (r > 0.5) dots.push(`M${number(x - r)} ${number(y)}a${number(r)} ${number(r)} 0 1 0 ${number(r * 2)} 0a${number(r)} ${number(r)} 0 1 0 ${number(-r * 2)} 0`);
    }
  return `<path d="${dots.join('')}" fill="${fill}"/>`;
}

/** The names under a film's title, narrow and small. */
export const billing = (y, words, fill, more = '') =>
  text(300, y, words, "'Bebas Neue'", 17, fill, `text-anchor="middle" letter-spacing="2.5" font-weight="300" ${more}`);
