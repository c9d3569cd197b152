import { chargeCurve, dueAt } from '#shared/domain/charge.ts';
import type { TitleId } from '#shared/kernel/ids.ts';
import { money } from '#shared/kernel/money.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Bundle, CatalogueTitle, Recommendation } from '#shared/protocol/terminal-api.ts';
import type { KioskDeps } from '../deps.ts';
import type {
  CartLine,
  Choices,
  Search,
  Shelf,
  TitleCard,
  TitleDetail,
  TitleKind,
} from '../session/contract.ts';
import { TITLE_KINDS } from '../session/contract.ts';
import type { Trouble } from '../trouble.ts';
import { bytesOnMedium } from './bytes.ts';
import { type SearchIndex, searchIndex } from './search.ts';

/** The bundle made ready for screens: found by id, searchable; remade only when the bundle changed. */
export interface Catalogue {
  readonly bundle: Bundle;
  readonly byId: ReadonlyMap<TitleId, CatalogueTitle>;
  readonly search: SearchIndex;
  choices(kind: TitleKind | null): Omit<Choices, 'fits'>;
}

export function catalogueOf(bundle: Bundle): Catalogue {
  return {
    bundle,
    byId: new Map(bundle.titles.map((title) => [title.titleId, title])),
    search: searchIndex(bundle.titles),
    choices: choicesOf(bundle),
  };
}

type Sight = { readonly catalogue: Catalogue; readonly runtime: KioskDeps['runtime']; readonly now: EpochMs };

const SHELF_LENGTH = 20;
const CURVE_DAYS = 10;

export function availabilityOf({ runtime, now }: Sight, title: CatalogueTitle): TitleCard['availability'] {
  if (title.withdrawn) return 'withdrawn';
  if (title.releaseAt > now) return 'soon';
  if (title.units !== null && title.units.free <= 0) return 'taken';
  const { state } = runtime.cache.progress(title.titleId);
  if (state === 'ready') return 'here';
  if (state === 'fetching' || state === 'waiting') return 'fetching';
  return runtime.online() ? 'fetchable' : 'away';
}

export function cardOf(
  sight: Sight,
  title: CatalogueTitle,
  reason: Recommendation['reason'] | null = null,
): TitleCard {
  return {
    titleId: title.titleId,
    kind: title.kind,
    name: title.name,
    poster: title.thumbnail ?? title.poster,
    firstPrice: money(title.tariff.firstPrice, title.tariff.currency),
    rating: title.rating,
    availability: availabilityOf(sight, title),
    reason:
      reason === null
        ? null
        : {
            code: reason.code,
            name: reason.titleId === null ? null : (sight.catalogue.byId.get(reason.titleId)?.name ?? null),
            genre: reason.genre,
          },
  };
}

export function cartLineOf(sight: Sight, title: CatalogueTitle): Omit<CartLine, 'binding'> {
  const due = dueAt({ tariff: title.tariff, site: sight.catalogue.bundle.site.calendar }, sight.now);
  return {
    ...cardOf(sight, title),
    bytes: title.edition.bytes,
    hold: money(title.tariff.hold.amount, title.tariff.currency),
    dueAt: due.ok ? due.value : null,
  };
}

export function detailOf(
  sight: Sight,
  title: CatalogueTitle,
  extra: { readonly inCart: boolean; readonly obstacle: Trouble | null },
): TitleDetail {
  const { tariff } = title;
  const line = cartLineOf(sight, title);
  const curve = chargeCurve({
    terms: { tariff, site: sight.catalogue.bundle.site.calendar },
    start: sight.now,
    from: sight.now,
    days: CURVE_DAYS,
    discounts: [],
    coupons: [],
  });
  const progress = sight.runtime.cache.progress(title.titleId);
  const fetching = progress.state === 'fetching' || progress.state === 'waiting';
  return {
    ...line,
    poster: title.poster ?? title.thumbnail,
    description: title.description,
    year: title.year,
    runtimeSeconds: title.runtimeSeconds,
    genres: title.genres,
    people: title.people,
    ageRating: title.ageRating,
    languages: title.languages ?? null,
    subtitles: title.subtitles.map(({ language }) => language),
    preview: title.preview ?? null,
    releaseAt: title.releaseAt,
    demands: title.demands,
    units: title.units,
    keepPrice: tariff.keep === null ? null : money(tariff.keep.price, tariff.currency),
    curve: curve.ok ? curve.value.map(({ until, total, kept }) => ({ until, total, kept })) : [],
    fetch: fetching
      ? { bytes: progress.bytes, totalBytes: progress.totalBytes, secondsLeft: progress.secondsLeft }
      : null,
    ...extra,
    reservable: !title.withdrawn && (line.availability === 'soon' || line.availability === 'taken'),
  };
}

/** Titles for a member first, then what others take, what is new, what comes, and one shelf per kind. Withdrawn titles stand nowhere. */
export function shelvesOf(sight: Sight, forYou: readonly Recommendation[]): readonly Shelf[] {
  const { catalogue, now } = sight;
  const shown = catalogue.bundle.titles.filter((title) => !title.withdrawn);
  const out = shown.filter((title) => title.releaseAt <= now);
  const pick = (titles: readonly CatalogueTitle[]) =>
    titles.slice(0, SHELF_LENGTH).map((title) => cardOf(sight, title));
  const yours = forYou.flatMap((one) => {
    const title = catalogue.byId.get(one.titleId);
    return title === undefined || title.withdrawn ? [] : [cardOf(sight, title, one.reason)];
  });
  const popular = catalogue.bundle.popular.flatMap((titleId) => {
    const title = catalogue.byId.get(titleId);
    return title === undefined || title.withdrawn || title.releaseAt > now ? [] : [title];
  });
  const shelves: Shelf[] = [
    { id: 'for_you', titles: yours.slice(0, SHELF_LENGTH) },
    { id: 'popular', titles: pick(popular) },
    { id: 'new', titles: pick([...out].sort((a, b) => b.releaseAt - a.releaseAt)) },
    { id: 'soon', titles: pick(shown.filter((title) => title.releaseAt > now)) },
    ...TITLE_KINDS.map((kind) => ({
      id: kind,
      titles: pick(out.filter((title) => title.kind === kind).sort((a, b) => b.rentals30d - a.rentals30d)),
    })),
  ];
  return shelves.filter((shelf) => shelf.titles.length > 0);
}

/** What one page of results holds. */
const RESULTS = 60;
/** For how long a title is new. */
const NEW_MS = 90 * 86_400_000;

/** Bytes that are still free on the medium, and its largest file; null: there is none to fit onto. */
export type Room = { readonly bytes: number; readonly largestFileBytes: number } | null;

export function resultsOf(
  sight: Sight,
  search: Search,
  room: Room,
  pages: number,
): { readonly results: readonly TitleCard[]; readonly total: number } {
  const { catalogue, now } = sight;
  const found = catalogue.search
    .find(search.query)
    .flatMap((titleId) => {
      const title = catalogue.byId.get(titleId);
      return title === undefined || title.withdrawn ? [] : [title];
    })
    .filter((title) => search.kind === null || title.kind === search.kind)
    .filter((title) => search.genre === null || title.genres.includes(search.genre))
    .filter((title) => search.age === null || title.ageRating <= search.age)
    .filter((title) => search.tongue === null || tonguesOf(title).includes(search.tongue))
    .filter((title) => !search.fits || room === null || fitsInto(title, room))
    .filter((title) => !search.fresh || (title.releaseAt <= now && title.releaseAt > now - NEW_MS));
  return {
    results: found.slice(0, RESULTS * pages).map((title) => cardOf(sight, title)),
    total: found.length,
  };
}

const fitsInto = (title: CatalogueTitle, room: NonNullable<Room>): boolean =>
  bytesOnMedium(title) <= room.bytes && title.edition.bytes <= room.largestFileBytes;

/** Spoken, written or subtitled: what a customer can follow it in. */
const tonguesOf = (title: CatalogueTitle): readonly string[] => [
  ...new Set([...(title.languages ?? []), ...title.subtitles.map((one) => one.language)]),
];

/** What there is to choose from among all titles, and which genres the chosen kind has. */
function choicesOf(bundle: Bundle): (kind: TitleKind | null) => Omit<Choices, 'fits'> {
  const shown = bundle.titles.filter((title) => !title.withdrawn);
  const sorted = (values: readonly string[]) => [...new Set(values)].sort();
  const genres = new Map<TitleKind | null, readonly string[]>([[null, []]]);
  for (const kind of TITLE_KINDS)
    genres.set(kind, sorted(shown.flatMap((title) => (title.kind === kind ? title.genres : []))));
  const every = {
    kinds: TITLE_KINDS.filter((kind) => shown.some((title) => title.kind === kind)),
    ages: [...new Set(shown.map((title) => title.ageRating))].sort((a, b) => a - b),
    tongues: sorted(shown.flatMap(tonguesOf)),
  };
  return (kind) => ({ ...every, genres: genres.get(kind) ?? [] });
}
