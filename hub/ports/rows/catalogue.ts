import type { SiteCalendar } from '#shared/domain/site.ts';
import type { SitePlace, SitePlan } from '#shared/domain/site-plan.ts';
import type { Tariff } from '#shared/domain/tariff.ts';
import type { EditionId, SiteId, TariffId, TitleId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Localised } from '#shared/protocol/primitives.ts';
import type { CatalogueTitle } from '#shared/protocol/terminal-api.ts';

/** Shops. The calendar carries zone, opening days, closures, currency and territory. */
export interface SiteRow {
  readonly siteId: SiteId;
  readonly name: string;
  readonly address: string;
  readonly calendar: SiteCalendar;
  /** Where on earth it is; null: nobody has said. */
  readonly place: SitePlace | null;
  /** Where its terminals stand; null: nobody has drawn it. */
  readonly plan: SitePlan | null;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
}

/** Versions of tariffs: a row is never changed (CHG-4, refused by trigger). */
export interface TariffRow {
  readonly tariffId: TariffId;
  readonly version: number;
  readonly tariff: Tariff;
  readonly createdAt: EpochMs;
}

export type PreviewRow = NonNullable<CatalogueTitle['preview']>;

export interface TitleRow {
  readonly titleId: TitleId;
  readonly kind: CatalogueTitle['kind'];
  readonly name: Localised;
  readonly description: Localised;
  readonly year: number;
  readonly runtimeSeconds: number | null;
  readonly genres: string[];
  readonly people: CatalogueTitle['people'];
  readonly ageRating: number;
  readonly territories: string[];
  readonly releaseAt: EpochMs;
  /** What is spoken, sung or written in it, as language tags; empty: it needs no language; null: nobody said. */
  readonly languages: string[] | null;
  /** Units licensed by the provider; null: unlimited (RSV-1). */
  readonly unitsTotal: number | null;
  readonly demandsSecureMedium: boolean;
  readonly demandsBinding: 'none' | 'players';
  readonly withdrawn: boolean;
  /** The edition that is rented now; null until one was uploaded. */
  readonly editionId: EditionId | null;
  readonly subtitles: CatalogueTitle['subtitles'];
  /** SHA-256 of assets. */
  readonly poster: string | null;
  readonly thumbnail: string | null;
  /** A short piece to look at or listen to before renting. */
  readonly preview: PreviewRow | null;
  /** The newest version of this tariff applies to new rentals. */
  readonly tariffId: TariffId;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
}

/** Files of titles as they lie in the object store; chunk hashes let a kiosk check every chunk (CNT-1). */
export interface EditionRow {
  readonly editionId: EditionId;
  readonly titleId: TitleId;
  readonly mediaType: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly chunkBytes: number;
  readonly chunks: string[];
  readonly createdAt: EpochMs;
}

/** Posters, thumbnails, subtitles: kept in the object store under their SHA-256. */
export interface AssetRow {
  readonly sha256: string;
  readonly mediaType: string;
  readonly bytes: number;
  readonly createdAt: EpochMs;
}

/** Item-to-item neighbours (REC-1): rank 0 is nearest. Replaced as a whole by each training. */
export interface NeighbourRow {
  readonly titleId: TitleId;
  readonly rank: number;
  readonly nearTitleId: TitleId;
  /** Similarity in millionths. */
  readonly score: number;
}

/** Figures of each training of the recommendation model. */
export interface ModelRunRow {
  readonly modelRunId: string;
  readonly trainedAt: EpochMs;
  readonly tookMs: number;
  readonly titles: number;
  readonly members: number;
  readonly popular: TitleId[];
}
