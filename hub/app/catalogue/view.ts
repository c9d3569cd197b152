import type { TitleFigures } from '#hub/ports/report-store.ts';
import type { EditionRow, TitleRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { dampedMean } from '#shared/domain/rating.ts';
import type { Tariff } from '#shared/domain/tariff.ts';
import type { EditionId, TariffId, TitleId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import type { CatalogueTitle } from '#shared/protocol/terminal-api.ts';

const THIRTY_DAYS_MS = 30 * 86_400_000;

/** Everything the catalogue is made of, read in a handful of statements. */
export interface CatalogueFacts {
  readonly titles: readonly TitleRow[];
  readonly editions: ReadonlyMap<EditionId, EditionRow>;
  readonly tariffs: ReadonlyMap<TariffId, Tariff>;
  readonly figures: ReadonlyMap<TitleId, TitleFigures>;
}

export async function catalogueFacts(
  stores: Pick<Stores, 'titles' | 'editions' | 'tariffs' | 'reports'>,
  now: EpochMs,
): Promise<CatalogueFacts> {
  const titles = await stores.titles.list({}, { orderBy: ['titleId'], descending: true, limit: 50_000 });
  const [editions, tariffs, figures] = await Promise.all([
    stores.editions.list({}, { limit: 200_000 }),
    stores.tariffs.list({}, { orderBy: ['version'], limit: 10_000 }),
    stores.reports.titleFigures(thirtyDaysBefore(now)),
  ]);
  return {
    titles,
    // Rows come oldest version first, so the newest one stays.
    tariffs: new Map(tariffs.map((row) => [row.tariffId, row.tariff] as const)),
    ...byTheirIds(editions, figures),
  };
}

/** What stands beside the rows of these titles, at the cost of these. */
export async function factsOf(
  stores: Pick<Stores, 'editions' | 'reports'>,
  now: EpochMs,
  titles: readonly TitleRow[],
): Promise<Pick<CatalogueFacts, 'editions' | 'figures'>> {
  const editionId = titles.flatMap((title) => (title.editionId === null ? [] : [title.editionId]));
  const [editions, figures] = await Promise.all([
    editionId.length === 0 ? [] : stores.editions.list({ editionId }, { limit: editionId.length }),
    stores.reports.titleFigures(
      thirtyDaysBefore(now),
      titles.map(({ titleId }) => titleId),
    ),
  ]);
  return byTheirIds(editions, figures);
}

const thirtyDaysBefore = (now: EpochMs): EpochMs => epochMs(Math.max(0, now - THIRTY_DAYS_MS));
const byTheirIds = (editions: readonly EditionRow[], figures: readonly TitleFigures[]) => ({
  editions: new Map(editions.map((row) => [row.editionId, row] as const)),
  figures: new Map(figures.map((row) => [row.titleId, row] as const)),
});

/** RAT-1: the damped mean as terminals and console show it. */
export function publicRating(figures: TitleFigures | undefined): CatalogueTitle['rating'] {
  if (figures === undefined) return null;
  const mean = dampedMean({ count: figures.ratings, sum: figures.stars });
  return mean === null ? null : { mean, count: figures.ratings };
}

/** Units of a title that are not taken; null: unlimited (RSV-1). */
export function unitsOf(title: TitleRow, figures: TitleFigures | undefined): CatalogueTitle['units'] {
  if (title.unitsTotal === null) return null;
  return { total: title.unitsTotal, free: Math.max(0, title.unitsTotal - (figures?.occupied ?? 0)) };
}

/**
 * A title as terminals show it, or null for one that cannot be rented by nature: no edition yet, or no tariff (never a price of 0, CHG-4).
 * Withdrawn ones are told as such, so that a terminal can name what lies on a medium.
 */
export function catalogueTitleOf(facts: CatalogueFacts, title: TitleRow): CatalogueTitle | null {
  const edition = title.editionId === null ? undefined : facts.editions.get(title.editionId);
  const tariff = facts.tariffs.get(title.tariffId);
  if (edition === undefined || tariff === undefined) return null;
  const figures = facts.figures.get(title.titleId);
  return {
    titleId: title.titleId,
    kind: title.kind,
    name: title.name,
    description: title.description,
    year: title.year,
    runtimeSeconds: title.runtimeSeconds,
    genres: title.genres,
    people: title.people,
    ageRating: title.ageRating,
    territories: title.territories,
    languages: title.languages,
    releaseAt: title.releaseAt,
    units: unitsOf(title, figures),
    demands: { secureMedium: title.demandsSecureMedium, binding: title.demandsBinding },
    withdrawn: title.withdrawn,
    edition: {
      editionId: edition.editionId,
      mediaType: edition.mediaType,
      bytes: edition.bytes,
      sha256: edition.sha256,
    },
    subtitles: title.subtitles,
    poster: title.poster,
    thumbnail: title.thumbnail,
    preview: title.preview,
    rating: publicRating(figures),
    tariff,
    rentals30d: figures?.rentals ?? 0,
  };
}
