// biome-ignore-all lint/correctness/noUnusedVariables: the stage, the film and its player share one page, see film.mjs
/** Goldfish on parade, left fin first, until one of them turns round. */
const SECONDS = 34;
const BEAT = 0.5;
function fish(ctx, x, y, s, body, wag, face = 1) {
  ctx.save();
  ctx.translate(x, y);
  ctx.scale(s * face, s);
  ctx.rotate(wag * 0.05);
  ctx.fillStyle = body;
  ctx.beginPath();
  ctx.moveTo(-96, 0);
  ctx.bezierCurveTo(-60, -66, 30, -64, 78, -8 + wag * 4);
  ctx.bezierCurveTo(118, -74 + wag * 16, 176, -76 + wag * 30, 190, -40 + wag * 34);
  ctx.bezierCurveTo(168, -30 + wag * 26, 152, -12 + wag * 20, 150, 2 + wag * 16);
  ctx.bezierCurveTo(154, 18 + wag * 20, 172, 34 + wag * 26, 192, 48 + wag * 34);
  ctx.bezierCurveTo(168, 78 + wag * 30, 118, 70 + wag * 16, 78, 12 + wag * 4);
  ctx.bezierCurveTo(36, 66, -60, 64, -96, 0);
  ctx.fill();
  poly(ctx, [[-18, -48], [16, -88 + wag * 6], [60, -70], [14, -42]], body);
  poly(ctx, [[-8, 46], [22, 84 - wag * 8], [54, 64], [14, 42]], body);
  for (const dx of [-34, -6, 22]) {
    ctx.strokeStyle = '#fff6e0';
    ctx.lineWidth = 4;
    ctx.beginPath();
    ctx.moveTo(dx, -34);
    ctx.quadraticCurveTo(dx + 24, 0, dx, 34);
    ctx.stroke();
  }
  disc(ctx, -60, -14, 13, '#fff6e0');
  disc(ctx, -63, -14, 6.5, '#1b1b2c');
  ctx.restore();
}
function rays(ctx, t, a, b) {
  fill(ctx, a);
  for (let i = 0; i < 12; i += 1) {
    const from = (i * Math.PI) / 6 + t * 0.12;
    poly(ctx, [[W / 2, 250], [W / 2 + 900 * Math.cos(from), 250 + 900 * Math.sin(from)], [W / 2 + 900 * Math.cos(from + 0.262), 250 + 900 * Math.sin(from + 0.262)]], b);
  }
}
function draw(ctx, t) {
  const beat = t / BEAT;
  const hop = Math.abs(Math.sin(beat * Math.PI)) ** 0.6;
  if (t < 6) {
    rays(ctx, t, '#fff1d2', '#f6c453');
    const grow = 0.9 + 0.1 * span(t, 0, 1) + 0.02 * hop;
    ctx.save();
    ctx.translate(W / 2, 240);
    ctx.scale(grow, grow);
    disc(ctx, 0, 0, 170, '#c21d1b');
    [...'金魚行進曲'].forEach((sign, i) => {
      words(ctx, sign, -132 + i * 66, 24, "62px 'Reggae One'", '#fff6e0', { alpha: span(t, 0.6 + i * 0.5, 0.9 + i * 0.5) });
    });
    ctx.restore();
    words(ctx, 'GOLDFISH MARCH', W / 2, 456, "700 40px 'Bebas Neue'", '#1b1b2c', { spacing: 8, alpha: span(t, 3.4, 4) });
    return;
  }
  const alone = t > 24;
  rays(ctx, t, alone ? '#12707a' : '#e2572c', alone ? '#1b8088' : '#d24820');
  for (let y = 0; y < 12; y += 1)
    for (let x = 0; x < 22; x += 1) {
      const r = 2 + 3.4 * Math.max(0, Math.sin(x * 0.5 - t * 2 + y * 0.3));
      disc(ctx, x * 40 + (y % 2) * 20, y * 42, r, alone ? '#0e5d66' : '#f0742f');
    }
  if (t < 24) {
    for (let row = 0; row < 3; row += 1)
      for (let i = 0; i < 6; i += 1) {
        const speed = 96;
        const x = (((i * 190 + row * 95 - (t - 6) * speed) % 1140) + 1140) % 1140 - 140;
        const up = (Math.floor(beat) + i + row) % 2 ? hop * 20 : 0;
        const odd = row === 1 && i === 3;
        fish(ctx, x, 120 + row * 130 - up, 0.52, odd ? '#f6c453' : row === 1 ? '#fff1d2' : '#b3160f', Math.sin(beat * Math.PI + i));
      }
    words(ctx, Math.floor(beat) % 2 ? 'いち' : 'に', 90, 78, "44px 'Reggae One'", '#fff6e0');
  } else {
    const turn = t < 27 ? 1 : -1;
    const x = t < 27 ? lerp(620, 430, span(t, 24, 27)) : lerp(430, 1010, span(t, 28, 32.5));
    fish(ctx, x, 246 + Math.sin(t * 3) * 8, 0.95, '#f6c453', Math.sin(t * 7), turn);
    for (let i = 0; i < 7; i += 1) {
      const age = (t * 0.7 + i * 0.37) % 1;
      disc(ctx, x - 90 * turn + Math.sin(i * 4 + t) * 12, 236 - age * 220, 3 + i * 0.9, `rgba(255,246,224,${(0.7 * (1 - age)).toFixed(2)})`);
    }
    words(ctx, 'おわり', W / 2, 440, "54px 'Reggae One'", '#fff6e0', { alpha: span(t, 30, 31), spacing: 12 });
  }
  veil(ctx, '#1b1b2c', 1 - window_(t, -1, SECONDS, 1));
}
