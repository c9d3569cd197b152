/** One figure at one moment. */
export type Point = readonly [at: number, value: number];

/**
 * Theil and Sen's slope: the median of the slopes between all pairs. A few odd samples (a collection that came late, a busy day) do not move it. 0 for fewer
 * than two moments.
 */
export function slopeOf(points: readonly Point[]): number {
  const slopes: number[] = [];
  for (const [index, [at, value]] of points.entries())
    for (const [otherAt, other] of points.slice(index + 1))
      if (otherAt !== at) slopes.push((other - value) / (otherAt - at));
  if (slopes.length === 0) return 0;
  slopes.sort((a, b) => a - b);
  const middle = slopes.length >> 1;
  return slopes.length % 2 === 1
    ? (slopes[middle] as number)
    : ((slopes[middle - 1] as number) + (slopes[middle] as number)) / 2;
}
