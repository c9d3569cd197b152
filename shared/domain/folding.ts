import { toRomaji } from 'wanakana';

/** A word as search compares it: as it is written, and as it sounds. */
export interface FoldedWord {
  /** Lower case, hiragana, no accents; kana without marks, small ones large, no long stroke. */
  readonly text: string;
  /** One spelling for all that sounds alike in Japanese, in Latin letters; null where it has no sound that can be told. */
  readonly sound: string | null;
  readonly script: 'han' | 'kana' | 'latin';
}

/** Folds spelling variants and cuts into words. Text without spaces (Japanese) is cut where the kind of script changes. */
export function wordsOf(text: string): readonly FoldedWord[] {
  // Most catalogues are mostly plain letters, and a million titles of them are folded at a hub's first question.
  if (PLAIN.test(text)) return (unquoted(text.toLowerCase()).match(PLAIN_WORDS) ?? []).map(inLatin);
  return (plain(text).match(WORDS) ?? []).map(folded);
}
const PLAIN = /^[\x20-\x7e]*$/;
const PLAIN_WORDS = /[a-z0-9]+/g;
const unquoted = (text: string): string => text.replace(/['’`´]/g, '');

/** All letters of a text without what is between them: "Night Tram 9" as `nighttram9`. */
export const runOf = (text: string): FoldedWord =>
  folded(
    wordsOf(text)
      .map((word) => word.text)
      .join(''),
  );

const WORDS =
  /[\p{Script=Han}々]+|[\p{Script=Hiragana}ー]+|(?:(?![\p{Script=Han}\p{Script=Hiragana}])[\p{L}\p{N}])+/gu;

function folded(word: string): FoldedWord {
  if (HAN.test(word)) return { text: word, sound: null, script: 'han' };
  return KANA.test(word) ? new Heard(bareKana(word), 'kana', () => toRomaji(word)) : inLatin(word);
}
const inLatin = (word: string): FoldedWord => new Heard(word, 'latin', () => word);

/** Most words are never listened to: how one sounds is found out when it is asked for. */
class Heard implements FoldedWord {
  readonly text: string;
  readonly script: 'kana' | 'latin';
  readonly #spelt: () => string;
  #sound: string | undefined;

  constructor(text: string, script: 'kana' | 'latin', spelt: () => string) {
    this.text = text;
    this.script = script;
    this.#spelt = spelt;
  }

  get sound(): string {
    this.#sound ??= soundOf(this.#spelt());
    return this.#sound;
  }
}
const HAN = /\p{Script=Han}/u;
const KANA = /[\p{Script=Hiragana}ー]/u;

/** Wide and narrow, upper and lower case, katakana and hiragana, accents: one form. German umlauts may also be typed as two letters. */
const plain = (text: string): string =>
  unquoted(text.normalize('NFKC').toLowerCase())
    .replace(/[\u30a1-\u30f6]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0x60))
    .replace(/ß/g, 'ss')
    .replace(/æ/g, 'ae')
    .replace(/œ/g, 'oe')
    .replace(/ø/g, 'o')
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC');

/** `ae`, `oe`, `ue` as who has no umlauts types them, beside what accents leave. */
export const umlautless = (text: string): string =>
  plain(text.normalize('NFC').replace(/[äöüÄÖÜ]/g, (sign) => `${sign.normalize('NFD')[0]}e`));

const LARGE: Readonly<Record<string, string>> = {
  ぁ: 'あ',
  ぃ: 'い',
  ぅ: 'う',
  ぇ: 'え',
  ぉ: 'お',
  っ: 'つ',
  ゃ: 'や',
  ゅ: 'ゆ',
  ょ: 'よ',
  ゎ: 'わ',
};
const bareKana = (kana: string): string =>
  [...kana.normalize('NFD').replace(/[\u3099\u309aー]/g, '')].map((sign) => LARGE[sign] ?? sign).join('');

/** Hepburn, Kunrei and what people type, long vowels and doubled consonants: one spelling. */
const SOUNDS: readonly (readonly [RegExp, string])[] = [
  [/[^a-z0-9]/g, ''],
  [/sh([aueo])/g, 'sy$1'],
  [/ch([aueo])/g, 'ty$1'],
  [/j([aueo])/g, 'zy$1'],
  [/shi/g, 'si'],
  [/t?chi/g, 'ti'],
  [/ji|di/g, 'zi'],
  [/tsu/g, 'tu'],
  [/d[zs]?u/g, 'zu'],
  [/fu/g, 'hu'],
  [/wo/g, 'o'],
  [/m(?=[bmp])/g, 'n'],
  [/ou|oh(?![aiueo])/g, 'o'],
  [/ei/g, 'e'],
  [/(.)\1+/g, '$1'],
];

const soundOf = (latin: string): string =>
  SOUNDS.reduce((text, [from, to]) => text.replace(from, to), latin.toLowerCase());

const NUMBERS = [
  ['1', 'one', 'eins', '一'],
  ['2', 'two', 'zwei', '二'],
  ['3', 'three', 'drei', '三'],
  ['4', 'four', 'vier', '四'],
  ['5', 'five', 'funf', '五'],
  ['6', 'six', 'sechs', '六'],
  ['7', 'seven', 'sieben', '七'],
  ['8', 'eight', 'acht', '八'],
  ['9', 'nine', 'neun', '九'],
  ['10', 'ten', 'zehn', '十'],
  ['11', 'eleven', 'elf', '十一'],
  ['12', 'twelve', 'zwolf', '十二'],
] as const;
const ALIASES: ReadonlyMap<string, readonly string[]> = new Map(
  NUMBERS.flatMap((names) => names.map((name) => [name, names.filter((other) => other !== name)] as const)),
);

/** Other words for the same number up to twelve: "seven keys" is "7 keys". */
export const alsoCalled = (word: FoldedWord): readonly FoldedWord[] =>
  (ALIASES.get(word.text) ?? []).map(folded);
