import { untrack } from 'svelte';
import type { Answer, Trouble } from './api.ts';
import { desk, type Part } from './desk.svelte.ts';

/** A page as the hub answers it. */
export interface ListPage<T> {
  readonly items: readonly T[];
  readonly next: string | null;
  readonly total?: { readonly count: number; readonly more: boolean } | number | null;
}
/** Reads the page that begins at a cursor; null: the first. */
export type LoadPage<T> = (cursor: string | null, limit: number) => Answer<ListPage<T>>;

interface Loaded<T> {
  readonly cursor: string | null;
  readonly items: readonly T[];
  readonly next: string | null;
}

export const PAGE_ROWS = 100;

/**
 * A long list, read page by page as somebody scrolls: rows stand one behind the other without a gap. When the hub says that something changed, only
 * the pages in sight are read again; what lies behind them is read anew when one gets there. What is asked (filters, order) is the caller's: `ask`.
 */
export class LongList<T> {
  pages = $state.raw<readonly Loaded<T>[]>([]);
  total = $state.raw<{ readonly count: number; readonly more: boolean } | null>(null);
  trouble = $state.raw<Trouble | null>(null);
  busy = $state(false);
  /** Nothing was read yet of what is asked now. */
  fresh = $state(true);
  readonly rows = $derived(this.pages.flatMap((page) => page.items));
  readonly #load: LoadPage<T>;
  readonly #id: (item: T) => string;
  #asked = 0;
  /** Rows to be read again once what is under way has its answer: it may have been made before the change. */
  #due: readonly [number, number] | null = null;

  constructor(load: LoadPage<T>, id: (item: T) => string) {
    this.#load = load;
    this.#id = id;
  }

  get complete(): boolean {
    const last = this.pages.at(-1);
    return last !== undefined && last.next === null;
  }

  /** From the start: something else is asked. What stands there stays until the answer comes. */
  async restart(): Promise<void> {
    await this.#run(async (current) => {
      const answer = await this.#load(null, PAGE_ROWS);
      if (!current()) return;
      if (!answer.ok) {
        this.trouble = answer.error;
        return;
      }
      this.pages = [{ cursor: null, items: answer.value.items, next: answer.value.next ?? null }];
      this.#count(answer.value.total);
      this.trouble = null;
      this.fresh = false;
    });
  }

  /** The next page, where there is one and none is on its way. */
  async more(): Promise<void> {
    const last = this.pages.at(-1);
    if (this.busy || last === undefined || last.next === null) return;
    const cursor = last.next;
    await this.#run(async (current) => {
      const answer = await this.#load(cursor, PAGE_ROWS);
      if (!current()) return;
      if (!answer.ok) {
        this.trouble = answer.error;
        return;
      }
      this.trouble = null;
      this.pages = [...this.pages, { cursor, items: answer.value.items, next: answer.value.next ?? null }];
    });
  }

  /** Reads the pages again on which these rows stand. Where rows came or went, what lies behind them is forgotten, so that nothing stands twice. */
  async refresh(firstRow: number, lastRow: number): Promise<void> {
    if (this.busy) {
      this.#due = [firstRow, lastRow];
      return;
    }
    if (this.pages.length === 0) return this.restart();
    const [from, to] = [this.#pageAt(firstRow), this.#pageAt(lastRow)];
    await this.#run(async (current) => {
      const made: Loaded<T>[] = [];
      let cursor = this.pages[from]?.cursor ?? null;
      let moved = false;
      for (let at = from; at <= to; at += 1) {
        const answer = await this.#load(cursor, PAGE_ROWS);
        if (!current()) return;
        if (!answer.ok) {
          this.trouble = answer.error;
          return;
        }
        const { items } = answer.value;
        const next = answer.value.next ?? null;
        if (at === 0) this.#count(answer.value.total);
        made.push({ cursor, items, next });
        moved ||= next !== this.pages[at]?.next;
        if (next === null) break;
        cursor = next;
      }
      this.trouble = null;
      const behind = moved ? [] : this.pages.slice(to + 1);
      this.pages = [...this.pages.slice(0, from), ...made, ...behind];
    });
  }

  /** Puts newer rows in the place of those with their ids; others are left out. Answers how many stood here. */
  patch(items: ReadonlyMap<string, T>): number {
    let found = 0;
    const pages = this.pages.map((page) => {
      if (!page.items.some((item) => items.has(this.#id(item)))) return page;
      const newer = page.items.map((item) => {
        const now = items.get(this.#id(item));
        if (now === undefined) return item;
        found += 1;
        return now;
      });
      return { ...page, items: newer };
    });
    if (found > 0) this.pages = pages;
    return found;
  }

  #count(total: ListPage<T>['total']): void {
    if (typeof total === 'number') this.total = { count: total, more: false };
    else if (total !== null && total !== undefined) this.total = total;
  }

  #pageAt(row: number): number {
    let before = 0;
    for (const [at, page] of this.pages.entries()) {
      before += page.items.length;
      if (row < before) return at;
    }
    return Math.max(0, this.pages.length - 1);
  }

  /** A later question ends the one before. */
  async #run(job: (current: () => boolean) => Promise<void>): Promise<void> {
    this.#asked += 1;
    const mine = this.#asked;
    this.busy = true;
    await job(() => mine === this.#asked);
    if (mine !== this.#asked) return;
    this.busy = false;
    const due = this.#due;
    this.#due = null;
    if (due !== null) await this.refresh(...due);
  }
}

/** A list that is read now, anew when what `ask` says changes, and freshened when the hub says that one of `parts` changed. */
export function longList<T>(
  ask: () => unknown,
  load: LoadPage<T>,
  id: (item: T) => string,
  parts: readonly Part[],
): LongList<T> & { seen: { first: number; last: number } } {
  const made = Object.assign(new LongList(load, id), { seen: { first: 0, last: 0 } });
  let asked: string | null = null;
  $effect(() => {
    const now = JSON.stringify([desk.language, ask()]);
    for (const part of parts) void desk.beats[part];
    untrack(() => {
      if (now === asked) void made.refresh(made.seen.first, made.seen.last);
      else {
        made.fresh = true;
        made.seen = { first: 0, last: 0 };
        void made.restart();
      }
      asked = now;
    });
  });
  return made;
}
