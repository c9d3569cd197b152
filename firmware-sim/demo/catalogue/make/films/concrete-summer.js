// biome-ignore-all lint/correctness/noUnusedVariables: the stage, the film and its player share one page, see film.mjs
/** Fifty metres in the last summer of a lido: tiles, lanes, one swimmer, and the years that she counts instead of strokes. */
const SECONDS = 40;
const BLUES = ['#1590a8', '#1ea3b8', '#35b4c4', '#6fcdd3', '#b9e8e4'];
const YEARS = ['1971', '1979', '1986', '1994', '2003', '2011', '2019', '2024'];
function pool(ctx, t, shift) {
  const size = 48;
  for (let j = -1; j < 11; j += 1)
    for (let i = -1; i < 20; i += 1) {
      const x = i * size - (shift % size);
      const n = i + Math.floor(shift / size);
      const k = 0.5 + 0.5 * Math.sin(n * 0.9 + j * 0.7 + t * 1.1 + Math.sin(j * 1.3 + t * 0.6) * 1.4);
      ctx.fillStyle = BLUES[Math.min(4, Math.floor(k * 5))];
      ctx.fillRect(x + 1, j * size + 1, size - 2, size - 2);
    }
  for (const y of [104, 376])
    stroke(ctx, Array.from({ length: 45 }, (_, i) => [i * 20 - 10, y + 4 * Math.sin(i * 0.6 + t * 2)]), '#0d3640', 10);
}
function swimmer(ctx, x, y, t) {
  ctx.save();
  ctx.translate(x, y);
  const a = t * 4.2;
  const skin = '#e8a27d';
  for (const p of [0, Math.PI]) {
    const reach = Math.cos(a + p);
    const over = Math.sin(a + p);
    ctx.globalAlpha = over > 0 ? 1 : 0.45;
    stroke(ctx, [[58, p ? 12 : -12], [58 + reach * 40, (p ? 34 : -34) * (0.5 + 0.5 * Math.abs(over))], [58 + reach * 84, p ? 16 : -16]], skin, 12);
    ctx.globalAlpha = 1;
  }
  for (const side of [-1, 1]) stroke(ctx, [[-60, side * 8], [-104, side * (10 + 6 * Math.sin(a * 1.5 + side))], [-146, side * (8 + 12 * Math.sin(a * 1.5 + side + 1))]], skin, 13);
  ctx.fillStyle = skin;
  ctx.beginPath();
  ctx.ellipse(0, 0, 76, 24, 0, 0, 7);
  ctx.fill();
  ctx.fillStyle = '#e23b22';
  ctx.beginPath();
  ctx.ellipse(-18, 0, 48, 25, 0, 0, 7);
  ctx.fill();
  disc(ctx, 92, 0, 20, '#e23b22');
  for (let i = 0; i < 9; i += 1) {
    const age = (t * 0.9 + i / 9) % 1;
    disc(ctx, -150 - age * 120, Math.sin(i * 5) * 22 * (1 + age), 2 + 5 * (1 - age), `rgba(255,255,255,${(0.7 * (1 - age)).toFixed(2)})`);
  }
  ctx.restore();
}
function draw(ctx, t) {
  const go = clamp((t - 6) / 27);
  pool(ctx, t, go * 1900 + 20);
  if (t < 6) {
    ctx.fillStyle = '#e9e6e0';
    ctx.fillRect(0, 0, W, lerp(H, 0, span(t, 4.6, 6)));
    const up = -span(t, 4.4, 5.6) * 480;
    words(ctx, 'Concrete', 44, 150 + up, "800 108px 'Inter Display'", '#121212', { align: 'left', alpha: span(t, 0.2, 0.6), spacing: -5 });
    words(ctx, 'Summer', 44, 254 + up, "800 108px 'Inter Display'", '#e23b22', { align: 'left', alpha: span(t, 0.9, 1.3), spacing: -5 });
    words(ctx, 'コンクリートの夏', 50, 400 + up, "700 24px 'Noto Sans CJK JP'", '#121212', { align: 'left', alpha: span(t, 1.8, 2.2) });
    words(ctx, 'Betonsommer', 50, 436 + up, "700 24px 'Inter'", '#121212', { align: 'left', alpha: span(t, 2.2, 2.6) });
  } else if (t < 34) {
    swimmer(ctx, lerp(-180, 470, span(t, 6, 12)) + 20 * Math.sin(t), 240, t);
    const year = YEARS[Math.min(7, Math.floor(go * 8))];
    words(ctx, year, W - 40, 456, "800 92px 'Inter Display'", '#ffffff', { align: 'right', spacing: -4 });
    words(ctx, `${Math.round(go * 50)} m`, 40, 452, "700 40px 'Inter Display'", '#0d3640', { align: 'left' });
  } else {
    ctx.fillStyle = '#b8b2a6';
    ctx.fillRect(lerp(W, W - 250, span(t, 33.5, 35)), 0, 300, H);
    ctx.fillStyle = '#e9e6e0';
    ctx.fillRect(lerp(W, W - 226, span(t, 33.5, 35)), 0, 300, H);
    words(ctx, '50,00', 44, 260, "800 120px 'Inter Display'", '#ffffff', { align: 'left', alpha: span(t, 35, 35.6), spacing: -5 });
    words(ctx, 'Lido Nord. Closed.', 48, 312, "700 28px 'Inter'", '#0d3640', { align: 'left', alpha: span(t, 36.2, 36.8) });
  }
  veil(ctx, '#e9e6e0', 1 - window_(t, -1, SECONDS, 1));
}
