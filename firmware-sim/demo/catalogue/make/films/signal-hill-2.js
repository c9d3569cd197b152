// biome-ignore-all lint/correctness/noUnusedVariables: the stage, the film and its player share one page, see film.mjs
/** Answer: the hill counts the primes back, and waits for as long as light needs. */
const SECONDS = 34;
const skySeed = seeded(31);
const STARS = Array.from({ length: 220 }, () => [skySeed() * W, skySeed() * H, 0.5 + skySeed() * 1.3, skySeed() * 6]);
const BANDS = ['#f3e6c8', '#c4713f', '#8f3f2c', '#e9b27a', '#d98f52'];
function planet(ctx, x, y, r, t) {
  ctx.save();
  ctx.beginPath();
  ctx.arc(x, y, r, 0, 7);
  ctx.clip();
  ctx.fillStyle = '#d98f52';
  ctx.fillRect(x - r, y - r, r * 2, r * 2);
  for (let i = 0; i < 15; i += 1) {
    const line = [];
    for (let k = 0; k <= 24; k += 1) line.push([x - r + (k / 12) * r, y - r + (i + 0.5) * (r / 7.5) + r * 0.03 * Math.sin(k * 0.9 + i * 2 + t * (0.5 + (i % 3) * 0.4))]);
    stroke(ctx, line, BANDS[i % 5], r * (0.05 + (i % 4) * 0.03));
  }
  const shade = ctx.createRadialGradient(x - r * 0.4, y - r * 0.5, r * 0.2, x, y, r * 1.1);
  shade.addColorStop(0, 'rgba(255,244,214,.3)');
  shade.addColorStop(0.5, 'rgba(0,0,0,0)');
  shade.addColorStop(1, 'rgba(4,9,12,.95)');
  ctx.fillStyle = shade;
  ctx.fillRect(x - r, y - r, r * 2, r * 2);
  ctx.restore();
}
function ring(ctx, x, y, r, front) {
  ctx.save();
  ctx.translate(x, y);
  ctx.rotate(-0.28);
  for (const [k, w, c] of [[1.55, 0.07, '#f6e7c4'], [1.72, 0.03, '#c4713f'], [1.84, 0.012, '#f6e7c4']]) {
    ctx.strokeStyle = c;
    ctx.lineWidth = r * w;
    ctx.beginPath();
    ctx.ellipse(0, 0, r * k, r * k * 0.26, 0, front ? 0 : Math.PI, front ? Math.PI : Math.PI * 2);
    ctx.stroke();
  }
  ctx.restore();
}
const PRIMES = [2, 3, 5, 7, 11];
function draw(ctx, t) {
  fill(ctx, '#081318');
  for (const [x, y, r, p] of STARS) {
    ctx.globalAlpha = 0.6 + 0.4 * Math.sin(t * 2 + p);
    disc(ctx, (x + t * 2) % W, y, r, '#bfe0dd');
  }
  ctx.globalAlpha = 1;
  const near = span(t, 5, 20);
  const [x, y, r] = [lerp(700, 470, near), lerp(110, 200, near), lerp(26, 138, near)];
  ring(ctx, x, y, r, false);
  planet(ctx, x, y, r, t);
  ring(ctx, x, y, r, true);
  const hill = [[-5, H + 5]];
  for (let k = -5; k <= W + 5; k += 10) hill.push([k, 440 - 46 * Math.exp(-(((k - 150) / 150) ** 2)) + 5 * Math.sin(k * 0.02)]);
  poly(ctx, [...hill, [W + 5, H + 5]], '#0c2a2f');
  ctx.save();
  ctx.translate(150, 374);
  ctx.rotate(0.62);
  ctx.fillStyle = '#e08a4f';
  ctx.beginPath();
  ctx.arc(0, 0, 32, 0, Math.PI);
  ctx.fill();
  stroke(ctx, [[-20, 0], [0, -26], [20, 0]], '#e08a4f', 2.4);
  ctx.restore();
  const n = Math.min(4, Math.floor((t - 7) / 3));
  if (t > 7 && t < 22) {
    for (let i = 0; i < PRIMES[n]; i += 1) {
      const age = clamp(((t - 7) % 3) / 2.2 - i * 0.035);
      if (age > 0 && age < 1) disc(ctx, lerp(170, x, age), lerp(350, y, age), 3.6 - age * 2, '#9ff3dc');
    }
    words(ctx, `${PRIMES[n]}`, W - 70, 440, "600 64px 'Jura'", '#9ff3dc');
  }
  if (t > 25) {
    for (let i = 0; i < 13; i += 1) {
      const age = clamp((t - 25) / 3 - i * 0.05);
      if (age > 0 && age < 1) disc(ctx, lerp(x, 170, age), lerp(y, 350, age), 1.6 + age * 3, '#ffdf9e');
    }
    words(ctx, '13', W - 70, 440, "600 64px 'Jura'", '#ffdf9e', { alpha: span(t, 28, 29) });
  }
  words(ctx, 'SIGNAL', 300, 150, "92px 'Train One'", '#9ff3dc', { spacing: 14, alpha: window_(t, 0.4, 5.4) });
  words(ctx, 'HILL', 300, 234, "74px 'Train One'", '#9ff3dc', { spacing: 26, alpha: window_(t, 1, 5.4) });
  words(ctx, 'TWO: ANSWER', 300, 50, "600 20px 'Jura'", '#f0b27a', { spacing: 8, alpha: window_(t, 2, 5.4) });
  veil(ctx, '#05080b', 1 - window_(t, -1, SECONDS, 1));
}
