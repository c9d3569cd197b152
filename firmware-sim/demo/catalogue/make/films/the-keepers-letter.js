// size: most lines are coordinates of one drawing
// biome-ignore-all lint/correctness/noUnusedVariables: the stage, the film and its player share one page, see film.mjs
/** Paper cut-out at night: a keeper writes, a bottle crosses, a window answers. */
const SECONDS = 44;
const PAPER = '#f2e6cf';
const NIGHT = ['#0c2233', '#123247', '#17435a', '#1e566c', '#2a6d80', '#3c8794'];

function wave(ctx, base, amp, len, shift, colour) {
  ctx.save();
  ctx.shadowColor = 'rgba(2,10,18,.55)';
  ctx.shadowBlur = 14;
  ctx.shadowOffsetY = -5;
  const points = [[-30, H + 30]];
  for (let x = -30; x <= W + 30; x += 7) {
    const k = (x + shift) / len;
    points.push([x, base - amp * Math.abs(Math.sin(k * Math.PI)) ** 0.75 - amp * 0.2 * Math.sin(k * 1.3)]);
  }
  points.push([W + 30, H + 30]);
  poly(ctx, points, colour);
  ctx.restore();
}
function sky(ctx, t, moonX) {
  fill(ctx, NIGHT[0]);
  const r = seeded(5);
  for (let i = 0; i < 70; i += 1) {
    const x = r() * W;
    const y = r() * 300;
    ctx.globalAlpha = 0.35 + 0.5 * Math.abs(Math.sin(t * (0.4 + r()) + i));
    disc(ctx, x, y, 0.7 + r() * 1.2, PAPER);
  }
  ctx.globalAlpha = 1;
  for (const [radius, colour] of [
    [92, '#11293b'],
    [70, '#18354a'],
    [50, '#f4dfa8'],
  ])
    disc(ctx, moonX, 110, radius, colour);
  disc(ctx, moonX + 19, 101, 42, '#18354a');
}
function beam(ctx, x, y, angle, reach = 900, alpha = 0.28) {
  const width = 0.09 + 0.05 * Math.abs(Math.cos(angle));
  const squash = 0.22;
  ctx.save();
  ctx.globalAlpha = alpha;
  for (const k of [1, 0.55]) {
    poly(
      ctx,
      [
        [x, y],
        [x + Math.cos(angle - width * k) * reach, y + Math.sin(angle - width * k) * reach * squash],
        [x + Math.cos(angle + width * k) * reach, y + Math.sin(angle + width * k) * reach * squash],
      ],
      '#ffe9a8',
    );
  }
  ctx.restore();
}
function lighthouse(ctx, x, y, s, t, lit = true) {
  ctx.save();
  ctx.translate(x, y);
  ctx.scale(s, s);
  if (lit) {
    beam(ctx, 0, -218, t * 0.9, 900 / s);
    beam(ctx, 0, -218, t * 0.9 + Math.PI, 900 / s);
  }
  ctx.shadowColor = 'rgba(2,10,18,.6)';
  ctx.shadowBlur = 12;
  ctx.shadowOffsetX = 6;
  poly(
    ctx,
    [
      [-120, 60],
      [-84, -8],
      [-40, -22],
      [44, -20],
      [96, 4],
      [140, 60],
    ],
    '#0a1a28',
  );
  poly(
    ctx,
    [
      [-36, -16],
      [-22, -200],
      [22, -200],
      [36, -16],
    ],
    PAPER,
  );
  ctx.shadowColor = 'transparent';
  for (const [a, b] of [
    [-58, -92],
    [-128, -162],
  ]) {
    const w = (v) => 22 + ((v + 200) / 184) * 14;
    poly(
      ctx,
      [
        [-w(a), a],
        [-w(b), b],
        [w(b), b],
        [w(a), a],
      ],
      '#c8452f',
    );
  }
  poly(
    ctx,
    [
      [-31, -198],
      [31, -198],
      [27, -206],
      [-27, -206],
    ],
    '#0a1a28',
  );
  poly(
    ctx,
    [
      [-17, -206],
      [17, -206],
      [17, -232],
      [-17, -232],
    ],
    lit ? '#ffe9a8' : '#314654',
  );
  for (const dx of [-17, -6, 6, 17])
    stroke(
      ctx,
      [
        [dx, -206],
        [dx, -232],
      ],
      '#0a1a28',
      2,
    );
  poly(
    ctx,
    [
      [-23, -232],
      [0, -256],
      [23, -232],
    ],
    '#c8452f',
  );
  poly(
    ctx,
    [
      [-6, -16],
      [-6, -36],
      [6, -36],
      [6, -16],
    ],
    '#0a1a28',
  );
  ctx.restore();
}
function bottle(ctx, x, y, turn, s = 1) {
  ctx.save();
  ctx.translate(x, y);
  ctx.rotate(turn);
  ctx.scale(s, s);
  ctx.shadowColor = 'rgba(2,10,18,.5)';
  ctx.shadowBlur = 8;
  poly(
    ctx,
    [
      [-42, -15],
      [18, -15],
      [30, -6],
      [50, -6],
      [50, 6],
      [30, 6],
      [18, 15],
      [-42, 15],
    ],
    '#9cc9a5',
  );
  ctx.shadowColor = 'transparent';
  poly(
    ctx,
    [
      [-32, -8],
      [14, -7],
      [14, 7],
      [-32, 8],
    ],
    PAPER,
  );
  poly(
    ctx,
    [
      [-12, -8],
      [-6, -8],
      [-6, 8],
      [-12, 8],
    ],
    '#c8452f',
  );
  poly(
    ctx,
    [
      [49, -7],
      [60, -6],
      [60, 6],
      [49, 7],
    ],
    '#a8713f',
  );
  stroke(
    ctx,
    [
      [-36, -10],
      [14, -10],
    ],
    '#d9f0d8',
    2,
  );
  ctx.restore();
}
function seas(ctx, t, from, base = 330) {
  for (let i = from; i < 6; i += 1)
    wave(ctx, base + i * 26, 15 + i * 3, 92 + i * 21, t * (9 + i * 7) * (i % 2 ? 1 : -1) + i * 140, NIGHT[i]);
}
function keeper(ctx, t) {
  fill(ctx, '#0a1a28');
  disc(ctx, 500, 250, 330, '#3a2c20');
  disc(ctx, 500, 250, 240, '#5c4126');
  disc(ctx, 500, 250, 150, '#8b6330');
  poly(
    ctx,
    [
      [90, 60],
      [300, 60],
      [300, 300],
      [90, 300],
    ],
    '#17435a',
  );
  for (let i = 0; i < 3; i += 1) {
    ctx.save();
    ctx.beginPath();
    ctx.rect(90, 60, 210, 240);
    ctx.clip();
    wave(ctx, 260 + i * 22, 12, 70, t * 16 * (i % 2 ? 1 : -1) + i * 50, NIGHT[i + 2]);
    ctx.restore();
  }
  stroke(
    ctx,
    [
      [195, 60],
      [195, 300],
    ],
    '#0a1a28',
    9,
  );
  stroke(
    ctx,
    [
      [90, 180],
      [300, 180],
    ],
    '#0a1a28',
    9,
  );
  poly(
    ctx,
    [
      [0, 392],
      [W, 392],
      [W, H],
      [0, H],
    ],
    '#1c120b',
  );
  poly(
    ctx,
    [
      [455, 392],
      [640, 392],
      [664, 404],
      [432, 404],
    ],
    PAPER,
  );
  const k = span(t, 10.4, 16.6);
  for (let line = 0; line < 4; line += 1) {
    const part = clamp(k * 4 - line);
    const pts = [];
    for (let i = 0; i <= part * 40; i += 1)
      pts.push([468 + i * 3.6, 394 + line * 2.6 + Math.sin(i * 1.7 + line) * 0.7]);
    if (pts.length > 1) stroke(ctx, pts, '#46536a', 1);
  }
  const hand = 485 + ((k * 4) % 1) * 130;
  const nod = Math.sin(t * 1.1) * 3;
  // The keeper: coat, cap, beard, an arm that follows the line.
  poly(
    ctx,
    [
      [648, 480],
      [664, 300],
      [712, 262],
      [776, 300],
      [812, 480],
    ],
    '#101d2a',
  );
  stroke(
    ctx,
    [
      [706, 318],
      [640, 372],
      [hand + 18, 388],
    ],
    '#101d2a',
    34,
  );
  disc(ctx, hand + 14, 386, 14, '#d9a679');
  stroke(
    ctx,
    [
      [hand, 391],
      [hand + 34, 340],
    ],
    PAPER,
    4,
  );
  ctx.save();
  ctx.translate(nod, nod * 0.6);
  disc(ctx, 702, 226, 43, '#d9a679');
  poly(
    ctx,
    [
      [664, 226],
      [648, 240],
      [666, 244],
    ],
    '#c98f62',
  );
  poly(
    ctx,
    [
      [664, 250],
      [654, 284],
      [674, 318],
      [704, 296],
      [740, 270],
      [746, 214],
      [726, 214],
      [714, 246],
      [686, 242],
    ],
    '#e9e2d2',
  );
  stroke(
    ctx,
    [
      [666, 259],
      [684, 257],
    ],
    '#b9ac95',
    3,
  );
  poly(
    ctx,
    [
      [652, 212],
      [662, 168],
      [730, 160],
      [754, 208],
    ],
    '#c8452f',
  );
  poly(
    ctx,
    [
      [646, 204],
      [758, 200],
      [760, 216],
      [644, 218],
    ],
    '#8f2f22',
  );
  disc(ctx, 676, 230, 3.4, '#101d2a');
  ctx.restore();
  poly(
    ctx,
    [
      [372, 392],
      [382, 330],
      [418, 330],
      [428, 392],
    ],
    '#0a1a28',
  );
  ctx.globalAlpha = 0.75 + 0.2 * Math.sin(t * 9) * Math.sin(t * 3.1);
  disc(ctx, 400, 312, 30, '#ffe9a8');
  ctx.globalAlpha = 1;
  poly(
    ctx,
    [
      [391, 326],
      [400, 284 + 4 * Math.sin(t * 7)],
      [409, 326],
    ],
    '#f0a63c',
  );
}
function shore(ctx, t) {
  sky(ctx, t, 160);
  for (const [y, c] of [
    [250, '#123247'],
    [290, '#0f2a3c'],
  ])
    poly(
      ctx,
      [
        [0, y + 80],
        [120, y + 30],
        [300, y + 54],
        [520, y - 30],
        [700, y - 74],
        [W, y - 100],
        [W, H],
        [0, H],
      ],
      c,
    );
  ctx.save();
  ctx.shadowColor = 'rgba(2,10,18,.6)';
  ctx.shadowBlur = 14;
  poly(
    ctx,
    [
      [560, 268],
      [560, 196],
      [614, 152],
      [668, 196],
      [668, 268],
    ],
    '#e4d3b4',
  );
  poly(
    ctx,
    [
      [548, 200],
      [614, 146],
      [680, 200],
      [668, 208],
      [614, 164],
      [560, 208],
    ],
    '#c8452f',
  );
  ctx.restore();
  poly(
    ctx,
    [
      [642, 168],
      [642, 138],
      [656, 138],
      [656, 180],
    ],
    '#8f2f22',
  );
  const on = t > 33.2 && (t < 35 || (t > 35.4 && t < 36.1) || t > 36.5);
  if (on) {
    ctx.globalAlpha = 0.22;
    disc(ctx, 614, 226, 76, '#ffe9a8');
    ctx.globalAlpha = 1;
  }
  poly(
    ctx,
    [
      [596, 208],
      [632, 208],
      [632, 246],
      [596, 246],
    ],
    on ? '#ffd978' : '#21384a',
  );
  stroke(
    ctx,
    [
      [614, 208],
      [614, 246],
    ],
    '#6a5a46',
    3,
  );
  stroke(
    ctx,
    [
      [596, 227],
      [632, 227],
    ],
    '#6a5a46',
    3,
  );
  if (on) {
    disc(ctx, 622, 226, 6, '#101d2a');
    poly(
      ctx,
      [
        [613, 246],
        [617, 232],
        [627, 232],
        [631, 246],
      ],
      '#101d2a',
    );
  }
  beam(ctx, -60, 210, Math.sin(t * 0.8 - 1) * 0.5, 1000, 0.2);
  for (let i = 2; i < 6; i += 1)
    wave(ctx, 342 + i * 24, 13 + i * 2, 90 + i * 20, t * (8 + i * 6) * (i % 2 ? 1 : -1), NIGHT[i]);
}
function draw(ctx, t) {
  if (t < 10) {
    sky(ctx, t, 664 - t * 3);
    const drift = lerp(20, 0, span(t, 0, 10));
    seas(ctx, t, 1, 300 + drift);
    lighthouse(ctx, 226, 366 + drift, 1, t);
    for (let i = 3; i < 6; i += 1)
      wave(
        ctx,
        336 + drift + i * 28,
        16 + i * 3,
        100 + i * 21,
        t * (9 + i * 7) * (i % 2 ? 1 : -1) + i * 140,
        NIGHT[i],
      );
    const a = window_(t, 1.2, 8.4, 1.2);
    words(ctx, 'The Keeper’s Letter', 566, 236, 'italic 52px "EB Garamond"', PAPER, { alpha: a });
    words(ctx, '灯台守の手紙', 566, 276, '20px "Noto Serif CJK JP"', PAPER, { spacing: 8, alpha: a });
    veil(ctx, '#04101a', 1 - span(t, 0, 1.5));
  } else if (t < 18) {
    keeper(ctx, t);
  } else if (t < 29) {
    sky(ctx, t, 700);
    lighthouse(ctx, 90 - (t - 18) * 6, 330, 0.42, t);
    const k = (t - 18) / 11;
    const roll = Math.sin(t * 1.5);
    seas(ctx, t, 1, 304);
    bottle(ctx, lerp(190, 690, k), 372 + roll * 14, -0.25 + roll * 0.22, 1.25);
    for (let i = 4; i < 6; i += 1)
      wave(ctx, 320 + i * 26, 18 + i * 3, 110 + i * 21, t * (12 + i * 9) * (i % 2 ? 1 : -1), NIGHT[i]);
    const gull = 854 - (t - 19) * 105;
    const flap = Math.sin(t * 6) * 9;
    stroke(
      ctx,
      [
        [gull - 26, 150 - flap],
        [gull, 158],
        [gull + 26, 150 - flap],
      ],
      PAPER,
      3,
    );
  } else if (t < 39) {
    shore(ctx, t);
    const k = span(t, 29, 33);
    bottle(
      ctx,
      lerp(150, 452, k),
      lerp(420, 390, k) + Math.sin(t * 1.5) * 7,
      0.2 + Math.sin(t * 1.2) * 0.12,
      0.7,
    );
  } else {
    sky(ctx, t, 664);
    seas(ctx, t, 1, 400);
    const a = window_(t, 39.4, 43.6, 0.8);
    words(ctx, 'Somebody reads, somewhere.', W / 2, 226, 'italic 34px "EB Garamond"', PAPER, { alpha: a });
    words(ctx, 'A Keyturn Demonstration Film · CC0', W / 2, 262, '14px "EB Garamond"', PAPER, {
      spacing: 3,
      alpha: a * 0.8,
    });
  }
  for (const cut of [10, 18, 29, 39]) veil(ctx, '#04101a', 1 - Math.abs(t - cut) / 0.5);
  veil(ctx, '#04101a', span(t, 43, 43.9));
}
