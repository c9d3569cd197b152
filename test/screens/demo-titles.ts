import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TitleCard, TitleDetail } from '#kiosk/app/session/contract.ts';
import { assert } from '#shared/kernel/assert.ts';
import { money } from '#shared/kernel/money.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { titleIdAt } from '#test/support/kiosk/a-bundle.ts';

/** Friday, 5 June 2026, 17:20 in Berlin. */
export const NOW = Date.UTC(2026, 5, 5, 15, 20);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 86_400_000;
const CATALOGUE = 'firmware-sim/demo/catalogue';

interface DemoTitle {
  readonly slug: string;
  readonly kind: TitleCard['kind'];
  readonly titles: { readonly en: string; readonly ja: string };
  readonly description: { readonly en: string; readonly ja: string };
  readonly year: number;
  readonly genres: readonly string[];
  readonly people: readonly { readonly role: string; readonly name: string }[];
  readonly ageRating: number;
  readonly languages?: readonly string[];
  readonly subtitles?: readonly { readonly lang: string }[];
  readonly preview?: {
    readonly file: string;
    readonly mediaType: NonNullable<TitleDetail['preview']>['mediaType'];
  } | null;
}
const DEMO: readonly DemoTitle[] = JSON.parse(
  readFileSync(join(projectRoot(), CATALOGUE, 'catalogue.json'), 'utf8'),
);

/** Posters by their SHA-256, as the terminal serves them. */
export const POSTERS = new Map<string, Uint8Array>();
function posterOf(slug: string): string | null {
  const path = join(projectRoot(), CATALOGUE, 'posters', `${slug}.webp`);
  if (!existsSync(path)) return null;
  const bytes = readFileSync(path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  POSTERS.set(sha256, bytes);
  return sha256;
}

export const CARDS: readonly TitleCard[] = DEMO.map((demo, at) => ({
  titleId: titleIdAt(at),
  kind: demo.kind,
  name: demo.titles,
  poster: posterOf(demo.slug),
  firstPrice: money(400, 'EUR'),
  rating: { mean: 370 + 7 * at, count: 9 + 5 * at },
  availability: at === 4 ? 'soon' : at === 9 ? 'fetchable' : at === 11 ? 'taken' : 'here',
  reason: null,
}));

export function cardAt(at: number): TitleCard {
  const card = CARDS[at];
  assert(card !== undefined, `the demo has a title ${at}`);
  return card;
}

/** A title's preview, served like the posters. */
function previewOf({ preview }: DemoTitle): TitleDetail['preview'] {
  if (preview === undefined || preview === null) return null;
  const bytes = readFileSync(join(projectRoot(), CATALOGUE, preview.file));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  POSTERS.set(sha256, bytes);
  return { sha256, mediaType: preview.mediaType };
}

/** A title's own page, due in two days, with a price for each day until it is kept. */
export function detailAt(at: number, change: Partial<TitleDetail> = {}): TitleDetail {
  const demo = DEMO[at];
  assert(demo !== undefined, `the demo has a title ${at}`);
  return {
    ...cardAt(at),
    description: demo.description,
    year: demo.year,
    runtimeSeconds: 5_640,
    genres: demo.genres,
    people: demo.people,
    ageRating: demo.ageRating,
    languages: demo.languages ?? null,
    subtitles: (demo.subtitles ?? []).map(({ lang }) => lang),
    preview: previewOf(demo),
    releaseAt: epochMs(NOW - 90 * DAY),
    bytes: 3_240_000_000,
    demands: { secureMedium: false, binding: 'none' },
    units: null,
    hold: money(1000, 'EUR'),
    keepPrice: money(1900, 'EUR'),
    dueAt: epochMs(NOW + 2 * DAY),
    curve: [400, 400, 400, 550, 700, 850, 1900].map((minor, day) => ({
      until: epochMs(NOW + day * DAY),
      total: money(minor, 'EUR'),
      kept: minor === 1900,
    })),
    fetch: null,
    inCart: false,
    obstacle: null,
    reservable: false,
    ...change,
  };
}
