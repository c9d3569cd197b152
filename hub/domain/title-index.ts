import { alsoCalled, type FoldedWord, umlautless, wordsOf } from '#shared/domain/folding.ts';
import type { TitleId } from '#shared/kernel/ids.ts';
import { EXACT, TermBook } from './title-terms.ts';

/** What a title is found by. */
export interface TitleWords {
  readonly titleId: TitleId;
  /** Its name in every language and reading. */
  readonly names: readonly string[];
  /** People, genres as people call them, the year. */
  readonly others: readonly string[];
}

export interface FoundTitles {
  /** Best first; among equals those that came into the index last. */
  readonly titleIds: readonly TitleId[];
  /** How many matched of those that were looked at. */
  readonly count: number;
  /** There may be more than `count`: words so common that only the newest of their titles were looked at. */
  readonly more: boolean;
}

/** Words beyond so many of a question are not looked at. */
const MOST_WORDS = 8;
/** Titles that one question looks at, at most, once enough were found: some milliseconds. */
const MOST_LOOKED_AT = 20_000;
/** Titles behind the sorted part that are looked through one by one; more are sorted in. */
const MOST_LOOSE = 4096;
const NAME = 4;
const OTHER = 2;
const WHOLE_NAME = 6;
/** Bits of an entry: which word, and whether the word stands in a name. */
const NAME_BIT = 1;

/**
 * Finds titles by words: every word of the question must be the beginning of a word of the title; where nothing is found so, each longer word forgives
 * one typing error (CAT-2). Spellings, accents, kana and romaji are one (`folding.ts`); Japanese words are found from any of their signs on.
 *
 * Titles are numbered in the order they come. Forward: the words of each title; backward: the titles of each word, as one sorted block that is made anew
 * when many titles came since. At the least 4 bytes for each word of each title both ways, and the ids: some 300 bytes a title with six people.
 */
export class TitleIndex {
  readonly #terms = new TermBook();
  readonly #places = new Map<TitleId, number>();
  /** By number; an empty one was replaced by a later number. */
  #ids: (TitleId | '')[] = [];
  #gone = 0;
  /** Words of title n: from `#starts[n]` to `#starts[n + 1]`. */
  #starts = new Uint32Array(1024);
  #words = new Uint32Array(16_384);
  #nameLengths = new Uint8Array(1024);
  /** Titles of word w: from `#begins[w]` to `#begins[w + 1]`, of the first `#sorted` titles. */
  #begins = new Uint32Array(1);
  #titles = new Uint32Array(0);
  #sorted = 0;
  #seen = new Uint32Array(1024);
  #question = 0;

  get size(): number {
    return this.#places.size;
  }

  /** Bytes of its blocks; ids and words themselves come on top. */
  get bytes(): number {
    const blocks = [this.#starts, this.#words, this.#nameLengths, this.#begins, this.#titles, this.#seen];
    return blocks.reduce((sum, block) => sum + block.byteLength, 0);
  }

  /** Words that it knows titles by. */
  get terms(): number {
    return this.#terms.size;
  }

  /** Takes a title in, or what was changed of it. Nothing changed: nothing is done. */
  put(title: TitleWords): void {
    const { entries, nameLength } = this.#entriesOf(title);
    const before = this.#places.get(title.titleId);
    if (before !== undefined) {
      const [from, to] = [this.#starts[before] ?? 0, this.#starts[before + 1] ?? 0];
      const same = to - from === entries.length && entries.every((one, at) => one === this.#words[from + at]);
      if (same) return;
      this.#ids[before] = '';
      this.#gone += 1;
    }
    const number = this.#ids.push(title.titleId) - 1;
    this.#places.set(title.titleId, number);
    const from = this.#starts[number] ?? 0;
    this.#starts = roomFor(this.#starts, number + 2);
    this.#nameLengths = roomFor(this.#nameLengths, number + 1);
    this.#seen = roomFor(this.#seen, number + 1);
    this.#words = roomFor(this.#words, from + entries.length);
    this.#words.set(entries, from);
    this.#starts[number + 1] = from + entries.length;
    this.#nameLengths[number] = nameLength;
  }

  /** After many were taken in: sorts them in. Titles that came later are found as well, only slower. */
  settle(): void {
    if (this.#ids.length - this.#sorted < MOST_LOOSE && this.#sorted > 0) return;
    if (this.#gone > this.#places.size) this.#dropGone();
    this.#terms.sort();
    const count = this.#ids.length;
    const begins = new Uint32Array(this.#terms.size + 1);
    const end = this.#starts[count] ?? 0;
    for (let at = 0; at < end; at += 1) {
      const next = ((this.#words[at] ?? 0) >>> NAME_BIT) + 1;
      begins[next] = (begins[next] ?? 0) + 1;
    }
    for (let term = 1; term < begins.length; term += 1)
      begins[term] = (begins[term] ?? 0) + (begins[term - 1] ?? 0);
    const titles = new Uint32Array(end);
    const filled = begins.slice();
    for (let number = 0; number < count; number += 1)
      for (let at = this.#starts[number] ?? 0; at < (this.#starts[number + 1] ?? 0); at += 1) {
        const term = (this.#words[at] ?? 0) >>> NAME_BIT;
        const to = filled[term] ?? 0;
        titles[to] = number;
        filled[term] = to + 1;
      }
    this.#begins = begins;
    this.#titles = titles;
    this.#sorted = count;
  }

  /** At most `most` titles that match all words of the question. A question without a word finds nothing. */
  find(question: string, most: number): FoundTitles {
    const wanted = wordsOf(question).slice(0, MOST_WORDS);
    if (wanted.length === 0) return { titleIds: [], count: 0, more: false };
    const found = this.#matching(wanted, false, most);
    return found.count > 0 ? found : this.#matching(wanted, true, most);
  }

  #matching(wanted: readonly FoldedWord[], forgiving: boolean, most: number): FoundTitles {
    const matches = wanted.map((word) => this.#terms.matching(word, forgiving));
    let rarest = 0;
    let least = Number.POSITIVE_INFINITY;
    for (const [at, { terms }] of matches.entries()) {
      const cost = terms.reduce((sum, term) => sum + this.#titlesOf(term), 0);
      if (cost < least) [rarest, least] = [at, cost];
    }
    const best: number[][] = [];
    let [looked, count, more] = [0, 0, false];
    this.#question += 1;
    const look = (number: number): void => {
      if (this.#seen[number] === this.#question || this.#ids[number] === '') return;
      this.#seen[number] = this.#question;
      looked += 1;
      const score = this.#score(number, matches);
      if (score === 0) return;
      count += 1;
      best[score] ??= [];
      if ((best[score]?.length ?? 0) < most) best[score]?.push(number);
    };
    for (let number = this.#ids.length - 1; number >= this.#sorted; number -= 1) look(number);
    for (const term of matches[rarest]?.terms ?? []) {
      if (more) break;
      const from = this.#begins[term] ?? 0;
      for (let at = (this.#begins[term + 1] ?? from) - 1; at >= from; at -= 1) {
        look(this.#titles[at] ?? 0);
        more = looked >= MOST_LOOKED_AT && count >= most;
        if (more) break;
      }
    }
    for (const { qualities, terms } of matches) for (const term of terms) qualities[term] = 0;
    const titleIds: TitleId[] = [];
    for (let score = best.length - 1; score > 0 && titleIds.length < most; score -= 1)
      for (const number of best[score] ?? []) {
        const titleId = this.#ids[number] ?? '';
        if (titleId !== '' && titleIds.length < most) titleIds.push(titleId);
      }
    return { titleIds, count, more };
  }

  /** 0: not all words match. */
  #score(number: number, matches: readonly { readonly qualities: Uint8Array }[]): number {
    const from = this.#starts[number] ?? 0;
    const to = this.#starts[number + 1] ?? 0;
    let [total, exact] = [0, 0];
    for (const { qualities } of matches) {
      let best = 0;
      let whole = false;
      for (let at = from; at < to; at += 1) {
        const entry = this.#words[at] ?? 0;
        const quality = qualities[entry >>> NAME_BIT] ?? 0;
        if (quality === 0) continue;
        const inName = (entry & NAME_BIT) === 1;
        const score = quality * (inName ? NAME : OTHER);
        if (score > best) best = score;
        whole ||= inName && quality === EXACT;
      }
      if (best === 0) return 0;
      total += best;
      if (whole) exact += 1;
    }
    return exact === matches.length && exact === this.#nameLengths[number] ? total + WHOLE_NAME : total;
  }

  #titlesOf = (term: number): number => (this.#begins[term + 1] ?? 0) - (this.#begins[term] ?? 0);

  #entriesOf({ names, others }: TitleWords): {
    readonly entries: readonly number[];
    readonly nameLength: number;
  } {
    const found = new Map<number, boolean>();
    const take = (words: readonly FoldedWord[], inName: boolean): void => {
      for (const word of words)
        for (const own of [word, ...alsoCalled(word)])
          for (const term of this.#terms.numbersOf(own)) found.set(term, inName || found.get(term) === true);
    };
    const lengths = names.map((name) => {
      const words = wordsOf(name);
      take(words, true);
      if (UMLAUT.test(name)) take(wordsOf(umlautless(name)), true);
      return words.length;
    });
    for (const other of others) take(wordsOf(other), false);
    const entries = [...found].map(([term, inName]) => term * 2 + (inName ? NAME_BIT : 0));
    return { entries, nameLength: Math.min(255, Math.min(...lengths, 255)) };
  }

  /** Numbers the titles anew, without those that were replaced, and their words without those that no title has any more. */
  #dropGone(): void {
    const [ids, starts, words, lengths] = [this.#ids, this.#starts, this.#words, this.#nameLengths];
    const used = new Uint8Array(this.#terms.size);
    for (const [number, titleId] of ids.entries())
      if (titleId !== '')
        for (let at = starts[number] ?? 0; at < (starts[number + 1] ?? 0); at += 1)
          used[(words[at] ?? 0) >>> NAME_BIT] = 1;
    const terms = this.#terms.keepOnly(used);
    this.#ids = [];
    this.#words = new Uint32Array(words.length);
    this.#starts = new Uint32Array(starts.length);
    for (const [number, titleId] of ids.entries()) {
      if (titleId === '') continue;
      const to = this.#ids.push(titleId) - 1;
      this.#places.set(titleId, to);
      const own = words
        .subarray(starts[number] ?? 0, starts[number + 1] ?? 0)
        .map((entry) => (terms[entry >>> NAME_BIT] ?? 0) * 2 + (entry & NAME_BIT));
      const from = this.#starts[to] ?? 0;
      this.#words.set(own, from);
      this.#starts[to + 1] = from + own.length;
      this.#nameLengths[to] = lengths[number] ?? 0;
    }
    this.#gone = 0;
    this.#seen.fill(0);
  }
}

const UMLAUT = /[äöüÄÖÜ]|\u0308/;

function roomFor<T extends Uint8Array | Uint32Array>(block: T, length: number): T {
  if (length <= block.length) return block;
  const larger = new (block.constructor as new (length: number) => T)(
    Math.ceil(Math.max(length, block.length * 1.5)),
  );
  larger.set(block);
  return larger;
}
