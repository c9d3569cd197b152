import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { siteCalendarSchema } from '#shared/domain/site.ts';
import { sitePlaceSchema, sitePlanSchema } from '#shared/domain/site-plan.ts';
import { tariffSchema } from '#shared/domain/tariff.ts';

/** The files of `demo/catalogue`, decoded. Their rules are tested beside them. */
const slug = z.string().max(60);
const words = z.string().min(1);
const localised = z.object({ en: words, ja: words, de: words, kana: words.optional() });
/** `MM-DD` */
const monthDay = z.string().regex(/^\d\d-\d\d$/);

const titleFile = z.object({
  slug,
  kind: z.enum(['film', 'series', 'music', 'pictures', 'text', 'game']),
  titles: localised,
  description: localised,
  year: z.int(),
  runtimeSeconds: z.int().nullable(),
  genres: z.array(z.string()),
  languages: z.array(z.string()),
  people: z.array(z.object({ role: z.string(), name: z.string() })),
  ageRating: z.int(),
  territories: z.array(z.string()),
  /** From the demo's first start; before it, below 0. */
  releaseInDays: z.int(),
  units: z.int().nullable(),
  demands: z.object({ secureMedium: z.boolean(), binding: z.enum(['none', 'players']) }),
  tariff: slug,
  edition: z.object({ file: z.string(), mediaType: z.string(), bytes: z.int(), sha256: z.string() }),
  subtitles: z.array(z.object({ lang: z.enum(['en', 'ja', 'de']), file: z.string() })),
  poster: z.string(),
  preview: z.object({ file: z.string(), mediaType: z.string() }).nullable(),
});
const tariffFile = z.object({ slug, rates: z.array(tariffSchema).min(1) });
const siteFile = z.object({
  slug,
  name: localised,
  address: words,
  place: sitePlaceSchema,
  plan: sitePlanSchema,
  calendar: siteCalendarSchema.omit({ closures: true }),
  /** Of each year. */
  holidays: z.array(z.object({ from: monthDay, to: monthDay })),
});
const memberFile = z.object({
  slug,
  displayName: z.string(),
  site: slug,
  pin: z.string(),
  prepaid: z.object({ currency: z.enum(['EUR', 'JPY']), minor: z.int() }),
  points: z.int(),
  /** In the year of the demo's first start. */
  age: z.int(),
  preferredMeans: z.array(z.enum(['points', 'prepaid', 'held_card', 'card_reader'])),
  language: z.enum(['en', 'ja', 'de']),
  about: z.string(),
});
const pastFile = z.object({
  members: z.array(z.object({ slug, displayName: words, site: slug, age: z.int() })),
  rentals: z.array(
    z.object({
      member: slug,
      site: slug,
      title: slug,
      /** The last such weekday before the demo's first start (0: Monday), so many weeks before; null: the day before. */
      weekday: z.int().min(0).max(6).nullable(),
      weeksAgo: z.int().min(0),
      /** On the clock of the site. */
      hour: z.int().min(0).max(23),
      /** Null: not brought back yet. */
      hours: z.int().min(1).nullable(),
      unpaid: z.boolean(),
      rating: z.int().min(1).max(5).nullable(),
    }),
  ),
});

export type TitleFile = z.infer<typeof titleFile>;
export type MemberFile = z.infer<typeof memberFile>;
export type PastRental = z.infer<typeof pastFile>['rentals'][number];

export interface SeedFiles {
  readonly titles: readonly TitleFile[];
  readonly tariffs: readonly z.infer<typeof tariffFile>[];
  readonly sites: readonly z.infer<typeof siteFile>[];
  readonly members: readonly MemberFile[];
  readonly past: z.infer<typeof pastFile>;
  /** Path of a file that a title names. */
  path(name: string): string;
}

export function readSeedFiles(folder: string): SeedFiles {
  const json = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  return {
    titles: z.array(titleFile).parse(json('catalogue.json')),
    tariffs: z.array(tariffFile).parse(json('tariffs.json')),
    sites: z.array(siteFile).parse(json('sites.json')),
    members: z.array(memberFile).parse(json('members.json')),
    past: pastFile.parse(json('past-rentals.json')),
    path: (name) => join(folder, name),
  };
}
