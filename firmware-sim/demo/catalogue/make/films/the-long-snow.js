// biome-ignore-all lint/correctness/noUnusedVariables: the stage, the film and its player share one page, see film.mjs
/** A hut, a mountain, one day of snow: the light goes round, the smoke goes on, somebody arrives. */
const SECONDS = 26;
const DAY = [
  ['#e9d6cf', '#c9a9ab', '#f7efe9'],
  ['#cfdde6', '#9fb6c6', '#f5f8fa'],
  ['#e7b48c', '#9c7f98', '#f2dfd6'],
  ['#1d2a44', '#2c3d5e', '#8b9cbc'],
];
const mix = (a, b, k) => {
  const p = (c) => [1, 3, 5].map((i) => Number.parseInt(c.slice(i, i + 2), 16));
  const [x, y] = [p(a), p(b)];
  return `rgb(${x.map((v, i) => Math.round(lerp(v, y[i], k))).join(',')})`;
};
function draw(ctx, t) {
  const hour = clamp((t - 3) / 19, 0, 1) * 3;
  const i = Math.min(2, Math.floor(hour));
  const k = ease(hour - i);
  const [sky, far, snow] = DAY[i].map((c, n) => mix(c, DAY[i + 1][n], k));
  const dark = clamp(hour - 2);
  fill(ctx, sky);
  const r = seeded(6);
  ctx.globalAlpha = dark;
  for (let n = 0; n < 60; n += 1) disc(ctx, r() * W, r() * 220, 0.6 + r(), '#fff');
  ctx.globalAlpha = 1;
  const sun = clamp((t - 1) / 16.5);
  disc(ctx, lerp(90, 760, sun), 420 - Math.sin(sun * Math.PI) * 340, 30, mix('#fff6df', '#f0743c', sun));
  poly(
    ctx,
    [
      [-20, 400],
      [150, 230],
      [230, 280],
      [420, 80],
      [560, 240],
      [640, 190],
      [880, 380],
      [880, 480],
      [-20, 480],
    ],
    far,
  );
  poly(
    ctx,
    [
      [420, 80],
      [372, 131],
      [398, 150],
      [420, 132],
      [446, 160],
      [466, 138],
      [463, 129],
    ],
    snow,
  );
  poly(
    ctx,
    [
      [150, 230],
      [112, 268],
      [140, 262],
      [160, 276],
      [182, 252],
    ],
    snow,
  );
  const dusk = mix('#6f8391', '#121a2c', dark);
  for (let n = 0; n < 26; n += 1) {
    const x = (n * 67 + 20) % 880;
    const h = 44 + ((n * 29) % 40);
    const y = 356 + ((n * 13) % 16);
    for (const step of [0, 1, 2])
      poly(
        ctx,
        [
          [x - 17 + step * 3, y - step * h * 0.26],
          [x, y - h * 0.55 - step * h * 0.24],
          [x + 17 - step * 3, y - step * h * 0.26],
        ],
        dusk,
      );
  }
  poly(
    ctx,
    [
      [-10, 372],
      [200, 344],
      [430, 366],
      [640, 340],
      [870, 366],
      [870, 490],
      [-10, 490],
    ],
    snow,
  );
  const wood = mix('#4c382c', '#1c1a24', dark);
  ctx.fillStyle = wood;
  ctx.fillRect(560, 300, 110, 62);
  poly(
    ctx,
    [
      [540, 306],
      [615, 246],
      [690, 306],
      [676, 308],
      [615, 262],
      [554, 308],
    ],
    snow,
  );
  poly(
    ctx,
    [
      [554, 308],
      [615, 260],
      [676, 308],
    ],
    wood,
  );
  poly(
    ctx,
    [
      [642, 276],
      [642, 236],
      [658, 236],
      [658, 290],
    ],
    wood,
  );
  const lit = dark > 0.05 ? '#ffc868' : '#7d8a93';
  ctx.fillStyle = lit;
  ctx.fillRect(576, 318, 24, 22);
  ctx.fillStyle = t > 21.6 ? '#ffc868' : mix('#35271f', '#0f0e15', dark);
  ctx.fillRect(630, 316, 24, 46);
  if (t > 21.6) {
    ctx.globalAlpha = 0.35;
    poly(
      ctx,
      [
        [630, 362],
        [654, 362],
        [610, 420],
        [540, 420],
      ],
      '#ffc868',
    );
    ctx.globalAlpha = 1;
  }
  for (let n = 0; n < 16; n += 1) {
    const age = (t * 0.5 + n / 16) % 1;
    ctx.globalAlpha = 0.32 * (1 - age);
    disc(ctx, 650 + age * 70 + Math.sin(age * 9 + t) * 9, 234 - age * 130, 6 + age * 18, snow);
  }
  ctx.globalAlpha = 1;
  // A walker with a lantern leaves a line of steps.
  const way = span(t, 6, 21.4);
  const wx = lerp(-30, 630, way);
  for (let s = 0; s < 40; s += 1) {
    const sx = -30 + s * 17;
    if (sx < wx - 4) disc(ctx, sx, 404 - (sx / 630) * 36 + (s % 2) * 5, 2.3, mix('#b7c3cc', '#5d6c8c', dark));
  }
  if (way > 0 && t < 21.8) {
    const y = 396 - (wx / 630) * 36 + Math.abs(Math.sin(t * 5)) * -2;
    poly(
      ctx,
      [
        [wx - 9, y + 6],
        [wx - 6, y - 24],
        [wx + 6, y - 24],
        [wx + 9, y + 6],
      ],
      '#a8322a',
    );
    disc(ctx, wx, y - 30, 7, '#2a2326');
    stroke(
      ctx,
      [
        [wx + 5, y - 16],
        [wx + 16, y - 12],
      ],
      '#2a2326',
      3,
    );
    ctx.globalAlpha = 0.25 + dark * 0.3;
    disc(ctx, wx + 17, y - 5, 18, '#ffc868');
    ctx.globalAlpha = 1;
    disc(ctx, wx + 17, y - 5, 4, '#ffdf9a');
  }
  poly(
    ctx,
    [
      [-10, 430],
      [180, 408],
      [460, 436],
      [700, 412],
      [870, 428],
      [870, 490],
      [-10, 490],
    ],
    mix('#ffffff', '#a4b3cf', dark),
  );
  const flakes = seeded(19);
  for (let n = 0; n < 220; n += 1) {
    const depth = 0.4 + flakes() * 1.4;
    const x = ((flakes() * 960 + t * 22 * depth + Math.sin(t * 0.8 + n) * 18) % 900) - 20;
    const y = ((flakes() * 520 + t * 46 * depth) % 520) - 20;
    ctx.globalAlpha = 0.85;
    disc(ctx, x, y, depth * 1.7, '#ffffff');
  }
  ctx.globalAlpha = 1;
  const a = window_(t, 0.6, 5.2, 1);
  words(ctx, 'THE LONG SNOW', W / 2, 196, '600 50px "Josefin Sans","Jura"', '#5b4450', {
    spacing: 16,
    alpha: a,
  });
  words(ctx, '長い雪', W / 2, 236, '300 22px "Noto Serif CJK JP"', '#5b4450', { spacing: 18, alpha: a });
  veil(ctx, '#ffffff', 1 - span(t, 0, 1));
  veil(ctx, '#0e1524', span(t, 24.4, 25.9));
}
