// biome-ignore-all lint/correctness/noUnusedVariables: the stage, the film and its player share one page, see film.mjs
/** A dance for a red circle and a black square, cut to 120 beats a minute. */
const SECONDS = 34;
const CREAM = '#efe6d3';
const BLACK = '#191716';
const RED = '#d8321f';
const BLUE = '#1f4fa0';
const YELLOW = '#f0b31c';

function square(ctx, x, y, size, turn, colour = BLACK) {
  ctx.save();
  ctx.translate(x, y);
  ctx.rotate(turn);
  ctx.fillStyle = colour;
  ctx.fillRect(-size / 2, -size / 2, size, size);
  ctx.restore();
}
function ring(ctx, x, y, r, width, colour = BLACK, from = 0, to = Math.PI * 2) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.lineCap = 'butt';
  ctx.beginPath();
  ctx.arc(x, y, Math.max(0, r), from, to);
  ctx.stroke();
}
const pulse = (t) => Math.exp(-6 * (t % 0.5));
function meeting(ctx, t) {
  const k = span(t, 4, 8);
  for (let i = 0; i < 9; i += 1) {
    ctx.fillStyle = i === 4 ? YELLOW : BLACK;
    ctx.fillRect(0, 52 + i * 46, W * clamp(span(t, 4 + i * 0.25, 5 + i * 0.25)), i === 4 ? 14 : 2);
  }
  disc(ctx, lerp(-90, 330, k), 242, 70 + 8 * pulse(t), RED);
  square(ctx, lerp(W + 90, 540, k), 242, 128 + 12 * pulse(t), (1 - k) * -4);
}
function orbit(ctx, t) {
  const a = (t - 8) * Math.PI * 0.5;
  for (let i = 1; i < 6; i += 1) ring(ctx, W / 2, H / 2, i * 46, i === 3 ? 9 : 1.5, i === 3 ? BLUE : BLACK);
  for (let i = 0; i < 8; i += 1) {
    const on = Math.floor(t * 2) % 8 === i;
    const b = (i * Math.PI) / 4;
    square(ctx, W / 2 + Math.cos(b) * 230, H / 2 + Math.sin(b) * 230, on ? 26 : 12, b, on ? YELLOW : BLACK);
  }
  for (let trail = 7; trail >= 0; trail -= 1) {
    const b = a - trail * 0.11;
    ctx.globalAlpha = trail ? 0.1 : 1;
    disc(ctx, W / 2 + Math.cos(b) * 138, H / 2 + Math.sin(b) * 138, 44, RED);
    square(ctx, W / 2 - Math.cos(b) * 138, H / 2 - Math.sin(b) * 138, 80, b);
  }
  ctx.globalAlpha = 1;
}
function grid(ctx, t) {
  const step = Math.floor((t - 16) * 2);
  const inner = ease(((t - 16) * 2) % 1);
  for (let y = 0; y < 5; y += 1) {
    for (let x = 0; x < 9; x += 1) {
      const wave = clamp(inner * 1.6 - (x + y) * 0.05);
      const kind = (x * 3 + y * 5 + step) % 4;
      const cx = 87 + x * 85;
      const cy = 70 + y * 85;
      if (kind === 0) disc(ctx, cx, cy, 33, RED);
      else if (kind === 1) square(ctx, cx, cy, 60, wave * Math.PI * 0.5);
      else if (kind === 2) {
        ctx.fillStyle = BLUE;
        ctx.beginPath();
        ctx.moveTo(cx - 32, cy - 32);
        ctx.arc(cx - 32, cy - 32, 64, 0, Math.PI / 2);
        ctx.fill();
      } else ring(ctx, cx, cy, 26, 10, YELLOW, wave * 6, wave * 6 + 4.4);
    }
  }
}
function tower(ctx, t) {
  const n = Math.min(7, Math.floor((t - 22) * 2) + 1);
  const widths = [330, 270, 220, 190, 130, 90, 56];
  const colours = [BLACK, BLUE, BLACK, YELLOW, BLACK, RED, BLACK];
  ctx.fillStyle = BLACK;
  ctx.fillRect(0, 438, W, 4);
  const lean = t > 26 ? span(t, 26, 28) * 1.5 : 0;
  ctx.save();
  ctx.translate(W / 2 + 165, 438);
  ctx.rotate(lean);
  ctx.translate(-W / 2 - 165, -438);
  for (let i = 0; i < n; i += 1) {
    const age = (t - 22) * 2 - i;
    const drop = age < 1 ? (1 - ease(age)) * -300 : 0;
    ctx.fillStyle = colours[i];
    ctx.fillRect(W / 2 - widths[i] / 2, 438 - (i + 1) * 46 + drop, widths[i], 46);
  }
  ctx.restore();
  const roll = span(t, 24, 26.4);
  if (t > 24) disc(ctx, lerp(-60, W / 2 - 203, roll) - span(t, 26.4, 28) * 60, 438 - 38, 38, RED);
}
function one(ctx, t) {
  const k = span(t, 28, 30);
  square(ctx, W / 2, H / 2, 210, k * Math.PI);
  disc(ctx, lerp(180, W / 2, k), H / 2, lerp(36, 105, k), RED);
  if (t > 30) ring(ctx, W / 2, H / 2, 150 + span(t, 30, 31.5) * 40, 2);
}
function draw(ctx, t) {
  fill(ctx, CREAM);
  if (t < 4) {
    disc(ctx, 176, 240, 92 * span(t, 0.2, 0.9), RED);
    square(ctx, 690, 240, 168 * span(t, 0.7, 1.4), (1 - span(t, 0.7, 1.4)) * 2);
    words(ctx, 'orbit', 300, 232, '700 76px "League Spartan"', BLACK, {
      align: 'left',
      alpha: span(t, 1.2, 1.5),
    });
    words(ctx, 'for two', 300, 296, '700 76px "League Spartan"', BLACK, {
      align: 'left',
      alpha: span(t, 1.7, 2),
    });
    words(ctx, 'ふたりの軌道', 304, 336, '700 20px "Noto Sans CJK JP"', BLUE, {
      align: 'left',
      spacing: 7,
      alpha: span(t, 2.2, 2.5),
    });
  } else if (t < 8) meeting(ctx, t);
  else if (t < 16) orbit(ctx, t);
  else if (t < 22) grid(ctx, t);
  else if (t < 28) tower(ctx, t);
  else one(ctx, t);
  if (t > 31.6) {
    const k = span(t, 31.6, 32.4);
    disc(ctx, W / 2, H / 2, 105 + k * 460, RED);
    words(ctx, 'fin', W / 2, 262, '700 64px "League Spartan"', CREAM, { alpha: span(t, 32.2, 32.6) });
  }
}
