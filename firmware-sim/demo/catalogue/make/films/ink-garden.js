// biome-ignore-all lint/correctness/noUnusedVariables: the stage, the film and its player share one page, see film.mjs
/** Sumi ink on paper: a plum branch grows, flowers open, wind takes them, the seal is set. */
const SECONDS = 32;
const PAPER = '#ece5d4';
const SUMI = '#1c1a1c';
const SEAL = '#b8322a';

const limbs = [];
const flowers = [];
(() => {
  const r = seeded(77);
  const grow = (x, y, angle, width, length, start, depth) => {
    const points = [];
    let [px, py, a] = [x, y, angle];
    const steps = Math.floor(length / 4);
    for (let i = 0; i < steps; i += 1) {
      a += (angle - a) * 0.07 + (r() - 0.5) * 0.3 + (r() < 0.07 ? (r() - 0.5) * 1.4 : 0);
      px += Math.cos(a) * 4;
      py += Math.sin(a) * 4;
      points.push({
        x: px,
        y: py,
        w: width * (1 - (i / steps) * 0.75) * (0.75 + r() * 0.5),
        at: start + i * 0.045,
      });
      if (depth < 3 && i > 5 && r() < [0.06, 0.055, 0.04][depth])
        grow(
          px,
          py,
          a + (r() < 0.5 ? -1 : 1) * (0.5 + r() * 0.7),
          width * 0.5,
          length * (0.28 + r() * 0.3),
          start + i * 0.045 + 0.1,
          depth + 1,
        );
      if (depth > 0 && r() < 0.085)
        flowers.push({
          x: px + (r() - 0.5) * 14,
          y: py + (r() - 0.5) * 14,
          s: 5 + r() * 8,
          at: 9.5 + r() * 8,
          turn: r() * 6,
          fall: 19 + r() * 8,
          falls: r() < 0.5,
          drift: r(),
        });
    }
    limbs.push(points);
  };
  grow(-20, 440, -0.36, 30, 640, 1.6, 0);
  grow(60, 500, -1.25, 16, 400, 3.4, 1);
})();

function ground(ctx) {
  fill(ctx, PAPER);
  const r = seeded(2);
  ctx.globalAlpha = 0.05;
  for (let i = 0; i < 260; i += 1)
    stroke(
      ctx,
      [
        [r() * W, r() * H],
        [r() * W, r() * H],
      ].map(([x, y], k, all) => (k ? [all[0][0] + 16, all[0][1] + r() * 8] : [x, y])),
      '#8a7a5c',
      1,
    );
  ctx.globalAlpha = 1;
}
function hills(ctx, t) {
  const r = seeded(12);
  for (const [base, alpha, at] of [
    [300, 0.1, 0.3],
    [350, 0.13, 1],
    [400, 0.17, 1.8],
  ]) {
    const k = span(t, at, at + 4);
    ctx.globalAlpha = alpha * k;
    const points = [[-20, H]];
    let y = base + 90;
    for (let x = -20; x <= W + 20; x += 14) {
      y += (r() - 0.53) * 18;
      points.push([x, Math.min(H, Math.max(base - 90, y))]);
    }
    points.push([W + 20, H]);
    poly(ctx, points, SUMI);
  }
  ctx.globalAlpha = 1;
}
function flower(ctx, f, t) {
  const open = span(t, f.at, f.at + 1.2);
  if (open <= 0) return;
  let [x, y, turn] = [f.x, f.y, f.turn];
  if (f.falls && t > f.fall) {
    const d = t - f.fall;
    x += d * d * 9 + d * 34 + Math.sin(d * 3 + f.drift * 6) * 14;
    y += d * 42 + d * d * 5 + Math.sin(d * 2.4 + f.drift * 9) * 12;
    turn += d * 2.2;
  }
  ctx.save();
  ctx.translate(x, y);
  ctx.rotate(turn);
  const petals = f.falls && t > f.fall ? 1 : 5;
  for (let i = 0; i < petals; i += 1) {
    ctx.rotate((Math.PI * 2) / 5);
    ctx.globalAlpha = 0.72;
    ctx.fillStyle = SEAL;
    ctx.beginPath();
    ctx.ellipse(f.s * 0.68 * open, 0, f.s * 0.62 * open, f.s * 0.5 * open, 0, 0, 7);
    ctx.fill();
  }
  ctx.globalAlpha = 1;
  if (petals === 5) disc(ctx, 0, 0, f.s * 0.2 * open, '#f2d9a0');
  ctx.restore();
}
function bird(ctx, t) {
  const come = span(t, 15.5, 18);
  const go = span(t, 24.6, 27);
  if (come <= 0 || go >= 1) return;
  const x = lerp(lerp(900, 512, come), -60, go);
  const y = lerp(lerp(60, 184, come), 40, go) + (come < 1 || go > 0 ? Math.sin(t * 20) * 5 : 0);
  const flying = come < 1 || go > 0;
  ctx.save();
  ctx.translate(x, y);
  poly(
    ctx,
    [
      [-16, -4],
      [-4, -13],
      [12, -8],
      [22, 4],
      [42, 14],
      [18, 12],
      [0, 12],
      [-12, 6],
    ],
    SUMI,
  );
  disc(ctx, -14, -10, 10, SUMI);
  poly(
    ctx,
    [
      [-23, -13],
      [-34, -8],
      [-22, -7],
    ],
    '#c98a2b',
  );
  disc(ctx, -17, -12, 1.8, PAPER);
  if (flying)
    poly(
      ctx,
      [
        [-2, -8],
        [14, -8],
        [26, -34 * Math.sin(t * 18) - 8],
      ],
      '#4a4548',
    );
  else
    poly(
      ctx,
      [
        [-2, -6],
        [12, -4],
        [26, 10],
        [4, 4],
      ],
      '#4a4548',
    );
  ctx.restore();
}
function draw(ctx, t) {
  ground(ctx);
  ctx.globalAlpha = 0.9 * span(t, 2, 5);
  disc(ctx, 660, 128, 62, '#d9cdb2');
  ctx.globalAlpha = 1;
  hills(ctx, t);
  for (const points of limbs) {
    for (const p of points) {
      if (p.at > t) break;
      const spread = span(t, p.at, p.at + 0.5);
      ctx.globalAlpha = 0.1;
      disc(ctx, p.x, p.y, p.w * 0.95 * spread, SUMI);
      ctx.globalAlpha = 0.88;
      disc(ctx, p.x, p.y, p.w * 0.5 * spread, SUMI);
    }
  }
  ctx.globalAlpha = 1;
  for (const f of flowers) flower(ctx, f, t);
  bird(ctx, t);
  const a = span(t, 27, 28.5);
  ctx.save();
  ctx.globalAlpha = a;
  ctx.font = '600 54px "AoyagiKouzanFontT"';
  ctx.fillStyle = SUMI;
  ctx.textAlign = 'center';
  for (const [i, sign] of ['墨', 'の', '庭'].entries()) ctx.fillText(sign, 786, 88 + i * 64);
  ctx.restore();
  if (t > 28.8) {
    const k = 1 + 0.5 * (1 - span(t, 28.8, 29));
    ctx.save();
    ctx.translate(786, 272);
    ctx.scale(k, k);
    ctx.fillStyle = SEAL;
    ctx.fillRect(-19, -19, 38, 38);
    ctx.strokeStyle = PAPER;
    ctx.lineWidth = 2;
    ctx.strokeRect(-15, -15, 30, 30);
    stroke(
      ctx,
      [
        [-7, -7],
        [7, -7],
        [7, 8],
      ],
      PAPER,
      3,
    );
    stroke(
      ctx,
      [
        [-7, 8],
        [0, -1],
      ],
      PAPER,
      3,
    );
    ctx.restore();
  }
  words(ctx, 'Ink Garden', 560, 440, 'italic 34px "EB Garamond"', SUMI, { align: 'left', alpha: a });
  veil(ctx, PAPER, 1 - span(t, 0, 0.8));
  veil(ctx, PAPER, span(t, 31, 31.9));
}
