import { assert } from '#shared/kernel/assert.ts';

/** Side of the blocks: three of them (96 KiB) stay in a core's second-level cache. */
const BLOCK = 64;
/** Multiplications between two breaths: some five milliseconds of one core. */
const BREATH = 5_000_000;

/** Called between slices of a long calculation, so that whatever else lives in this thread gets its turn. */
export type Breathe = () => Promise<void>;

/**
 * Inverts a symmetric positive definite matrix (row by row in `matrix`, `size`² entries; only the lower triangle is read) in place and whole. Blocked
 * Cholesky A = L·Lᵀ, then U = (L⁻¹)ᵀ, then A⁻¹ = U·Uᵀ: all three are sums of products of rows, which lie in order in memory. About `size`³ / 2
 * multiplications and `size`² × 8 bytes beside the matrix. Throws where the matrix is not positive definite.
 */
export async function invertPositiveDefinite(
  matrix: Float64Array,
  size: number,
  breathe: Breathe,
): Promise<void> {
  assert(matrix.length === size * size, 'the matrix is square');
  const pace = pacer(breathe);
  await factor(matrix, size, pace);
  const upper = await invertFactor(matrix, size, pace);
  matrix.fill(0);
  for (let row = 0; row < size; row += BLOCK)
    for (let column = 0; column <= row; column += BLOCK) {
      const [rows, columns] = [span(row, size), span(column, size)];
      addProducts(matrix, upper, upper, { size, rows, columns, inner: { from: row, to: size } }, 1);
      await pace(BLOCK * BLOCK * (size - row));
    }
  for (let row = 0; row < size; row += 1)
    for (let column = 0; column < row; column += 1)
      matrix[column * size + row] = matrix[row * size + column] ?? 0;
}

interface Span {
  readonly from: number;
  readonly to: number;
}
const span = (from: number, size: number): Span => ({ from, to: Math.min(from + BLOCK, size) });

function pacer(breathe: Breathe): (products: number) => Promise<void> | undefined {
  let done = 0;
  return (products) => {
    done += products;
    if (done < BREATH) return undefined;
    done = 0;
    return breathe();
  };
}
type Pace = ReturnType<typeof pacer>;

/** The lower triangle becomes L. */
async function factor(matrix: Float64Array, size: number, pace: Pace): Promise<void> {
  for (let column = 0; column < size; column += BLOCK) {
    const columns = span(column, size);
    for (let row = column; row < size; row += BLOCK) {
      const rows = span(row, size);
      addProducts(matrix, matrix, matrix, { size, rows, columns, inner: { from: 0, to: column } }, -1);
      if (row === column) factorBlock(matrix, size, columns);
      else divideByFactor(matrix, matrix, size, rows, columns);
      await pace(BLOCK * BLOCK * (column + BLOCK));
    }
  }
}

function factorBlock(matrix: Float64Array, size: number, { from, to }: Span): void {
  for (let row = from; row < to; row += 1)
    for (let column = from; column <= row; column += 1) {
      let sum = matrix[row * size + column] ?? 0;
      for (let at = from; at < column; at += 1)
        sum -= (matrix[row * size + at] ?? 0) * (matrix[column * size + at] ?? 0);
      if (row !== column) matrix[row * size + column] = sum / (matrix[column * size + column] ?? 1);
      else {
        assert(sum > 0, 'the matrix is positive definite');
        matrix[row * size + row] = Math.sqrt(sum);
      }
    }
}

/** target[rows, columns] · (Lᵀ)⁻¹ of the block on the diagonal, in place. */
function divideByFactor(
  target: Float64Array,
  factored: Float64Array,
  size: number,
  rows: Span,
  columns: Span,
): void {
  for (let row = rows.from; row < rows.to; row += 1)
    for (let column = columns.from; column < columns.to; column += 1) {
      let sum = target[row * size + column] ?? 0;
      for (let at = columns.from; at < column; at += 1)
        sum -= (target[row * size + at] ?? 0) * (factored[column * size + at] ?? 0);
      target[row * size + column] = sum / (factored[column * size + column] ?? 1);
    }
}

/** U = (L⁻¹)ᵀ, from U·Lᵀ = 1: row by row, block by block. */
async function invertFactor(factored: Float64Array, size: number, pace: Pace): Promise<Float64Array> {
  const upper = new Float64Array(size * size);
  for (let at = 0; at < size; at += 1) upper[at * size + at] = 1;
  for (let row = 0; row < size; row += BLOCK) {
    const rows = span(row, size);
    for (let column = row; column < size; column += BLOCK) {
      const columns = span(column, size);
      addProducts(upper, upper, factored, { size, rows, columns, inner: { from: row, to: column } }, -1);
      divideByFactor(upper, factored, size, rows, columns);
      await pace(BLOCK * BLOCK * (column - row + BLOCK));
    }
  }
  return upper;
}

interface Area {
  readonly size: number;
  readonly rows: Span;
  readonly columns: Span;
  readonly inner: Span;
}

/**
 * target[r, c] += sign · Σₖ left[r, k] · right[c, k] for the area. Four by two sums at a time: they stay in registers, and each number that is loaded
 * is used several times.
 */
function addProducts(
  target: Float64Array,
  left: Float64Array,
  right: Float64Array,
  { size, rows, columns, inner }: Area,
  sign: 1 | -1,
): void {
  if (inner.to <= inner.from) return;
  let row = rows.from;
  for (; row + 4 <= rows.to; row += 4) {
    let column = columns.from;
    for (; column + 2 <= columns.to; column += 2)
      addTile(target, left, right, size, row, column, inner.from, inner.to, sign);
    for (; column < columns.to; column += 1)
      for (let one = row; one < row + 4; one += 1)
        addOne(target, left, right, size, one, column, inner, sign);
  }
  for (; row < rows.to; row += 1)
    for (let column = columns.from; column < columns.to; column += 1)
      addOne(target, left, right, size, row, column, inner, sign);
}

function addTile(
  target: Float64Array,
  left: Float64Array,
  right: Float64Array,
  size: number,
  row: number,
  column: number,
  from: number,
  to: number,
  sign: number,
): void {
  const l0 = row * size;
  const l1 = l0 + size;
  const l2 = l1 + size;
  const l3 = l2 + size;
  const r0 = column * size;
  const r1 = r0 + size;
  let [s00, s01, s10, s11, s20, s21, s30, s31] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let at = from; at < to; at += 1) {
    const a = right[r0 + at] as number;
    const b = right[r1 + at] as number;
    const w = left[l0 + at] as number;
    const x = left[l1 + at] as number;
    const y = left[l2 + at] as number;
    const z = left[l3 + at] as number;
    s00 += w * a;
    s01 += w * b;
    s10 += x * a;
    s11 += x * b;
    s20 += y * a;
    s21 += y * b;
    s30 += z * a;
    s31 += z * b;
  }
  const add = (place: number, sum: number): void => {
    target[place] = (target[place] as number) + sign * sum;
  };
  add(l0 + column, s00);
  add(l0 + column + 1, s01);
  add(l1 + column, s10);
  add(l1 + column + 1, s11);
  add(l2 + column, s20);
  add(l2 + column + 1, s21);
  add(l3 + column, s30);
  add(l3 + column + 1, s31);
}

function addOne(
  target: Float64Array,
  left: Float64Array,
  right: Float64Array,
  size: number,
  row: number,
  column: number,
  inner: Span,
  sign: number,
): void {
  let sum = 0;
  for (let at = inner.from; at < inner.to; at += 1)
    sum += (left[row * size + at] as number) * (right[column * size + at] as number);
  target[row * size + column] = (target[row * size + column] as number) + sign * sum;
}
