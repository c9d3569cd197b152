import type { CopyId, RentalId, ReservationId, TitleId } from '#shared/kernel/ids.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { EpochMs, Milliseconds } from '#shared/kernel/time.ts';
import type { Reservable } from '../returning/next-visit.ts';
import type { Means } from '../returning/open.ts';
import type { PointsPurse } from '../returning/pay.ts';
import type { Price } from '../returning/price.ts';
import type { Trouble } from '../trouble.ts';
import type {
  LineKind,
  LineWork,
  PaidPart,
  ReceiptFacts,
  ReturnIntent,
  ScreenLanguage,
  ScreenName,
} from './contract.ts';

/** One copy as the session knows it; what the media orders need of it stays with the visit (machine). */
export interface LineState {
  readonly copyId: CopyId;
  readonly rentalId: RentalId | null;
  readonly titleId: TitleId | null;
  readonly title: string | null;
  readonly memberToken: string | null;
  readonly kind: LineKind;
  readonly chosen: boolean;
  readonly t0: EpochMs | null;
  readonly price: Price | null;
  readonly means: Means;
  /** What the tariff grants for the rental itself (RWD-1). */
  readonly pointsPerRental: number;
  readonly work: LineWork;
  readonly progress: number;
  readonly paid: readonly PaidPart[];
  readonly due: Money | null;
  readonly receipt: ReceiptFacts | null;
  readonly stars: number | null;
  readonly trouble: Trouble | null;
}

export type LineChange = Partial<
  Pick<LineState, 'work' | 'progress' | 'paid' | 'due' | 'receipt' | 'trouble'>
>;

/** Everything of one customer's visit, in memory only. `session` tells answers of an earlier customer from this one's. */
export interface SessionState {
  readonly session: number;
  readonly screen: ScreenName;
  readonly language: ScreenLanguage;
  readonly mediumInside: boolean;
  readonly lines: readonly LineState[];
  /** The hub could not be asked: no balance, no points (CHG-7). */
  readonly offline: boolean;
  readonly mediumKnown: boolean;
  /** The medium has a controller of its own (SEC-5). */
  readonly secure: boolean;
  readonly purse: PointsPurse | null;
  readonly points: { readonly busy: boolean; readonly trouble: Trouble | null };
  readonly atReader: Money | null;
  /** The last amount that the reader waited for. */
  readonly asked: Money | null;
  readonly declined: Trouble | null;
  readonly reservable: readonly Reservable[];
  readonly reserved: readonly { readonly titleId: TitleId; readonly reservationId: ReservationId }[];
  readonly receipt: readonly string[];
  readonly qr: string | null;
  readonly printed: 'no' | 'printing' | 'yes' | 'failed';
  readonly advised: boolean;
  readonly trouble: Trouble | null;
  /** Seconds until the session ends by itself, while the customer is asked; null: not asked. */
  readonly idleSeconds: number | null;
}

export const startState = (
  session: number,
  language: ScreenLanguage,
  mediumInside: boolean,
): SessionState => ({
  session,
  screen: 'welcome',
  language,
  mediumInside,
  lines: [],
  offline: false,
  mediumKnown: false,
  secure: false,
  purse: null,
  points: { busy: false, trouble: null },
  atReader: null,
  asked: null,
  declined: null,
  reservable: [],
  reserved: [],
  receipt: [],
  qr: null,
  printed: 'no',
  advised: false,
  trouble: null,
  idleSeconds: null,
});

/** What happens to a session: intents of the customer, and what medium, hub, card reader and clock answered. */
export type SessionEvent =
  | { readonly type: 'intent'; readonly intent: ReturnIntent }
  | { readonly type: 'medium_inserted' }
  | { readonly type: 'medium_removed' }
  | {
      readonly type: 'medium_read';
      readonly lines: readonly LineState[];
      readonly offline: boolean;
      readonly mediumKnown: boolean;
      readonly secure: boolean;
    }
  | { readonly type: 'medium_failed'; readonly trouble: Trouble }
  | { readonly type: 'signed_in'; readonly purse: PointsPurse }
  | { readonly type: 'sign_in_failed'; readonly trouble: Trouble }
  | { readonly type: 'at_reader'; readonly amount: Money | null }
  | { readonly type: 'declined'; readonly trouble: Trouble }
  | { readonly type: 'destroying' }
  | { readonly type: 'line'; readonly copyId: CopyId; readonly change: LineChange }
  | { readonly type: 'reservable'; readonly titles: readonly Reservable[] }
  | { readonly type: 'reserved'; readonly titleId: TitleId; readonly reservationId: ReservationId }
  | {
      readonly type: 'return_over';
      readonly receipt: readonly string[];
      readonly qr: string | null;
      readonly advised: boolean;
    }
  /** After a crash: returns that were finished before anybody came (PAY-1). */
  | { readonly type: 'recovered'; readonly lines: readonly LineState[] }
  /** The receipt's text anew: a rating or reservation after it earns points. */
  | { readonly type: 'paper'; readonly receipt: readonly string[]; readonly qr: string | null }
  | { readonly type: 'printed'; readonly done: boolean }
  | { readonly type: 'failed'; readonly trouble: Trouble }
  | { readonly type: 'idle'; readonly secondsLeft: number }
  | { readonly type: 'closing'; readonly last: boolean };

/** What the machine must do because of a step. Each answers with later events. */
export type SessionEffect =
  | { readonly type: 'read_medium' }
  /** Gives up every return of the visit that was not begun (CHG-1). */
  | { readonly type: 'give_up' }
  | { readonly type: 'sign_in'; readonly pin: string }
  | { readonly type: 'sign_out'; readonly purse: PointsPurse }
  | {
      readonly type: 'return';
      readonly copyIds: readonly CopyId[];
      readonly purse: PointsPurse | null;
      readonly language: ScreenLanguage;
    }
  | { readonly type: 'card_answer'; readonly answer: 'again' | 'later' }
  | {
      readonly type: 'rate';
      readonly rentalId: RentalId;
      readonly titleId: TitleId;
      readonly stars: number;
    }
  | {
      readonly type: 'reserve';
      readonly titleId: TitleId;
      readonly rentalId: RentalId;
      readonly memberToken: string;
    }
  | {
      readonly type: 'cancel_reservation';
      readonly reservationId: ReservationId;
      readonly memberToken: string;
    }
  | { readonly type: 'print'; readonly lines: readonly string[]; readonly qr: string | null }
  | { readonly type: 'session_ended'; readonly outcome: string };

export interface Step {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

/** What the reducer must know of the terminal at the moment of the event; asked, never kept. */
export interface TerminalFacts {
  readonly defaultLanguage: ScreenLanguage;
  /** This boot's monotonic clock: quotes end by it. */
  readonly monotonic: Milliseconds;
  /** Why no return begins at present (locked by staff); null: open. */
  closed(): Trouble | null;
}
