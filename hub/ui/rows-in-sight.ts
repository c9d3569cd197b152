/** Which rows of a long list are drawn. Pure; pixels. */
export interface Sight {
  /** Top of the rows in the document, and of what is seen of it. */
  readonly top: number;
  readonly scroll: number;
  readonly height: number;
  readonly rowHeight: number;
  readonly rows: number;
}
/** Drawn beyond what is seen, so that a flick of the wheel shows rows and no paper. */
export const BEYOND = 14;

/** First row, and the one after the last. */
export function rowsInSight({ top, scroll, height, rowHeight, rows }: Sight): {
  readonly first: number;
  readonly end: number;
} {
  const above = Math.floor((scroll - top) / rowHeight);
  const below = Math.ceil((scroll + height - top) / rowHeight);
  const first = Math.min(Math.max(0, above - BEYOND), Math.max(0, rows - 1));
  return { first, end: Math.max(first, Math.min(rows, below + BEYOND)) };
}

/** How far to scroll so that a row stands between what sticks at the top and the lower edge; null: it does already. */
export function scrollFor(row: number, sight: Sight, stuck: number): number | null {
  const from = sight.top + row * sight.rowHeight;
  if (from < sight.scroll + stuck) return Math.max(0, from - stuck);
  const over = from + sight.rowHeight - (sight.scroll + sight.height);
  return over > 0 ? sight.scroll + over : null;
}
