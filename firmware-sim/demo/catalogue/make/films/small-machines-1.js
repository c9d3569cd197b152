// biome-ignore-all lint/correctness/noUnusedVariables: the stage, the film and its player share one page, see film.mjs
/** Small Machines, episode 1: the clock is late, and the robot finds out why. */
const SECONDS = 30;
const BACK = '#f3b83f';
function clock(ctx, x, y, r, hours) {
  disc(ctx, x, y, r, CREAM);
  ctx.strokeStyle = LINE;
  ctx.lineWidth = 8;
  ctx.beginPath();
  ctx.arc(x, y, r, 0, 7);
  ctx.stroke();
  for (let i = 0; i < 12; i += 1) {
    const a = (i * Math.PI) / 6;
    stroke(
      ctx,
      [
        [x + Math.cos(a) * r * 0.78, y + Math.sin(a) * r * 0.78],
        [x + Math.cos(a) * r * 0.9, y + Math.sin(a) * r * 0.9],
      ],
      LINE,
      i % 3 ? 3 : 7,
    );
  }
  const m = hours * Math.PI * 2 - Math.PI / 2;
  const h = (hours / 12) * Math.PI * 2 - Math.PI / 2;
  stroke(
    ctx,
    [
      [x, y],
      [x + Math.cos(h) * r * 0.48, y + Math.sin(h) * r * 0.48],
    ],
    LINE,
    10,
  );
  stroke(
    ctx,
    [
      [x, y],
      [x + Math.cos(m) * r * 0.72, y + Math.sin(m) * r * 0.72],
    ],
    CORAL,
    7,
  );
  disc(ctx, x, y, 9, LINE);
}
function mouse(ctx, x, y, t, asleep) {
  ctx.save();
  ctx.translate(x, y);
  stroke(
    ctx,
    [
      [24, -4],
      [42, -8 + Math.sin(t * 3) * 5],
      [54, -2],
    ],
    '#8d8794',
    4,
  );
  ctx.fillStyle = '#a9a3b0';
  ctx.beginPath();
  ctx.ellipse(4, -13, 25, 14 + (asleep ? Math.sin(t * 2) * 1.5 : 0), 0, 0, 7);
  ctx.fill();
  disc(ctx, -19, -15, 11, '#a9a3b0');
  disc(ctx, -15, -26, 8, '#c9a1ad');
  if (asleep)
    stroke(
      ctx,
      [
        [-26, -15],
        [-20, -13],
      ],
      LINE,
      2.5,
    );
  else disc(ctx, -23, -16, 2.6, LINE);
  disc(ctx, -30, -12, 2.6, LINE);
  ctx.restore();
  if (asleep)
    for (let i = 0; i < 3; i += 1) {
      const age = (t * 0.4 + i / 3) % 1;
      words(ctx, 'z', x - 26 - age * 16, y - 36 - age * 46, `700 ${14 + age * 14}px "League Spartan"`, LINE, {
        alpha: 1 - age,
      });
    }
}
function draw(ctx, t) {
  if (t < 4) return card(ctx, t, 'One', 'The Clock', '第一話　おくれた時計');
  fill(ctx, BACK);
  const stuck = t < 21;
  const turn =
    t < 9 ? t * 0.2 + Math.sin(t * 16) * 0.02 : stuck ? 1.8 + Math.sin(t * 16) * 0.02 : 1.8 + (t - 21) * 1.5;
  if (t < 12 || t > 23) {
    // The hall: the great clock and the small robot.
    ctx.fillStyle = '#e3a62b';
    for (let x = 0; x < W; x += 122) ctx.fillRect(x, 0, 61, 400);
    ctx.fillStyle = TEAL;
    ctx.fillRect(0, 400, W, 80);
    ctx.fillStyle = LINE;
    ctx.fillRect(0, 398, W, 5);
    box(ctx, 468, 40, 250, 360, '#7b4a3a', 18);
    clock(ctx, 593, 158, 96, t < 23 ? 3.62 + Math.sin(t * 16) * 0.004 : 3.62 + (t - 23) * 0.6);
    box(ctx, 540, 276, 106, 104, '#4d2c22', 8);
    const swing = stuck ? 0.05 * Math.sin(t * 8) : 0.55 * Math.sin(t * 4);
    stroke(
      ctx,
      [
        [593, 280],
        [593 + Math.sin(swing) * 74, 280 + Math.cos(swing) * 68],
      ],
      CREAM,
      4,
    );
    disc(ctx, 593 + Math.sin(swing) * 74, 280 + Math.cos(swing) * 68, 16, '#ffd23f');
    if (t < 12) {
      robot(ctx, lerp(-60, 330, span(t, 4.2, 7.4)), 414, {
        look: 1,
        mood: t > 8 ? -0.6 : 0.6,
        arm: t > 9.4 ? span(t, 9.4, 10) : 0,
        t,
      });
      if (t > 8 && t < 11.6)
        words(ctx, '?', 330, 236, '700 60px "League Spartan"', LINE, { alpha: window_(t, 8, 11.4, 0.4) });
    } else {
      robot(ctx, 330, 414 - Math.abs(Math.sin(t * 5)) * 18, { look: 1, mood: 1, arm: 1, t });
      mouse(ctx, lerp(470, 200, span(t, 24, 26)), 410, t, t > 26.4);
      if (t > 24)
        for (const [i, x] of [500, 690, 593].entries()) {
          const age = (t * 0.9 + i / 3) % 1;
          ctx.globalAlpha = 1 - age;
          ctx.strokeStyle = CREAM;
          ctx.lineWidth = 5;
          ctx.beginPath();
          ctx.arc(x, 90, 16 + age * 60, 0, 7);
          ctx.stroke();
          ctx.globalAlpha = 1;
        }
    }
  } else {
    // Inside: three wheels, and somebody asleep between two of them.
    fill(ctx, '#4d2c22');
    gear(ctx, 210, 200, 150, 16, turn, '#ffd23f');
    gear(ctx, 420, 316, 104, 11, -turn * 1.45 + 0.1, CORAL);
    gear(ctx, 668, 168, 190, 20, turn * 0.8 + 0.05, CREAM);
    const out = span(t, 19.4, 21);
    if (t < 22.6) mouse(ctx, lerp(530, 470, out), lerp(300, 470, out), t, t < 18);
    const y = 560 - 120 * span(t, 12.6, 14.2);
    robot(ctx, lerp(300, 590, span(t, 14.2, 16.4)), y, {
      look: t < 16 ? 1 : -0.7,
      mood: t > 17 ? 1 : 0.2,
      arm: span(t, 16.6, 17.4),
      t,
    });
    if (t > 17.4 && t < 19) words(ctx, '!', 530, 226, '700 54px "League Spartan"', CREAM);
  }
  for (const cut of [12, 23]) veil(ctx, LINE, 1 - Math.abs(t - cut) / 0.3);
  veil(ctx, LINE, span(t, 29, 29.9));
}
