import {
  type CartLine,
  type KioskSnapshot,
  type KioskView,
  type MediumCard,
  type MemberCard,
  NO_SEARCH,
  type PlayersCard,
  type ScreenLanguage,
  TITLE_KINDS,
  type WriteLine,
} from '#kiosk/app/session/contract.ts';
import { troubleOf } from '#kiosk/app/trouble.ts';
import { money } from '#shared/kernel/money.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { CARDS, cardAt, DAY, detailAt, NOW } from './demo-titles.ts';

/** One screen in one state. */
export interface Pose<Snapshot> {
  readonly name: string;
  /** A main screen: pictured in every size, language and theme. */
  readonly main: boolean;
  readonly snapshot: (language: ScreenLanguage) => Snapshot;
}

const STICK: MediumCard = {
  state: 'ready',
  freeBytes: 58_400_000_000,
  totalBytes: 64_000_000_000,
  fileSystem: 'exfat',
  known: true,
  trouble: null,
};
const NO_STICK: MediumCard = { ...STICK, state: 'absent', freeBytes: null, totalBytes: null, known: false };
const MEMBER: MemberCard = {
  greeting: 'Ada',
  prepaid: money(2500, 'EUR'),
  points: 40,
  amountDue: money(0, 'EUR'),
  offline: false,
};
const PLAYERS: PlayersCard = {
  own: [{ playerId: 'player-1', name: 'Living room', addedAt: epochMs(NOW - 40 * DAY) }],
  found: [{ playerId: 'player-2', name: 'Player 7C-21' }],
  limit: 5,
  busy: false,
};
const cartLine = (at: number): CartLine => ({
  ...cardAt(at),
  bytes: 3_240_000_000,
  hold: money(1000, 'EUR'),
  dueAt: epochMs(NOW + 2 * DAY),
  binding: at === 0 ? 'players' : 'none',
});
const writeLine = (at: number, change: Partial<WriteLine>): WriteLine => ({
  titleId: cardAt(at).titleId,
  name: cardAt(at).name,
  poster: cardAt(at).poster,
  state: 'waiting',
  phase: null,
  bytesDone: 0,
  bytesTotal: 3_240_000_000,
  bytesPerSecond: 0,
  secondsLeft: null,
  dueAt: epochMs(NOW + 2 * DAY),
  firstPrice: money(400, 'EUR'),
  trouble: null,
  ...change,
});
const forYou = [0, 7, 3, 12].map((at) => ({
  ...cardAt(at),
  reason: { code: 'because_you_liked' as const, name: cardAt(1).name, genre: null },
}));

type Change = Partial<Omit<KioskSnapshot, 'view' | 'language'>>;
const pose = (name: string, view: KioskView, change: Change = {}, main = false): Pose<KioskSnapshot> => ({
  name,
  main,
  snapshot: (language) => ({
    language,
    siteName: language === 'ja' ? '運河通り店' : 'Canal Street',
    zone: 'Europe/Berlin',
    online: true,
    medium: STICK,
    member: null,
    cartCount: 0,
    notice: null,
    trouble: null,
    idle: null,
    view,
    ...change,
  }),
});

const attract: KioskView = {
  screen: 'attract',
  titles: [0, 3, 5, 7, 9, 11, 13, 2].map(cardAt),
  closed: null,
};
const browse: Extract<KioskView, { screen: 'browse' }> = {
  screen: 'browse',
  shelves: [
    { id: 'for_you', titles: forYou },
    { id: 'popular', titles: CARDS.slice(0, 9) },
    { id: 'new', titles: CARDS.slice(5) },
    { id: 'film', titles: CARDS.slice(0, 5) },
  ],
  results: null,
  total: 0,
  search: NO_SEARCH,
  choices: {
    kinds: [...TITLE_KINDS],
    genres: [],
    ages: [0, 6, 12, 16],
    tongues: ['de', 'en', 'ja'],
    fits: true,
  },
};
const films: Partial<typeof browse> = {
  shelves: [],
  choices: { ...browse.choices, genres: ['animation', 'drama', 'noir', 'sea'] },
};
const confirm: Extract<KioskView, { screen: 'confirm' }> = {
  screen: 'confirm',
  lines: [cartLine(0), cartLine(7)],
  firstPrices: money(800, 'EUR'),
  holds: money(2000, 'EUR'),
  bytesNeeded: 6_480_000_000,
  obstacle: null,
  topUps: [1000, 2000, 5000].map((minor) => money(minor, 'EUR')),
  cardBusy: false,
  players: PLAYERS,
  newNumber: null,
};
const mine: Extract<KioskView, { screen: 'mine' }> = {
  screen: 'mine',
  rentals: [
    {
      rentalId: 'rental-1',
      name: cardAt(1).name,
      poster: cardAt(1).poster,
      startedAt: epochMs(NOW - 3 * DAY),
      dueAt: epochMs(NOW - DAY),
      late: true,
      state: 'active',
      runningCharge: money(550, 'EUR'),
    },
  ],
  reservations: [
    {
      reservationId: '01890000-0004-7000-8000-000000000001' as never,
      titleId: cardAt(11).titleId,
      name: cardAt(11).name,
      poster: cardAt(11).poster,
      position: 2,
      state: 'waiting',
      readyUntil: null,
      waitSeconds: 3 * 86_400,
    },
  ],
  history: [
    { name: cardAt(3).name, returnedAt: epochMs(NOW - 9 * DAY), charge: money(400, 'EUR'), stars: 5 },
    { name: cardAt(9).name, returnedAt: epochMs(NOW - 20 * DAY), charge: money(250, 'EUR'), stars: null },
  ],
  topUps: confirm.topUps,
  cardBusy: false,
  players: PLAYERS,
  newNumber: null,
};
const identify = (
  by: 'choose' | 'medium' | 'number' | 'register',
  code?: string,
): Extract<KioskView, { screen: 'identify' }> => ({
  screen: 'identify',
  by,
  busy: false,
  trouble: code === undefined ? null : troubleOf({ code, details: { triesLeft: 3 } }),
  thisYear: 2026,
  offline: false,
});
const written = writeLine(0, { state: 'written', bytesDone: 3_240_000_000 });
const receipt = [
  'Canal Street',
  'RENTAL  Fri 5 Jun, 17:24',
  '',
  'The Keeper’s Letter   €4.00',
  '  due Sun 7 Jun, 17:24',
  '',
  'You pay at return.',
];

const someone: Change = { member: MEMBER, cartCount: 2 };
export const KIOSK_POSES: readonly Pose<KioskSnapshot>[] = [
  pose('attract', attract, { medium: NO_STICK }, true),
  pose(
    'closed',
    { ...attract, closed: troubleOf({ code: 'kiosk_locked' }) },
    { medium: NO_STICK, online: false },
  ),
  pose('browse', browse, { member: MEMBER }, true),
  pose(
    'results',
    {
      ...browse,
      ...films,
      search: { ...NO_SEARCH, query: 'key', kind: 'film' },
      results: CARDS.slice(0, 7),
      total: 7,
    },
    { cartCount: 1 },
  ),
  pose(
    'results-narrowed',
    {
      ...browse,
      ...films,
      search: { ...NO_SEARCH, kind: 'film', genre: 'sea', age: 6, tongue: 'ja', fits: true, fresh: true },
      results: CARDS.slice(0, 3),
      total: 3,
    },
    { cartCount: 1 },
  ),
  pose('no-results', {
    ...browse,
    search: { ...NO_SEARCH, query: 'xylo' },
    results: [],
    shelves: [{ id: 'popular', titles: CARDS.slice(0, 9) }],
  }),
  pose('title', { screen: 'title', title: detailAt(0) }, { medium: NO_STICK }, true),
  pose('title-out', {
    screen: 'title',
    title: detailAt(11, {
      units: { total: 2, free: 0 },
      obstacle: troubleOf({ code: 'no_unit_free' }),
      reservable: true,
    }),
  }),
  pose('title-fetching', {
    screen: 'title',
    title: detailAt(9, {
      obstacle: troubleOf({ code: 'title_not_here' }),
      fetch: { bytes: 1_200_000_000, totalBytes: 3_240_000_000, secondsLeft: 140 },
    }),
  }),
  pose(
    'cart',
    {
      screen: 'cart',
      lines: [cartLine(0), cartLine(7)],
      bytes: 6_480_000_000,
      firstPrices: money(800, 'EUR'),
    },
    { cartCount: 2 },
    true,
  ),
  pose('cart-empty', { screen: 'cart', lines: [], bytes: 0, firstPrices: null }),
  pose(
    'insert',
    { screen: 'insert', bytesNeeded: 6_480_000_000, obstacle: null },
    { medium: NO_STICK, cartCount: 2 },
    true,
  ),
  pose(
    'insert-full',
    { screen: 'insert', bytesNeeded: 6_480_000_000, obstacle: troubleOf({ code: 'medium_full' }) },
    { medium: { ...STICK, freeBytes: 90_000_000 }, cartCount: 2 },
  ),
  pose('identify', identify('choose'), { cartCount: 2 }, true),
  pose('pin', identify('medium'), { cartCount: 2 }, true),
  pose('pin-busy', { ...identify('medium'), busy: true }, { cartCount: 2 }),
  pose('pin-wrong', identify('medium', 'pin_wrong'), { cartCount: 2 }),
  pose('number', identify('number'), { cartCount: 2 }),
  pose('register', identify('register'), { cartCount: 2 }),
  pose('confirm', confirm, someone, true),
  pose('confirm-card', { ...confirm, cardBusy: true }, someone),
  pose(
    'confirm-due',
    { ...confirm, obstacle: troubleOf({ code: 'amount_due_open' }), newNumber: '4711 0815' },
    { ...someone, member: { ...MEMBER, amountDue: money(350, 'EUR') } },
  ),
  pose(
    'writing',
    {
      screen: 'writing',
      current: 1,
      lines: [
        written,
        writeLine(7, {
          state: 'writing',
          phase: 'content',
          bytesDone: 2_010_000_000,
          bytesPerSecond: 38_400_000,
          secondsLeft: 32,
        }),
      ],
    },
    someone,
    true,
  ),
  pose(
    'writing-key',
    {
      screen: 'writing',
      current: 0,
      lines: [
        writeLine(7, {
          state: 'writing',
          phase: 'verifying',
          bytesDone: 3_240_000_000,
          bytesPerSecond: 38_400_000,
        }),
      ],
    },
    someone,
  ),
  pose(
    'done',
    { screen: 'done', lines: [written], receipt, qr: receipt.join('\n'), printed: 'no', newNumber: null },
    { member: MEMBER },
    true,
  ),
  pose('done-failed', {
    screen: 'done',
    lines: [written, writeLine(7, { state: 'failed', trouble: troubleOf({ code: 'medium_pulled' }) })],
    receipt,
    qr: receipt.join('\n'),
    printed: 'yes',
    newNumber: '4711 0815',
  }),
  pose('mine', mine, { member: { ...MEMBER, amountDue: money(350, 'EUR') } }, true),
  pose('idle', browse, { ...someone, idle: { secondsLeft: 12, seconds: 20 } }),
  pose('trouble', browse, { trouble: troubleOf({ code: 'medium_foreign' }), online: false }),
];
