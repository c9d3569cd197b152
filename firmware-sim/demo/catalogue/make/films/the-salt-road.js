// biome-ignore-all lint/correctness/noUnusedVariables: the stage, the film and its player share one page, see film.mjs
/** One day on a salt lake in a minute: the sun goes over, the cart goes on, the shadow goes round. */
const SECONDS = 64;
const HOURS = [
  [0, ['#14202f', '#3a4a5c', '#8a5a52', '#5d4a4c']],
  [10, ['#2f5f7c', '#7fa9ad', '#f2b877', '#d8b08c']],
  [24, ['#3f8fb8', '#9fd0d8', '#e8efe2', '#f4ead6']],
  [40, ['#2a6f93', '#8fc0c0', '#f5d39a', '#f0d2a4']],
  [50, ['#1f4f63', '#c98a62', '#f2703f', '#d98a5e']],
  [58, ['#0d1622', '#1d2c3e', '#4a3a48', '#2b2a34']],
  [64, ['#0a111b', '#131f2d', '#26303e', '#1b2029']],
];
const channel = (hex, i) => Number.parseInt(hex.slice(1 + i * 2, 3 + i * 2), 16);
const mixed = (a, b, k) => `rgb(${[0, 1, 2].map((i) => Math.round(lerp(channel(a, i), channel(b, i), k))).join(',')})`;
function hour(t, n) {
  const at = Math.max(0, HOURS.findLastIndex(([from]) => from <= t));
  const next = Math.min(HOURS.length - 1, at + 1);
  const k = next === at ? 0 : (t - HOURS[at][0]) / (HOURS[next][0] - HOURS[at][0]);
  return mixed(HOURS[at][1][n], HOURS[next][1][n], clamp(k));
}
const stars = seeded(5);
const STARS = Array.from({ length: 170 }, () => [stars() * W, stars() * 300, 0.5 + stars() * 1.1, stars() * 6]);
const grains = seeded(8);
const CRUST = Array.from({ length: 210 }, () => [grains(), grains() ** 1.7, 12 + grains() * 40]);

function ox(ctx, t, tone) {
  const step = Math.sin(t * 3.4);
  poly(ctx, [[0, -38], [46, -42], [60, -50], [76, -46], [78, -38], [66, -34], [60, -24], [4, -20]], tone);
  stroke(ctx, [[66, -50], [74, -60], [70, -64]], tone, 2.4);
  for (const [x, side] of [[6, 1], [14, -1], [46, -1], [54, 1]]) stroke(ctx, [[x, -24], [x + step * side * 4, -12], [x + step * side * 8, 0]], tone, 5);
  stroke(ctx, [[0, -36], [-6, -24 + step], [-5, -14]], tone, 2);
}
function cart(ctx, t, tone) {
  poly(ctx, [[-96, -42], [-20, -42], [-28, -18], [-88, -18]], tone);
  stroke(ctx, [[-24, -30], [8, -30]], tone, 3);
  for (const x of [-78, -38]) {
    ctx.strokeStyle = tone;
    ctx.lineWidth = 3;
    ctx.beginPath();
    ctx.arc(x, -13, 13, 0, 7);
    ctx.stroke();
    for (let i = 0; i < 3; i += 1) {
      const a = t * 1.8 + (i * Math.PI) / 3;
      stroke(ctx, [[x - 12 * Math.cos(a), -13 - 12 * Math.sin(a)], [x + 12 * Math.cos(a), -13 + 12 * Math.sin(a)]], tone, 1.5);
    }
  }
}
function walker(ctx, t, tone) {
  const step = Math.sin(t * 4.2);
  stroke(ctx, [[104, -40], [104, -22]], tone, 10);
  for (const side of [1, -1]) stroke(ctx, [[104, -22], [104 + side * step * 6, 0]], tone, 4.4);
  disc(ctx, 104, -50, 6, tone);
  poly(ctx, [[92, -52], [116, -52], [108, -60], [100, -60]], tone);
  stroke(ctx, [[108, -36], [120, -30], [122, 0]], tone, 2);
}
function draw(ctx, t) {
  const sky = ctx.createLinearGradient(0, 0, 0, 300);
  sky.addColorStop(0, hour(t, 0));
  sky.addColorStop(0.6, hour(t, 1));
  sky.addColorStop(1, hour(t, 2));
  ctx.fillStyle = sky;
  ctx.fillRect(0, 0, W, 302);
  const dark = 1 - window_(t, 3, 57, 6);
  for (const [x, y, r, p] of STARS) {
    ctx.globalAlpha = dark * (0.6 + 0.4 * Math.sin(t * 2 + p));
    disc(ctx, (x + t * 1.2) % W, y, r, '#fff3d6');
  }
  ctx.globalAlpha = 1;
  const k = (t - 5) / 48;
  const sunX = lerp(90, W - 70, k);
  const sunY = 330 - Math.sin(clamp(k) * Math.PI) * 268;
  const halo = ctx.createRadialGradient(sunX, sunY, 0, sunX, sunY, 210);
  halo.addColorStop(0, 'rgba(255,238,190,.9)');
  halo.addColorStop(0.2, 'rgba(255,206,128,.4)');
  halo.addColorStop(1, 'rgba(255,190,110,0)');
  ctx.fillStyle = halo;
  ctx.fillRect(0, 0, W, 300);
  disc(ctx, sunX, sunY, 34, '#fffbe6');
  const far = [[-10, 302]];
  for (let x = -10; x <= W + 10; x += 7) far.push([x, 292 - 9 * Math.sin(x * 0.011 + t * 0.012) - 5 * Math.sin(x * 0.037 + 1 + t * 0.04) - Math.sin(x * 0.4 + t * 9)]);
  poly(ctx, [...far, [W + 10, 302]], hour(t, 0));
  const salt = ctx.createLinearGradient(0, 300, 0, H);
  salt.addColorStop(0, hour(t, 2));
  salt.addColorStop(0.4, hour(t, 3));
  salt.addColorStop(1, hour(t, 1));
  ctx.fillStyle = salt;
  ctx.fillRect(0, 300, W, H - 300);
  for (const [u, v, long] of CRUST) {
    const y = 306 + v * 190;
    const wide = 0.3 + v * 2.4;
    const x = ((((u * 1.6 * W - t * 26 * wide) % (W * 1.6)) + W * 1.6) % (W * 1.6)) - 160;
    stroke(ctx, [[x, y], [x + long * wide * 0.4, y - 2 * wide], [x + long * wide, y + wide], [x + long * wide * 1.3, y + 5 * wide]], `rgba(70,34,28,${(0.1 + v * 0.16).toFixed(2)})`, 0.6 + v * 1.4);
  }
  for (let i = 0; i < 16; i += 1) {
    const w = 190 - i * 8 + 40 * Math.sin(i * 1.9 + t * 2.4);
    ctx.fillStyle = `rgba(255,246,214,${(0.34 - i * 0.019) * clamp(sunY < 306 ? 1 : 0)})`;
    ctx.fillRect(sunX - w / 2, 303 + i * 5.5, w, 1.4 + i * 0.22);
  }
  const where = 300 + Math.sin(t * 0.1) * 60;
  const lean = (where - sunX) / 90;
  ctx.save();
  ctx.translate(where, 384 + Math.abs(Math.sin(t * 3.4)) * 1.2);
  ctx.save();
  ctx.transform(1, 0, lean * 0.55, -0.16 - clamp(1 - Math.abs(k - 0.5) * 2) * 0.1, 0, 0);
  ctx.globalAlpha = 0.26 * clamp(1 - dark);
  for (const part of [cart, ox, walker]) part(ctx, t, '#3a1a18');
  ctx.restore();
  for (const part of [cart, ox, walker]) part(ctx, t, mixed('#2a1418', '#0b0d14', dark));
  if (dark > 0.2) disc(ctx, -58, -54, 4.5, `rgba(255,206,110,${dark})`);
  ctx.restore();
  words(ctx, 'THE SALT ROAD', W / 2, 150, "200 54px 'Inter Display'", '#fff6e2', { spacing: 12, alpha: window_(t, 2, 9) });
  words(ctx, '塩の道', W / 2, 196, "400 22px 'Noto Serif CJK JP'", '#fff6e2', { spacing: 18, alpha: window_(t, 3, 9) });
  for (const [line, a, b] of [['The first day.', 13, 18], ['The eleventh day.', 23, 28], ['The twenty-sixth day.', 34, 39], ['The fortieth day.', 45, 50], ['Salt.', 57, 63]])
    words(ctx, line, 60, 62, "italic 26px 'EB Garamond'", t > 20 && t < 40 ? '#4b2a24' : '#fff6e2', { align: 'left', alpha: window_(t, a, b) });
  const specks = seeded(Math.floor(t * 24) + 1);
  for (let i = 0; i < 420; i += 1) {
    ctx.fillStyle = i % 2 ? 'rgba(255,255,255,.07)' : 'rgba(0,0,0,.07)';
    ctx.fillRect(specks() * W, specks() * H, 2, 2);
  }
  veil(ctx, '#05070b', 1 - window_(t, 0, SECONDS, 1.6));
}
