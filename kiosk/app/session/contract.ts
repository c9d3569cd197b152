import { z } from 'zod';
import type { ReservationId, TitleId } from '#shared/kernel/ids.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Localised } from '#shared/protocol/primitives.ts';
import { reservationId, titleId } from '#shared/protocol/primitives.ts';
import type { CatalogueTitle, Recommendation } from '#shared/protocol/terminal-api.ts';
import type { Trouble } from '../trouble.ts';

/**
 * Between the kiosk's page and the edge process: what the page may ask for (`kioskIntent`) and all that it shows (`KioskSnapshot`, plain JSON).
 * The page decides nothing; the reducer ignores an intent that does not belong to the present screen.
 */
export const SCREEN_LANGUAGES = ['en', 'ja', 'de'] as const;
export type ScreenLanguage = (typeof SCREEN_LANGUAGES)[number];

export const TITLE_KINDS = ['film', 'series', 'music', 'pictures', 'text', 'game'] as const;
export type TitleKind = (typeof TITLE_KINDS)[number];

export const CART_LIMIT = 8;

const pin = z.string().regex(/^[0-9]{4,8}$/);

export const kioskIntent = z.discriminatedUnion('type', [
  /** Somebody is there: starts a session, keeps it from timing out. */
  z.object({ type: z.literal('touch') }),
  z.object({ type: z.literal('language'), language: z.enum(SCREEN_LANGUAGES) }),
  z.object({ type: z.literal('back') }),
  z.object({ type: z.literal('finish') }),
  z.object({ type: z.literal('dismiss_trouble') }),
  /** What is looked for; what is not named stays as it is. */
  z.object({
    type: z.literal('search'),
    query: z.string().max(60).optional(),
    kind: z.enum(TITLE_KINDS).nullable().optional(),
    genre: z.string().max(40).nullable().optional(),
    age: z.int().min(0).max(21).nullable().optional(),
    tongue: z.string().max(12).nullable().optional(),
    fits: z.boolean().optional(),
    fresh: z.boolean().optional(),
  }),
  z.object({ type: z.literal('more_results') }),
  z.object({ type: z.literal('open_title'), titleId }),
  z.object({ type: z.literal('fetch_title'), titleId }),
  z.object({ type: z.literal('add_to_cart'), titleId }),
  z.object({ type: z.literal('remove_from_cart'), titleId }),
  z.object({ type: z.literal('open_cart') }),
  z.object({ type: z.literal('checkout') }),
  z.object({ type: z.literal('open_mine') }),
  z.object({ type: z.literal('choose_register') }),
  z.object({ type: z.literal('choose_number') }),
  z.object({ type: z.literal('sign_in'), memberNumber: z.string().max(20).nullable(), pin }),
  z.object({
    type: z.literal('register'),
    displayName: z.string().trim().min(1).max(60),
    birthYear: z.int().min(1900).max(2200),
    pin,
  }),
  z.object({ type: z.literal('top_up'), amountMinor: z.int().min(1).max(1_000_000) }),
  z.object({ type: z.literal('pay_due') }),
  z.object({ type: z.literal('confirm') }),
  z.object({ type: z.literal('reserve'), titleId }),
  z.object({ type: z.literal('cancel_reservation'), reservationId }),
  z.object({ type: z.literal('add_player'), playerId: z.string().max(64) }),
  z.object({ type: z.literal('pair_player'), code: z.string().max(20) }),
  z.object({ type: z.literal('remove_player'), playerId: z.string().max(64) }),
  /** RNT-7: the member's medium is lost or broken: the meter of its rentals stops now. */
  z.object({ type: z.literal('report_lost'), rentalIds: z.array(z.string().max(36)).min(1).max(32) }),
  z.object({ type: z.literal('print') }),
]);
export type KioskIntent = z.infer<typeof kioskIntent>;

/** What a customer looks for; `NO_SEARCH` is everything. */
export interface Search {
  readonly query: string;
  readonly kind: TitleKind | null;
  readonly genre: string | null;
  /** Suitable from this age on, or earlier. */
  readonly age: number | null;
  /** A language that is spoken, written or subtitled. */
  readonly tongue: string | null;
  /** Only what still has room on the medium in the drive, beside what is in the cart. */
  readonly fits: boolean;
  /** Only what is new. */
  readonly fresh: boolean;
}
export const NO_SEARCH: Search = {
  query: '',
  kind: null,
  genre: null,
  age: null,
  tongue: null,
  fits: false,
  fresh: false,
};

/** What there is to choose from, of titles that are shown at all. */
export interface Choices {
  readonly kinds: readonly TitleKind[];
  readonly genres: readonly string[];
  readonly ages: readonly number[];
  readonly tongues: readonly string[];
  /** There is a medium to fit onto. */
  readonly fits: boolean;
}

export interface TitleCard {
  readonly titleId: TitleId;
  readonly kind: CatalogueTitle['kind'];
  readonly name: Localised;
  readonly poster: string | null;
  readonly firstPrice: Money;
  readonly rating: CatalogueTitle['rating'];
  /** `here` can be written at once; `fetchable` is brought from the hub with a wait; `away`: neither. */
  readonly availability: 'here' | 'fetching' | 'fetchable' | 'away' | 'soon' | 'withdrawn' | 'taken';
  /** Why it stands on the shelf "for you"; names the title it stems from. */
  readonly reason: {
    readonly code: Recommendation['reason']['code'];
    readonly name: Localised | null;
    readonly genre: string | null;
  } | null;
}

export type ShelfId = 'for_you' | 'popular' | 'new' | 'soon' | TitleKind;
export interface Shelf {
  readonly id: ShelfId;
  readonly titles: readonly TitleCard[];
}

export interface PricePoint {
  readonly until: EpochMs;
  readonly total: Money;
  readonly kept: boolean;
}

export interface TitleDetail extends TitleCard {
  readonly description: Localised;
  readonly year: number;
  readonly runtimeSeconds: number | null;
  readonly genres: readonly string[];
  readonly people: readonly { readonly role: string; readonly name: string }[];
  readonly ageRating: number;
  /** Spoken, sung or written; null: nobody said. */
  readonly languages: readonly string[] | null;
  readonly subtitles: readonly string[];
  /** Plays in a loop beside the poster; an asset of this kiosk. */
  readonly preview: NonNullable<CatalogueTitle['preview']> | null;
  readonly releaseAt: EpochMs;
  readonly bytes: number;
  readonly demands: CatalogueTitle['demands'];
  readonly units: CatalogueTitle['units'];
  readonly hold: Money;
  readonly keepPrice: Money | null;
  /** When it is due if the write were verified now, and what it costs when returned by the end of each of the next days (CHG-3). */
  readonly dueAt: EpochMs | null;
  readonly curve: readonly PricePoint[];
  /** The stated wait of a fetch (CNT-1). */
  readonly fetch: {
    readonly bytes: number;
    readonly totalBytes: number;
    readonly secondsLeft: number | null;
  } | null;
  readonly inCart: boolean;
  /** Null: can be put into the cart. */
  readonly obstacle: Trouble | null;
  readonly reservable: boolean;
}

export interface MediumCard {
  readonly state: 'absent' | 'checking' | 'ready' | 'trouble';
  readonly freeBytes: number | null;
  readonly totalBytes: number | null;
  readonly fileSystem: string | null;
  readonly known: boolean;
  readonly trouble: Trouble | null;
}

export interface MemberCard {
  readonly greeting: string | null;
  readonly prepaid: Money;
  readonly points: number;
  readonly amountDue: Money;
  /** Signed in against this kiosk's own verifier while the hub is away (MED-5). */
  readonly offline: boolean;
}

export type WriteState = 'waiting' | 'holding' | 'writing' | 'written' | 'failed' | 'held' | 'cancelled';
export interface WriteLine {
  readonly titleId: TitleId;
  readonly name: Localised;
  readonly poster: string | null;
  readonly state: WriteState;
  readonly phase: 'preparing' | 'content' | 'key' | 'verifying' | null;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly bytesPerSecond: number;
  readonly secondsLeft: number | null;
  readonly dueAt: EpochMs | null;
  readonly firstPrice: Money | null;
  readonly trouble: Trouble | null;
}

/** The member's players, and those whose key was found on the medium and that are nobody's here yet (SEC-6). */
export interface PlayersCard {
  readonly own: readonly {
    readonly playerId: string;
    readonly name: string;
    readonly addedAt: EpochMs | null;
  }[];
  readonly found: readonly { readonly playerId: string; readonly name: string }[];
  readonly limit: number;
  readonly busy: boolean;
}

export interface CartLine extends TitleCard {
  readonly bytes: number;
  readonly hold: Money;
  readonly dueAt: EpochMs | null;
  /** `players`: the copy will open on the member's players only; `none`: wherever its key is taken (RET-4, PLY-1). */
  readonly binding: 'none' | 'players';
}

export type KioskView =
  | { readonly screen: 'attract'; readonly titles: readonly TitleCard[]; readonly closed: Trouble | null }
  | {
      readonly screen: 'browse';
      readonly shelves: readonly Shelf[];
      /** Null: nothing is looked for, the shelves are shown. The first of `total`; `more_results` brings further ones. */
      readonly results: readonly TitleCard[] | null;
      readonly total: number;
      readonly search: Search;
      readonly choices: Choices;
    }
  | { readonly screen: 'title'; readonly title: TitleDetail }
  | {
      readonly screen: 'cart';
      readonly lines: readonly CartLine[];
      readonly bytes: number;
      readonly firstPrices: Money | null;
    }
  | {
      readonly screen: 'insert';
      readonly bytesNeeded: number;
      /** The medium in the slot is well and has no room for this cart; null: none is there, or it has. */
      readonly obstacle: Trouble | null;
    }
  /** `medium`: the medium says who it is, the PIN is enough; `number`: member number and PIN; `choose`: number or registration. */
  | {
      readonly screen: 'identify';
      readonly by: 'choose' | 'medium' | 'number' | 'register';
      readonly busy: boolean;
      readonly trouble: Trouble | null;
      readonly thisYear: number;
      readonly offline: boolean;
    }
  | {
      readonly screen: 'confirm';
      readonly lines: readonly CartLine[];
      readonly firstPrices: Money | null;
      readonly holds: Money | null;
      readonly bytesNeeded: number;
      /** What must be solved before writing; null: may be confirmed. */
      readonly obstacle: Trouble | null;
      readonly topUps: readonly Money[];
      readonly cardBusy: boolean;
      readonly players: PlayersCard;
      /** A member registered just now learns the number here. */
      readonly newNumber: string | null;
    }
  | { readonly screen: 'writing'; readonly lines: readonly WriteLine[]; readonly current: number }
  | {
      readonly screen: 'done';
      readonly lines: readonly WriteLine[];
      readonly receipt: readonly string[];
      /** Text of the QR code: the receipt itself. */
      readonly qr: string | null;
      readonly printed: 'no' | 'printing' | 'yes' | 'failed';
      readonly newNumber: string | null;
    }
  | {
      readonly screen: 'mine';
      readonly rentals: readonly {
        readonly rentalId: string;
        readonly name: Localised;
        readonly poster: string | null;
        readonly startedAt: EpochMs;
        readonly dueAt: EpochMs;
        readonly late: boolean;
        readonly state: string;
        readonly runningCharge: Money;
      }[];
      readonly reservations: readonly {
        readonly reservationId: ReservationId;
        readonly titleId: TitleId;
        readonly name: Localised;
        readonly poster: string | null;
        readonly position: number;
        readonly state: string;
        readonly readyUntil: EpochMs | null;
        readonly waitSeconds: number | null;
      }[];
      readonly history: readonly {
        readonly name: Localised;
        readonly returnedAt: EpochMs;
        readonly charge: Money;
        readonly stars: number | null;
      }[];
      readonly topUps: readonly Money[];
      readonly cardBusy: boolean;
      readonly players: PlayersCard;
      readonly newNumber: string | null;
    };
export type ScreenName = KioskView['screen'];

/** Something the customer is told at the side, in passing: a held copy settled, a reservation taken. */
export interface Notice {
  readonly code:
    | 'held_settled'
    | 'held_wiped'
    | 'reserved'
    | 'reservation_cancelled'
    | 'lost_reported'
    | 'topped_up'
    | 'due_paid'
    | 'player_added'
    | 'player_removed'
    | 'welcome_back'
    | 'fetch_begun';
  readonly name: Localised | null;
}

export interface KioskSnapshot {
  readonly language: ScreenLanguage;
  readonly siteName: string;
  readonly zone: string;
  readonly online: boolean;
  readonly medium: MediumCard;
  readonly member: MemberCard | null;
  readonly cartCount: number;
  readonly notice: Notice | null;
  readonly trouble: Trouble | null;
  /** Present while the customer is asked whether somebody is still there. */
  readonly idle: { readonly secondsLeft: number; readonly seconds: number } | null;
  readonly view: KioskView;
}
