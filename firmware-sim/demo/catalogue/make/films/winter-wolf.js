// biome-ignore-all lint/correctness/noUnusedVariables: the stage, the film and its player share one page, see film.mjs
/** Cut in wood, printed eight times a second: a wolf counts the flakes that land on him, loses count, and begins again. */
const SECONDS = 36;
const [BLACK, PAPER, BLUE, RED] = ['#14110d', '#efe5cf', '#1f3a4a', '#c4391f'];
const flakeSeed = seeded(44);
const FLAKES = Array.from({ length: 70 }, () => [flakeSeed() * 940, flakeSeed() * 520, 18 + flakeSeed() * 26, 3 + flakeSeed() * 4]);
function flake(ctx, x, y, s) {
  for (let i = 0; i < 3; i += 1) {
    const a = (i * Math.PI) / 3;
    stroke(ctx, [[x - s * Math.cos(a), y - s * Math.sin(a)], [x + s * Math.cos(a), y + s * Math.sin(a)]], PAPER, 1.8);
  }
}
function wolf(ctx, x, y, s, step, r, up) {
  ctx.save();
  ctx.translate(x, y);
  ctx.scale(s, s);
  const leg = (dx, p) => stroke(ctx, [[dx, -70], [dx + Math.sin(step + p) * 12, -36], [dx + Math.sin(step + p) * 24, 0]], BLACK, 17);
  for (const [dx, p] of [[-84, 0], [-66, 3.1], [56, 2.2], [74, 5.2]]) leg(dx, p);
  poly(ctx, [[-112, -96], [-96, -128], [-20, -122], [50, -138], [96, -120], [98, -84], [60, -62], [-30, -74], [-92, -58]], BLACK);
  stroke(ctx, [[-104, -104], [-150, -80 + Math.sin(step) * 6], [-182, -50]], BLACK, 19);
  ctx.save();
  ctx.translate(84, -116);
  ctx.rotate(-up);
  poly(ctx, [[-24, 26], [-14, -34], [-8, -68], [10, -42], [26, -66], [34, -36], [84, -14], [82, 0], [38, 12], [22, 34]], BLACK);
  poly(ctx, [[26, -24], [42, -18], [28, -14]], '#f2b632');
  stroke(ctx, [[50, 2], [80, -3]], PAPER, 2);
  ctx.restore();
  for (let i = 0; i < 46; i += 1) {
    const px = -90 + r() * 170;
    const py = -124 + r() * 48;
    stroke(ctx, [[px, py], [px - 10 - r() * 8, py + 7 + r() * 6]], PAPER, 2);
  }
  ctx.restore();
}
function draw(ctx, real) {
  const t = Math.floor(real * 8) / 8;
  const r = seeded(Math.floor(real * 8) * 7 + 5);
  fill(ctx, BLUE);
  const moonY = 120 - span(t, 6, 30) * 40;
  for (let y = 14; y < 350; y += 11) {
    let x = -10 + r() * 12;
    while (x < W) {
      const long = 16 + r() * 22;
      if (Math.hypot(x + long / 2 - 660, y - moonY) > 74) stroke(ctx, [[x, y + r() * 2], [x + long, y + r() * 2]], 'rgba(239,229,207,.5)', 1.6);
      x += long + 8 + r() * 10;
    }
  }
  disc(ctx, 660, moonY, 62, PAPER);
  disc(ctx, 660, moonY, 52, RED);
  const ground = [[-5, H + 5]];
  for (let x = -5; x <= W + 5; x += 10) ground.push([x, 372 + 16 * Math.sin(x * 0.008 + t * 0.12) + r() * 3]);
  poly(ctx, [...ground, [W + 5, H + 5]], PAPER);
  for (let i = 0; i < 7; i += 1) {
    const x = (((i * 210 - t * 22) % 1100) + 1100) % 1100 - 100;
    const s = 0.5 + ((i * 7) % 5) * 0.13;
    for (let k = 0; k < 3; k += 1) poly(ctx, [[x, 372 - (150 - k * 6) * s + k * 34 * s], [x - (26 + k * 14) * s, 376 - (96 - k * 40) * s], [x + (26 + k * 14) * s, 376 - (96 - k * 40) * s]], BLACK);
    ctx.fillStyle = BLACK;
    ctx.fillRect(x - 4, 360, 8, 22);
  }
  const walking = t < 12 || t > 27;
  wolf(ctx, t < 12 ? lerp(-160, 380, span(t, 4, 12)) : t > 27 ? lerp(380, 1080, (t - 27) / 8) : 380, 420, 1, walking ? t * 6 : 0.4, r, window_(t, 13, 27, 1) * 0.42);
  for (const [x, y, v, s] of FLAKES) flake(ctx, (x - t * 9 + 1880) % 940 - 40, (y + t * v) % 520 - 20, s);
  for (let i = 0; i < 9; i += 1) stroke(ctx, [[20 + i * 97, 440 + (i % 3) * 12], [70 + i * 97, 438 + (i % 3) * 12]], BLUE, 3);
  if (t > 13 && t < 27) {
    const n = t < 23 ? Math.floor((t - 13) ** 2.1) : 1;
    words(ctx, t > 22 && t < 23 ? '…' : `${Math.max(1, n)}`, 130, 150, "86px 'Blankenburg_UNZ1A'", t > 22 ? RED : PAPER);
  }
  if (t < 4.5) {
    ctx.globalAlpha = t < 4 ? 1 : 0;
    ctx.fillStyle = PAPER;
    ctx.fillRect(0, 0, W, H);
    words(ctx, 'Der Wolf, der', W / 2, 220, "74px 'Blankenburg_UNZ1A'", BLACK);
    words(ctx, 'den Schnee zählte', W / 2, 300, "74px 'Blankenburg_UNZ1A'", RED);
    words(ctx, '雪を数えた狼', W / 2, 366, "700 24px 'Noto Serif CJK JP'", BLACK, { spacing: 8 });
    ctx.globalAlpha = 1;
  }
  veil(ctx, PAPER, 1 - window_(t, -1, SECONDS, 1));
}
