import type { FoldedWord } from '#shared/domain/folding.ts';

/** Terms that a word of a question may mean, and what each is worth; the caller sets `qualities` back to 0 when it is done. */
export interface TermMatch {
  /** Those that fit best first. */
  readonly terms: readonly number[];
  /** By term: 3 the word itself, 2 its beginning, 1 with one typing error, 0 not at all. */
  readonly qualities: Uint8Array;
}

/** Words shorter than this must be typed right: one error would match nearly everything. A kana is two letters' worth. */
const FORGIVING_FROM = { latin: 4, kana: 3, han: Number.POSITIVE_INFINITY } as const;
/** Before how a Japanese word sounds; no word begins with it. */
const SOUND = '~';
const LAST_SIGN = '\uffff';
const LONGEST = 40;
export const EXACT = 3;
const BEGINNING = 2;
const ERROR = 1;

/** All words that titles are found by, each with a number that stays until `keepOnly`. */
export class TermBook {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];
  /** Numbers in the order of their texts, of those that were there at the last `sort`. */
  #order = new Uint32Array(0);
  readonly #scratch: Uint8Array[] = [];
  #lent = 0;

  get size(): number {
    return this.#texts.length;
  }

  /** Under which terms a word of a title is kept; Japanese ones from each of their signs on, and by their sound. */
  numbersOf(word: FoldedWord): readonly number[] {
    const text = word.text.slice(0, LONGEST);
    if (word.script === 'latin') return text === '' ? [] : [this.#numberOf(text)];
    const parts = [...text].map((_, at, signs) => signs.slice(at).join(''));
    const sound = word.sound;
    return [...parts, ...(sound === null || sound === '' ? [] : [SOUND + sound])].map((part) =>
      this.#numberOf(part),
    );
  }

  #numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.#texts.push(text) - 1;
    this.#numbers.set(text, number);
    return number;
  }

  /** Forgets the terms whose flag is 0; the others get new numbers, which are answered by the old ones. `sort` must follow. */
  keepOnly(flags: Uint8Array): Uint32Array {
    const renumbered = new Uint32Array(this.size);
    const before = this.#texts.splice(0);
    this.#numbers.clear();
    this.#order = new Uint32Array(0);
    for (const [number, text] of before.entries())
      if (flags[number] !== 0) renumbered[number] = this.#numberOf(text);
    return renumbered;
  }

  /** Terms that came since are found by looking at each: sort when they are many. */
  sort(): void {
    const texts = this.#texts;
    const text = (number: number): string => texts[number] ?? '';
    this.#order = Uint32Array.from(texts.keys()).sort((a, b) => (text(a) < text(b) ? -1 : 1));
    this.#scratch.length = 0;
  }

  matching(word: FoldedWord, forgiving: boolean): TermMatch {
    const qualities = this.#zeros();
    const terms: number[] = [];
    const take = (term: number, quality: number): void => {
      if ((qualities[term] ?? 0) > 0) return;
      qualities[term] = quality;
      terms.push(term);
    };
    const wanted = word.text.slice(0, LONGEST);
    const own = this.#numbers.get(wanted);
    if (own !== undefined) take(own, EXACT);
    const { sound } = word;
    const heard = sound !== null && sound.length >= 2 && word.script !== 'han' ? SOUND + sound : null;
    const beginnings = [wanted, ...(heard === null ? [] : [heard])].filter((text) => text !== '');
    for (const beginning of beginnings) this.#beginningWith(beginning, (term) => take(term, BEGINNING));
    if (forgiving && wanted.length >= FORGIVING_FROM[word.script])
      this.#nearly(wanted, (term) => take(term, ERROR));
    return { terms, qualities };
  }

  /** A block of zeros; lent in turns, since a question has several words at once. */
  #zeros(): Uint8Array {
    const at = this.#lent % BLOCKS;
    this.#lent += 1;
    const block = this.#scratch[at];
    if (block !== undefined && block.length >= this.size) return block;
    const made = new Uint8Array(Math.ceil(this.size * 1.1) + 64);
    this.#scratch[at] = made;
    return made;
  }

  #beginningWith(beginning: string, take: (term: number) => void): void {
    const to = this.#placeOf(beginning + LAST_SIGN);
    for (let at = this.#placeOf(beginning); at < to; at += 1) take(this.#order[at] ?? 0);
    for (let term = this.#order.length; term < this.#texts.length; term += 1)
      if (this.#texts[term]?.startsWith(beginning)) take(term);
  }

  /**
   * Terms of which a beginning is `wanted` but for one letter wrong, missing, too many, or two neighbours swapped. Up to the error the sorted terms are
   * followed letter by letter, so that only letters are tried which some term has there.
   */
  #nearly(wanted: string, take: (term: number) => void): void {
    const tried = new Set<string>();
    const attempt = (beginning: string): void => {
      if (beginning === '' || tried.has(beginning)) return;
      tried.add(beginning);
      this.#beginningWith(beginning, take);
    };
    for (let at = 0; at < wanted.length; at += 1) {
      const head = wanted.slice(0, at);
      const rest = wanted.slice(at + 1);
      attempt(head + rest);
      if (rest !== '') attempt(head + rest.slice(0, 1) + wanted.slice(at, at + 1) + rest.slice(1));
      for (const letter of this.#lettersAfter(head)) {
        attempt(head + letter + rest);
        attempt(head + letter + wanted.slice(at));
      }
    }
  }

  /** Letters that follow `head` in some sorted term; those of the same kind of script as words are typed in. */
  *#lettersAfter(head: string): Generator<string> {
    const end = this.#placeOf(head + LAST_SIGN);
    let at = this.#placeOf(head);
    while (at < end) {
      const letter = this.#texts[this.#order[at] ?? 0]?.slice(head.length, head.length + 1) ?? '';
      if (letter === '') {
        at += 1;
        continue;
      }
      if (letter > LAST_KANA) return;
      if (letter !== SOUND) yield letter;
      at = this.#placeOf(head + letter + LAST_SIGN);
    }
  }

  /** Where in the order the first text stands that is not before `text`. */
  #placeOf(text: string): number {
    let [low, high] = [0, this.#order.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#texts[this.#order[middle] ?? 0] ?? '') < text) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const BLOCKS = 16;
/** Beyond it come the thousands of Chinese signs, of which none is tried. */
const LAST_KANA = '\u30ff';
