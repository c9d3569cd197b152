/** Geometry of the console's charts: from figures to places on a field of `width` × `height`, whose corner at the top left is 0, 0. Pure. */

/** A round figure not below the largest: 1, 2, 2.5, 5 or 10 times a power of ten; never 0. */
export function niceTop(largest: number): number {
  if (!(largest > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(largest));
  const step = [1, 2, 2.5, 5, 10].find((one) => one * power >= largest * (1 - 1e-12)) ?? 10;
  return step * power;
}

export interface Bar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Bars of equal width with `gap` (share of a bar's place) between them. Figures below 0 stand at the ground: a chart of takings shows none. */
export function bars(
  values: readonly number[],
  top: number,
  width: number,
  height: number,
  gap = 0.25,
): readonly Bar[] {
  const place = width / Math.max(1, values.length);
  return values.map((value, at) => {
    const tall = (Math.min(Math.max(value, 0), top) / top) * height;
    return { x: at * place + (place * gap) / 2, y: height - tall, width: place * (1 - gap), height: tall };
  });
}

export interface Reading {
  readonly at: number;
  readonly value: number | null;
}

/**
 * Lines through readings over time, as SVG paths; nothing is drawn where readings are missing for longer than `gap` milliseconds: what nobody saw is not made up.
 * Each piece also has its ground, down to the bottom.
 */
export function lines(
  readings: readonly Reading[],
  span: { readonly from: number; readonly until: number },
  top: number,
  width: number,
  height: number,
  gap: number,
): readonly { readonly line: string; readonly ground: string }[] {
  const x = (at: number) => round(((at - span.from) / (span.until - span.from)) * width);
  const y = (value: number) => round(height - (Math.min(Math.max(value, 0), top) / top) * height);
  const pieces: { at: number; value: number }[][] = [];
  let last: number | null = null;
  for (const { at, value } of readings) {
    if (value === null || at < span.from || at > span.until) {
      if (value === null) last = null;
      continue;
    }
    if (last === null || at - last > gap) pieces.push([]);
    pieces.at(-1)?.push({ at, value });
    last = at;
  }
  return pieces.map((piece) => {
    const points = piece.map(({ at, value }) => `${x(at)} ${y(value)}`);
    // A single reading would be no line at all: it is drawn as wide as a hair.
    const first = piece[0] as { at: number; value: number };
    const line = points.length === 1 ? `M${points[0]}h1` : `M${points.join('L')}`;
    const end = points.length === 1 ? x(first.at) + 1 : x((piece.at(-1) ?? first).at);
    return { line, ground: `${line}L${end} ${height}L${x(first.at)} ${height}Z` };
  });
}

const round = (value: number): number => Math.round(value * 100) / 100;

/** Which of many labels to write so that no more than `most` stand there: the first, and every so many after it. */
export const labelled = (count: number, most: number): number => Math.max(1, Math.ceil(count / most));
