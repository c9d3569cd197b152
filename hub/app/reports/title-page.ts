import type { TitleSearch } from '#hub/app/catalogue/title-search.ts';
import { factsOf } from '#hub/app/catalogue/view.ts';
import type { HubDeps } from '#hub/app/deps.ts';
import type { TitleRow } from '#hub/ports/rows/index.ts';
import type { TitleId } from '#shared/kernel/ids.ts';
import { COUNTED, type ListAsk, orderOf, type Page, pageOfRows, pageOfTable, totalOf } from './pages.ts';
import { titleViewOf } from './title-view.ts';

type TitleView = ReturnType<typeof titleViewOf>;
export interface TitleAsk extends ListAsk {
  readonly q?: string | undefined;
  readonly kind?: TitleRow['kind'] | undefined;
  readonly withdrawn?: 'true' | 'false' | undefined;
  /** Of the name that is sorted by. */
  readonly language: 'en' | 'ja' | 'de';
}
type Deps = Pick<HubDeps, 'db' | 'clock'> & { readonly titleSearch: TitleSearch };

/** What a list of titles is sorted by beside its own columns: sums, and names of a language. */
const VALUES = {
  release: (title: TitleView) => title.releaseAt,
  name: (title: TitleView, language: TitleAsk['language']) =>
    (title.name[language] ?? title.name.en).toLowerCase(),
  year: (title: TitleView) => title.year,
  rented: (title: TitleView) => title.rentals30d,
  queue: (title: TitleView) => title.queue,
  rating: (title: TitleView) => title.rating?.mean ?? 0,
};
const RELEASE = { release: { by: 'releaseAt', first: 'desc' } } as const;
const ORDERS = {
  ...RELEASE,
  name: { by: 'titleId', first: 'asc' },
  year: { by: 'year', first: 'desc' },
  rented: { by: 'titleId', first: 'desc' },
  queue: { by: 'titleId', first: 'desc' },
  rating: { by: 'titleId', first: 'desc' },
} as const;

/**
 * One page of the titles, newest first where nothing is asked; those sought come by how well they fit. By release and by fit only the page itself is read;
 * in any other order up to 1,000 that were found are, or, where nothing is sought, all of them.
 */
export async function titlePage(deps: Deps, ask: TitleAsk): Promise<Page<TitleView>> {
  const wanted = ask.cursor?.sort ?? ask.sort ?? (ask.q === undefined ? 'release' : 'match');
  const filtered = ask.kind !== undefined || ask.withdrawn !== undefined;
  const match = {
    ...(ask.kind === undefined ? {} : { kind: ask.kind }),
    ...(ask.withdrawn === undefined ? {} : { withdrawn: ask.withdrawn === 'true' }),
  };
  if (ask.q !== undefined) {
    if (wanted === 'match' && !filtered) return bestPage(deps, ask.q, ask);
    const found = await deps.titleSearch.find(ask.q, COUNTED + 1);
    const rows = (await rowsOf(deps, found.titleIds)).filter(
      (title) =>
        (ask.kind ?? title.kind) === title.kind && (match.withdrawn ?? title.withdrawn) === title.withdrawn,
    );
    return inOrder(deps, rows, wanted, ask);
  }
  if (wanted === 'release' || wanted === 'match') {
    const page = await pageOfTable(deps.db.stores.titles, 'titleId', RELEASE, match, {
      ...ask,
      sort: 'release',
    });
    return { ...page, rows: await viewsOf(deps, page.rows) };
  }
  const rows = await deps.db.stores.titles.list(match, { orderBy: ['titleId'], limit: 50_000 });
  return inOrder(deps, rows, wanted, ask);
}

/** By how well they fit: the mark is the place in that order. */
async function bestPage(deps: Deps, q: string, ask: TitleAsk): Promise<Page<TitleView>> {
  const from = ask.cursor === undefined ? 0 : Math.max(0, Number(ask.cursor.value));
  const to = Math.min(from + ask.limit, COUNTED);
  const found = await deps.titleSearch.find(q, COUNTED + 1);
  const rows = await rowsOf(deps, found.titleIds.slice(from, to));
  const last = found.titleIds[to - 1];
  const next = to < Math.min(found.titleIds.length, COUNTED) && last !== undefined;
  return {
    rows: await viewsOf(deps, rows),
    next: next ? { sort: 'match', dir: 'desc', value: to, key: last } : null,
    total: from === 0 ? totalOf(found.more ? COUNTED + 1 : found.count) : null,
  };
}

/** In an order that is no column, or of few rows. */
async function inOrder(
  deps: Deps,
  rows: readonly TitleRow[],
  wanted: string,
  ask: TitleAsk,
): Promise<Page<TitleView>> {
  const views = await viewsOf(deps, rows);
  const place = new Map(views.map(({ titleId }, at) => [titleId, -at] as const));
  const value =
    wanted === 'match'
      ? (title: TitleView) => place.get(title.titleId) ?? 0
      : (title: TitleView) => VALUES[wanted as keyof typeof VALUES](title, ask.language);
  const order = wanted === 'match' ? ({ sort: 'match', dir: 'desc' } as const) : orderOf(ORDERS, ask);
  return pageOfRows(views, (title) => title.titleId, value, order, ask);
}

/** In the order of the ids; one that is gone meanwhile is left out. */
async function rowsOf({ db }: Deps, titleId: readonly TitleId[]): Promise<readonly TitleRow[]> {
  const rows = await db.stores.titles.list({ titleId }, { limit: COUNTED + 1 });
  const known = new Map(rows.map((row) => [row.titleId, row] as const));
  return titleId.flatMap((id) => known.get(id) ?? []);
}

async function viewsOf({ db, clock }: Deps, rows: readonly TitleRow[]): Promise<readonly TitleView[]> {
  const facts = await factsOf(db.stores, clock.now(), rows);
  return rows.map((row) => titleViewOf(facts, row));
}
