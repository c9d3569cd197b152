import { z } from '@hono/zod-openapi';
import { closureSchema, siteCalendarSchema } from '#shared/domain/site.ts';
import { sitePlaceSchema, sitePlanSchema } from '#shared/domain/site-plan.ts';
import { tariffSchema } from '#shared/domain/tariff.ts';
import {
  code,
  count,
  editionId,
  localised,
  rentalId,
  sha256Hex,
  siteId,
  tariffId,
  titleId,
} from '#shared/protocol/primitives.ts';

import { catalogueTitle, titleLanguages, titlePreview } from '#shared/protocol/terminal-api.ts';
import { label, listQuery, moment, money, pageOf } from './common.ts';

export const titleBody = z.object({
  kind: catalogueTitle.shape.kind,
  name: localised,
  description: localised,
  year: catalogueTitle.shape.year,
  runtimeSeconds: count.max(1_000_000).nullable(),
  genres: catalogueTitle.shape.genres,
  people: catalogueTitle.shape.people,
  ageRating: catalogueTitle.shape.ageRating,
  territories: z.array(z.string().regex(/^[A-Z]{2}$/)).max(250),
  languages: titleLanguages.nullable().optional(),
  releaseAt: moment,
  unitsTotal: z.int().min(1).max(1_000_000).nullable(),
  demandsSecureMedium: z.boolean(),
  demandsBinding: z.enum(['none', 'players']),
  tariffId,
});
export const createTitleBody = titleBody.extend({ titleId: titleId.optional() });
export const updateTitleBody = titleBody.partial();

/** A title as staff see it: also without an edition, withdrawn, not yet released. */
export const titleView = titleBody.extend({
  titleId,
  withdrawn: z.boolean(),
  edition: z.object({ editionId, mediaType: z.string(), bytes: count, sha256: sha256Hex }).nullable(),
  subtitles: catalogueTitle.shape.subtitles,
  poster: sha256Hex.nullable(),
  thumbnail: sha256Hex.nullable(),
  preview: titlePreview.nullable(),
  unitsFree: count.nullable(),
  rating: catalogueTitle.shape.rating,
  rentals30d: count,
  queue: count,
  updatedAt: moment,
});
export type TitleView = z.infer<typeof titleView>;
export const titleList = pageOf(titleView);
export const titleQuery = listQuery(
  {
    ...{ release: 'number', name: 'text', year: 'number' },
    ...{ rented: 'number', queue: 'number', rating: 'number' },
    /** How well it fits what is sought: the first order of a search. */
    match: 'number',
  },
  { first: 100, most: 500 },
).extend({
  kind: catalogueTitle.shape.kind.optional(),
  withdrawn: z.enum(['true', 'false']).optional(),
  /** Of the name that is sorted by. */
  language: z.enum(['en', 'ja', 'de']).default('en'),
});
export const withdrawBody = z.object({ withdrawn: z.boolean() });

// POST /titles/{titleId}/edition: the body is the file itself; headers content-type, content-length, x-content-sha256.
export const editionView = z.object({
  editionId,
  titleId,
  mediaType: z.string(),
  bytes: count,
  sha256: sha256Hex,
  chunks: count,
});
// POST /titles/{titleId}/poster: the body is a picture. POST /titles/{titleId}/preview: the body is a short film or sound. POST /titles/{titleId}/subtitles/{language}: the body is WebVTT.
export const posterView = z.object({ poster: sha256Hex, thumbnail: sha256Hex });
export const previewView = titlePreview;
export const subtitlesView = z.object({ sha256: sha256Hex });

export const tariffView = tariffSchema;
export const tariffList = z.object({ items: z.array(tariffSchema) });
/** A tariff without id and version: the hub gives both. Its own schema (`shared/domain/tariff.ts`) decides on the contents. */
export const tariffBody = z.object({
  tariffId: tariffId.optional(),
  tariff: z.record(z.string().max(40), z.unknown()),
});
export const curveBody = z.object({
  tariff: z.record(z.string().max(40), z.unknown()),
  siteId,
  days: z.int().min(1).max(60).default(14),
});
export const curve = z.object({
  points: z.array(z.object({ date: z.string(), until: moment, total: money, kept: z.boolean() })),
});
export type Curve = z.infer<typeof curve>;

export const siteBody = z.object({ name: label, address: z.string().max(300), calendar: siteCalendarSchema });
export const siteView = siteBody.extend({
  siteId,
  place: sitePlaceSchema.nullable(),
  plan: sitePlanSchema.nullable(),
  terminals: count,
  /** Of those that are part of the fleet. */
  terminalsOnline: count,
  terminalsActive: count,
  updatedAt: moment,
});
export type SiteView = z.infer<typeof siteView>;
export const siteList = z.object({ items: z.array(siteView) });
export const closureBody = closureSchema;
export const weekBody = z.object({ weekly: siteCalendarSchema.shape.weekly });
export const placeBody = z.object({ place: sitePlaceSchema.nullable() });
export const planBody = z.object({ plan: sitePlanSchema.nullable() });
/** CHG-4: what the closure changed on rentals that were already agreed. */
export const closureAnswer = z.object({
  site: siteView,
  adjusted: z.array(
    z.object({
      rentalId,
      before: money.nullable(),
      after: money.nullable(),
      difference: money.nullable(),
      reason: code,
    }),
  ),
});
export type ClosureAnswer = z.infer<typeof closureAnswer>;
