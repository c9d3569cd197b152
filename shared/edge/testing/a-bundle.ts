import { createHash } from 'node:crypto';
import { aSite, aTariff } from '#shared/domain/testing/builders.ts';
import { type EditionId, type SiteId, type TerminalId, type TitleId, uuidv7 } from '#shared/kernel/ids.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { epochMs } from '#shared/kernel/time.ts';
import {
  type Bundle,
  bundle as bundleSchema,
  type CatalogueTitle,
  type EditionManifest,
} from '#shared/protocol/terminal-api.ts';
import { FIRST_CONFIG } from '../configuration.ts';
import type { HubClient } from '../hub-client.ts';
import type { Business } from '../leaving.ts';

/** When tests begin, and the terminal that they are about. */
export const START = epochMs(1_790_000_000_000);
export const TERMINAL = 'kiosk-1' as TerminalId;

/** A UUID with a number in it, so that a test's ids are the same each time. */
export const idOf = <Id extends string>(number: number): Id => {
  const random = new Uint8Array(10);
  new DataView(random.buffer).setUint32(6, number);
  return uuidv7(START, random) as Id;
};

/** Some bytes that differ from chunk to chunk. */
export function someBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let value = seed * 2654435761;
  for (let index = 0; index < length; index += 1) {
    value = (Math.imul(value, 1664525) + 1013904223) >>> 0;
    bytes[index] = value >>> 24;
  }
  return bytes;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export interface Stock {
  readonly title: CatalogueTitle;
  readonly bytes: Uint8Array;
  readonly manifest: EditionManifest;
}

/** A title with real content of so many bytes, in chunks of 64 KiB. */
export function aStock(number: number, length = 200_000): Stock {
  const bytes = someBytes(length, number);
  const chunkBytes = 65_536;
  const chunks = Array.from({ length: Math.ceil(length / chunkBytes) }, (_, index) =>
    sha256(bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes)),
  );
  const editionId = idOf<EditionId>(10_000 + number);
  const whole = sha256(bytes);
  const text = { en: `Title ${number}` };
  const title: CatalogueTitle = {
    titleId: idOf<TitleId>(number),
    kind: 'film',
    name: text,
    description: text,
    year: 2020,
    runtimeSeconds: 600,
    genres: ['drama'],
    people: [],
    ageRating: 0,
    territories: [],
    releaseAt: START,
    units: null,
    demands: { secureMedium: false, binding: 'none' },
    withdrawn: false,
    edition: { editionId, mediaType: 'video/mp4', bytes: length, sha256: whole },
    subtitles: [],
    poster: null,
    thumbnail: null,
    rating: null,
    tariff: aTariff(),
    rentals30d: 0,
  };
  return { title, bytes, manifest: { editionId, bytes: length, sha256: whole, chunkBytes, chunks } };
}

export const aBundle = (change: Partial<Bundle> = {}): Bundle =>
  bundleSchema.parse({
    version: 'bundle-1',
    madeAt: START,
    fleetId: 'fleet',
    site: { siteId: idOf<SiteId>(1), name: 'Shop', calendar: aSite() },
    config: FIRST_CONFIG,
    titles: [],
    popular: [],
    neighbours: [],
    fleetReadKey: 'AGE-SECRET-KEY-TEST',
    rewards: { pointsPerMinorUnit: 1, forRating: 5, forReservation: 5 },
    revoked: [],
    allotment: null,
    publicAddress: 'http://hub.example',
    ...change,
  });

/** A hub that answers nothing; a test gives it the answers that it needs. */
export function absentHub(answers: Partial<HubClient> = {}): HubClient {
  const away = async () => fault('hub_away', 'played');
  return {
    signIn: away,
    register: away,
    memberSession: away,
    signOut: away,
    topUp: away,
    addPlayer: away,
    pairPlayer: away,
    removePlayer: away,
    identifyMedium: away,
    prepareRentals: away,
    cancelRentals: away,
    rentalStates: away,
    openReturn: away,
    authorisePayment: away,
    voidPayment: away,
    recommend: away,
    bundle: away,
    contentLease: away,
    manifest: away,
    content: away,
    asset: away,
    renew: away,
    certifyController: away,
    readyToWipe: away,
    handInWipe: away,
    health: away,
    ...answers,
  };
}

/** A lease of the content from now on; another number is another key. */
export const aLease = (now: number, number = 1) => ({
  ...aLeasedKey(number),
  next: null,
  grantedAt: epochMs(now),
  validUntil: epochMs(now + 72 * 3_600_000),
});
export const aLeasedKey = (number: number) => ({
  key: Buffer.alloc(32, number).toString('base64url'),
  wrapped: { generation: `${number}-test`, wrapped: Buffer.alloc(60, number).toString('base64url') },
});

export interface Library extends Pick<HubClient, 'manifest' | 'content'> {
  /** Every range that was asked for, as `edition:first byte`. */
  readonly asked: string[];
  /** Answers so many more ranges, then is away. */
  limit(answers: number): void;
  /** Changes every content answer. */
  tamper(change: ((bytes: Uint8Array) => Uint8Array) | null): void;
}

/** A hub's content, for caches. */
export function library(stocks: readonly Stock[]): Library {
  const asked: string[] = [];
  let left = Number.POSITIVE_INFINITY;
  let change: ((bytes: Uint8Array) => Uint8Array) | null = null;
  return {
    asked,
    limit: (answers) => {
      left = answers;
    },
    tamper: (value) => {
      change = value;
    },
    manifest: async (edition) => {
      const stock = stocks.find((one) => one.manifest.editionId === edition);
      if (left <= 0) return fault('hub_away', 'played');
      return stock === undefined ? fault('edition_missing', 'played') : ok(stock.manifest);
    },
    content: async (edition, offset, length) => {
      const stock = stocks.find((one) => one.manifest.editionId === edition);
      if (left <= 0 || stock === undefined) return fault('hub_away', 'played');
      left -= 1;
      asked.push(`${edition}:${offset}`);
      const bytes = stock.bytes.slice(offset, offset + length);
      return ok(change === null ? bytes : change(bytes));
    },
  };
}

/** An app that has nothing open, ever. */
export const noBusiness: Business = {
  open: () => ({ customer: false, unfinished: 0, cards: [], elsewhere: { held: 0, torn: 0 } }),
  settle: async () => {},
};
