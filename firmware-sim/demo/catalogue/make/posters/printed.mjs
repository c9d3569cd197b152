/** Posters that came off a press: halftone dots, cut wood, set type, torn paper, a worn paperback, coarse pixels. */
import { chance } from '../sound.mjs';
import { circle, grain, halftone, path, points, rect, rough, svg, text, times, vertical, worn } from './pen.mjs';

/** A matchbox label of long ago, grown large: fish swim up a red drum. */
function goldfishMarch() {
  const fish = (x, y, s, turn, body) =>
    `<g transform="translate(${x} ${y}) rotate(${turn}) scale(${s})"><path d="M-96 0C-60 -66 30 -64 78 -8C118 -74 176 -76 190 -40C168 -30 152 -12 150 2C154 18 172 34 192 48C168 78 118 70 78 12C36 66 -60 64 -96 0Z" fill="${body}"/><path d="M-18 -50C2 -92 56 -92 66 -62C44 -60 24 -54 14 -44Z M-8 48C4 84 44 88 58 66C40 62 24 56 16 46Z" fill="${body}"/><g fill="none" stroke="#fff6e0" stroke-width="4" stroke-linecap="round"><path d="M-34 -34q22 34 0 68M-6 -42q26 42 0 84M22 -40q24 40 0 80"/><path d="M92 -10L150 -44M96 0L140 0M92 12L150 44" stroke-width="3"/></g><circle cx="-60" cy="-14" r="13" fill="#fff6e0"/><circle cx="-62" cy="-14" r="6.500" fill="#1b1b2c"/></g>`;
  const rays = times(24, (i) => (i % 2 ? '' : `<path d="M330 540L${(330 + 900 * Math.cos((i * Math.PI) / 12)).toFixed(0)} ${(540 + 900 * Math.sin((i * Math.PI) / 12)).toFixed(0)}L${(330 + 900 * Math.cos(((i + 1) * Math.PI) / 12)).toFixed(0)} ${(540 + 900 * Math.sin(((i + 1) * Math.PI) / 12)).toFixed(0)}Z"/>`));
  return svg(
    `${rect(0, 0, 600, 900, '#fff1d2')}<g fill="#f6c453">${rays}</g>${halftone('#e2572c', 11, 22, (x, y) => (y - 430) / 620)}
    <g filter="url(#worn)">${circle(330, 540, 214, '#12707a')}${times(7, (i) => `<path d="M${120 + i * 8} ${430 + i * 36}q52 -26 104 0t104 0t104 0t104 0" fill="none" stroke="#7cc7bf" stroke-width="5" clip-path="url(#bowl)"/>`)}
    ${fish(308, 470, 1.02, -14, '#d3231f')}${fish(404, 610, 0.66, 10, '#f08a24')}${fish(226, 650, 0.5, -30, '#d3231f')}</g>
    <g fill="#c21d1b">${rect(24, 24, 148, 640, '#c21d1b')}</g>${vertical(98, 128, '金魚行進曲', "'Reggae One'", 104, '#fff6e0', 122)}
    ${text(572, 116, 'GOLDFISH', "'Bebas Neue'", 104, '#1b1b2c', 'text-anchor="end" font-weight="700" letter-spacing="2"')}${text(572, 206, 'MARCH', "'Bebas Neue'", 104, '#c21d1b', 'text-anchor="end" font-weight="700" letter-spacing="2"')}
    ${text(572, 244, '総天然色・音楽と金魚', "'M PLUS 1'", 22, '#1b1b2c', 'text-anchor="end" font-weight="800" letter-spacing="3"')}
    ${rect(24, 800, 552, 76, '#1b1b2c')}${text(300, 850, '監督 水鳥なみ　音楽 たらい楽団', "'M PLUS 1'", 26, '#fff6e0', 'text-anchor="middle" font-weight="700" letter-spacing="4"')}${grain(0.35, 0.7)}`,
    `${worn('worn', 0.3, 0.35)}<clipPath id="bowl"><circle cx="330" cy="540" r="206"/></clipPath>`,
  );
}

/** A railway paperback, read to pieces: two colours and the dots of cheap paper. */
function platformFour() {
  const shade = (x, y) => {
    const lamp = 1 - Math.hypot(x - 420, y - 330) / 430;
    return Math.max(0, 0.92 - lamp * 1.05);
  };
  const woman = `<path d="M226 900C228 800 206 720 204 652C200 600 210 560 234 536C252 516 266 506 284 498C276 486 270 468 272 446C232 446 196 436 186 420C236 414 262 398 270 368C282 336 350 332 366 366C374 392 402 404 446 400C440 420 402 440 356 444C360 452 364 462 372 472C368 480 362 480 362 486C366 492 362 496 358 498C360 510 352 518 334 516C334 524 338 532 352 540C404 560 424 610 418 680C414 720 428 800 440 900Z" fill="#15120f"/><path d="M356 470C360 468 366 470 370 473" stroke="#e8452c" stroke-width="3"/><path d="M350 500q8 1 12 -2q-2 9 -12 7z" fill="#e8452c"/><path d="M284 498C300 530 330 544 352 540L300 620L262 560Z" fill="#e8452c"/><path d="M270 444q50 10 98 0l0 -10q-48 10 -98 0z" fill="#e8452c"/>`;
  return svg(
    `${rect(0, 0, 600, 900, '#f2d24b')}${rect(44, 190, 556, 710, '#f4e3a1')}${halftone('#1f5d63', 8.5, 38, shade, [44, 190, 600, 900])}
    <g fill="#15120f">${path('M470 190 h10 v86 h-10z', '#15120f')}${circle(475, 322, 48, '#15120f')}</g>${circle(475, 322, 40, '#f9efc9')}<g stroke="#15120f" stroke-width="5" stroke-linecap="round"><path d="M475 322V294M475 322L492 334"/></g>
    ${path('M44 860 L600 790 V900 H44Z', '#15120f')}${path('M44 846 L600 776 V784 L44 856Z', '#e8452c')}<g filter="url(#cut)">${woman}</g>
    ${rect(0, 0, 600, 190, '#e8452c')}${rect(0, 0, 44, 900, '#15120f')}
    ${text(66, 76, 'The Woman on', "'Lobster Two'", 66, '#fff4d0', 'font-style="italic" font-weight="700"')}${text(64, 162, 'PLATFORM 4', "'Bebas Neue'", 104, '#15120f', 'font-weight="700" textLength="514" lengthAdjust="spacingAndGlyphs"')}
    ${circle(132, 268, 52, '#15120f')}${text(132, 262, 'NIGHT', "'Bebas Neue'", 26, '#f2d24b', 'text-anchor="middle" font-weight="700"')}${text(132, 292, 'LINE 35', "'Bebas Neue'", 26, '#f2d24b', 'text-anchor="middle" font-weight="700"')}
    ${text(578, 842, 'She bought a single', "'Courier Prime'", 21, '#fff4d0', 'text-anchor="end" font-weight="700"')}${text(578, 868, 'to the end of the line.', "'Courier Prime'", 21, '#fff4d0', 'text-anchor="end" font-weight="700"')}
    <g transform="translate(30 880) rotate(-90)">${text(0, 0, '四番線の女', "'Noto Serif CJK JP'", 20, '#f2d24b', 'letter-spacing="8" font-weight="700"')}${text(848, 0, 'NIGHT LINE BOOKS', "'Bebas Neue'", 20, '#f2d24b', 'text-anchor="end" letter-spacing="3"')}</g>
    <g stroke="#fff8df" fill="none" opacity=".55" filter="url(#cut)"><path d="M600 60L520 0M560 900L600 838M44 420L52 900" stroke-width="2.5"/><path d="M47 0V900" stroke-width="1.500"/></g>${grain(0.6, 0.6)}`,
    rough('cut', 5, 0.05),
  );
}

/** The rule of thirds, a grotesque, one photograph that is a grid: a swimming pool. */
function concreteSummer() {
  const tiles = times(13, (j) =>
    times(12, (i) => {
      const k = 0.5 + 0.5 * Math.sin(i * 0.9 + j * 0.7 + Math.sin(j * 1.3) * 1.4);
      const c = ['#1590a8', '#1ea3b8', '#35b4c4', '#6fcdd3', '#b9e8e4'][Math.min(4, Math.floor(k * 5))];
      return rect(i * 50 + 1, 250 + j * 50 + 1, 48, 48, c);
    }),
  );
  return svg(
    `${rect(0, 0, 600, 900, '#e9e6e0')}<g filter="url(#wave)">${rect(-20, 250, 640, 660, '#e8f6f3')}${tiles}<path d="M-20 452h640M-20 652h640" stroke="#0d3640" stroke-width="14"/></g>
    <path d="M0 232H600V268H0Z" fill="#b8b2a6"/><path d="M420 262V520H444V262ZM510 262V520H534V262Z" fill="#d9d5cc"/><path d="M420 330H534M420 400H534M420 470H534" stroke="#d9d5cc" stroke-width="13"/>
    <g transform="translate(196 560) rotate(-24)"><path d="M-70 -10C-30 -34 60 -34 96 -8C60 20 -30 18 -70 -10Z" fill="#e8a27d"/><circle cx="122" cy="-8" r="23" fill="#e23b22"/><path d="M84 -18C120 -70 168 -76 190 -70C166 -58 128 -30 100 -2ZM82 4C96 34 70 66 50 74C58 46 56 24 60 10ZM-66 -14C-110 -34 -150 -30 -164 -22C-140 -12 -104 -4 -66 -6ZM-64 -4C-100 20 -130 32 -150 30C-128 10 -96 -6 -66 -10Z" fill="#e8a27d"/><path d="M-36 -25C0 -32 16 -32 30 -30L24 8C6 10 -16 8 -34 2Z" fill="#e23b22"/></g>
    ${text(34, 106, 'Concrete', 'Inter Display', 100, '#121212', 'font-weight="800" letter-spacing="-5"')}${text(34, 202, 'Summer', 'Inter Display', 100, '#e23b22', 'font-weight="800" letter-spacing="-5"')}
    ${text(566, 48, 'A film', 'Inter', 15, '#121212', 'text-anchor="end" font-weight="600"')}${text(566, 68, 'in fifty', 'Inter', 15, '#121212', 'text-anchor="end" font-weight="600"')}${text(566, 88, 'metres', 'Inter', 15, '#121212', 'text-anchor="end" font-weight="600"')}
    ${text(566, 182, 'コンクリートの夏', "'Noto Sans CJK JP'", 17, '#121212', 'text-anchor="end" font-weight="700"')}${text(566, 204, 'Betonsommer', 'Inter', 17, '#121212', 'text-anchor="end" font-weight="700"')}
    ${rect(0, 838, 600, 62, '#e9e6e0')}${text(34, 876, 'Lido Nord, 1971 – 2024', 'Inter', 21, '#121212', 'font-weight="700"')}${grain(0.25, 0.8)}`,
    rough('wave', 17, 0.012, 5),
  );
}

/** A wolf of black pear wood; whatever is white the gouge took away. */
function winterWolf() {
  const r = chance(17);
  const sky = times(60, (i) => {
    const y = 144 + i * 9.4;
    let d = `M0 ${y.toFixed(1)}`;
    for (let x = 0; x < 620; x += 40) d += ` l${18 + Math.floor(r() * 12)} ${(r() * 4 - 2).toFixed(1)} m${6 + Math.floor(r() * 8)} 0`;
    return `<path d="${d}"/>`;
  });
  const fur = (x0, y0, x1, y1, n, lean) =>
    times(n, () => {
      const k = r();
      const x = x0 + (x1 - x0) * k + (r() - 0.5) * 66;
      const y = y0 + (y1 - y0) * k + (r() - 0.5) * 58;
      const l = 14 + r() * 20;
      return `M${x.toFixed(0)} ${y.toFixed(0)}q${(lean * l * 0.5).toFixed(0)} ${(l * 0.4).toFixed(0)} ${(lean * l).toFixed(0)} ${l.toFixed(0)}`;
    });
  const pine = (x, y, s) =>
    `<g transform="translate(${x} ${y}) scale(${s})"><path d="M0 -190L30 -120H14L44 -64H20L58 0H8V26H-8V0H-58L-20 -64H-44L-14 -120H-30Z" fill="#14110d"/><path d="M-6 -132l-14 14M-6 -112l-20 16M-6 -76l-26 16M-6 -52l-30 18M-6 -14l-38 8" stroke="#efe5cf" stroke-width="4"/></g>`;
  const flakes = times(40, (i) => {
    const x = 20 + ((i * 149) % 570);
    const y = 150 + ((i * 83) % 500);
    const s = 4 + (i % 4) * 2.4;
    return `<path d="M${x - s} ${y}h${2 * s}M${x} ${y - s}v${2 * s}M${x - s * 0.7} ${y - s * 0.7}l${s * 1.4} ${s * 1.4}M${x + s * 0.7} ${y - s * 0.7}l${-s * 1.4} ${s * 1.4}"/>`;
  });
  const wolf = `<path d="M112 812C120 742 150 700 166 640C178 596 206 566 246 546C262 520 270 470 262 430L244 366L286 398C296 392 308 390 320 392L350 342L360 402C388 420 404 446 408 462C438 474 462 486 474 500C470 516 456 524 436 524C412 530 396 536 388 552C386 580 396 604 398 640C402 700 396 760 408 812H352C350 770 344 736 336 716C322 752 318 782 318 812H262C262 778 254 752 244 736C222 762 204 786 196 812Z" fill="#14110d"/>`;
  return svg(
    `${rect(0, 0, 600, 900, '#efe5cf')}<g filter="url(#gouge)">${rect(30, 130, 540, 690, '#1f3a4a')}<g stroke="#efe5cf" stroke-width="3" fill="none" clip-path="url(#block)">${sky}</g>
    ${circle(450, 250, 78, '#efe5cf')}${circle(450, 250, 66, '#c4391f')}<path d="M30 700C140 660 250 720 360 690S520 660 570 690V820H30Z" fill="#efe5cf"/>${pine(84, 706, 0.9)}${pine(536, 700, 0.72)}${pine(476, 712, 0.5)}
    ${wolf}<path d="${fur(200, 640, 320, 560, 46, 0.5)}${fur(300, 470, 300, 700, 60, -0.35)}${fur(370, 560, 380, 800, 32, -0.2)}${fur(150, 780, 200, 680, 26, 0.4)}" stroke="#efe5cf" stroke-width="3.2" fill="none" stroke-linecap="round"/>
    <path d="M336 446l26 10l-26 6z" fill="#f2b632"/><path d="M408 506q32 -2 58 -6" stroke="#efe5cf" stroke-width="3" fill="none"/><g stroke="#efe5cf" stroke-width="3.2" stroke-linecap="round">${flakes}</g>
    <path d="M60 760q40 -10 90 0M420 760q60 -12 120 0M80 792q60 -8 110 0M430 796q50 -8 110 0" stroke="#1f3a4a" stroke-width="5" fill="none" stroke-linecap="round"/></g>
    ${text(300, 62, 'Der Wolf, der', 'Blankenburg_UNZ1A', 62, '#14110d', 'text-anchor="middle"')}${text(300, 118, 'den Schnee zählte', 'Blankenburg_UNZ1A', 62, '#c4391f', 'text-anchor="middle"')}
    ${text(30, 866, 'The Wolf Who Counted Snow', "'Goudy Bookletter 1911'", 28, '#14110d')}${text(570, 866, '雪を数えた狼', "'Noto Serif CJK JP'", 23, '#14110d', 'text-anchor="end" font-weight="700" letter-spacing="4"')}${grain(0.4, 0.55)}`,
    `${rough('gouge', 6, 0.07, 4)}<clipPath id="block"><rect x="30" y="130" width="540" height="690"/></clipPath>`,
  );
}

/** A long-playing record: one colour, one photograph in dots, lower-case letters that keep out of its way. */
function roomsWithoutDoors() {
  // A hand on piano keys, as brightness: keys are stripes, fingers five soft capsules.
  const capsule = (x, y, [ax, ay, bx, by, w]) => {
    const k = Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)));
    return Math.hypot(x - ax - k * (bx - ax), y - ay - k * (by - ay)) / w;
  };
  const fingers = [[196, 470, 150, 640, 27], [262, 440, 244, 690, 29], [330, 436, 334, 704, 30], [396, 452, 418, 676, 28], [470, 520, 540, 640, 26], [340, 250, 330, 470, 132]];
  const shade = (x, y) => {
    const hand = Math.min(...fingers.map((f) => capsule(x, y, f)));
    if (hand < 1) return 0.04 + 0.5 * hand ** 5 + Math.max(0, (440 - y) / 420);
    const black = y < 700 && (x + 18) % 86 < 40 && Math.floor((x + 18) / 86) % 7 !== 3;
    const seam = x % 86 > 80;
    const shadow = hand < 1.7 ? 0.9 * (1.7 - hand) : 0;
    if (black) return y > 676 ? 0.7 : 1;
    return (seam ? 0.9 : 0.08) + shadow + Math.max(0, (420 - y) / 500);
  };
  return svg(
    `${rect(0, 0, 600, 900, '#e4632d')}${halftone('#12100e', 8.6, 45, shade, [0, 250, 600, 900])}${rect(0, 0, 600, 250, '#efe6d2')}
    ${text(30, 96, 'rooms', 'Inter Display', 104, '#12100e', 'font-weight="900" letter-spacing="-6"')}${text(30, 176, 'without', 'Inter Display', 104, '#12100e', 'font-weight="900" letter-spacing="-6"')}
    <g transform="translate(576 232) rotate(-90)">${text(0, 0, 'doors', 'Inter Display', 104, '#e4632d', 'font-weight="900" letter-spacing="-6" textLength="212" lengthAdjust="spacingAndGlyphs"')}</g>
    ${text(32, 226, 'the odile marchetti trio', 'Inter', 22, '#12100e', 'font-weight="600"')}${text(440, 226, '扉のない部屋', "'Noto Sans CJK JP'", 19, '#12100e', 'text-anchor="end" font-weight="700" letter-spacing="2"')}${text(576, 884, 'KT 4007', 'Inter', 20, '#efe6d2', 'text-anchor="end" font-weight="700" letter-spacing="1"')}`,
  );
}

/** A warning sign for the ears: lines that beat against each other. */
function kombinat() {
  const lines = (turn, stroke) =>
    `<g transform="rotate(${turn} 300 520)" stroke="${stroke}" stroke-width="7">${times(74, (i) => `<path d="M-200 ${-60 + i * 15.4}H800"/>`)}</g>`;
  return svg(
    `${rect(0, 0, 600, 900, '#d7f205')}${lines(0, '#0b0b0b')}<g clip-path="url(#cog)">${rect(0, 0, 600, 900, '#d7f205')}${lines(8, '#0b0b0b')}</g>
    ${rect(0, 0, 600, 196, '#0b0b0b')}<g transform="translate(24 178) scale(1 1.72)">${text(0, 0, 'KOMBINAT', 'Inter Display', 100, '#d7f205', 'font-weight="900" textLength="552" lengthAdjust="spacingAndGlyphs"')}</g>
    ${rect(0, 806, 600, 94, '#0b0b0b')}${text(24, 846, 'HALLE 1–4', "'M PLUS 1 Code'", 30, '#d7f205', 'font-weight="700"')}${text(24, 880, '138 BPM / LAUT', "'M PLUS 1 Code'", 22, '#d7f205', 'font-weight="500"')}${text(576, 868, 'コンビナート', "'M PLUS 1'", 38, '#d7f205', 'text-anchor="end" font-weight="900"')}`,
    `<clipPath id="cog"><path d="${points(
      Array.from({ length: 64 }, (_, i) => {
        const reach = i % 4 < 2 ? 262 : 212;
        return [300 + reach * Math.cos((i * Math.PI) / 32), 502 + reach * Math.sin((i * Math.PI) / 32)];
      }),
    ).replace(/^/, 'M')}Z M300 402a100 100 0 1 0 .1 0Z" clip-rule="evenodd"/></clipPath>`,
  );
}

/** Letters that were never collected, tied with string. */
function lettersToStation() {
  const sheet = (x, y, w, h, turn, tone, inside) =>
    `<g transform="translate(${x} ${y}) rotate(${turn})"><g filter="url(#lift)">${rect(-w / 2, -h / 2, w, h, tone, 'filter="url(#torn)"')}</g>${inside}</g>`;
  const stamp = (x, y, tone, mark) => `${rect(x, y, 64, 80, '#fbf6e8', 'stroke="#fbf6e8" stroke-width="7" stroke-dasharray="7 5"')}${rect(x + 5, y + 5, 54, 70, tone)}${mark}`;
  const postmark = (x, y) => `<g fill="none" stroke="#2a2a2a" stroke-width="2.500" opacity=".75" transform="rotate(-12 ${x} ${y})">${circle(x, y, 42, 'none')}${circle(x, y, 29, 'none')}<path d="M${x - 120} ${y - 18}q12 -8 24 0t24 0t24 0M${x - 120} ${y}q12 -8 24 0t24 0t24 0M${x - 120} ${y + 18}q12 -8 24 0t24 0t24 0"/></g>`;
  const train = (x, y) => `<g fill="#fbf6e8" transform="translate(${x} ${y})"><rect x="4" y="26" width="46" height="16" rx="3"/><rect x="30" y="12" width="20" height="16"/><rect x="8" y="14" width="7" height="14"/><circle cx="14" cy="47" r="5"/><circle cx="28" cy="47" r="5"/><circle cx="43" cy="47" r="5"/></g>`;
  const airmail = times(26, (i) => `<path d="M${-210 + i * 17} -126l9 0l-6 10l-9 0z" fill="${i % 2 ? '#2b5c9e' : '#c8372d'}"/><path d="M${-210 + i * 17} 116l9 0l-6 10l-9 0z" fill="${i % 2 ? '#2b5c9e' : '#c8372d'}"/>`);
  return svg(
    `${rect(0, 0, 600, 900, '#87947b')}${sheet(206, 664, 420, 260, -9, '#d8c3a0', `<path d="M-210 -130L0 24L210 -130" fill="none" stroke="#b59a70" stroke-width="3"/>${circle(0, 14, 30, '#a3281f')}${text(0, 26, 'K', "'EB Garamond'", 34, '#e9c9a4', 'text-anchor="middle"')}`)}
    ${sheet(378, 560, 430, 256, 7, '#f6f1e3', `${airmail}${stamp(130, -98, '#b5402d', train(135, -84))}${postmark(86, -42)}${text(-180, 10, 'An den Bahnhof', "'Lobster Two'", 37, '#27324a', 'font-style="italic"')}${text(-180, 56, 'Gleis 2, bei den Tauben', "'Lobster Two'", 29, '#27324a', 'font-style="italic"')}<path d="M-180 70H60" stroke="#27324a" stroke-width="1.500"/>`)}
    <path d="M0 470C160 452 430 486 600 462M252 900C262 700 236 300 262 0" stroke="#3a2b1d" stroke-width="5" fill="none"/>${sheet(292, 244, 486, 330, -3, '#efe2c6', `${stamp(160, -148, '#2f6b5c', `<path d="M170 -90l20 -34l20 34z" fill="#fbf6e8"/>`)}${text(-214, -68, 'Briefe', "'EB Garamond'", 104, '#1f1a17', 'font-style="italic"')}${text(-214, 20, 'an einen', "'EB Garamond'", 60, '#1f1a17', 'font-style="italic"')}${text(-214, 116, 'Bahnhof', "'EB Garamond'", 116, '#a3281f', 'font-style="italic"')}`)}
    <path d="M252 468q-46 -44 -60 -6q0 30 60 6q50 -46 70 -8q2 32 -70 8l-34 62M252 468l46 56" stroke="#3a2b1d" stroke-width="5" fill="none"/>
    ${text(572, 846, 'Letters to a Railway Station', "'EB Garamond'", 30, '#f6f1e3', 'text-anchor="end" font-style="italic"')}${text(572, 880, '駅への手紙', "'Noto Serif CJK JP'", 24, '#f6f1e3', 'text-anchor="end" letter-spacing="8" font-weight="600"')}${grain(0.5, 0.5)}`,
    `${rough('torn', 3, 0.06, 2)}<filter id="lift" x="-10%" y="-10%" width="120%" height="125%"><feDropShadow dx="3" dy="7" stdDeviation="6" flood-color="#20281c" flood-opacity=".45"/></filter>`,
  );
}

/** A port of coarse pixels, twelve to the hand's breadth. */
function harbourCrane() {
  const cell = 12;
  const px = (x, y, w, h, c) => rect(x * cell, y * cell, w * cell, h * cell, c);
  const tones = ['#e0533d', '#f0b541', '#3f9e8c', '#e8e1cf', '#2f6fb0', '#a3483f'];
  const sky = ['#1c2f57', '#27467a', '#3f6a9c', '#6d97b4', '#b3b69f', '#f0c48a', '#f7a568'];
  const box = (x, y, i) => `${px(x, y, 8, 4, tones[i % 6])}${times(4, (k) => px(x + k * 2, y, 1, 4, 'rgba(0,0,0,.14)'))}${px(x, y, 8, 0.34, 'rgba(255,255,255,.4)')}`;
  const stack = [[2, 57, 0], [10, 57, 3], [18, 57, 1], [26, 57, 4], [34, 57, 2], [2, 53, 4], [10, 53, 2], [26, 53, 0], [34, 53, 5], [2, 49, 1], [34, 49, 3]];
  return svg(
    `${times(7, (i) => px(0, i * 7, 50, 7, sky[i]))}${times(6, (i) => times(25, (k) => px(k * 2 + (i % 2), i * 7 + 6, 1, 1, sky[i + 1])))}
    ${px(0, 49, 50, 13, '#f7a568')}${times(25, (k) => px(k * 2, 55, 1, 1, '#e58a52'))}${px(33, 36, 8, 8, '#ffe9a8')}${px(34, 35, 6, 10, '#ffe9a8')}${px(32, 37, 10, 6, '#ffe9a8')}
    ${px(0, 61, 50, 14, '#12305a')}${times(26, (i) => px((i * 13) % 48, 62 + ((i * 5) % 11), 3 - (i % 2), 0.5, i % 3 ? '#3f6a9c' : '#f7a568'))}${px(0, 61, 46, 3, '#233047')}${px(2, 64, 42, 2, '#a3312b')}
    ${stack.map(([x, y, i]) => box(x, y, i)).join('')}
    ${px(4, 22, 2, 39, '#f0b541')}${px(5, 22, 0.5, 39, '#a8741c')}${px(2, 20, 46, 2, '#f0b541')}${times(22, (i) => px(3 + i * 2, 21, 1, 1, '#a8741c'))}${px(6, 15, 2, 5, '#f0b541')}${times(12, (i) => px(8 + i * 2, 15 + i * 0.42, 2, 0.4, '#233047'))}${px(3, 23, 5, 4, '#e8e1cf')}${px(4, 24, 3, 2, '#27467a')}
    ${px(21, 22, 3, 1, '#233047')}${px(22.25, 23, 0.5, 14, '#233047')}${px(18.5, 37, 8, 0.6, '#233047')}${box(18.5, 37.6, 5)}
    ${text(300, 112, 'HARBOUR', 'DotGothic16', 104, '#fff4d2', 'text-anchor="middle" textLength="552" lengthAdjust="spacingAndGlyphs"')}${text(28, 178, 'CRANE', 'DotGothic16', 84, '#f0b541', 'textLength="300" lengthAdjust="spacingAndGlyphs"')}
    ${text(574, 174, '港のクレーン', 'DotGothic16', 32, '#fff4d2', 'text-anchor="end"')}${px(0, 70, 50, 5, '#0b1f3f')}${text(300, 880, 'ONE BUTTON  ▸  SIXTY TONNES', 'DotGothic16', 30, '#fff4d2', 'text-anchor="middle"')}`,
  );
}

export const printed = {
  'goldfish-march': goldfishMarch,
  'platform-four': platformFour,
  'concrete-summer': concreteSummer,
  'winter-wolf': winterWolf,
  'rooms-without-doors': roomsWithoutDoors,
  kombinat,
  'letters-to-a-station': lettersToStation,
  'harbour-crane': harbourCrane,
};
