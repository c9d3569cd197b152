/** Posters with light and air: skies, sand, glow and clouds made of noise and gradients, so that they pass for photographs and gouache. */
import { chance } from '../sound.mjs';
import { billing, circle, grain, path, rect, rough, svg, text, times, vertical } from './pen.mjs';

const stops = (...list) =>
  list.map(([at, colour, opacity = 1]) => `<stop offset="${at}" stop-color="${colour}" stop-opacity="${opacity}"/>`).join('');
const down = (id, ...list) => `<linearGradient id="${id}" x1="0" y1="0" x2="0" y2="1">${stops(...list)}</linearGradient>`;
const round = (id, ...list) => `<radialGradient id="${id}">${stops(...list)}</radialGradient>`;
const blur = (id, by) => `<filter id="${id}" x="-50%" y="-50%" width="200%" height="200%"><feGaussianBlur stdDeviation="${by}"/></filter>`;

/** The line of a ridge over the whole width: sums of sines and a little chance. */
function ridge(y, high, seed, rough_ = 0.16) {
  const r = chance(seed);
  const waves = Array.from({ length: 5 }, (_, i) => [(i + 1) * (0.6 + r()), r() * 6.28, (1 / (i + 1)) * (0.6 + r() * 0.6)]);
  const line = [];
  for (let x = -10; x <= 610; x += 6) {
    const k = waves.reduce((sum, [f, p, a]) => sum + a * Math.sin((x / 600) * Math.PI * f + p), 0);
    line.push(`${x} ${(y - high * (0.5 + 0.35 * k) - r() * high * rough_).toFixed(1)}`);
  }
  return `M-10 910 L${line.join(' L')} L610 910 Z`;
}

/** Heat over a salt flat: the sun stands in its own mirror, a cart and its ox are the only upright things. */
function saltRoad() {
  const shimmer = times(46, (i) => {
    const y = 574 + i * i * 0.16 + i * 2;
    const w = 250 - i * 3.2 + 46 * Math.sin(i * 1.9);
    return rect((300 - w / 2).toFixed(1), y.toFixed(1), w.toFixed(1), (1.6 + i * 0.13).toFixed(1), '#fff3d6', `opacity="${(0.75 - i * 0.012).toFixed(2)}"`);
  });
  // The crust of a dry lake: rows of cells that widen towards the eye.
  const row = (i) => 596 + i * i * 4.6 + i * 7;
  const knot = (i, k) => {
    const wide = 26 + i * 15;
    const push = Math.sin(i * 7.3 + k * 4.1);
    return [300 + (k + (i % 2) / 2) * wide + push * wide * 0.22, row(i) + Math.cos(i * 3.1 + k * 5.7) * (1 + i * 1.1)];
  };
  const cracks = times(8, (i) =>
    times(27, (n) => {
      const k = n - 13;
      const [x, y] = knot(i, k);
      const [x1, y1] = knot(i, k + 1);
      const [x2, y2] = knot(i + 1, i % 2 ? k + 1 : k);
      return `M${x.toFixed(0)} ${y.toFixed(0)}L${((x + x1) / 2).toFixed(0)} ${((y + y1) / 2 - 1 - i * 0.8).toFixed(0)}L${x1.toFixed(0)} ${y1.toFixed(0)}M${((x + x1) / 2).toFixed(0)} ${((y + y1) / 2 - 1 - i * 0.8).toFixed(0)}L${x2.toFixed(0)} ${y2.toFixed(0)}`;
    }),
  );
  const crust = path(cracks, 'none', 'stroke="#8a4632" stroke-width="1.4" stroke-linejoin="round" opacity=".4" filter="url(#torn)"');
  const cart = `<g fill="#2a1418"><path d="M0 0h62v-20l-8-4H8L0-20z"/><circle cx="14" cy="4" r="13"/><circle cx="48" cy="4" r="13"/><path d="M62 -10h26" stroke="#2a1418" stroke-width="3"/><path d="M86 -14c4 -12 16 -14 34 -12c10 0 16 -8 24 -6l8 4l-4 8l-8 2c-2 10 -6 14 -8 16l2 18h-5l-4 -16l-24 0l-3 16h-5l0 -20z"/><path d="M148 -30q8 -8 4 -14" fill="none" stroke="#2a1418" stroke-width="3"/><path d="M168 16V-22q0 -6 6 -6t6 6l6 38h-5l-4 -20l-4 20z"/><circle cx="174" cy="-35" r="6"/><path d="M164 -38h20l-6 -5h-8z"/></g>`;
  return svg(
    `${rect(0, 0, 600, 900, 'url(#sky)')}${circle(300, 470, 250, 'url(#halo)')}${circle(300, 470, 118, 'url(#sun)')}
    <g filter="url(#torn)">${path(ridge(580, 46, 5), '#b4533f', 'opacity=".75"')}${path(ridge(582, 22, 12), '#7d3436')}</g>
    ${rect(0, 572, 600, 330, 'url(#salt)')}${crust}${shimmer}
    <g transform="translate(196 590) scale(.92)">${cart}<g transform="translate(0 34) scale(1 -.7)" opacity=".3" filter="url(#soft)">${cart}</g></g>
    ${text(300, 128, 'THE SALT ROAD', "'Inter Display'", 60, '#fff6e2', 'text-anchor="middle" font-weight="200" letter-spacing="9"')}
    ${text(305, 172, '塩の道', "'Noto Serif CJK JP'", 26, '#fff6e2', 'text-anchor="middle" letter-spacing="26" font-weight="400"')}
    ${text(302, 820, 'Forty days.  One ox.  No shade.', "'EB Garamond'", 27, '#5b2420', 'text-anchor="middle" font-style="italic"')}
    ${billing(862, 'A FILM BY INES ARRAYÁN · MUSIC THE NOOR QUARTET', '#5b2420')}${grain(0.55, 0.8)}`,
    `${down('sky', [0, '#1f4f63'], [0.3, '#5f8f8c'], [0.5, '#e7b06a'], [0.64, '#f2703f'])}${down('salt', [0, '#f4b27a'], [0.35, '#f5d9b4'], [1, '#d9936a'])}
    ${round('halo', [0, '#ffe9a6', 0.9], [0.5, '#ffc46b', 0.35], [1, '#ffb35a', 0])}${round('sun', [0, '#fffbe8'], [0.8, '#ffe6a0'], [1, '#ffd27a'])}${blur('soft', 1.4)}${rough('torn', 5, 0.05)}`,
  );
}

/** Real-looking clouds in three frames, each with its Latin name, as a plate of an old handbook. */
function cloudGuide() {
  const frame = (id, x, y, w, h, sky, cloud, fx, fy, octaves, seed, gain, lift) => `
    <filter id="${id}" x="0" y="0" width="100%" height="100%" color-interpolation-filters="sRGB"><feTurbulence type="fractalNoise" baseFrequency="${fx} ${fy}" numOctaves="${octaves}" seed="${seed}"/>
      <feColorMatrix values="0 0 0 0 ${cloud[0]} 0 0 0 0 ${cloud[1]} 0 0 0 0 ${cloud[2]} ${gain} ${gain * 0.4} 0 0 ${lift}"/></filter>
    <linearGradient id="${id}s" x1="0" y1="0" x2="0" y2="1">${stops([0, sky[0]], [1, sky[1]])}</linearGradient>
    ${rect(x, y, w, h, `url(#${id}s)`)}<svg x="${x}" y="${y}" width="${w}" height="${h}">${rect(0, 0, w, h, '#fff', `filter="url(#${id})"`)}</svg>`;
  const label = (x, y, name, note, anchor = 'start') =>
    `${text(x, y, name, "'EB Garamond'", 23, '#2c2a26', `font-style="italic" text-anchor="${anchor}"`)}${text(x, y + 20, note, "'EB Garamond'", 15, '#7b7468', `text-anchor="${anchor}" letter-spacing="1"`)}`;
  return svg(
    `${rect(0, 0, 600, 900, '#efe9db')}
    ${frame('cirrus', 40, 190, 250, 196, ['#2d6ea3', '#8fbfd9'], [1, 1, 1], 0.005, 0.05, 5, 14, 4.2, -2.75)}
    ${frame('stratus', 310, 190, 250, 196, ['#c58f6c', '#f1d8b0'], [0.36, 0.38, 0.46], 0.005, 0.028, 4, 31, 3.6, -1.9)}
    ${frame('cumulus', 40, 452, 520, 318, ['#2a6fae', '#bcdcec'], [1, 0.99, 0.97], 0.009, 0.0145, 8, 23, 6.4, -3.95)}
    <g fill="none" stroke="#2c2a26" stroke-width="1">${rect(40, 190, 250, 196, 'none')}${rect(310, 190, 250, 196, 'none')}${rect(40, 452, 520, 318, 'none')}</g>
    ${label(40, 412, 'Cirrus oblivius', 'what was on the tip of your tongue')}${label(560, 412, 'Stratus dominicalis', 'Sunday, from four o’clock', 'end')}${label(40, 798, 'Cumulus promissus', 'fair weather, said by somebody else')}
    ${text(300, 88, 'A FIELD GUIDE TO', "'GFS Didot'", 25, '#2c2a26', 'text-anchor="middle" letter-spacing="8"')}
    ${text(300, 158, 'CLOUDS', "'GFS Didot'", 74, '#2c2a26', 'text-anchor="middle" letter-spacing="20"')}
    ${rect(40, 836, 520, 1, '#2c2a26')}${text(40, 866, 'Plate VII', "'EB Garamond'", 19, '#2c2a26', 'font-style="italic"')}${text(560, 866, '雲の図鑑', "'Noto Serif CJK JP'", 20, '#2c2a26', 'text-anchor="end" letter-spacing="8"')}${grain(0.3, 0.7)}`,
  );
}

/** A road at night; the only light for miles sells cold coffee. */
function vendingMachine() {
  const can = (x, y, c) => `${rect(x, y, 13, 24, c, 'rx="2"')}${rect(x + 2, y + 7, 9, 7, '#fff', 'opacity=".7"')}`;
  const tones = ['#d8402f', '#f2b632', '#2f7f6d', '#2a5d9c', '#7a4a2b', '#e7e0cf'];
  const cans = times(4, (row) => times(8, (i) => can(330 + i * 17, 452 + row * 40, tones[(i * 5 + row * 3) % 6])));
  return svg(
    `${rect(0, 0, 600, 900, 'url(#night)')}${times(60, (i) => circle((i * 137) % 600, (i * 71) % 380, 0.6 + (i % 3) * 0.5, '#cfe6e4', 'opacity=".7"'))}
    <g filter="url(#leaf)">${path(ridge(600, 150, 44, 0.3), '#0b2426')}${path(ridge(640, 90, 9, 0.4), '#071719')}</g>
    ${path('M0 900 L0 742 L600 690 L600 900 Z', '#13292c')}${path('M0 826 L600 760 L600 768 L0 838 Z', '#2b4a4b')}
    <ellipse cx="400" cy="560" rx="330" ry="270" fill="url(#glow)"/><ellipse cx="390" cy="726" rx="260" ry="52" fill="url(#pool)"/>
    ${rect(300, 408, 190, 310, '#dfe8dc', 'rx="6"')}${rect(300, 408, 190, 24, '#c9372c', 'rx="6"')}${rect(316, 444, 158, 164, '#fbfff1')}${cans}
    ${rect(316, 618, 96, 10, '#9fb3ab')}${rect(426, 616, 46, 54, '#243a3b', 'rx="3"')}${rect(434, 624, 30, 10, '#7ff0b5')}${rect(322, 654, 84, 44, '#1a2c2d', 'rx="4"')}${rect(490, 420, 12, 298, '#8da39b')}
    ${text(395, 426, 'つめた〜い', "'M PLUS 1'", 15, '#fff', 'text-anchor="middle" font-weight="700" letter-spacing="3"')}
    <g fill="#061012"><path d="M196 744c-4-60 0-92 14-98c-12-6-14-34 4-38c20-2 24 30 10 38c18 8 20 40 16 98l-10 0l-6-44l-8 44z"/></g>
    ${vertical(96, 116, '最後の', "'Noto Serif CJK JP'", 62, '#f6f3df', 70, 'font-weight="300"')}${vertical(176, 170, '自動販売機', "'Noto Serif CJK JP'", 62, '#f6f3df', 70, 'font-weight="700"')}
    ${text(562, 862, 'The Last Vending Machine', "'EB Garamond'", 31, '#f6f3df', 'text-anchor="end" font-style="italic"')}${grain(0.5, 0.75)}`,
    `${down('night', [0, '#06191f'], [0.5, '#0f3a40'], [0.75, '#1c5650'])}${round('glow', [0, '#d6ffe0', 0.55], [0.4, '#7fdcc0', 0.22], [1, '#5fc8b0', 0])}${round('pool', [0, '#e2ffe4', 0.55], [1, '#8fe0c6', 0])}${rough('leaf', 26, 0.05, 2)}`,
  );
}

/** Pencil-soft stones on moss, eight of nine in their place. */
function nineStones() {
  const stone = (x, y, rx, ry, tone, turn) =>
    `<g transform="translate(${x} ${y}) rotate(${turn})"><ellipse cx="6" cy="16" rx="${rx}" ry="${ry}" fill="#1d2b16" opacity=".45" filter="url(#soft)"/><ellipse rx="${rx}" ry="${ry}" fill="${tone}" filter="url(#stone)"/><ellipse cx="${-rx * 0.25}" cy="${-ry * 0.32}" rx="${rx * 0.5}" ry="${ry * 0.34}" fill="#fff" opacity=".16" filter="url(#soft)"/></g>`;
  const at = [[120, 300], [300, 300], [480, 300], [120, 480], [300, 480], [480, 480], [120, 660], [300, 660]];
  const tones = ['#8d8f8a', '#b9b4a6', '#5d6264', '#a39a8b', '#75797a', '#c4beb0', '#686a66', '#989488'];
  const r = chance(99);
  return svg(
    `${rect(0, 0, 600, 900, '#4f6b35')}${rect(0, 0, 600, 900, '#6c8a3f', 'filter="url(#moss)"')}
    <ellipse cx="480" cy="660" rx="66" ry="58" fill="#2c3f1d" filter="url(#soft)"/><ellipse cx="482" cy="666" rx="58" ry="50" fill="#223216" filter="url(#soft)"/>
    ${times(8, (i) => stone(at[i][0], at[i][1], 64 + r() * 14, 52 + r() * 14, tones[i], r() * 60 - 30))}
    ${rect(0, 0, 600, 186, '#eee8d6')}${rect(0, 786, 600, 114, '#eee8d6')}
    ${text(40, 132, 'Nine', 'Prociono', 92, '#26331b')}${text(562, 132, 'Stones', 'Prociono', 92, '#b4542c', 'text-anchor="end"')}
    ${text(40, 850, 'a quiet puzzle', 'Prociono', 27, '#26331b')}${text(562, 852, '九つの石', "'Noto Serif CJK JP'", 30, '#26331b', 'text-anchor="end" letter-spacing="8" font-weight="600"')}${grain(0.35, 0.8)}`,
    `${blur('soft', 7)}<filter id="moss" x="0" y="0" width="100%" height="100%"><feTurbulence type="fractalNoise" baseFrequency=".11" numOctaves="5" seed="4"/><feColorMatrix values="0 0 0 0 .20 0 0 0 0 .30 0 0 0 0 .10 2.8 0 0 0 -1.25" result="dark"/><feTurbulence type="turbulence" baseFrequency=".35" numOctaves="3" seed="11"/><feColorMatrix values="0 0 0 0 .66 0 0 0 0 .76 0 0 0 0 .34 0 3 0 0 -.9" result="lit"/><feMerge><feMergeNode in="SourceGraphic"/><feMergeNode in="dark"/><feMergeNode in="lit"/></feMerge></filter>
    <filter id="stone" x="-20%" y="-20%" width="140%" height="140%"><feTurbulence type="fractalNoise" baseFrequency=".022" numOctaves="2" seed="6" result="n"/><feDisplacementMap in="SourceGraphic" in2="n" scale="22" result="shape"/><feTurbulence type="fractalNoise" baseFrequency=".5" numOctaves="3" seed="2"/><feColorMatrix values="0 0 0 0 .1 0 0 0 0 .1 0 0 0 0 .1 1.6 0 0 0 -.75"/><feComposite in2="shape" operator="in" result="specks"/><feMerge><feMergeNode in="shape"/><feMergeNode in="specks"/></feMerge></filter>`,
  );
}

/** Both episodes share the hill; the sky tells which one: a sun in stripes, then a planet that answers. */
const hill = (tone) => `${path('M-10 910 V742 C120 730 180 664 300 660 S500 720 610 716 V910 Z', tone)}`;
const dish = (x, y, s, tone) => `<g transform="translate(${x} ${y}) scale(${s})" fill="${tone}"><path d="M-8 0 L-26 96 H26 L8 0 Z"/><g transform="rotate(-34)"><path d="M-92 -18 A92 92 0 0 0 92 -18 Z"/><ellipse cy="-18" rx="92" ry="17" fill="#fbe9c6"/><path d="M-60 -18 L0 -88 L60 -18" fill="none" stroke="${tone}" stroke-width="5"/><circle cy="-92" r="9"/></g></g>`;
function signalOne() {
  const stripes = `<g clip-path="url(#inside)"><path d="${times(9, (i) => `M60 ${452 + i * 30}h480v${3 + i * 2.6}h-480z`)}" fill="#6d3a33"/></g>`;
  return svg(
    `${rect(0, 0, 600, 900, 'url(#dusk)')}${times(80, (i) => circle((i * 211) % 600, (i * 97) % 420, 0.7 + (i % 4) * 0.4, '#ffe7bd', 'opacity=".8"'))}
    ${circle(300, 480, 232, 'url(#disc)')}${stripes}${hill('#1b1017')}${dish(292, 574, 1, '#1b1017')}
    <g fill="none" stroke="#ffe7bd" stroke-width="2.5">${times(5, (i) => `<path d="M${238 - i * 26} ${470 - i * 34} q${30 + i * 6} ${-44 - i * 8} ${90 + i * 14} ${-26 - i * 4}" opacity="${1 - i * 0.17}"/>`)}</g>
    ${text(300, 126, 'SIGNAL', "'Train One'", 104, '#ffdf9e', 'text-anchor="middle" textLength="500"')}${text(300, 210, 'HILL', "'Train One'", 84, '#ffdf9e', 'text-anchor="middle" letter-spacing="36"')}
    ${text(48, 858, 'ONE', 'Jura', 26, '#f7a85b', 'font-weight="600" letter-spacing="8"')}${text(552, 858, 'STATIC', 'Jura', 26, '#f7a85b', 'text-anchor="end" font-weight="600" letter-spacing="8"')}${text(300, 856, '第一話 雑音', "'Noto Sans CJK JP'", 18, '#ffe7bd', 'text-anchor="middle" letter-spacing="4"')}${grain(0.6, 0.7)}`,
    `<clipPath id="inside"><circle cx="300" cy="480" r="234"/></clipPath>${down('dusk', [0, '#12222e'], [0.45, '#24505a'], [0.72, '#a8482f'], [1, '#3a1418'])}${down('disc', [0, '#ffe59a'], [0.5, '#ff9d4d'], [1, '#e6432f'])}`,
  );
}
function signalTwo() {
  const bands = times(14, (i) => `<ellipse cx="${300 + 40 * Math.sin(i * 1.7)}" cy="${196 + i * 34}" rx="330" ry="${7 + (i % 4) * 5}" fill="${['#f3e6c8', '#c4713f', '#8f3f2c', '#e9b27a'][i % 4]}" opacity=".55"/>`);
  return svg(
    `${rect(0, 0, 600, 900, '#081318')}${times(170, (i) => circle((i * 211) % 600, (i * 89) % 900, 0.6 + (i % 4) * 0.4, i % 9 ? '#bfe0dd' : '#ffdf9e', 'opacity=".85"'))}
    <g clip-path="url(#ball)">${rect(40, 160, 520, 520, '#d98f52')}<g filter="url(#storm)">${bands}</g>${circle(300, 420, 260, 'url(#shade)')}</g>
    <g transform="rotate(-16 300 440)" fill="none"><path d="M-70 440a370 74 0 0 0 740 0" stroke="#f6e7c4" stroke-width="20" opacity=".9"/><path d="M-96 440a396 96 0 0 0 792 0" stroke="#c4713f" stroke-width="9"/><path d="M-124 440a424 116 0 0 0 848 0" stroke="#f6e7c4" stroke-width="3"/></g>
    ${hill('#12343a')}<g transform="translate(0 78)">${dish(300, 566, 0.52, '#e08a4f')}</g><path d="M276 600 L214 300" stroke="#9ff3dc" stroke-width="3"/>${circle(214, 300, 11, '#9ff3dc')}${circle(214, 300, 26, 'none', 'stroke="#9ff3dc" stroke-width="2"')}
    ${text(300, 126, 'SIGNAL', "'Train One'", 104, '#9ff3dc', 'text-anchor="middle" textLength="500"')}${text(300, 818, 'HILL', "'Train One'", 76, '#9ff3dc', 'text-anchor="middle" letter-spacing="36"')}
    ${text(48, 876, 'TWO', 'Jura', 24, '#f0b27a', 'font-weight="600" letter-spacing="8"')}${text(552, 876, 'ANSWER', 'Jura', 24, '#f0b27a', 'text-anchor="end" font-weight="600" letter-spacing="8"')}${text(300, 875, '第二話 返事', "'Noto Sans CJK JP'", 17, '#f3e6c8', 'text-anchor="middle" letter-spacing="4"')}${grain(0.55, 0.7)}`,
    `<clipPath id="ball"><circle cx="300" cy="420" r="224"/></clipPath><radialGradient id="shade" cx=".3" cy=".25" r=".9">${stops([0, '#fff4d6', 0.35], [0.45, '#000', 0], [1, '#04090c', 0.92])}</radialGradient>${rough('storm', 46, 0.012, 8)}`,
  );
}

export const painted = {
  'the-salt-road': saltRoad,
  'field-guide-to-clouds': cloudGuide,
  'the-last-vending-machine': vendingMachine,
  'nine-stones': nineStones,
  'signal-hill-1': signalOne,
  'signal-hill-2': signalTwo,
};
