// biome-ignore-all lint/correctness/noUnusedVariables: the stage, the film and its player share one page, see film.mjs
/** Ten to midnight, platform four. Everything is dots and two inks; what the detective thinks stands in the subtitles. */
const SECONDS = 42;
const INK = '#15120f';
function dots(ctx, colour, step, shade, top = 0, bottom = H) {
  ctx.fillStyle = colour;
  ctx.beginPath();
  for (let j = 0, y = top; y < bottom; j += 1, y += step)
    for (let x = (j % 2) * (step / 2); x < W; x += step) {
      const r = Math.sqrt(clamp(shade(x, y))) * step * 0.72;
      if (r < 0.6) continue;
      ctx.moveTo(x + r, y);
      ctx.arc(x, y, r, 0, 7);
    }
  ctx.fill();
}
function clock(ctx, x, y, r, t) {
  ctx.fillStyle = INK;
  ctx.fillRect(x - 4, 0, 8, y);
  disc(ctx, x, y, r, INK);
  disc(ctx, x, y, r * 0.84, '#f9efc9');
  const minute = -Math.PI / 2 - 1.05 + t * 0.025;
  stroke(ctx, [[x, y], [x + Math.cos(minute) * r * 0.66, y + Math.sin(minute) * r * 0.66]], INK, r * 0.09);
  stroke(ctx, [[x, y], [x - r * 0.06, y - r * 0.42]], INK, r * 0.13);
}
function woman(ctx, x, y, s, turned = 1) {
  ctx.save();
  ctx.translate(x, y);
  ctx.scale(s * turned, s);
  ctx.fillStyle = INK;
  ctx.beginPath();
  ctx.moveTo(-34, 0);
  ctx.bezierCurveTo(-40, -70, -44, -110, -26, -134);
  ctx.lineTo(-8, -148);
  ctx.lineTo(12, -148);
  ctx.bezierCurveTo(34, -132, 36, -70, 34, 0);
  ctx.fill();
  disc(ctx, 4, -164, 15, INK);
  poly(ctx, [[14, -166], [23, -160], [17, -156]], INK);
  poly(ctx, [[-32, -168], [-12, -178], [-8, -196], [18, -196], [22, -178], [44, -170], [16, -168]], INK);
  poly(ctx, [[-10, -180], [21, -178], [21, -172], [-11, -174]], '#e8452c');
  poly(ctx, [[-6, -148], [10, -148], [2, -122]], '#e8452c');
  ctx.fillStyle = INK;
  ctx.fillRect(36, -44, 34, 26);
  ctx.restore();
}
function station(ctx, t, lampX) {
  fill(ctx, '#f4e3a1');
  dots(ctx, '#1f5d63', 9, (x, y) => 0.95 - 1.05 * (1 - Math.hypot((x - lampX) * 0.8, y - 120) / 400), 0, 400);
  ctx.fillStyle = INK;
  ctx.fillRect(0, 392, W, 90);
  ctx.fillStyle = '#e8452c';
  ctx.fillRect(0, 386, W, 6);
  for (let i = 0; i < 5; i += 1) ctx.fillRect(0, 0, 0, 0);
  ctx.fillStyle = INK;
  for (const x of [60, 790]) ctx.fillRect(x, 0, 18, 392);
  poly(ctx, [[0, 0], [W, 0], [W, 34], [0, 58]], INK);
}
function train(ctx, x) {
  ctx.fillStyle = '#7c1d18';
  ctx.fillRect(x, 170, 1500, 216);
  ctx.fillStyle = INK;
  ctx.fillRect(x, 340, 1500, 46);
  for (let i = 0; i < 13; i += 1) {
    ctx.fillStyle = i === 6 ? '#15120f' : '#f9dd7a';
    ctx.fillRect(x + 30 + i * 114, 206, 84, 86);
    if (i % 4 === 1) {
      disc(ctx, x + 72 + i * 114, 258, 15, INK);
      ctx.fillStyle = INK;
      ctx.fillRect(x + 48 + i * 114, 272, 50, 20);
    }
  }
}
function draw(ctx, t) {
  if (t < 6) {
    fill(ctx, '#f2d24b');
    ctx.fillStyle = INK;
    ctx.fillRect(0, 0, 40, H);
    ctx.fillStyle = '#e8452c';
    ctx.fillRect(40, 0, W, 150);
    words(ctx, 'The Woman on', 70, 74, "italic 700 58px 'Lobster Two'", '#fff4d0', { align: 'left', alpha: span(t, 0.4, 1) });
    words(ctx, 'PLATFORM 4', 68, 140, "700 74px 'Bebas Neue'", INK, { align: 'left', alpha: span(t, 1, 1.6), spacing: 3 });
    clock(ctx, 650, 290, 92 * span(t, 1.4, 2), t * 8);
    words(ctx, 'ten to midnight', 70, 400, "700 30px 'Courier Prime'", INK, { align: 'left', alpha: span(t, 2.6, 3.2) });
  } else if (t < 18) {
    station(ctx, t, 640);
    clock(ctx, 640, 128, 44, t);
    woman(ctx, lerp(-60, 360, span(t, 7, 13)), 392, 1.1);
    for (let i = 0; i < 3; i += 1) {
      const age = (t * 0.3 + i / 3) % 1;
      if (t > 13) disc(ctx, 404 + age * 40 + Math.sin(t + i) * 8, 216 - age * 130, 4 + age * 20, `rgba(244,227,161,${(0.5 * (1 - age)).toFixed(2)})`);
    }
  } else if (t < 30) {
    station(ctx, t, 640);
    const pass = lerp(1000, -1700, (t - 18) / 11);
    if (pass > -560 || t < 24) woman(ctx, 360, 392, 1.1);
    train(ctx, pass);
    ctx.fillStyle = INK;
    for (const x of [60, 790]) ctx.fillRect(x, 0, 18, 392);
    clock(ctx, 640, 128, 44, t + 120);
  } else {
    station(ctx, t, 640);
    clock(ctx, 640, 128, 44, t + 120);
    ctx.fillStyle = '#e8452c';
    ctx.fillRect(348, 356, 44, 30);
    stroke(ctx, [[358, 356], [358, 346], [382, 346], [382, 356]], '#e8452c', 4);
    if (t > 35) woman(ctx, lerp(920, 560, span(t, 35, 40)), 392, 1.1, -1);
    words(ctx, 'End of the line', W / 2, 452, "italic 700 34px 'Lobster Two'", '#fff4d0', { alpha: span(t, 38.5, 39.5) });
  }
  const specks = seeded(Math.floor(t * 6) + 3);
  for (let i = 0; i < 40; i += 1) disc(ctx, specks() * W, specks() * H, specks() * 1.6, i % 2 ? 'rgba(21,18,15,.35)' : 'rgba(255,248,223,.4)');
  veil(ctx, INK, Math.max(1 - window_(t, -1, SECONDS, 1.2), window_(t, 5.4, 6.6, 0.6), window_(t, 29.4, 30.6, 0.6)));
}
