/**
 * node make/pictures.mjs — the two picture titles: an atlas of twelve islands (one HTML file, plates embedded as WebP) and
 * one large façade (WebP, 2400 × 2400). Islands come from a seeded height field; every plate has its own seed and palette.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { withPage } from './browser.mjs';
import { chance } from './sound.mjs';

const out = (name) => fileURLToPath(new URL(`../editions/${name}`, import.meta.url));
const SIZE = 900;

const islands = [
  [
    'Morrow',
    'モロー',
    'Reached only by those who left yesterday. The harbour clock has one hand, and it points at the visitor.',
    '昨日出発した人だけが着ける島。港の時計には針が一本しかなく、来た人を指す。',
  ],
  [
    'Low Lantern',
    '低い灯',
    'Its highest hill is a lamp. Fishermen climb it to trim the wick.',
    '一番高い丘はランプである。漁師は芯を切りに登る。',
  ],
  [
    'Saint Comma',
    '聖コンマ',
    'The inhabitants pause halfway through every path, and only then decide where it leads.',
    '島の人はどの道でも途中で一息つき、それから行き先を決める。',
  ],
  [
    'Thrice',
    '三度',
    'An island seen three times before it is found. Charts carry all four positions.',
    '見つかる前に三度見える島。海図には四つの位置が載っている。',
  ],
  [
    'Inkwell',
    '墨壺',
    'The lagoon is black and legible. Rain is called correction.',
    '入り江は黒く、読むことができる。雨は「訂正」と呼ばれる。',
  ],
  [
    'Ottoline',
    'オットリン',
    'Shaped like the back of a cat, warm on the southern side.',
    '猫の背の形をしていて、南側があたたかい。',
  ],
  [
    'The Pair',
    'ふたつ島',
    'Two islands that take turns being the larger one.',
    '大きいほうを交代でつとめる二つの島。',
  ],
  [
    'Sevenbells',
    '七鐘',
    'Six bells are heard. The seventh is how the island knows you are listening.',
    '聞こえる鐘は六つ。七つ目で、島はあなたが聞いていることを知る。',
  ],
  [
    'Paper Key',
    '紙の鍵',
    'Opens at low tide. Fold along the dotted coast.',
    '引き潮のときに開く。点線の海岸に沿って折ること。',
  ],
  [
    'Nothing Yet',
    'まだ何も',
    'Discovered too early. Please return when the trees have arrived.',
    '発見が早すぎた島。木が着いたころに、また来てください。',
  ],
  [
    'Grandmother',
    'おばあさん',
    'Every beach has a chair facing the sea, and every chair is taken.',
    'どの浜にも海を向いた椅子があり、どの椅子もふさがっている。',
  ],
  [
    'Home',
    'ふるさと',
    'The last plate is left with a wide margin, so that you can draw the way.',
    '最後の図版は余白を広くしてある。帰り道を描けるように。',
  ],
];
const palettes = [
  ['#bfdad6', '#a5cbc8', '#f1dfb0', '#c9c27a', '#8fa45f', '#6a7f52', '#f4f1e4'],
  ['#20344c', '#2b4561', '#d9a35a', '#b9763f', '#8a4b35', '#5c2f2b', '#ffd98a'],
  ['#e7d9c6', '#dcc9ae', '#f7f0dd', '#d98b6a', '#b8583f', '#7d3530', '#fbf6ea'],
  ['#cfe0ee', '#b5cfe4', '#f5ead0', '#9fb9a0', '#6f9482', '#476b66', '#ffffff'],
];

/** Smooth seeded noise in two dimensions, five octaves. */
function field(seed) {
  const r = chance(seed);
  const lattice = Float32Array.from({ length: 4096 }, () => r());
  const at = (x, y) => lattice[((x & 63) + (y & 63) * 64) & 4095];
  const one = (x, y) => {
    const [ix, iy] = [Math.floor(x), Math.floor(y)];
    const s = (k) => k * k * (3 - 2 * k);
    const [fx, fy] = [s(x - ix), s(y - iy)];
    return (
      (at(ix, iy) * (1 - fx) + at(ix + 1, iy) * fx) * (1 - fy) +
      (at(ix, iy + 1) * (1 - fx) + at(ix + 1, iy + 1) * fx) * fy
    );
  };
  return (x, y) =>
    [1, 2, 4, 8, 16].reduce((sum, f, i) => sum + one(x * f + i * 9, y * f + i * 5) / 2 ** (i + 1), 0);
}

async function plate(index) {
  const noise = field(100 + index * 7);
  const rgb = palettes[index % 4].map((c) => [1, 3, 5].map((i) => Number.parseInt(c.slice(i, i + 2), 16)));
  const centres =
    index === 6
      ? [
          [0.34, 0.42],
          [0.67, 0.6],
        ]
      : index === 5
        ? [
            [0.38, 0.56],
            [0.62, 0.5],
          ]
        : [[0.5, 0.5]];
  const radius = index === 11 ? 0.2 : index === 6 ? 0.24 : 0.36;
  const height = new Float32Array(SIZE * SIZE);
  for (let y = 0; y < SIZE; y += 1) {
    for (let x = 0; x < SIZE; x += 1) {
      const [u, v] = [x / SIZE, y / SIZE];
      let h = -1;
      for (const [cx, cy] of centres) h = Math.max(h, 1 - Math.hypot(u - cx, v - cy) / radius);
      h += (noise(u * 4, v * 4) - 0.5) * 1.5;
      if (index === 4) h -= 1.5 * Math.max(0, 1 - Math.hypot(u - 0.52, v - 0.5) / 0.17);
      height[y * SIZE + x] = h;
    }
  }
  const data = Buffer.alloc(SIZE * SIZE * 3);
  for (let y = 0; y < SIZE; y += 1) {
    for (let x = 0; x < SIZE; x += 1) {
      const i = y * SIZE + x;
      const h = height[i];
      const right = height[y * SIZE + Math.min(SIZE - 1, x + 2)];
      const below = height[Math.min(SIZE - 1, y + 2) * SIZE + x];
      const level = h < -0.22 ? 0 : h < 0 ? 1 : h < 0.1 ? 2 : h < 0.34 ? 3 : h < 0.6 ? 4 : h < 0.9 ? 5 : 6;
      const slope = level > 1 ? Math.max(-26, Math.min(26, (h - right + h - below) * 260)) : 0;
      const edge = (step) =>
        Math.floor(h / step) !== Math.floor(right / step) ||
        Math.floor(h / step) !== Math.floor(below / step);
      const coast = h > 0 !== right > 0 || h > 0 !== below > 0;
      const line = coast ? 90 : h > 0 && edge(0.1) ? 22 : h < 0 && h > -0.3 && edge(0.075) ? 24 : 0;
      for (let c = 0; c < 3; c += 1)
        data[i * 3 + c] = Math.max(0, Math.min(255, rgb[level][c] + slope - line));
    }
  }
  const webp = await sharp(data, { raw: { width: SIZE, height: SIZE, channels: 3 } })
    .webp({ quality: 62, effort: 6 })
    .toBuffer();
  return `data:image/webp;base64,${webp.toString('base64')}`;
}

async function atlas() {
  const plates = [];
  for (const [i, [name, ja, words, words2]] of islands.entries()) {
    plates.push(
      `<section id="p${i + 1}"><figure><img src="${await plate(i)}" alt="Map of ${name}" width="900" height="900"></figure><div><p class="n">Plate ${i + 1}</p><h2>${name} <span lang="ja">${ja}</span></h2><p>${words}</p><p lang="ja">${words2}</p></div></section>`,
    );
  }
  const style = `*{box-sizing:border-box;margin:0}html{scroll-snap-type:y mandatory;background:#efe8d8;color:#26302f}body{font:20px/1.5 Georgia,"Times New Roman","Noto Serif CJK JP",serif}section,header{min-height:100vh;scroll-snap-align:start;display:flex;gap:5vw;align-items:center;justify-content:center;padding:5vmin;flex-wrap:wrap}figure{background:#fffaf0;padding:2vmin;box-shadow:0 .3vmin 2vmin #0003}img{display:block;width:min(78vmin,52vw);height:auto;min-width:280px}section>div{max-width:26em;flex:1 1 16em}header{flex-direction:column;text-align:center;gap:1em}h1{font-size:clamp(34px,7vmin,80px);font-weight:400;line-height:1.1}h2{font-size:1.9em;font-weight:400;margin:.1em 0 .5em}h2 span{font-size:.5em;letter-spacing:.2em;margin-left:.6em}.n{letter-spacing:.2em;text-transform:uppercase;font-size:.7em;color:#a33b28}p+p[lang]{margin-top:.8em;color:#55605e;font-size:.9em}`;
  const script = `addEventListener('keydown',function(e){var d={ArrowRight:1,ArrowDown:1,' ':1,PageDown:1,ArrowLeft:-1,ArrowUp:-1,PageUp:-1}[e.key];if(!d)return;e.preventDefault();var all=[].slice.call(document.querySelectorAll('header,section'));var at=Math.round(scrollY/innerHeight),best=0,dist=1e9;all.forEach(function(el,i){var q=Math.abs(el.getBoundingClientRect().top);if(q<dist){dist=q;best=i}});var to=all[Math.max(0,Math.min(all.length-1,best+d))];to.scrollIntoView({behavior:matchMedia('(prefers-reduced-motion: reduce)').matches?'auto':'smooth'})});`;
  writeFileSync(
    out('atlas-of-imaginary-islands.html'),
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>An Atlas of Imaginary Islands</title><style>${style}</style></head><body><header><h1>An Atlas of<br>Imaginary Islands</h1><p lang="ja">架空島地図帖</p><p>Twelve plates. Turn them with the arrow keys or by scrolling.</p></header>${plates.join('')}<script>${script}</script></body></html>\n`,
  );
}

/** Thirty-six windows, each with its own small scene. */
function facade() {
  const r = chance(1936);
  const pick = (list) => list[Math.floor(r() * list.length)];
  const scenes = [
    (w, h) =>
      `<path d="M${w * 0.3} ${h}q0-${h * 0.34} ${w * 0.2}-${h * 0.34}t${w * 0.2} ${h * 0.34}z" fill="#241b38"/><circle cx="${w * 0.5}" cy="${h * 0.55}" r="${w * 0.1}" fill="#241b38"/>`,
    (w, h) =>
      `<path d="M${w * 0.2} ${h}v-${h * 0.2}h${w * 0.6}v${h * 0.2}z" fill="#7b4a3a"/><path d="M${w * 0.4} ${h * 0.8}q-20-60 18-96q38 36 18 96z" fill="#3f7d5c"/><path d="M${w * 0.5} ${h * 0.8}q60-30 70-90q-60 10-70 90z" fill="#5aa06f"/>`,
    (w, h) =>
      `<path d="M${w * 0.5} 0v${h * 0.3}" stroke="#241b38" stroke-width="5"/><path d="M${w * 0.3} ${h * 0.46}l${w * 0.1}-${h * 0.16}h${w * 0.2}l${w * 0.1} ${h * 0.16}z" fill="#d9472f"/>`,
    (w, h) =>
      `<path d="M${w * 0.2} ${h}q10-70 60-80q-14-30 4-44l14 16h24l14-16q20 16 0 50q40 20 40 74z" fill="#241b38"/><circle cx="${w * 0.45}" cy="${h * 0.6}" r="4" fill="#ffd35c"/><circle cx="${w * 0.55}" cy="${h * 0.6}" r="4" fill="#ffd35c"/>`,
    (w, h) =>
      Array.from(
        { length: 9 },
        (_, i) =>
          `<rect x="${w * 0.1 + i * w * 0.09}" y="${h * (0.45 + ((i * 37) % 20) / 100)}" width="${w * 0.075}" height="${h}" fill="${['#d9472f', '#2b8a86', '#f7dfc0', '#463a68'][i % 4]}"/>`,
      ).join(''),
    (w, h) =>
      `<circle cx="${w * 0.5}" cy="${h * 0.5}" r="${w * 0.24}" fill="#fbf3e0" stroke="#241b38" stroke-width="8"/><path d="M${w * 0.5} ${h * 0.36}V${h * 0.5}H${w * 0.62}" fill="none" stroke="#241b38" stroke-width="8"/>`,
    (w, h) =>
      `<path d="M${w * 0.24} ${h}V${h * 0.5}q${w * 0.26}-${h * 0.2} ${w * 0.52} 0V${h}z" fill="#463a68"/><path d="M${w * 0.24} ${h * 0.62}h${w * 0.52}" stroke="#fbf3e0" stroke-width="${h * 0.03}" stroke-dasharray="${w * 0.04} ${w * 0.015}"/>`,
    (w, h) =>
      `<path d="M0 0h${w * 0.4}q-${w * 0.06} ${h * 0.5}-${w * 0.4} ${h}zM${w} 0h-${w * 0.4}q${w * 0.06} ${h * 0.5} ${w * 0.4} ${h}z" fill="#b8405a"/>`,
  ];
  let cells = '';
  for (let i = 0; i < 36; i += 1) {
    const [x, y, w, h] = [170 + (i % 6) * 354, 150 + Math.floor(i / 6) * 370, 230, 270];
    const lit = r() < 0.62;
    const tone = lit
      ? pick(['#ffd35c', '#f7b64a', '#ffe3a1', '#f2a65e', '#9cc9d6'])
      : pick(['#3b3158', '#33294d', '#463a68']);
    const blind = r() < 0.3 ? h * r() * 0.6 : 0;
    cells += `<g transform="translate(${x} ${y})"><rect x="-16" y="-16" width="${w + 32}" height="${h + 32}" fill="#c9b79a"/><svg width="${w}" height="${h}"><rect width="${w}" height="${h}" fill="${tone}"/>${lit ? scenes[(i * 5 + Math.floor(r() * 2)) % 8](w, h) : ''}<rect width="${w}" height="${blind}" fill="#efe6d3"/></svg><path d="M${w / 2} 0V${h}M0 ${h * 0.32}H${w}" stroke="#c9b79a" stroke-width="9"/><rect x="-30" y="${h + 16}" width="${w + 60}" height="20" fill="#a8957a"/>${r() < 0.3 ? `<g transform="translate(0 ${h - 6})"><rect y="0" width="${w}" height="36" fill="#b0573b"/>${Array.from({ length: 6 }, (_, k) => `<circle cx="${20 + k * 38}" cy="-6" r="19" fill="${['#5aa06f', '#3f7d5c', '#e8553f'][(k + i) % 3]}"/>`).join('')}</g>` : ''}</g>`;
  }
  const bricks = Array.from(
    { length: 260 },
    () =>
      `<rect x="${Math.floor(r() * 40) * 60}" y="${Math.floor(r() * 80) * 30}" width="58" height="27" fill="#8a4a44" opacity=".5"/>`,
  ).join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2400 2400" style="display:block;width:2400px;height:2400px"><rect width="2400" height="2400" fill="#7a3f3d"/>${bricks}${cells}</svg>`;
}

await atlas();
await withPage({ width: 2400, height: 2400 }, async (page) => {
  await page.setContent(`<style>*{margin:0}</style>${facade()}`);
  const png = await page.screenshot({ type: 'png' });
  writeFileSync(out('thirty-six-windows.webp'), await sharp(png).webp({ quality: 84, effort: 6 }).toBuffer());
});
