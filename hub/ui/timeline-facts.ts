import { type Currency, money } from '#shared/kernel/money.ts';
import { formatDay, formatMoney } from '#shared/ui/format.ts';
import type { Language } from '#shared/ui/i18n.ts';
import type { Words } from './words/words.ts';

export interface FactPlace {
  readonly words: Words['rentals']['facts'];
  readonly language: Language;
  /** Of the rental; null: amounts of an unknown currency are not told. */
  readonly currency: Currency | null;
}

/** A word of programs, such as `write_failed`: the step itself says it in the reader's language. */
const isCode = (text: string): boolean => /^[a-z]+(_[a-z]+)*$/.test(text);
const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' && !isCode(value) ? value : null;

/** Staff by their name, as `staff:ada` says it; programs are nobody. */
const personOf = (value: unknown): string | null =>
  typeof value === 'string' && value.startsWith('staff:') ? value.slice('staff:'.length) : null;

/** What a step of a rental is told with, a sentence each. What has no words here is for programs and is left out. */
export function factsOf(
  detail: Readonly<Record<string, unknown>>,
  { words, language, currency }: FactPlace,
): readonly string[] {
  const facts: (string | null)[] = [];
  const amount = (minor: unknown, of: Currency | null): string | null =>
    typeof minor === 'number' && of !== null ? formatMoney(money(minor, of), language) : null;
  const day = (value: unknown): string | null =>
    typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value)
      ? formatDay(Date.parse(`${value}T12:00:00Z`), language, 'UTC')
      : null;
  const told = (value: string | null, say: (text: string) => string) => {
    facts.push(value === null ? null : say(value));
  };
  const named = { ...detail };
  told(textOf(named.reason), words.reason);
  if (named.version !== undefined)
    told(textOf(named.tariff), (name) => words.tariff(name, String(named.version)));
  if (named.verification === 'full' || named.verification === 'sampled')
    facts.push(words[named.verification]);
  if (named.uncertain === true) facts.push(words.uncertain);
  told(
    amount(named.minor, typeof named.currency === 'string' ? (named.currency as Currency) : currency),
    words.amount,
  );
  const [from, to] = [day(named.from), day(named.to)];
  if (from !== null && to !== null) facts.push(words.closed(from, to));
  if (named.differenceMinor !== 0) told(amount(named.differenceMinor, currency), words.difference);
  if (named.couponId !== undefined) facts.push(words.coupon);
  told(personOf(named.secondPerson), words.second);
  told(personOf(named.actor), words.by);
  return facts.filter((fact) => fact !== null);
}
