// biome-ignore-all lint/correctness/noUnusedVariables: the stage, the film and its player share one page, see film.mjs
/** Helpers every film script finds on the page: size, easing, seeded chance, letters, paper grain. */
const W = 854;
const H = 480;
const clamp = (x, a = 0, b = 1) => Math.min(b, Math.max(a, x));
const lerp = (a, b, k) => a + (b - a) * k;
const ease = (k) => {
  const x = clamp(k);
  return x * x * (3 - 2 * x);
};
/** 0…1 while t runs from a to b, eased. */
const span = (t, a, b) => ease((t - a) / (b - a));
/** In and out: rises over `edge` after a, falls over `edge` before b. */
const window_ = (t, a, b, edge = 0.8) => Math.min(span(t, a, a + edge), 1 - span(t, b - edge, b));
const seeded = (seed) => {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = s;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
};
function fill(ctx, colour) {
  ctx.fillStyle = colour;
  ctx.fillRect(0, 0, W, H);
}
function poly(ctx, points, colour) {
  ctx.fillStyle = colour;
  ctx.beginPath();
  for (const [i, [x, y]] of points.entries()) {
    if (i === 0) ctx.moveTo(x, y);
    else ctx.lineTo(x, y);
  }
  ctx.closePath();
  ctx.fill();
}
function disc(ctx, x, y, r, colour) {
  ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.arc(x, y, Math.max(0, r), 0, Math.PI * 2);
  ctx.fill();
}
function stroke(ctx, points, colour, width) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.lineCap = 'round';
  ctx.lineJoin = 'round';
  ctx.beginPath();
  for (const [i, [x, y]] of points.entries()) {
    if (i === 0) ctx.moveTo(x, y);
    else ctx.lineTo(x, y);
  }
  ctx.stroke();
}
function words(ctx, text, x, y, font, colour, { align = 'center', spacing = 0, alpha = 1 } = {}) {
  ctx.save();
  ctx.globalAlpha *= alpha;
  ctx.font = font;
  ctx.textAlign = align;
  ctx.letterSpacing = `${spacing}px`;
  ctx.fillStyle = colour;
  ctx.fillText(text, x + (align === 'center' ? spacing / 2 : 0), y);
  ctx.restore();
}
/** A fade of the whole frame towards one colour. */
function veil(ctx, colour, alpha) {
  if (alpha <= 0) return;
  ctx.save();
  ctx.globalAlpha = clamp(alpha);
  fill(ctx, colour);
  ctx.restore();
}
