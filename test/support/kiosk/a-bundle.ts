import { aSite, aTariff } from '#shared/domain/testing/builders.ts';
import { FIRST_CONFIG } from '#shared/edge/configuration.ts';
import type { EditionId, SiteId, TitleId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import type { Bundle, CatalogueTitle } from '#shared/protocol/terminal-api.ts';

/** Friday, 2 January 2026, 12:00 UTC: when kiosk tests begin. */
export const NOON = epochMs(1_767_355_200_000);
const DAY = 86_400_000;

const uuid = (kind: string, at: number): string =>
  `01890000-00${kind}-7000-8000-${String(at).padStart(12, '0')}`;
export const titleIdAt = (at: number): TitleId => uuid('01', at) as TitleId;
export const editionIdAt = (at: number): EditionId => uuid('02', at) as EditionId;
export const SITE = uuid('03', 1) as SiteId;

/** The content of an edition, as its bytes follow from its number: 150,000 bytes are three chunks. */
export const contentOf = (at: number, bytes = 150_000): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, index) => (index * 31 + at * 7 + (index >> 8)) & 0xff);

/** A film that everybody may rent at once, each field open to change. */
export const aTitle = (at: number, change: Partial<CatalogueTitle> = {}): CatalogueTitle => ({
  titleId: titleIdAt(at),
  kind: 'film',
  name: { en: `Film ${at}`, ja: `映画${at}` },
  description: { en: 'A night at the harbour, told by its lamps.', ja: '港の夜を灯りが語る。' },
  year: 2024,
  runtimeSeconds: 5400,
  genres: ['drama'],
  people: [{ role: 'director', name: 'Ada Falk' }],
  ageRating: 0,
  territories: [],
  releaseAt: epochMs(NOON - 30 * DAY),
  units: null,
  demands: { secureMedium: false, binding: 'none' },
  withdrawn: false,
  edition: {
    editionId: editionIdAt(at),
    mediaType: 'video/webm',
    bytes: 150_000,
    sha256: '0'.repeat(64),
  },
  subtitles: [],
  poster: null,
  preview: null,
  thumbnail: null,
  rating: { mean: 420, count: 12 },
  tariff: aTariff(),
  rentals30d: 100 - at,
  ...change,
});

export const aBundle = (titles: readonly CatalogueTitle[], change: Partial<Bundle> = {}): Bundle => ({
  version: 'bundle-1',
  madeAt: NOON,
  fleetId: '0123456789abcdef0123456789abcdef',
  site: { siteId: SITE, name: 'Harbour Street', calendar: aSite() },
  config: { ...FIRST_CONFIG, version: 1, languages: ['en', 'ja', 'de'] },
  titles: [...titles],
  popular: titles.map((title) => title.titleId),
  neighbours: [],
  fleetReadKey: '',
  rewards: { pointsPerMinorUnit: 1, forRating: 5, forReservation: 5 },
  revoked: [],
  allotment: {
    validUntil: epochMs(NOON + 72 * 3_600_000),
    perMemberMoney: { minor: 2000, currency: 'EUR' },
    totalMoney: { minor: 5000, currency: 'EUR' },
    rentals: 10,
    units: [],
  },
  publicAddress: 'http://hub.example',
  ...change,
});
