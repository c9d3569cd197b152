// biome-ignore-all lint/correctness/noUnusedVariables: the stage, the film and its player share one page, see film.mjs
/** Small Machines, episode 2: a letter for the seventh floor, a lift that stops at six. */
const SECONDS = 30;
const BACK = '#8fd0c8';
const FLOOR = 190;
function room(ctx, n, y) {
  const tones = ['#f3b83f', '#f7dfc0', '#e8a08f', '#bcd9a8', '#d9b8d8', '#f3b83f', '#20314a'];
  ctx.fillStyle = tones[n - 1];
  ctx.fillRect(0, y - FLOOR, W, FLOOR);
  ctx.fillStyle = LINE;
  ctx.fillRect(0, y - 5, W, 8);
  words(ctx, String(n), 70, y - 40, '700 110px "League Spartan"', n === 7 ? '#3a5170' : '#ffffff', {
    alpha: 0.75,
  });
  if (n % 3 === 1 && n < 7) {
    box(ctx, 610, y - 150, 110, 90, CREAM);
    stroke(
      ctx,
      [
        [665, y - 150],
        [665, y - 60],
      ],
      LINE,
      4,
    );
    box(ctx, 640, y - 40, 150, 36, TEAL, 6);
  } else if (n % 3 === 2) {
    stroke(
      ctx,
      [
        [690, y - 5],
        [690, y - 110],
      ],
      LINE,
      6,
    );
    poly(
      ctx,
      [
        [650, y - 100],
        [730, y - 100],
        [712, y - 150],
        [668, y - 150],
      ],
      CORAL,
    );
    box(ctx, 570, y - 70, 76, 66, CREAM, 16);
  } else if (n < 7) {
    for (let i = 0; i < 5; i += 1)
      box(ctx, 590 + i * 40, y - 62 - (i % 3) * 18, 32, 58 + (i % 3) * 18, [CORAL, CREAM, TEAL][i % 3], 4);
    gear(ctx, 720, y - 136, 28, 9, 0.2, CREAM);
  } else {
    const r = seeded(9);
    for (let i = 0; i < 34; i += 1) disc(ctx, r() * W, y - FLOOR + r() * 140, 1.4, CREAM);
    disc(ctx, 748, y - 140, 24, '#ffe9a8');
    stroke(
      ctx,
      [
        [640, y - 5],
        [610, y - 60],
        [580, y - 5],
      ],
      LINE,
      6,
    );
    ctx.save();
    ctx.translate(610, y - 66);
    ctx.rotate(-0.5);
    box(ctx, -16, -15, 86, 30, CORAL, 6);
    ctx.restore();
  }
}
function draw(ctx, t) {
  if (t < 4) return card(ctx, t, 'Two', 'The Lift', '第二話　六階どまり');
  const level =
    t < 16
      ? 1 + 5 * span(t, 7, 14)
      : t < 21.6
        ? 6 + Math.sin(t * 20) * (t < 17 ? 0.01 : 0)
        : 6 + span(t, 21.6, 23.6);
  const camera = (level - 1) * FLOOR;
  fill(ctx, '#20314a');
  ctx.save();
  ctx.translate(0, camera);
  const ground = 400;
  for (let n = 1; n <= 7; n += 1) room(ctx, n, ground - (n - 1) * FLOOR);
  ctx.fillStyle = '#6b4a3c';
  ctx.fillRect(0, ground, W, 100);
  ctx.fillStyle = '#2f3d48';
  ctx.fillRect(330, ground - 7 * FLOOR - 40, 150, 7 * FLOOR + 40);
  for (let y = 0; y < 7 * FLOOR; y += 38) {
    ctx.fillStyle = '#3c4c58';
    ctx.fillRect(338, ground - y - 20, 8, 20);
    ctx.fillRect(464, ground - y - 20, 8, 20);
  }
  const cage = ground - (level - 1) * FLOOR;
  stroke(
    ctx,
    [
      [405, cage - 174],
      [405, ground - 7 * FLOOR - 40],
    ],
    LINE,
    4,
  );
  gear(ctx, 405, ground - 7 * FLOOR + 12, 44, 10, level * 5, '#ffd23f');
  box(ctx, 344, cage - 174, 122, 170, CREAM, 8);
  const inside = t > 6.4 && t < 24;
  const door = t < 6.2 || t > 23.8 ? 0 : 1;
  if (t < 6.6) robot(ctx, lerp(-60, 405, span(t, 4.1, 6.2)), cage - 8, { look: 1, mood: 0.5, t });
  else if (t < 17.4)
    robot(ctx, 405, cage - 8, {
      look: t > 15 ? Math.sin(t * 4) : 0,
      mood: t > 14.5 ? -0.8 : 0.6,
      arm: t > 15.5 ? 0.8 : 0,
      t,
    });
  else if (t < 21.6) {
    // He spends his own wheel of cogs: the antenna light becomes the missing fuse.
    robot(ctx, 405, cage - 8, { look: 0.5, mood: 0.4, arm: span(t, 17.6, 18.4), t: t < 19 ? t : 0.2 });
    const k = span(t, 18.6, 20.2);
    disc(ctx, lerp(405, 452, k), lerp(cage - 161, cage - 150, k), 7, '#ffd23f');
  } else if (inside) robot(ctx, 405, cage - 8, { look: 0, mood: 1, t: 0.2 });
  else
    robot(ctx, lerp(405, 540, span(t, 24, 25.4)), cage - 8, {
      look: 1,
      mood: 1,
      arm: t > 25.4 ? 0.8 : 0.1,
      t: 0.2,
    });
  box(ctx, 446, cage - 158, 14, 22, t > 20.2 ? '#ffd23f' : LINE, 3);
  if (door)
    for (let i = 0; i < 5; i += 1)
      stroke(
        ctx,
        [
          [354 + i * 24, cage - 132],
          [354 + i * 24, cage - 8],
        ],
        'rgba(34,48,58,.35)',
        3,
      );
  if (t > 14.6 && t < 17.4) words(ctx, '6', 405, cage - 196 + 46, '700 26px "League Spartan"', CORAL);
  const letter = t < 25.6 ? null : span(t, 25.6, 28);
  if (letter !== null) {
    // The letter was for the moon: it folds itself and flies.
    const lx = lerp(580, 742, letter);
    const ly = cage - 100 - Math.sin(letter * 2.4) * 90 * (1 - letter * 0.3) + letter * 26;
    poly(
      ctx,
      [
        [lx - 16, ly + 2],
        [lx + 16, ly - 8],
        [lx + 2, ly + 10],
      ],
      CREAM,
    );
    poly(
      ctx,
      [
        [lx - 6, ly + 4],
        [lx + 16, ly - 8],
        [lx - 2, ly + 14],
      ],
      '#d9cfb6',
    );
  }
  ctx.restore();
  veil(ctx, LINE, 1 - Math.abs(t - 4) / 0.3);
  veil(ctx, LINE, span(t, 29, 29.9));
}
