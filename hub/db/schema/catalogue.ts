import { boolean, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { PreviewRow } from '#hub/ports/rows/catalogue.ts';
import type { SiteCalendar } from '#shared/domain/site.ts';
import type { SitePlace, SitePlan } from '#shared/domain/site-plan.ts';
import type { Tariff } from '#shared/domain/tariff.ts';
import type { EditionId, SiteId, TariffId, TitleId } from '#shared/kernel/ids.ts';
import type { Localised } from '#shared/protocol/primitives.ts';
import type { CatalogueTitle } from '#shared/protocol/terminal-api.ts';
import { amount, at, id } from './columns.ts';

/** Shops. The calendar carries zone, opening days, closures, currency and territory. */
export const sites = pgTable('sites', {
  siteId: id<SiteId>().primaryKey(),
  name: text().notNull(),
  address: text().notNull(),
  calendar: jsonb().$type<SiteCalendar>().notNull(),
  /** Where on earth it is; null: nobody has said. */
  place: jsonb().$type<SitePlace>(),
  /** Where its terminals stand; null: nobody has drawn it. */
  plan: jsonb().$type<SitePlan>(),
  createdAt: at().notNull(),
  updatedAt: at().notNull(),
});

/** Versions of tariffs: a row is never changed (CHG-4, refused by trigger). */
export const tariffs = pgTable(
  'tariffs',
  {
    tariffId: id<TariffId>().notNull(),
    version: integer().notNull(),
    tariff: jsonb().$type<Tariff>().notNull(),
    createdAt: at().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tariffId, table.version] })],
);

export const titles = pgTable(
  'titles',
  {
    titleId: id<TitleId>().primaryKey(),
    kind: text().$type<CatalogueTitle['kind']>().notNull(),
    name: jsonb().$type<Localised>().notNull(),
    description: jsonb().$type<Localised>().notNull(),
    year: integer().notNull(),
    runtimeSeconds: integer(),
    genres: jsonb().$type<string[]>().notNull(),
    people: jsonb().$type<CatalogueTitle['people']>().notNull(),
    ageRating: integer().notNull(),
    territories: jsonb().$type<string[]>().notNull(),
    releaseAt: at().notNull(),
    /** What is spoken, sung or written in it, as language tags; null: nobody said. */
    languages: jsonb().$type<string[]>(),
    /** Units licensed by the provider; null: unlimited (RSV-1). */
    unitsTotal: integer(),
    demandsSecureMedium: boolean().notNull(),
    demandsBinding: text().$type<'none' | 'players'>().notNull(),
    withdrawn: boolean().notNull(),
    /** The edition that is rented now; null until one was uploaded. */
    editionId: id<EditionId>(),
    subtitles: jsonb().$type<CatalogueTitle['subtitles']>().notNull(),
    /** SHA-256 of assets. */
    poster: text(),
    thumbnail: text(),
    /** A short piece to look at or listen to before renting. */
    preview: jsonb().$type<PreviewRow>(),
    /** The newest version of this tariff applies to new rentals. */
    tariffId: id<TariffId>().notNull(),
    createdAt: at().notNull(),
    updatedAt: at().notNull(),
  },
  (table) => [
    index('titles_release').on(table.releaseAt),
    index('titles_updated').on(table.updatedAt, table.titleId),
  ],
);

/** Files of titles as they lie in the object store; chunk hashes let a kiosk check every chunk (CNT-1). */
export const editions = pgTable(
  'editions',
  {
    editionId: id<EditionId>().primaryKey(),
    titleId: id<TitleId>().notNull(),
    mediaType: text().notNull(),
    bytes: amount().notNull(),
    sha256: text().notNull(),
    chunkBytes: integer().notNull(),
    chunks: jsonb().$type<string[]>().notNull(),
    createdAt: at().notNull(),
  },
  (table) => [index('editions_title').on(table.titleId)],
);

/** Posters, thumbnails, subtitles: kept in the object store under their SHA-256. */
export const assets = pgTable('assets', {
  sha256: text().primaryKey(),
  mediaType: text().notNull(),
  bytes: amount().notNull(),
  createdAt: at().notNull(),
});

/** Item-to-item neighbours (REC-1): rank 0 is nearest. Replaced as a whole by each training. */
export const neighbours = pgTable(
  'neighbours',
  {
    titleId: id<TitleId>().notNull(),
    rank: integer().notNull(),
    nearTitleId: id<TitleId>().notNull(),
    /** Similarity in millionths. */
    score: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.titleId, table.rank] })],
);

/** Figures of each training of the recommendation model. */
export const modelRuns = pgTable('model_runs', {
  modelRunId: id<string>().primaryKey(),
  trainedAt: at().notNull(),
  tookMs: integer().notNull(),
  titles: integer().notNull(),
  members: integer().notNull(),
  popular: jsonb().$type<TitleId[]>().notNull(),
});
