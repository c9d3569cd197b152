import { SimulatedCardReader } from '#firmware-sim/devices/card-reader.ts';
import type { Money } from '#shared/kernel/money.ts';
import { fault, type Result } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { CardAuthorisation, CardFault } from '#shared/ports/payment.ts';
import type { Random } from '#shared/ports/random.ts';
import type { WorldTime } from './time.ts';

const SECOND = 1_000;
/** When the terminal's end of the line to the provider gives up. */
const GIVEN_UP = 25 * SECOND;
const AGAIN_WITHIN = 20 * 60 * SECOND;

/**
 * How a reader answers. `slow`: after up to 70 s. `late`: the provider does what it was asked, and its answer comes when nobody waits for it any more.
 * `twice`: a question that was answered reaches the provider once more, some time later.
 */
export const MANNERS = ['slow', 'late', 'twice'] as const;
export type Manner = 'prompt' | (typeof MANNERS)[number];

/** A card reader that does as asked, and answers when and as often as it likes. */
export class UnrulyCard extends SimulatedCardReader {
  readonly #time: WorldTime;
  readonly #random: Random;
  /** What was asked for under each key. */
  #asked = new Map<string, number>();
  /** The same until what was settled was forgotten last. */
  #askedBefore: ReadonlyMap<string, number> = new Map();
  #manner: Manner = 'prompt';
  /** Rules that the terminals' questions broke. */
  readonly wrong: string[] = [];

  constructor(time: WorldTime, random: Random) {
    super({
      clock: { sleep: (duration) => time.sleep(duration) },
      answerAfter: milliseconds(3 * SECOND),
    });
    this.#time = time;
    this.#random = random;
  }

  answer(manner: Manner): void {
    this.#manner = manner;
  }

  override forgetSettled(): void {
    super.forgetSettled();
    this.#askedBefore = this.#asked;
    this.#asked = new Map();
  }

  override authorise(key: string, amount: Money): Promise<Result<CardAuthorisation, CardFault>> {
    this.#same(`authorise ${key}`, amount);
    return this.#pass(() => super.authorise(key, amount));
  }

  override authoriseHeld(
    key: string,
    cardToken: string,
    amount: Money,
  ): Promise<Result<CardAuthorisation, CardFault>> {
    this.#same(`authorise ${key}`, amount);
    return this.#pass(() => super.authoriseHeld(key, cardToken, amount));
  }

  override capture(key: string, authorisationId: string, amount: Money): Promise<Result<void, CardFault>> {
    this.#same(`capture ${key}`, amount);
    return this.#pass(() => super.capture(key, authorisationId, amount));
  }

  override void(key: string, authorisationId: string): Promise<Result<void, CardFault>> {
    return this.#pass(() => super.void(key, authorisationId));
  }

  /** PAY-1: a key stands for one question. */
  #same(question: string, { minor }: Money): void {
    const before = this.#asked.get(question) ?? this.#askedBefore.get(question);
    if (before !== undefined && before !== minor)
      this.wrong.push(`PAY-1: ${question} was asked for ${before} and for ${minor}`);
    this.#asked.set(question, minor);
  }

  async #pass<T>(ask: () => Promise<Result<T, CardFault>>): Promise<Result<T, CardFault>> {
    const manner = this.#manner;
    if (manner === 'slow') await this.#time.sleep(this.#random.below(70 * SECOND));
    const answer = await ask();
    if (manner === 'late' && answer.ok) {
      await this.#time.sleep(GIVEN_UP);
      return fault('card_unknown_outcome', 'no answer in time');
    }
    if (manner === 'twice' && answer.ok) this.#time.after(this.#random.below(AGAIN_WITHIN), () => void ask());
    return answer;
  }
}
