import type { Money } from '#shared/kernel/money.ts';
import { fault, ok, type Result } from '#shared/kernel/result.ts';
import type { Milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { CardAuthorisation, CardFault, CardPayment } from '#shared/ports/payment.ts';

/** What the next customer's card does. `unknown-then-approve`: the answer is lost once, the provider did authorise (PAY-1). */
export type CardBehaviour = 'approve' | 'decline' | 'time-out' | 'pulled' | 'unknown-then-approve';

export type CardState = 'authorised' | 'captured' | 'voided';

interface ProviderRecord {
  readonly authorisation: CardAuthorisation;
  state: CardState;
  captured: number;
}

export interface CardReaderOptions {
  readonly clock: Pick<Clock, 'sleep'>;
  /** How long a customer and the provider take together. */
  readonly answerAfter: Milliseconds;
  readonly maskedCard?: string;
  readonly cardToken?: string;
  /** Keeps the provider's records across restarts of the process; the default forgets them. */
  readonly save?: (records: readonly SavedRecord[]) => void;
  readonly saved?: readonly SavedRecord[];
}

export interface SavedRecord {
  readonly key: string;
  readonly authorisation: CardAuthorisation;
  readonly state: CardState;
  readonly captured: number;
}

/**
 * A card reader and the payment provider behind it, in one: authorisations are remembered by idempotence key, so that asking again
 * tells the first outcome. `inspect()` is the provider's own record: the witness that nothing was charged twice.
 */
/** What stands on every simulated customer's card. The reader and the provider know it; nobody else ever may (SEC-6). */
export const CARD_NUMBER = '4000056655665556';

export class SimulatedCardReader implements CardPayment {
  readonly #options: CardReaderOptions;
  readonly #records = new Map<string, ProviderRecord>();
  /** How many authorisations there were. */
  #given: number;
  /** Keys of what was settled when `forgetSettled` was called last. */
  #settled: readonly string[] = [];
  #behaviour: CardBehaviour = 'approve';
  #careless = false;

  constructor(options: CardReaderOptions) {
    this.#options = options;
    this.#given = options.saved?.length ?? 0;
    for (const { key, ...record } of options.saved ?? []) this.#records.set(key, { ...record });
  }

  behave(behaviour: CardBehaviour): void {
    this.#behaviour = behaviour;
  }

  /** From now on as a careless driver would: the whole number where only its last digits belong. */
  tellWholeNumber(): void {
    this.#careless = true;
  }

  behaviour(): CardBehaviour {
    return this.#behaviour;
  }

  inspect(): readonly SavedRecord[] {
    return [...this.#records].map(([key, record]) => ({ key, ...record }));
  }

  /** Forgets what was settled when this was called last. Nobody asks for it any more, and a world of weeks would keep every rental's. */
  forgetSettled(): void {
    for (const key of this.#settled) this.#records.delete(key);
    this.#settled = [...this.#records].flatMap(([key, { state }]) => (state === 'authorised' ? [] : key));
    this.#save();
  }

  async authorise(key: string, amount: Money): Promise<Result<CardAuthorisation, CardFault>> {
    return this.#ask(key, amount, this.#options.cardToken ?? 'card-demo-4242');
  }

  async authoriseHeld(
    key: string,
    cardToken: string,
    amount: Money,
  ): Promise<Result<CardAuthorisation, CardFault>> {
    return this.#ask(key, amount, cardToken);
  }

  async capture(key: string, authorisationId: string, amount: Money): Promise<Result<void, CardFault>> {
    await this.#options.clock.sleep(this.#options.answerAfter);
    const record = this.#byAuthorisation(authorisationId);
    if (record === undefined || record.state === 'voided')
      return fault('card_declined', `nothing to capture under ${key}`);
    if (amount.minor > record.authorisation.amount.minor)
      return fault('card_declined', 'more than was authorised');
    record.state = 'captured';
    record.captured = amount.minor;
    this.#save();
    return ok(undefined);
  }

  async void(key: string, authorisationId: string): Promise<Result<void, CardFault>> {
    await this.#options.clock.sleep(this.#options.answerAfter);
    const record = this.#byAuthorisation(authorisationId);
    if (record?.state === 'captured') return fault('card_declined', `already captured: ${key}`);
    if (record !== undefined) record.state = 'voided';
    this.#save();
    return ok(undefined);
  }

  async #ask(key: string, amount: Money, cardToken: string): Promise<Result<CardAuthorisation, CardFault>> {
    const known = this.#records.get(key);
    if (known !== undefined) return ok(known.authorisation);
    await this.#options.clock.sleep(this.#options.answerAfter);
    switch (this.#behaviour) {
      case 'decline':
        return fault('card_declined', 'the card was declined');
      case 'time-out':
        return fault('card_timeout', 'nobody presented a card in time');
      case 'pulled':
        return fault('card_pulled', 'the card was pulled too early');
      case 'unknown-then-approve':
        this.#remember(key, amount, cardToken);
        this.#behaviour = 'approve';
        return fault('card_unknown_outcome', 'the answer of the provider was lost');
      case 'approve':
        return ok(this.#remember(key, amount, cardToken));
    }
  }

  #remember(key: string, amount: Money, cardToken: string): CardAuthorisation {
    this.#given += 1;
    const authorisation: CardAuthorisation = {
      authorisationId: `auth-${this.#given}-${key.slice(-24)}`,
      cardToken,
      maskedCard: this.#careless ? CARD_NUMBER : (this.#options.maskedCard ?? '•••• 4242'),
      amount,
    };
    this.#records.set(key, { authorisation, state: 'authorised', captured: 0 });
    this.#save();
    return authorisation;
  }

  #byAuthorisation(authorisationId: string): ProviderRecord | undefined {
    for (const record of this.#records.values()) {
      if (record.authorisation.authorisationId === authorisationId) return record;
    }
    return undefined;
  }

  #save(): void {
    this.#options.save?.(this.inspect());
  }
}
