/** Every poster as a function that gives an SVG of 600 × 900; one graphic idea each. */
import { chance } from '../sound.mjs';
import { circle, path, rect, svg, text, times, vertical } from './pen.mjs';

/** The beam of the lamp is the sheet of paper; the sea is its handwriting. */
function keepersLetter() {
  const lines = times(9, (i) => {
    const y = 560 + i * 36;
    let d = `M-10 ${y}`;
    for (let x = -10; x < 620; x += 44) d += ` q11 ${-22 - i * 1.5} 22 0 t22 0`;
    return path(
      d,
      'none',
      `stroke="${['#f2e6cf', '#8fc0c4', '#5fa3ac'][i % 3]}" stroke-width="${2 + i * 0.75}" stroke-linecap="round"`,
    );
  });
  return svg(`${rect(0, 0, 600, 900, '#0f2a3d')}
    ${path('M158 196 L600 20 L600 420 Z', '#f2e6cf')}
    ${path('M142 196 L0 150 L0 242 Z', '#f2e6cf', 'opacity=".35"')}
    ${text(588, 192, 'The', "'EB Garamond'", 58, '#0f2a3d', 'font-style="italic" text-anchor="end"')}
    ${text(588, 250, 'Keeper’s', "'EB Garamond'", 66, '#c8452f', 'font-style="italic" text-anchor="end"')}
    ${text(588, 312, 'Letter', "'EB Garamond'", 66, '#0f2a3d', 'font-style="italic" text-anchor="end"')}
    ${path('M112 560 L126 226 H174 L188 560 Z', '#f2e6cf')}
    ${path('M122.500 310 L125 250 H175 L177.500 310 Z M115.800 470 L119.200 390 H180.800 L184.200 470 Z', '#c8452f')}
    ${rect(118, 216, 64, 10, '#071722')}${rect(130, 174, 40, 42, '#ffd978')}${path('M120 174 L150 136 L180 174 Z', '#c8452f')}
    ${rect(142, 174, 3, 42, '#071722')}${rect(156, 174, 3, 42, '#071722')}
    ${path('M40 600 L84 540 L120 528 L186 530 L232 556 L276 600 Z', '#071722')}
    ${rect(0, 574, 600, 330, '#12384d')}${lines}
    <g transform="translate(404 640) rotate(-14)">${path('M-58 -20 H24 L42 -8 H68 V8 H42 L24 20 H-58 Z', '#9cc9a5')}${rect(-46, -11, 64, 22, '#f2e6cf')}${rect(-20, -11, 8, 22, '#c8452f')}${rect(68, -9, 14, 18, '#a8713f')}</g>
    ${text(596, 478, '灯台守の手紙', "'Noto Serif CJK JP'", 25, '#f2e6cf', 'text-anchor="end" letter-spacing="10" font-weight="500"')}`);
}

/** The nine is the tram line itself, seen from above at night; six lit windows ride on it. */
function nightTram() {
  const r = chance(3);
  const rain = times(90, () => {
    const x = r() * 640;
    const y = r() * 900;
    return `<line x1="${x.toFixed(0)}" y1="${y.toFixed(0)}" x2="${(x - 9).toFixed(0)}" y2="${(y + 40 + r() * 30).toFixed(0)}"/>`;
  });
  const windows = times(5, (i) => rect(122 + i * 74, 604, 58, 76, i === 3 ? '#0b0d12' : '#f2c14b', 'rx="4"'));
  const man = `<g transform="translate(298 668)">${path('M-27 12 L-24 -12 L-10 -22 H10 L24 -12 L27 12 Z', '#0b0d12')}${circle(0, -32, 13, '#0b0d12')}${path('M-23 -37 L24 -41 L22 -35 L-22 -32 Z M-13 -37 L-10 -52 L0 -48 L10 -53 L13 -39 Z', '#0b0d12')}</g>`;
  return svg(`${rect(0, 0, 600, 900, '#0b0d12')}
    <g stroke="#53657a" stroke-width="1.4" opacity=".6">${rain}</g>
    ${text(300, 548, '9', "'Bebas Neue'", 690, '#f2c14b', 'text-anchor="middle" font-weight="700"')}
    <g>${rect(84, 560, 440, 196, '#c22f2a', 'rx="30"')}${rect(84, 700, 440, 7, '#e8e0cf')}${rect(84, 724, 440, 32, '#7c1d1b')}${windows}${man}
    ${circle(170, 760, 24, '#0b0d12')}${circle(232, 760, 24, '#0b0d12')}${circle(380, 760, 24, '#0b0d12')}${circle(442, 760, 24, '#0b0d12')}</g>
    ${path('M84 716 L-40 690 V820 L84 744 Z', '#f2c14b', 'opacity=".9"')}
    ${rect(0, 784, 600, 3, '#53657a')}
    ${text(40, 862, 'NIGHT TRAM', "'Bebas Neue'", 78, '#e8e0cf', 'letter-spacing="3"')}
    ${text(560, 838, '夜の', "'Noto Sans CJK JP'", 20, '#c22f2a', 'text-anchor="end" font-weight="700" letter-spacing="4"')}
    ${text(560, 864, '九番電車', "'Noto Sans CJK JP'", 20, '#c22f2a', 'text-anchor="end" font-weight="700" letter-spacing="4"')}`);
}

/** Two bodies, one path; the type rides on the orbit. */
function orbitForTwo() {
  return svg(
    `${rect(0, 0, 600, 900, '#efe6d3')}
    <g fill="none" stroke="#191716">${circle(300, 520, 90, 'none', 'stroke-width="2"')}${circle(300, 520, 150, 'none', 'stroke-width="2"')}${circle(300, 520, 430, 'none', 'stroke-width="2"')}${circle(300, 520, 300, 'none', 'stroke-width="26" stroke="#1f4fa0"')}</g>
    ${circle(300, 520, 42, '#f0b31c')}
    ${circle(512, 308, 128, '#d8321f')}
    <rect x="-12" y="632" width="200" height="200" fill="#191716" transform="rotate(45 88 732)"/>
    ${text(40, 128, 'orbit', "'League Spartan'", 146, '#191716', 'font-weight="700" letter-spacing="-5"')}
    ${text(44, 208, 'for two', "'League Spartan'", 72, '#191716', 'font-weight="400" letter-spacing="-1"')}
    <text font-family="'Noto Sans CJK JP'" font-weight="700" font-size="24" fill="#191716" letter-spacing="11"><textPath href="#o" startOffset="6%">ふたりの軌道</textPath></text>
    ${text(560, 868, 'a dance at 120 beats', "'League Spartan'", 21, '#191716', 'text-anchor="end" font-weight="500"')}`,
    '<path id="o" d="M300 745 A225 225 0 0 0 525 520"/>',
  );
}

/** One stroke of ink, one red seal where the flower would be. */
function inkGarden() {
  const r = chance(18);
  let ink = '';
  const grow = (x, y, angle, width, steps, depth) => {
    let [px, py, a] = [x, y, angle];
    for (let i = 0; i < steps; i += 1) {
      a += (angle - a) * 0.08 + (r() - 0.5) * 0.34 + (r() < 0.09 ? (r() - 0.5) * 1.2 : 0);
      px += Math.cos(a) * 8;
      py += Math.sin(a) * 8;
      ink += circle(
        px.toFixed(1),
        py.toFixed(1),
        (width * (1 - (i / steps) * 0.8) * (0.7 + r() * 0.55)).toFixed(1),
        '#1c1a1c',
      );
      if (depth < 2 && i > 8 && r() < 0.11)
        grow(
          px,
          py,
          a + (r() < 0.5 ? -1 : 1) * (0.6 + r() * 0.5),
          width * 0.42,
          Math.round(steps * 0.36),
          depth + 1,
        );
    }
  };
  grow(640, 800, -2.22, 25, 92, 0);
  const petal = (x, y, s, turn) =>
    times(
      5,
      (i) =>
        `<ellipse cx="${s * 0.66}" cy="0" rx="${s * 0.62}" ry="${s * 0.5}" transform="translate(${x} ${y}) rotate(${turn + i * 72})" fill="#b8322a"/>`,
    ) + circle(x, y, s * 0.18, '#f2d9a0');
  return svg(`${rect(0, 0, 600, 900, '#ece5d4')}${circle(188, 300, 128, '#dcd0b4')}${ink}
    ${petal(424, 520, 30, 10)}${petal(352, 424, 23, 40)}${petal(500, 676, 25, 25)}${petal(284, 346, 18, 60)}${petal(470, 430, 17, 0)}
    <ellipse cx="196" cy="640" rx="15" ry="10" fill="#b8322a" transform="rotate(30 196 640)"/><ellipse cx="128" cy="736" rx="13" ry="9" fill="#b8322a" transform="rotate(-20 128 736)"/><ellipse cx="262" cy="716" rx="11" ry="8" fill="#b8322a" transform="rotate(70 262 716)"/>
    ${vertical(514, 118, '墨の庭', 'AoyagiKouzanFontT', 94, '#1c1a1c', 102)}
    ${text(40, 846, 'Ink', "'EB Garamond'", 62, '#1c1a1c', 'font-style="italic"')}${text(132, 846, 'Garden', "'EB Garamond'", 62, '#1c1a1c', 'font-style="italic"')}
    <g transform="translate(60 62)">${rect(0, 0, 46, 46, '#b8322a')}<path d="M6 6h34v34h-34z M14 14h18v17 M14 32l9-10" fill="none" stroke="#ece5d4" stroke-width="3"/></g>`);
}

/** All white: the hut is a dot of light at the foot of the letters of snow. */
function longSnow() {
  const r = chance(8);
  const flakes = times(150, () =>
    circle(
      (r() * 600).toFixed(0),
      (r() * 900).toFixed(0),
      (1.2 + r() * 4).toFixed(1),
      '#fff',
      `opacity="${(0.5 + r() * 0.5).toFixed(2)}"`,
    ),
  );
  const letters = ['LONG', 'SNOW']
    .map((word, i) =>
      text(
        300,
        238 + i * 172,
        word,
        "'League Spartan'",
        206,
        '#f4f7fb',
        'text-anchor="middle" font-weight="900" textLength="536" lengthAdjust="spacingAndGlyphs"',
      ),
    )
    .join('');
  return svg(`${rect(0, 0, 600, 900, '#243352')}${text(34, 74, 'THE', "'League Spartan'", 46, '#e07a4f', 'font-weight="900" letter-spacing="14"')}${letters}
    <g transform="translate(0 62)">${path('M-10 640 L120 520 L190 580 L330 430 L420 545 L470 500 L620 640 V900 H-10 Z', '#3a4d74')}
    ${path('M330 430 L286 478 L312 500 L332 480 L356 512 L378 492 Z', '#f4f7fb')}</g>
    ${path('M-10 716 C120 650 260 740 390 690 S560 660 610 690 V910 H-10 Z', '#dfe7f1')}
    ${path('M-10 810 C150 760 330 830 610 770 V910 H-10 Z', '#fff')}
    <g transform="translate(420 640)">${rect(0, 20, 92, 52, '#1a2038')}${path('M-14 26 L46 -24 L106 26 L94 28 L46 -10 L-2 28 Z', '#fff')}${rect(16, 34, 20, 18, '#ffb648')}${rect(58, 34, 18, 38, '#ffb648')}${path('M58 72 H76 L44 122 L-6 122 Z', '#ffb648', 'opacity=".55"')}</g>
    ${times(17, (i) => circle(30 + i * 22, 846 - i * 8.4 + (i % 2) * 9, 3.4, '#9fb0cb'))}
    ${flakes}
    ${text(560, 866, '長い雪', "'Noto Serif CJK JP'", 30, '#243352', 'text-anchor="end" font-weight="700" letter-spacing="10"')}`);
}

const gear = (x, y, radius, teeth, fill, hole, turn = 0) => {
  const points = Array.from({ length: teeth * 4 }, (_, i) => {
    const a = turn + (i / (teeth * 4)) * Math.PI * 2;
    const reach = i % 4 < 2 ? radius : radius * 0.85;
    return `${(x + Math.cos(a) * reach).toFixed(1)},${(y + Math.sin(a) * reach).toFixed(1)}`;
  }).join(' ');
  return `<polygon points="${points}" fill="${fill}" stroke="#22303a" stroke-width="6"/>${circle(x, y, radius * 0.5, hole, 'stroke="#22303a" stroke-width="6"')}`;
};
const robotFace = (x, y, s) =>
  `<g transform="translate(${x} ${y}) scale(${s})" stroke="#22303a" stroke-width="4"><path d="M0 -134V-150" /><circle cx="0" cy="-154" r="6" fill="#ffd23f"/><path d="M0 -34V-18M-28 -66L-48 -96M28 -66L48 -50" fill="none" stroke-width="6" stroke-linecap="round"/><circle cx="0" cy="-14" r="14" fill="#22303a"/><rect x="-30" y="-88" width="60" height="56" rx="12" fill="#e8553f"/><rect x="-26" y="-134" width="52" height="42" rx="12" fill="#fbf3e0"/><rect x="-14" y="-74" width="28" height="22" rx="4" fill="#2b8a86"/><circle cx="-10" cy="-116" r="4" fill="#22303a"/><circle cx="12" cy="-116" r="4" fill="#22303a"/><path d="M-9 -102q10 7 20 0" fill="none" stroke-width="3"/></g>`;

/** Episode one: the poster is the clock; twelve is a gear. */
function machinesOne() {
  const marks = times(
    12,
    (i) =>
      `<rect x="-${i % 3 ? 4 : 8}" y="-262" width="${i % 3 ? 8 : 16}" height="${i % 3 ? 26 : 46}" fill="#22303a" transform="translate(300 520) rotate(${i * 30})"/>`,
  );
  return svg(`${rect(0, 0, 600, 900, '#f3b83f')}${gear(300, 520, 330, 30, '#fbf3e0', '#fbf3e0')}${circle(300, 520, 268, '#fbf3e0')}${marks}
    <g stroke="#22303a" stroke-linecap="round"><path d="M300 520 L420 592" stroke-width="22"/><path d="M300 520 L206 348" stroke-width="15" stroke="#e8553f"/></g>
    ${gear(300, 520, 44, 9, '#2b8a86', '#22303a', 0.2)}${robotFace(168, 898, 1.5)}
    ${text(36, 92, 'Small Machines', "'League Spartan'", 75, '#22303a', 'font-weight="800" letter-spacing="-2.500"')}
    ${text(38, 136, 'One: the clock that ran late', "'League Spartan'", 28, '#22303a', 'font-weight="500"')}
    ${text(562, 866, 'おくれた時計', "'M PLUS 1'", 24, '#22303a', 'text-anchor="end" font-weight="800" letter-spacing="3"')}`);
}

/** Episode two: the same machine as a cut through a house; seven floors, one dark. */
function machinesTwo() {
  const tones = ['#20314a', '#f3b83f', '#d9b8d8', '#bcd9a8', '#e8a08f', '#f7dfc0', '#f3b83f'];
  const floors = tones
    .map(
      (tone, i) =>
        `${rect(60, 190 + i * 92, 480, 92, tone, 'stroke="#22303a" stroke-width="6"')}${text(88, 262 + i * 92, 7 - i, "'League Spartan'", 74, i ? '#fff' : '#ffd23f', 'font-weight="800"')}`,
    )
    .join('');
  return svg(`${rect(0, 0, 600, 900, '#8fd0c8')}${floors}
    ${rect(250, 190, 120, 644, '#2f3d48', 'stroke="#22303a" stroke-width="6"')}<path d="M310 190 V290" stroke="#fbf3e0" stroke-width="4"/>
    ${rect(262, 286, 96, 178, '#fbf3e0', 'rx="8" stroke="#22303a" stroke-width="6"')}${robotFace(310, 460, 1.05)}
    ${gear(310, 200, 44, 11, '#ffd23f', '#8fd0c8', 0.1)}
    ${circle(486, 236, 22, '#ffe9a8')}${times(14, (i) => circle(392 + ((i * 53) % 140), 208 + ((i * 31) % 66), 2, '#fbf3e0'))}
    ${rect(396, 322, 24, 52, '#e8553f')}${rect(424, 334, 20, 40, '#2b8a86')}${rect(448, 316, 26, 58, '#fbf3e0')}${path('M430 566 L500 566 L486 530 H444 Z', '#e8553f')}${gear(470, 692, 30, 9, '#fbf3e0', '#e8a08f')}${rect(400, 790, 116, 26, '#2b8a86')}
    ${rect(0, 834, 600, 66, '#22303a')}
    ${text(36, 92, 'Small Machines', "'League Spartan'", 75, '#22303a', 'font-weight="800" letter-spacing="-2.500"')}
    ${text(38, 126, 'Two: the lift that stopped at six', "'League Spartan'", 28, '#22303a', 'font-weight="500"')}
    ${text(564, 878, '六階どまり', "'M PLUS 1'", 24, '#fbf3e0', 'text-anchor="end" font-weight="800" letter-spacing="3"')}`);
}

/** A tide table set as water: the columns of figures rise and fall. */
function tideTables() {
  const columns = times(15, (i) => {
    const h = 300 + Math.round(170 * Math.sin(i * 0.62 + 0.5) + 60 * Math.sin(i * 1.31));
    return times(Math.ceil(h / 25), (k) =>
      text(
        38 + i * 37.4,
        880 - k * 25,
        ((i * 37 + k * 13) % 60).toString().padStart(2, '0'),
        "'Courier Prime'",
        22,
        ['#0b3c49', '#136273', '#1b8a94', '#5fb7b3'][Math.min(3, Math.floor((k / Math.ceil(h / 25)) * 4))],
        'text-anchor="middle" font-weight="700"',
      ),
    );
  });
  return svg(`${rect(0, 0, 600, 900, '#f4efe2')}${circle(440, 250, 108, '#f26b4e')}${circle(414, 236, 108, '#f4efe2')}${columns}
    ${text(36, 110, 'Tide', "'GFS Didot'", 118, '#0b3c49', 'letter-spacing="-3"')}${text(36, 218, 'Tables', "'GFS Didot'", 118, '#0b3c49', 'letter-spacing="-3"')}
    ${rect(40, 252, 130, 2, '#0b3c49')}${text(40, 286, '潮位表', "'Noto Serif CJK JP'", 24, '#0b3c49', 'letter-spacing="10"')}`);
}

/** Seven keys, each tooth pattern a bar of the piece. */
function sevenKeys() {
  const colours = ['#f7c531', '#ef6f3c', '#d93a52', '#8d3b8f', '#3c56a6', '#2f9a9b', '#8dbf4b'];
  const bits = [
    [30, 52, 18, 40],
    [44, 20, 50, 28],
    [18, 38, 26, 56],
    [54, 34, 46, 16],
    [24, 48, 36, 52],
    [40, 16, 30, 46],
    [52, 42, 20, 34],
  ];
  const keys = colours
    .map((c, i) => {
      const x = 62 + i * 79.4;
      const drop = [0, 66, 24, 110, 48, 132, 88][i];
      return `<g transform="translate(${x} ${250 + drop})">${circle(0, 0, 36, 'none', `stroke="${c}" stroke-width="17"`)}${rect(-9, 42, 18, 410, c)}${bits[i].map((w, k) => rect(9, 310 + k * 36, w * 0.62, 22, c)).join('')}</g>`;
    })
    .join('');
  return svg(`${rect(0, 0, 600, 900, '#17151f')}${keys}
    ${text(34, 120, 'SEVEN', "'Bebas Neue'", 118, '#f6f1e4', 'font-weight="700" letter-spacing="4"')}${text(566, 120, 'KEYS', "'Bebas Neue'", 118, '#f6f1e4', 'text-anchor="end" font-weight="300" letter-spacing="4"')}
    ${rect(34, 146, 532, 3, '#f6f1e4')}${text(34, 866, '7/8', "'Bebas Neue'", 46, '#f6f1e4')}${text(566, 864, '七つの鍵', "'Noto Sans CJK JP'", 26, '#f6f1e4', 'text-anchor="end" font-weight="700" letter-spacing="9"')}`);
}

/** Contour lines of an island in the shape of a thumbprint. */
function islands() {
  const rings = times(15, (i) => {
    const points = Array.from({ length: 73 }, (_, k) => {
      const a = (k / 72) * Math.PI * 2;
      const base = 20 + i * 15.5;
      const wob =
        1 +
        0.1 * Math.sin(a * 3 + i * 0.32) +
        0.06 * Math.sin(a * 5 - i * 0.5) +
        0.05 * Math.cos(a * 2 + i * 0.2);
      return `${(300 + Math.cos(a) * base * wob * 0.94).toFixed(1)},${(520 + Math.sin(a) * base * wob * 1.3).toFixed(1)}`;
    });
    return `<polygon points="${points.join(' ')}" fill="${['#f6e9c8', '#e9cf94', '#d9b765', '#a8b46c', '#7fa27a'][4 - Math.floor(i / 3)]}" stroke="#2b3a3d" stroke-width="1.6"/>`;
  });
  const ordered = rings
    .split('<polygon')
    .filter(Boolean)
    .reverse()
    .map((s) => `<polygon${s}`)
    .join('');
  const grid = times(
    9,
    (i) => `<path d="M${i * 75} 0V900M0 ${i * 112}H600" stroke="#b9d6d4" stroke-width="1"/>`,
  );
  return svg(`${rect(0, 0, 600, 900, '#d8e8e4')}${grid}${ordered}
    <path d="M96 800 C180 720 140 600 232 560 S320 480 300 520" fill="none" stroke="#c8452f" stroke-width="3" stroke-dasharray="9 8"/><path d="M290 508l20 24m0 -24l-20 24" stroke="#c8452f" stroke-width="6"/>
    ${rect(36, 36, 528, 148, '#f6f1e4', 'stroke="#2b3a3d" stroke-width="2"')}${rect(42, 42, 516, 136, 'none', 'stroke="#2b3a3d" stroke-width="1"')}
    ${text(300, 96, 'AN ATLAS OF', "'Goudy Bookletter 1911'", 30, '#2b3a3d', 'text-anchor="middle" letter-spacing="9"')}${text(300, 150, 'Imaginary Islands', "'Goudy Bookletter 1911'", 55, '#2b3a3d', 'text-anchor="middle"')}
    ${text(562, 868, '架空島地図帖', "'Noto Serif CJK JP'", 24, '#2b3a3d', 'text-anchor="end" letter-spacing="6" font-weight="600"')}
    <g transform="translate(78 836)" fill="none" stroke="#2b3a3d" stroke-width="2">${circle(0, 0, 26, '#f6f1e4')}<path d="M0 -40L7 0L0 40L-7 0Z" fill="#c8452f" stroke="none"/><path d="M-40 0H40"/></g>`);
}

/** A façade of thirty-six windows; one is awake. */
function windows36() {
  const r = chance(36);
  const cells = times(36, (i) => {
    const x = 48 + (i % 6) * 87;
    const y = 168 + Math.floor(i / 6) * 106;
    if (i === 21)
      return `${rect(x, y, 66, 84, '#ffd35c')}${path(`M${x + 20} ${y + 84} q0 -34 16 -34 t16 34z`, '#102a2e')}${circle(x + 36, y + 40, 11, '#102a2e')}`;
    const tone = ['#1c4046', '#24505a', '#173638', '#2d6067'][Math.floor(r() * 4)];
    const blind = Math.floor(r() * 60);
    return `${rect(x, y, 66, 84, tone)}${rect(x, y, 66, blind, '#4a8084')}${rect(x + 32, y, 2, 84, '#102a2e')}`;
  });
  return svg(`${rect(0, 0, 600, 900, '#102a2e')}${cells}
    ${text(46, 128, 'Thirty-six', 'Prociono', 82, '#f3ead7')}${text(552, 868, 'windows', 'Prociono', 82, '#f3ead7', 'text-anchor="end"')}
    ${text(48, 864, '三十六の窓', "'Noto Serif CJK JP'", 24, '#ffd35c', 'font-weight="600" letter-spacing="5"')}`);
}

/** A clock face with an hour cut out like a slice; the missing slice lies below. */
function borrowedHour() {
  const slice = 'M0 0 L0 -210 A210 210 0 0 1 105 -181.900 Z';
  const face = times(12, (i) => {
    const a = ((i + 0.5) * Math.PI) / 6;
    return i === 0
      ? ''
      : text(
          (300 + Math.sin(a) * 168).toFixed(1),
          (372 - Math.cos(a) * 168 + 15).toFixed(1),
          ['I', 'II', 'III', 'IV', 'V', 'VI', 'VII', 'VIII', 'IX', 'X', 'XI', 'XII'][i],
          "'EB Garamond'",
          40,
          '#5a1f24',
          'text-anchor="middle"',
        );
  });
  return svg(`${rect(0, 0, 600, 900, '#5a1f24')}${rect(26, 26, 548, 848, 'none', 'stroke="#e9d8b4" stroke-width="1.500"')}
    ${circle(300, 372, 210, '#e9d8b4')}${path(slice, '#5a1f24', 'transform="translate(300 372)"')}${face}${circle(300, 372, 8, '#5a1f24')}
    ${path(slice, '#e9d8b4', 'transform="translate(392 822) rotate(62) scale(1)"')}${text(0, 0, 'I', "'EB Garamond'", 40, '#5a1f24', 'text-anchor="middle" transform="translate(546 776) rotate(77)"')}
    ${text(60, 704, 'The', "'EB Garamond'", 46, '#e9d8b4', 'font-style="italic"')}${text(56, 768, 'Borrowed', "'EB Garamond'", 72, '#e9d8b4')}${text(56, 836, 'Hour', "'EB Garamond'", 72, '#e9d8b4')}
    ${text(60, 92, 'a story', "'EB Garamond'", 28, '#e9d8b4', 'font-style="italic"')}${text(540, 92, '借りた一時間', "'Noto Serif CJK JP'", 22, '#e9d8b4', 'text-anchor="end" letter-spacing="5"')}`);
}

/** Umbrellas from above are books' shelves; one is open, with print for panels. */
function umbrellaLibrary() {
  const umbrella = (x, y, r, a, b, turn) =>
    times(8, (i) => {
      const p = (k) =>
        `${(x + Math.cos(turn + (k * Math.PI) / 4) * r).toFixed(1)} ${(y + Math.sin(turn + (k * Math.PI) / 4) * r).toFixed(1)}`;
      const m = `${(x + Math.cos(turn + ((i + 0.5) * Math.PI) / 4) * r * 0.82).toFixed(1)} ${(y + Math.sin(turn + ((i + 0.5) * Math.PI) / 4) * r * 0.82).toFixed(1)}`;
      return path(`M${x} ${y} L${p(i)} Q${m} ${p(i + 1)} Z`, i % 2 ? a : b);
    }) + circle(x, y, r * 0.05, '#1d2b2a');
  const r = chance(5);
  const drops = times(
    70,
    () => `<line x1="${(r() * 600).toFixed(0)}" x2="${(r() * 600).toFixed(0)}" y1="0" y2="0"/>`,
  ).replace(/<line[^>]*>/g, () => {
    const x = (r() * 600).toFixed(0);
    const y = r() * 900;
    return `<line x1="${x}" x2="${x}" y1="${y.toFixed(0)}" y2="${(y + 22).toFixed(0)}"/>`;
  });
  return svg(`${rect(0, 0, 600, 900, '#c9d6d2')}<g stroke="#8fa8a4" stroke-width="2">${drops}</g>
    ${umbrella(470, 170, 150, '#25504f', '#2f6462', 0.2)}${umbrella(96, 300, 128, '#25504f', '#2f6462', 0.5)}${umbrella(528, 782, 122, '#25504f', '#2f6462', 0.1)}
    ${umbrella(318, 490, 206, '#f4ead2', '#d9472f', 0.39)}
    ${vertical(196, 92, '傘の', "'Noto Serif CJK JP'", 68, '#1d2b2a', 76, 'font-weight="700"')}${vertical(80, 540, '図書館', "'Noto Serif CJK JP'", 68, '#1d2b2a', 76, 'font-weight="700"')}
    ${text(40, 824, 'The Umbrella', "'EB Garamond'", 46, '#1d2b2a', 'font-style="italic"')}${text(40, 870, 'Library', "'EB Garamond'", 46, '#1d2b2a', 'font-style="italic"')}`);
}

/** A board of lamps; the lit ones spell an L. */
function lamplighter() {
  const lit = ['00000', '01000', '01000', '01000', '01110', '00000'];
  const lamps = lit
    .flatMap((row, y) =>
      [...row].map((on, x) => {
        const cx = 92 + x * 104;
        const cy = 250 + y * 104;
        const lamp = `${path(`M${cx - 20} ${cy - 22} H${cx + 20} L${cx + 13} ${cy + 22} H${cx - 13} Z`, on === '1' ? '#fff3c4' : '#24344d')}${path(`M${cx - 24} ${cy - 22} L${cx} ${cy - 42} L${cx + 24} ${cy - 22} Z`, on === '1' ? '#17110a' : '#0d1728')}${rect(cx - 15, cy + 22, 30, 6, on === '1' ? '#17110a' : '#0d1728')}`;
        return `${rect(cx - 49, cy - 49, 98, 98, on === '1' ? '#ffb52e' : '#16233a', 'rx="8"')}${lamp}`;
      }),
    )
    .join('');
  return svg(`${rect(0, 0, 600, 900, '#0d1728')}${lamps}
    ${text(42, 140, 'Lamplighter', "'Goudy Bookletter 1911'", 96, '#ffb52e', 'textLength="516" lengthAdjust="spacingAndGlyphs"')}
    ${text(43, 866, '点灯夫', "'Noto Serif CJK JP'", 30, '#ffb52e', 'font-weight="700" letter-spacing="12"')}${text(557, 864, 'a game of twenty-five streets', "'Goudy Bookletter 1911'", 22, '#8ea2c4', 'text-anchor="end"')}`);
}

/** A kite's string draws the whole skyline in one line. */
function kite() {
  return svg(`${rect(0, 0, 600, 900, '#f26b4e')}
    ${path('M-10 900 V720 H50 V660 H110 V740 H150 V640 L185 606 L220 640 V760 H270 V690 H350 V730 H390 V610 H450 V700 H500 L530 670 L560 700 H610 V900 Z', '#22304f')}
    <path d="M398 236 C330 360 420 430 300 520 S236 600 185 606" fill="none" stroke="#fdf0d5" stroke-width="4"/>
    <g transform="translate(410 180) rotate(24)">${path('M0 -128 L84 0 L0 150 L-84 0 Z', '#fdf0d5')}${path('M0 -128 L84 0 H0 Z', '#ffc83d')}${path('M0 0 H-84 L0 150 Z', '#2f9a9b')}<path d="M0 -128V150M-84 0H84" stroke="#22304f" stroke-width="4"/></g>
    ${path('M330 390 l-26 -10 l4 26 z m0 0 l26 10 l-4 -26 z', '#ffc83d')}${path('M352 470 l-26 -10 l4 26 z m0 0 l26 10 l-4 -26 z', '#fdf0d5')}
    ${circle(185, 594, 8, '#fdf0d5')}${path('M179 602 h12 l6 24 h-24 z', '#fdf0d5')}
    ${times(22, (i) => rect(14 + ((i * 83) % 570), 770 + ((i * 41) % 100), 9, 13, '#ffc83d', `opacity="${0.4 + (i % 3) * 0.3}"`))}
    ${text(36, 130, 'Kite', "'Lobster Two'", 128, '#22304f', 'font-weight="700" font-style="italic"')}${text(40, 186, 'over Rooftops', "'Lobster Two'", 46, '#22304f', 'font-style="italic"')}
    ${text(40, 228, '屋根の上の凧', "'M PLUS 1'", 22, '#fdf0d5', 'font-weight="800" letter-spacing="5"')}`);
}

export const drawn = {
  'the-keepers-letter': keepersLetter,
  'night-tram': nightTram,
  'orbit-for-two': orbitForTwo,
  'ink-garden': inkGarden,
  'the-long-snow': longSnow,
  'small-machines-1': machinesOne,
  'small-machines-2': machinesTwo,
  'tide-tables': tideTables,
  'seven-keys': sevenKeys,
  'atlas-of-imaginary-islands': islands,
  'thirty-six-windows': windows36,
  'the-borrowed-hour': borrowedHour,
  'the-umbrella-library': umbrellaLibrary,
  lamplighter,
  'kite-over-rooftops': kite,
};
