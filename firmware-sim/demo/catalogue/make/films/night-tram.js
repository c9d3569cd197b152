// size: most lines are coordinates of one drawing
// biome-ignore-all lint/correctness/noUnusedVariables: the stage, the film and its player share one page, see film.mjs
/** Noir in four inks: rain, a tram, six lit windows, and a hat that travels on alone. */
const SECONDS = 38;
const INK = '#0b0d12';
const SLATE = ['#141a24', '#1b2430', '#26323f', '#354453'];
const LAMP = '#f2c14b';
const RED = '#c22f2a';
const BONE = '#e8e0cf';

function towers(ctx, layer, shift, base, lit) {
  const r = seeded(40 + layer);
  let x = -((shift * (0.25 + layer * 0.3)) % 1400);
  while (x < W + 100) {
    const w = 46 + r() * 90;
    const h = 90 + r() * (230 - layer * 30);
    if (x + w > -10) {
      ctx.fillStyle = SLATE[layer];
      ctx.fillRect(x, base - h, w + 1, h + 60);
      if (r() < 0.35)
        poly(
          ctx,
          [
            [x, base - h],
            [x + w / 2, base - h - 30],
            [x + w, base - h],
          ],
          SLATE[layer],
        );
      for (let wy = base - h + 14; wy < base - 16; wy += 20) {
        for (let wx = x + 9; wx < x + w - 12; wx += 17) {
          if (r() < lit) {
            ctx.fillStyle = r() < 0.08 ? RED : LAMP;
            ctx.globalAlpha = 0.35 + layer * 0.2;
            ctx.fillRect(wx, wy, 7, 10);
            ctx.globalAlpha = 1;
          }
        }
      }
    } else for (let i = 0; i < 3; i += 1) r();
    x += w + 4;
  }
}
function city(ctx, shift) {
  fill(ctx, INK);
  disc(ctx, 640, 96, 46, '#1d2530');
  disc(ctx, 640, 96, 34, '#c9c3b2');
  for (const layer of [0, 1, 2]) {
    const period = 1400;
    for (const copy of [0, 1]) {
      ctx.save();
      const move = (shift * (0.15 + layer * 0.25)) % period;
      ctx.translate(copy * period - move, 0);
      towers(ctx, layer, 0, 330 + layer * 14, 0.2);
      ctx.restore();
    }
  }
}
function rain(ctx, t, slant = 60, count = 130) {
  const r = seeded(3);
  ctx.save();
  ctx.globalAlpha = 0.3;
  ctx.strokeStyle = '#a9b9c6';
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let i = 0; i < count; i += 1) {
    const speed = 620 + r() * 320;
    const y = ((r() * 600 + t * speed) % 620) - 60;
    const x = ((((r() * 1000 - (t * speed * slant) / 600) % 1000) + 1000) % 1000) - 60;
    const l = 14 + r() * 20;
    ctx.moveTo(x, y);
    ctx.lineTo(x - (l * slant) / 300, y + l);
  }
  ctx.stroke();
  ctx.restore();
}
function person(ctx, x, y, s, hat, turn = 1) {
  ctx.save();
  ctx.translate(x, y);
  ctx.scale(s * turn, s);
  poly(
    ctx,
    [
      [-26, 60],
      [-24, 16],
      [-10, 4],
      [10, 4],
      [24, 16],
      [27, 60],
    ],
    INK,
  );
  disc(ctx, 0, -8, 13, INK);
  poly(
    ctx,
    [
      [9, -10],
      [17, -4],
      [10, -1],
    ],
    INK,
  );
  if (hat === 'fedora') {
    poly(
      ctx,
      [
        [-22, -14],
        [24, -17],
        [22, -12],
        [-21, -9],
      ],
      INK,
    );
    poly(
      ctx,
      [
        [-13, -14],
        [-10, -29],
        [0, -26],
        [10, -30],
        [13, -15],
      ],
      INK,
    );
  } else if (hat === 'bun') disc(ctx, -11, -18, 8, INK);
  else if (hat === 'cap')
    poly(
      ctx,
      [
        [-13, -12],
        [-10, -23],
        [10, -22],
        [22, -13],
      ],
      INK,
    );
  ctx.restore();
}
const RIDERS = [['bun', -1], ['', 1], ['fedora', 1], null, ['cap', -1], ['', 1]];
function tram(ctx, x, y, s, t, gone = false) {
  ctx.save();
  ctx.translate(x, y + Math.sin(t * 9) * 0.7);
  ctx.scale(s, s);
  stroke(
    ctx,
    [
      [250, -160],
      [210, -212],
      [290, -212],
    ],
    '#2c3643',
    4,
  );
  ctx.fillStyle = RED;
  ctx.beginPath();
  ctx.roundRect(0, -150, 560, 140, [26, 26, 10, 10]);
  ctx.fill();
  ctx.fillStyle = '#7c1d1b';
  ctx.fillRect(0, -58, 560, 8);
  ctx.fillRect(0, -22, 560, 12);
  ctx.fillStyle = BONE;
  ctx.fillRect(0, -50, 560, 5);
  for (let i = 0; i < 6; i += 1) {
    const wx = 30 + i * 86;
    ctx.save();
    ctx.beginPath();
    ctx.roundRect(wx, -132, 70, 66, 5);
    ctx.fillStyle = LAMP;
    ctx.fill();
    ctx.clip();
    const rider = RIDERS[i];
    if (rider && !(gone && i === 2))
      person(ctx, wx + 35, -92 + Math.sin(t * 9 + i) * 0.8, 0.86, rider[0], rider[1]);
    ctx.globalAlpha = 0.25;
    poly(
      ctx,
      [
        [wx + 44, -132],
        [wx + 56, -132],
        [wx + 30, -66],
        [wx + 18, -66],
      ],
      '#fff3cf',
    );
    ctx.restore();
  }
  words(ctx, '9', 548, -104, '700 26px "Bebas Neue"', BONE);
  for (const wx of [90, 140, 420, 470]) disc(ctx, wx, -8, 17, INK);
  disc(ctx, 4, -40, 8, '#fff3cf');
  ctx.globalAlpha = 0.16;
  poly(
    ctx,
    [
      [0, -48],
      [-330, -70],
      [-330, 30],
      [0, -32],
    ],
    '#fff3cf',
  );
  ctx.restore();
}
function mirror(ctx, line, t, paint) {
  paint();
  ctx.save();
  ctx.globalAlpha = 0.9;
  ctx.fillStyle = '#0e131b';
  ctx.fillRect(0, line, W, H - line);
  ctx.globalAlpha = 0.34;
  for (let y = 0; y < H - line; y += 4) {
    const wob = Math.sin(y * 0.35 + t * 3) * (1 + y * 0.05);
    ctx.drawImage(ctx.canvas, 0, Math.max(0, line - y * 1.5 - 4), W, 4, wob, line + y, W, 4);
  }
  ctx.restore();
  ctx.fillStyle = '#2c3643';
  ctx.fillRect(0, line, W, 3);
}
function wide(ctx, t) {
  mirror(ctx, 372, t, () => {
    city(ctx, t * 8);
    ctx.fillStyle = SLATE[3];
    ctx.fillRect(0, 352, W, 22);
    for (let x = 60; x < W; x += 250) {
      stroke(
        ctx,
        [
          [x, 370],
          [x, 176],
          [x + 26, 164],
        ],
        '#3f4c5a',
        4,
      );
      ctx.globalAlpha = 0.18;
      poly(
        ctx,
        [
          [x + 26, 166],
          [x - 34, 372],
          [x + 96, 372],
        ],
        LAMP,
      );
      ctx.globalAlpha = 1;
      disc(ctx, x + 28, 168, 6, '#fff0c0');
    }
    stroke(
      ctx,
      [
        [0, 160],
        [W, 160],
      ],
      '#2c3643',
      1.5,
    );
    tram(ctx, lerp(900, -640, (t - 5) / 9), 372, 1, t);
  });
  rain(ctx, t);
}
function inside(ctx, t, gone) {
  // Through the window from the seat: the city runs past, the glass beads.
  city(ctx, 300 + t * 190);
  rain(ctx, t, 240, 90);
  const r = seeded(8);
  for (let i = 0; i < 60; i += 1) {
    const x = r() * W;
    const y = (r() * 360 + t * (4 + r() * 26)) % 370;
    ctx.globalAlpha = 0.5;
    disc(ctx, x, y, 1 + r() * 2.6, '#b9c7d2');
  }
  ctx.globalAlpha = 1;
  const flash = Math.max(0, Math.sin(t * 2.1)) ** 14;
  ctx.globalAlpha = flash * 0.35;
  fill(ctx, LAMP);
  ctx.globalAlpha = 1;
  for (const [x, w] of [
    [-20, 60],
    [410, 34],
    [820, 60],
  ]) {
    ctx.fillStyle = '#1a0d0c';
    ctx.fillRect(x, 0, w, 360);
  }
  ctx.fillStyle = '#1a0d0c';
  ctx.fillRect(0, 0, W, 34);
  ctx.fillRect(0, 336, W, 144);
  if (!gone) person(ctx, 616 + Math.sin(t * 3) * 3, 262, 2.6, 'fedora', -1);
  ctx.fillStyle = '#5b1715';
  ctx.beginPath();
  ctx.roundRect(90, 300, 300, 200, 26);
  ctx.roundRect(470, 300, 300, 200, 26);
  ctx.fill();
  ctx.fillStyle = RED;
  ctx.fillRect(90, 420, 300, 14);
  ctx.fillRect(470, 420, 300, 14);
  const sway = Math.sin(t * 3) * 3;
  if (gone) {
    ctx.save();
    ctx.translate(612, 408 + Math.abs(Math.sin(t * 9)) * 1);
    ctx.rotate(-0.06 + Math.sin(t * 3) * 0.015);
    ctx.scale(2.4, 2.4);
    poly(
      ctx,
      [
        [-30, -2],
        [30, -6],
        [28, 3],
        [-28, 5],
      ],
      INK,
    );
    poly(
      ctx,
      [
        [-17, -2],
        [-14, -24],
        [0, -19],
        [14, -25],
        [18, -4],
      ],
      INK,
    );
    poly(
      ctx,
      [
        [-17, -2],
        [-16, -8],
        [17, -10],
        [18, -4],
      ],
      LAMP,
    );
    ctx.restore();
  }
  for (const x of [200, 330, 560, 690]) {
    const a = Math.sin(t * 3 + x) * 0.12;
    ctx.save();
    ctx.translate(x, 30);
    ctx.rotate(a);
    stroke(
      ctx,
      [
        [0, 0],
        [0, 52],
      ],
      '#3a1d1a',
      4,
    );
    ctx.strokeStyle = BONE;
    ctx.lineWidth = 5;
    ctx.beginPath();
    ctx.arc(0, 66, 14, 0, 7);
    ctx.stroke();
    ctx.restore();
  }
}
function draw(ctx, t) {
  if (t < 5) {
    fill(ctx, INK);
    rain(ctx, t);
    const k = span(t, 0.6, 1.6);
    ctx.fillStyle = RED;
    ctx.fillRect(0, 292, W * k, 7);
    words(ctx, 'NIGHT TRAM', 96, 262, '132px "Bebas Neue"', BONE, {
      align: 'left',
      spacing: 4,
      alpha: span(t, 0.9, 1.8),
    });
    words(ctx, '9', 660, 262, '132px "Bebas Neue"', LAMP, {
      align: 'left',
      alpha: t > 2.1 && !(t > 2.3 && t < 2.4) && !(t > 2.6 && t < 2.66) ? 1 : 0,
    });
    words(ctx, '夜の九番電車', 98, 344, '500 24px "Noto Sans CJK JP"', '#8fa0ae', {
      align: 'left',
      spacing: 12,
      alpha: span(t, 2, 3),
    });
    veil(ctx, INK, span(t, 4.5, 5));
  } else if (t < 13.6) wide(ctx, t);
  else if (t < 20) inside(ctx, t, false);
  else if (t < 24) {
    fill(ctx, LAMP);
    person(ctx, lerp(270, 300, (t - 20) / 4), 250, 4.6, 'fedora', 1);
    person(ctx, lerp(640, 590, (t - 20) / 4), 262, 4.2, '', -1);
    ctx.fillStyle = '#1a0d0c';
    ctx.fillRect(0, 0, W, 40);
    ctx.fillRect(0, 440, W, 40);
    for (let i = 0; i < 7; i += 1) {
      ctx.globalAlpha = 0.85;
      ctx.fillRect(((((i * 190 - t * 420) % 1330) + 1330) % 1330) - 190, 40, 46, 400);
      ctx.globalAlpha = 1;
    }
  } else if (t < 30.5) inside(ctx, t, true);
  else if (t < 35) {
    mirror(ctx, 372, t, () => {
      city(ctx, 300);
      ctx.fillStyle = SLATE[3];
      ctx.fillRect(0, 352, W, 22);
      tram(ctx, lerp(330, -700, span(t, 30.5, 35)), 372, 1, t, true);
      stroke(
        ctx,
        [
          [700, 370],
          [700, 176],
          [726, 164],
        ],
        '#3f4c5a',
        4,
      );
      ctx.globalAlpha = 0.2;
      poly(
        ctx,
        [
          [726, 166],
          [646, 372],
          [806, 372],
        ],
        LAMP,
      );
      ctx.globalAlpha = 1;
      disc(ctx, 728, 168, 6, '#fff0c0');
      person(ctx, 728, 312, 1, '', -1);
    });
    rain(ctx, t);
  } else {
    fill(ctx, INK);
    rain(ctx, t);
    words(ctx, 'NEXT STOP ON REQUEST', W / 2, 246, '44px "Bebas Neue"', LAMP, {
      spacing: 7,
      alpha: window_(t, 35.1, 37.9, 0.5),
    });
  }
  for (const cut of [13.6, 30.5, 35]) veil(ctx, INK, 1 - Math.abs(t - cut) / 0.3);
}
