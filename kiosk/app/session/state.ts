import type { MediumId, ReservationId, TitleId } from '#shared/kernel/ids.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { MemberSession, Recommendation } from '#shared/protocol/terminal-api.ts';
import type { SlowPin } from '../members/verifier.ts';
import type { Trouble } from '../trouble.ts';
import {
  type KioskIntent,
  NO_SEARCH,
  type Notice,
  type ScreenLanguage,
  type ScreenName,
  type Search,
  type WriteLine,
} from './contract.ts';

/** A player that left its key on the medium; its document proves possession only. */
export interface PlayerFacts {
  readonly playerId: string;
  readonly name: string;
  readonly recipient: string;
  readonly signingKey: string;
  readonly jws: string;
}

/** What a member may do with the own players (SEC-6). */
export type PlayerChange =
  /** A player whose key was found on the medium (PLY-1). */
  | { readonly kind: 'add'; readonly playerId: string }
  /** The player that shows this code at home. */
  | { readonly kind: 'pair'; readonly code: string }
  | { readonly kind: 'remove'; readonly playerId: string };

/** What the kiosk found on the medium in its drive; plain data. */
export interface MediumFacts {
  /** Null: a blank medium; it gets its identity at the first write. */
  readonly mediumId: MediumId | null;
  readonly accessKey: string | null;
  /** `secure` only where a controller proved it, whatever the identity says. */
  readonly mediumClass: 'plain' | 'secure';
  /** Of a secure medium: the id its controller proves, which a blank one gets as its own. */
  readonly controllerId: MediumId | null;
  /** Staff revoked that controller: what demands a secure medium is not written here (SEC-5). */
  readonly controllerRevoked: boolean;
  readonly fileSystem: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly largestFileBytes: number;
  /** Players that left their key on it (PLY-1): whose they are is not said there. */
  readonly players: readonly PlayerFacts[];
  /** Titles of copies on it that can be played: not rented a second time onto the same medium. */
  readonly titles: readonly TitleId[];
  /** Copies that are still held after the kiosk tried to settle them (RNT-6). */
  readonly unsettled: number;
  /** What a return terminal wrote onto it (RET-6): readable without the hub. */
  readonly recommendations: readonly Recommendation[];
  readonly settled: readonly { readonly titleId: TitleId | null; readonly outcome: 'complete' | 'wiped' }[];
}

export type MediumState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'checking' }
  | { readonly kind: 'trouble'; readonly trouble: Trouble }
  | { readonly kind: 'ready'; readonly facts: MediumFacts; readonly owner: 'known' | 'unknown' };

export interface SignedIn {
  readonly session: MemberSession;
  /** Checked against this kiosk's own verifier: there is no hub session (MED-5). */
  readonly offline: boolean;
  /** The medium whose PIN was given; null when signed in by number. */
  readonly byMedium: MediumId | null;
  /** The PIN made slow, for a medium that is made for this member in this session; null offline. Never shown, gone with the session. */
  readonly pin: SlowPin | null;
}

export type WriteLineState = Omit<WriteLine, 'name' | 'poster'>;

/** Everything of one customer's visit, in memory only. `session` tells answers of an earlier customer from this one's. */
export interface SessionState {
  readonly session: number;
  readonly screen: ScreenName;
  readonly language: ScreenLanguage;
  readonly languageChosen: boolean;
  readonly search: Search;
  /** How many times further results were asked for. */
  readonly searchPages: number;
  readonly titleId: TitleId | null;
  readonly cart: readonly TitleId[];
  readonly medium: MediumState;
  /** What the shelf "for you" is built from: the medium's, then the hub's. */
  readonly forYou: readonly Recommendation[];
  readonly member: SignedIn | null;
  readonly goal: 'rent' | 'mine';
  readonly identify: {
    readonly by: 'choose' | 'medium' | 'number' | 'register';
    readonly busy: boolean;
    readonly trouble: Trouble | null;
  };
  readonly newNumber: string | null;
  readonly cardBusy: boolean;
  /** A change of the member's players is under way. */
  readonly playersBusy: boolean;
  readonly writes: readonly WriteLineState[];
  readonly receipt: readonly string[];
  readonly qr: string | null;
  readonly printed: 'no' | 'printing' | 'yes' | 'failed';
  readonly trouble: Trouble | null;
  readonly notice: Notice | null;
  /** Seconds until the session ends by itself, while the customer is asked; null: not asked. */
  readonly idleSeconds: number | null;
}

export const startState = (session: number, language: ScreenLanguage): SessionState => ({
  session,
  screen: 'attract',
  language,
  languageChosen: false,
  search: NO_SEARCH,
  searchPages: 1,
  titleId: null,
  cart: [],
  medium: { kind: 'absent' },
  forYou: [],
  member: null,
  goal: 'rent',
  identify: { by: 'choose', busy: false, trouble: null },
  newNumber: null,
  cardBusy: false,
  playersBusy: false,
  writes: [],
  receipt: [],
  qr: null,
  printed: 'no',
  trouble: null,
  notice: null,
  idleSeconds: null,
});

/** What happens to a session: intents of the customer, and what medium, hub, card reader and clock answered. */
export type SessionEvent =
  | { readonly type: 'intent'; readonly intent: KioskIntent }
  | { readonly type: 'medium_inserted' }
  | { readonly type: 'medium_removed' }
  | {
      readonly type: 'medium_read';
      readonly facts: MediumFacts;
      readonly owner: 'known' | 'unknown';
      readonly more: readonly Recommendation[];
    }
  | { readonly type: 'medium_failed'; readonly trouble: Trouble }
  | { readonly type: 'signed_in'; readonly member: SignedIn; readonly newNumber: string | null }
  | { readonly type: 'identify_failed'; readonly trouble: Trouble }
  | { readonly type: 'member_changed'; readonly session: MemberSession }
  | { readonly type: 'players_changed'; readonly notice: Notice }
  | { readonly type: 'players_failed'; readonly trouble: Trouble }
  | { readonly type: 'paid'; readonly purpose: 'prepaid' | 'amount_due' }
  | { readonly type: 'card_failed'; readonly trouble: Trouble }
  | { readonly type: 'write_line'; readonly index: number; readonly line: WriteLineState }
  | { readonly type: 'rent_refused'; readonly trouble: Trouble }
  | { readonly type: 'rent_over'; readonly receipt: readonly string[]; readonly qr: string | null }
  | { readonly type: 'printed'; readonly done: boolean }
  | { readonly type: 'notice'; readonly notice: Notice }
  | { readonly type: 'failed'; readonly trouble: Trouble }
  | { readonly type: 'idle'; readonly secondsLeft: number }
  | { readonly type: 'closing'; readonly last: boolean };

/** What the machine must do because of a step. Each answers with later events. */
export type SessionEffect =
  | { readonly type: 'read_medium' }
  | {
      readonly type: 'sign_in';
      readonly medium: MediumFacts | null;
      readonly memberNumber: string | null;
      readonly pin: string;
    }
  | {
      readonly type: 'register';
      readonly displayName: string;
      readonly birthYear: number;
      readonly pin: string;
      readonly language: ScreenLanguage;
    }
  | { readonly type: 'sign_out'; readonly member: SignedIn }
  | {
      readonly type: 'top_up';
      readonly member: SignedIn;
      readonly purpose: 'prepaid' | 'amount_due';
      readonly amount: Money;
    }
  | {
      readonly type: 'rent';
      readonly member: SignedIn;
      readonly medium: MediumFacts;
      readonly titles: readonly TitleId[];
      readonly language: ScreenLanguage;
    }
  | { readonly type: 'refresh_member'; readonly member: SignedIn }
  | {
      readonly type: 'change_players';
      readonly member: SignedIn;
      readonly medium: MediumFacts | null;
      readonly change: PlayerChange;
    }
  | { readonly type: 'print'; readonly lines: readonly string[] }
  | { readonly type: 'fetch'; readonly titleId: TitleId }
  | { readonly type: 'reserve'; readonly member: SignedIn; readonly titleId: TitleId }
  | { readonly type: 'cancel_reservation'; readonly member: SignedIn; readonly reservationId: ReservationId }
  | { readonly type: 'report_lost'; readonly member: SignedIn; readonly rentalIds: readonly string[] }
  | { readonly type: 'session_ended'; readonly kind: 'rent' | 'mine'; readonly outcome: string };

export interface Step {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

/** What the reducer must know of kiosk and catalogue at the moment of the event; asked, never kept. */
export interface KioskFacts {
  readonly now: EpochMs;
  readonly defaultLanguage: ScreenLanguage;
  /** Why this kiosk rents nothing at present (locked, storage full, clock, lease, no bundle yet); null: open. */
  closed(): Trouble | null;
  /** Why this title cannot be put into a cart or written by this customer; null: it can. */
  titleObstacle(titleId: TitleId, state: SessionState): Trouble | null;
  /** Why this cart has no room on the medium in the drive, whoever rents; null: it has, or no medium is there. */
  mediumObstacle(state: SessionState): Trouble | null;
  /** Why this cart cannot be written for this member onto this medium; null: it can. */
  rentObstacle(state: SessionState): Trouble | null;
}
