/** One column of a long list. */
export interface Column {
  readonly id: string;
  readonly head: string;
  /** CSS width; the columns without one share what is left. */
  readonly width?: string;
  readonly num?: boolean;
  /** The order that its head asks the hub for, and which way it goes at the first press. */
  readonly sort?: string;
  readonly first?: 'asc' | 'desc';
  /** Left out where the screen is narrow. */
  readonly roomy?: boolean;
}

/** Where somebody stood in a list: how far down, how much was read, and the row with the focus (-1: none). */
export interface ListPlace {
  readonly scroll: number;
  readonly rows: number;
  readonly current: number;
}
/** By step of the browser's history, as long as the page is open. */
export const places = new Map<number, ListPlace>();
