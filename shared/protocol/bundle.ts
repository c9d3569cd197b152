import { z } from 'zod';
import { siteCalendarSchema } from '#shared/domain/site.ts';
import { tariffSchema } from '#shared/domain/tariff.ts';
import { terminalConfig } from './commands.ts';
import {
  count,
  editionId,
  instant,
  localised,
  mediumId,
  memberToken,
  moneySchema,
  sha256Hex,
  siteId,
  terminalId,
  titleId,
} from './primitives.ts';

/** Asset of at most a few MB that a kiosk plays in a loop, by its hash; `mediaType` is that of its file. */
export const titlePreview = z.object({
  sha256: sha256Hex,
  mediaType: z.enum(['video/webm', 'video/mp4', 'audio/ogg', 'audio/mpeg']),
});

/** What is spoken, sung or written in a title: language tags (BCP 47, language and region at most). */
export const titleLanguages = z.array(z.string().regex(/^[a-z]{2,3}(-[A-Z]{2})?$/)).max(20);

/** A title as terminals show it. Pictures are named by their SHA-256 and fetched from `/assets/{sha256}`. */
export const catalogueTitle = z.object({
  titleId,
  kind: z.enum(['film', 'series', 'music', 'pictures', 'text', 'game']),
  name: localised,
  description: localised,
  year: z.int().min(1800).max(2200),
  runtimeSeconds: count.nullable(),
  genres: z.array(z.string().max(40)).max(12),
  people: z.array(z.object({ role: z.string().max(40), name: z.string().max(120) })).max(40),
  ageRating: z.int().min(0).max(21),
  /** ISO 3166-1 alpha-2; empty: everywhere. */
  territories: z.array(z.string().length(2)).max(250),
  /** Empty: it needs no language. Null, and absent from hubs of 1.0: nobody said. */
  languages: titleLanguages.nullable().optional(),
  releaseAt: instant,
  /** Null: unlimited. `free` is what the hub knew when the catalogue was made. */
  units: z.object({ total: count, free: count }).nullable(),
  demands: z.object({ secureMedium: z.boolean(), binding: z.enum(['none', 'players']) }),
  withdrawn: z.boolean(),
  edition: z.object({ editionId, mediaType: z.string().max(100), bytes: count, sha256: sha256Hex }),
  subtitles: z.array(z.object({ language: z.string().max(12), sha256: sha256Hex })).max(20),
  poster: sha256Hex.nullable(),
  thumbnail: sha256Hex.nullable(),
  /** Absent from hubs of 1.0. */
  preview: titlePreview.nullable().optional(),
  /** Damped mean × 100, and how many ratings (RAT-1). */
  rating: z.object({ mean: z.int().min(100).max(500), count }).nullable(),
  tariff: tariffSchema,
  rentals30d: count,
});
export type CatalogueTitle = z.infer<typeof catalogueTitle>;

export const recommendation = z.object({
  titleId,
  /** Why, so that a person understands (REC-1): a code the screen words, and the title it stems from. */
  reason: z.object({
    code: z.enum([
      'because_you_liked',
      'because_you_rented',
      'popular_here',
      'new_in_genre',
      'reserved_ready',
    ]),
    titleId: titleId.nullable(),
    genre: z.string().max(40).nullable(),
  }),
});
export type Recommendation = z.infer<typeof recommendation>;

/** GET /bundle (If-None-Match: version): all that a terminal needs to work without the hub. Stored at the terminal. */
export const bundle = z.object({
  version: z.string().max(64),
  madeAt: instant,
  fleetId: z.string().max(64),
  site: z.object({ siteId, name: z.string().max(120), calendar: siteCalendarSchema }),
  config: terminalConfig,
  titles: z.array(catalogueTitle).max(50_000),
  popular: z.array(titleId).max(200),
  /** Last neighbour table for offline recommendations (RET-6): title → nearest titles, best first. */
  neighbours: z.array(z.object({ titleId, near: z.array(titleId).max(20) })).max(50_000),
  /** Key under which recommendations and history lie on media: an age identity of the fleet's kiosks. */
  fleetReadKey: z.string().max(200),
  /** Keys of before its rotation: what media still carry under them is read (SEC-3). Absent from hubs before 1.2. */
  formerReadKeys: z.array(z.string().max(200)).max(8).optional(),
  /** Points per minor unit of money when points pay (LED-2), and what ratings and reservations earn (RWD-1). */
  rewards: z.object({ pointsPerMinorUnit: z.int().min(1), forRating: count, forReservation: count }),
  /** Certificates that are revoked: what they signed at or after that moment is refused. */
  revoked: z.array(z.object({ terminalId, fingerprint: sha256Hex, revokedAt: instant })).max(10_000),
  /** Rentals known lost or revoked whose copies must not be settled offline. */
  allotment: z
    .object({
      validUntil: instant,
      perMemberMoney: moneySchema,
      totalMoney: moneySchema,
      rentals: count,
      units: z.array(z.object({ titleId, units: count })).max(50_000),
    })
    .nullable(),
  /** Players that members removed: nothing is written for them any more, also without the hub. Absent from hubs of 1.0. */
  revokedPlayers: z.array(z.string().max(64)).max(10_000).optional(),
  /** Members whose PIN is new, locked or withdrawn since `at`: what kiosks remember from before is forgotten (MED-5). Absent from hubs of 1.0. */
  pinsChanged: z
    .array(z.object({ memberToken, at: instant }))
    .max(5_000)
    .optional(),
  /** Controllers of secure media that staff revoked: what demands a secure medium is not written there (SEC-5). Returns go on. Absent from hubs before 1.2. */
  revokedControllers: z.array(mediumId).max(10_000).optional(),
  /** The same revocations, signed by the hub, to be left on media for the players at home (MS-32). Absent while there are none, and from hubs before 1.2. */
  revocationList: z.string().max(65_536).optional(),
  publicAddress: z.string().max(300),
});
export type Bundle = z.infer<typeof bundle>;
