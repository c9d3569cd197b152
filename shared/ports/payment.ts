import type { Money } from '#shared/kernel/money.ts';
import type { Fault, Result } from '#shared/kernel/result.ts';

export type CardFault = Fault<
  'card_declined' | 'card_timeout' | 'card_pulled' | 'card_unknown_outcome' | 'card_reader_away'
>;

/** What the card reader may tell: a token of the payment provider, never a card number (SEC-6). */
export interface CardAuthorisation {
  readonly authorisationId: string;
  readonly cardToken: string;
  /** Shown on screen and receipt, e.g. "•••• 4242". */
  readonly maskedCard: string;
  readonly amount: Money;
}

/**
 * The card reader of a terminal together with the payment provider behind it. Each call carries an idempotence key: asking again
 * with the same key tells the first outcome and never charges again (PAY-1). `card_unknown_outcome`: ask again, same key.
 */
export interface CardPayment {
  authorise(key: string, amount: Money): Promise<Result<CardAuthorisation, CardFault>>;
  /** Authorises against the card that was held at rental. */
  authoriseHeld(key: string, cardToken: string, amount: Money): Promise<Result<CardAuthorisation, CardFault>>;
  capture(key: string, authorisationId: string, amount: Money): Promise<Result<void, CardFault>>;
  void(key: string, authorisationId: string): Promise<Result<void, CardFault>>;
}
