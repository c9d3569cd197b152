import { z } from 'zod';
import type { CopyId, TitleId } from '#shared/kernel/ids.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { PaymentMeans } from '#shared/protocol/events.ts';
import { copyId, type Localised, titleId } from '#shared/protocol/primitives.ts';
import type { Trouble } from '../trouble.ts';

/**
 * Between the return terminal's page and the edge process: what the page may ask for (`returnIntent`) and all that it shows (`ReturnSnapshot`,
 * plain JSON). The page decides nothing; the reducer ignores an intent that does not belong to the present screen.
 */
export const SCREEN_LANGUAGES = ['en', 'ja', 'de'] as const;
export type ScreenLanguage = (typeof SCREEN_LANGUAGES)[number];

export const returnIntent = z.discriminatedUnion('type', [
  /** Somebody is there: keeps a session from timing out. */
  z.object({ type: z.literal('touch') }),
  z.object({ type: z.literal('language'), language: z.enum(SCREEN_LANGUAGES) }),
  z.object({ type: z.literal('back') }),
  z.object({ type: z.literal('finish') }),
  z.object({ type: z.literal('dismiss_trouble') }),
  /** Reads a medium that was left in the slot, or could not be read before. */
  z.object({ type: z.literal('read_again') }),
  z.object({ type: z.literal('choose'), copyId, chosen: z.boolean() }),
  /** One tap: return what is chosen, pay by the means shown. */
  z.object({ type: z.literal('confirm') }),
  z.object({ type: z.literal('card_again') }),
  z.object({ type: z.literal('pay_later') }),
  z.object({ type: z.literal('use_points') }),
  z.object({ type: z.literal('sign_in'), pin: z.string().regex(/^[0-9]{4,8}$/) }),
  z.object({ type: z.literal('rate'), copyId, stars: z.int().min(1).max(5) }),
  z.object({ type: z.literal('reserve'), titleId, wanted: z.boolean() }),
  z.object({ type: z.literal('print') }),
]);
export type ReturnIntent = z.infer<typeof returnIntent>;

/** What stands on the medium, with what it costs as of T0. `open` is the usual case; see `OpenCopy`. */
export type LineKind =
  | 'open'
  | 'must_finish'
  | 'closed'
  | 'found'
  | 'already_returned'
  | 'kept'
  | 'held'
  | 'damaged';

/** How far the work on one copy is. */
export type LineWork =
  | 'waiting'
  | 'paying'
  | 'paid'
  | 'overwriting'
  | 'reading_back'
  | 'destroyed'
  | 'abandoned'
  | 'torn';

export interface PaidPart {
  readonly means: PaymentMeans;
  readonly amount: Money;
  readonly points: number | null;
  readonly maskedCard: string | null;
}

export interface ReceiptFacts {
  readonly returnId: string;
  readonly counter: number;
  readonly claim: 'CLEAR-SLOT' | 'PURGE';
  readonly readBack: 'power-cycle' | 'remount' | 'direct-io' | 'cache-dropped';
  readonly destroyedAt: EpochMs;
  /** First 16 hex digits of the receipt's SHA-256: the same on paper and at the hub. */
  readonly fingerprint: string;
}

export interface ReturnLine {
  readonly copyId: CopyId;
  readonly titleId: TitleId | null;
  readonly name: Localised;
  readonly poster: string | null;
  readonly kind: LineKind;
  readonly chosen: boolean;
  /** May be chosen or left on the medium. */
  readonly choosable: boolean;
  readonly startedAt: EpochMs | null;
  readonly dueAt: EpochMs | null;
  readonly t0: EpochMs | null;
  readonly total: Money | null;
  /** Computed by this terminal itself, because the hub was away (CHG-7). */
  readonly provisional: boolean;
  readonly bill: readonly { readonly code: string; readonly amount: Money; readonly units: number | null }[];
  /** The next change of price, and what returning now saves against it. */
  readonly next: { readonly at: EpochMs; readonly total: Money; readonly saved: Money } | null;
  readonly keepReached: boolean;
  readonly work: LineWork;
  /** 0 to 1: true progress of the destruction. */
  readonly progress: number;
  readonly paid: readonly PaidPart[];
  readonly due: Money | null;
  readonly receipt: ReceiptFacts | null;
  readonly stars: number | null;
  readonly trouble: Trouble | null;
}

export interface ReservableTitle {
  readonly titleId: TitleId;
  readonly name: Localised;
  readonly poster: string | null;
  readonly queueLength: number | null;
  readonly waitSeconds: number | null;
  readonly releaseAt: EpochMs | null;
  readonly wanted: boolean;
}

export interface PlanView {
  readonly total: Money | null;
  readonly parts: readonly { readonly means: PaymentMeans; readonly amount: Money }[];
  /** Points may be spent after a PIN: the hub is there and the medium says whose it is. */
  readonly pointsOffered: boolean;
  readonly points: number | null;
}

export type ReturnView =
  | { readonly screen: 'welcome'; readonly closed: Trouble | null; readonly mediumLeft: boolean }
  | { readonly screen: 'reading' }
  /** Nothing can be done with what is in the slot, and why. */
  | { readonly screen: 'nothing'; readonly lines: readonly ReturnLine[]; readonly trouble: Trouble | null }
  | { readonly screen: 'choose'; readonly lines: readonly ReturnLine[]; readonly plan: PlanView }
  | { readonly screen: 'points'; readonly busy: boolean; readonly trouble: Trouble | null }
  | {
      readonly screen: 'pay';
      readonly lines: readonly ReturnLine[];
      /** What the reader waits for; null while balances are asked. */
      readonly atReader: Money | null;
      /** What was asked for last at the reader: it stays open when the customer pays later. */
      readonly asked: Money | null;
      /** The card said no: another try, or pay later. */
      readonly declined: Trouble | null;
    }
  | {
      readonly screen: 'returning';
      readonly lines: readonly ReturnLine[];
      readonly current: number;
      /** The medium's own controller deletes the key and signs it (SEC-5). */
      readonly secure: boolean;
      readonly reservable: readonly ReservableTitle[];
      readonly rewards: { readonly forRating: number; readonly forReservation: number } | null;
    }
  | {
      readonly screen: 'receipt';
      readonly lines: readonly ReturnLine[];
      readonly reservable: readonly ReservableTitle[];
      readonly rewards: { readonly forRating: number; readonly forReservation: number } | null;
      readonly pointsEarned: number;
      readonly receipt: readonly string[];
      readonly qr: string | null;
      readonly printed: 'no' | 'printing' | 'yes' | 'failed';
      /** Recommendations were left on the medium for the next visit (RET-6). */
      readonly advised: boolean;
      readonly mediumInside: boolean;
    }
  | { readonly screen: 'take' };
export type ScreenName = ReturnView['screen'];

export interface ReturnSnapshot {
  readonly language: ScreenLanguage;
  readonly siteName: string;
  readonly zone: string;
  readonly online: boolean;
  readonly trouble: Trouble | null;
  /** Present while the customer is asked whether somebody is still there. */
  readonly idle: { readonly secondsLeft: number; readonly seconds: number } | null;
  readonly view: ReturnView;
}
