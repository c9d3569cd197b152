// biome-ignore-all lint/correctness/noUnusedVariables: the stage, the film and its player share one page, see film.mjs
/** What the episodes of Small Machines share: colours, cogs, the small robot and the opening card. An episode sets its BACK. */
const LINE = '#22303a';
const CREAM = '#fbf3e0';
const CORAL = '#e8553f';
const TEAL = '#2b8a86';

function gear(ctx, x, y, r, teeth, turn, colour) {
  const points = [];
  for (let i = 0; i < teeth * 4; i += 1) {
    const a = turn + (i / (teeth * 4)) * Math.PI * 2;
    const reach = i % 4 < 2 ? r : r * 0.84;
    points.push([x + Math.cos(a) * reach, y + Math.sin(a) * reach]);
  }
  poly(ctx, points, colour);
  stroke(ctx, [...points, points[0]], LINE, 3);
  disc(ctx, x, y, r * 0.5, BACK);
  ctx.strokeStyle = LINE;
  ctx.lineWidth = 3;
  ctx.beginPath();
  ctx.arc(x, y, r * 0.5, 0, 7);
  ctx.stroke();
  for (let i = 0; i < 3; i += 1) {
    const a = turn + (i * Math.PI * 2) / 3;
    stroke(
      ctx,
      [
        [x, y],
        [x + Math.cos(a) * r * 0.5, y + Math.sin(a) * r * 0.5],
      ],
      LINE,
      5,
    );
  }
  disc(ctx, x, y, r * 0.12, LINE);
}
function box(ctx, x, y, w, h, colour, radius = 8) {
  ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.roundRect(x, y, w, h, radius);
  ctx.fill();
  ctx.strokeStyle = LINE;
  ctx.lineWidth = 4;
  ctx.stroke();
}
/** The hero: a small robot with one wheel. `look` -1…1, `mood` bends the mouth. */
function robot(ctx, x, y, { look = 0, mood = 0, arm = 0, t = 0 } = {}) {
  ctx.save();
  ctx.translate(x, y - Math.abs(Math.sin(t * 6)) * 2);
  stroke(
    ctx,
    [
      [0, -34],
      [0, -18],
    ],
    LINE,
    6,
  );
  disc(ctx, 0, -14, 15, LINE);
  disc(ctx, 0, -14, 6, CREAM);
  stroke(
    ctx,
    [
      [-28, -66],
      [-46, -56 - arm * 44],
    ],
    LINE,
    6,
  );
  stroke(
    ctx,
    [
      [28, -66],
      [46, -56 - arm * 44],
    ],
    LINE,
    6,
  );
  box(ctx, -30, -88, 60, 56, CORAL, 12);
  box(ctx, -26, -134, 52, 42, CREAM, 12);
  stroke(
    ctx,
    [
      [0, -134],
      [0, -150],
    ],
    LINE,
    4,
  );
  disc(ctx, 0, -153, 6, Math.sin(t * 4) > 0 ? '#ffd23f' : TEAL);
  const blink = t % 3.1 < 0.12 ? 0.5 : 5;
  for (const ex of [-10, 10]) {
    ctx.fillStyle = LINE;
    ctx.beginPath();
    ctx.ellipse(ex + look * 5, -116, 5, blink, 0, 0, 7);
    ctx.fill();
  }
  ctx.strokeStyle = LINE;
  ctx.lineWidth = 3;
  ctx.beginPath();
  ctx.moveTo(-9 + look * 4, -102);
  ctx.quadraticCurveTo(look * 4, -102 + mood * 9, 9 + look * 4, -102);
  ctx.stroke();
  box(ctx, -14, -74, 28, 22, TEAL, 4);
  ctx.restore();
}
function card(ctx, t, number, title, ja) {
  fill(ctx, BACK);
  gear(ctx, 700, 380, 190, 18, t * 0.4, CREAM);
  gear(ctx, 812, 120, 110, 11, -t * 0.66 + 0.15, CORAL);
  words(ctx, 'Small Machines', 70, 206, '700 66px "League Spartan"', LINE, {
    align: 'left',
    alpha: span(t, 0.3, 0.9),
  });
  ctx.fillStyle = LINE;
  ctx.fillRect(72, 228, 330 * span(t, 0.8, 1.6), 5);
  words(ctx, `${number} · ${title}`, 72, 276, '500 30px "League Spartan"', LINE, {
    align: 'left',
    alpha: span(t, 1.4, 2),
  });
  words(ctx, ja, 72, 316, '500 20px "M PLUS 1"', LINE, {
    align: 'left',
    spacing: 3,
    alpha: span(t, 1.8, 2.4),
  });
}
