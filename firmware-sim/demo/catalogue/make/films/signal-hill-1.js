// biome-ignore-all lint/correctness/noUnusedVariables: the stage, the film and its player share one page, see film.mjs
/** Static: eleven years of listening, and one evening on which the noise is a little too even. */
const SECONDS = 34;
const skySeed = seeded(12);
const STARS = Array.from({ length: 150 }, () => [skySeed() * W, skySeed() * 360, 0.5 + skySeed() * 1.2, skySeed() * 6]);
function dish(ctx, x, y, s, turn, tone) {
  ctx.save();
  ctx.translate(x, y);
  ctx.scale(s, s);
  poly(ctx, [[-8, 0], [-26, 96], [26, 96], [8, 0]], tone);
  ctx.rotate(turn);
  ctx.fillStyle = tone;
  ctx.beginPath();
  ctx.arc(0, -18, 92, 0, Math.PI);
  ctx.fill();
  ctx.fillStyle = '#fbe9c6';
  ctx.beginPath();
  ctx.ellipse(0, -18, 92, 15, 0, 0, 7);
  ctx.fill();
  stroke(ctx, [[-60, -18], [0, -88], [60, -18]], tone, 5);
  disc(ctx, 0, -92, 9, tone);
  ctx.restore();
}
function wave(ctx, t, y, high, order, colour) {
  const noise = seeded(Math.floor(t * 24) + 9);
  const line = [];
  for (let x = 60; x <= W - 60; x += 5) {
    const even = ((Math.floor(x / 56) + Math.floor(t * 2)) % 3 ? 0 : 1) * Math.sin(x * 0.35);
    line.push([x, y + high * lerp(noise() * 2 - 1, even, order)]);
  }
  stroke(ctx, line, colour, 2.4);
}
function draw(ctx, t) {
  const sky = ctx.createLinearGradient(0, 0, 0, H);
  const night = span(t, 4, 26);
  sky.addColorStop(0, '#0d1b26');
  sky.addColorStop(0.5, night > 0.6 ? '#16323d' : '#24505a');
  sky.addColorStop(1, `rgb(${Math.round(lerp(196, 40, night))},${Math.round(lerp(88, 50, night))},${Math.round(lerp(56, 60, night))})`);
  ctx.fillStyle = sky;
  ctx.fillRect(0, 0, W, H);
  for (const [x, y, r, p] of STARS) {
    ctx.globalAlpha = (0.2 + 0.8 * night) * (0.6 + 0.4 * Math.sin(t * 2 + p));
    disc(ctx, x, y, r, '#ffe7bd');
  }
  ctx.globalAlpha = 1;
  const sunY = lerp(300, 590, span(t, 2, 22));
  ctx.save();
  ctx.beginPath();
  ctx.arc(W / 2, sunY, 150, 0, 7);
  ctx.clip();
  const sun = ctx.createLinearGradient(0, sunY - 150, 0, sunY + 150);
  sun.addColorStop(0, '#ffe59a');
  sun.addColorStop(0.5, '#ff9d4d');
  sun.addColorStop(1, '#e6432f');
  ctx.fillStyle = sun;
  ctx.fillRect(0, 0, W, H);
  for (let i = 0; i < 9; i += 1) {
    ctx.fillStyle = '#6d3a33';
    ctx.fillRect(0, sunY - 20 + i * 20, W, 2 + i * 1.8);
  }
  ctx.restore();
  const hill = [[-5, H + 5]];
  for (let x = -5; x <= W + 5; x += 10) hill.push([x, 410 - 70 * Math.exp(-(((x - 430) / 210) ** 2)) + 8 * Math.sin(x * 0.02)]);
  poly(ctx, [...hill, [W + 5, H + 5]], '#140d13');
  dish(ctx, 430, 262, 0.9, lerp(-0.9, 0.35, span(t, 6, 18)) + 0.02 * Math.sin(t * 9) * window_(t, 6, 18), '#140d13');
  ctx.fillStyle = t % 2 < 1 ? '#ffdf9e' : '#7a5b3a';
  ctx.fillRect(560, 392, 22, 14);
  const order = span(t, 20, 27);
  if (t > 6) wave(ctx, t, 440, 16, order, order > 0.5 ? '#9ff3dc' : '#f7a85b');
  words(ctx, 'SIGNAL HILL', W / 2, 116, "74px 'Train One'", '#ffdf9e', { spacing: 12, alpha: window_(t, 0.4, 5.6) });
  words(ctx, 'ONE: STATIC', W / 2, 40, "600 20px 'Jura'", '#f7a85b', { spacing: 8, alpha: window_(t, 2, 5.6) });
  if (t > 28) words(ctx, '·  · ·  · · ·  · · · · ·', W / 2, 90, "600 40px 'Jura'", '#9ff3dc', { alpha: window_(t, 28, 33.4, 0.6) });
  veil(ctx, '#05080b', 1 - window_(t, -1, SECONDS, 1));
}
