/**
 * Words of a screen. English states which words there are and what they take; every other language must have exactly the same, so that
 * a missing translation does not compile (SCR-5). No message is looked up by a name that is put together at run time, except by code
 * tables that a test proves complete.
 */
export const LANGUAGES = ['en', 'ja', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];
export const isLanguage = (value: string): value is Language => LANGUAGES.some((known) => known === value);

/** How each language calls itself. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  en: 'English',
  ja: '日本語',
  de: 'Deutsch',
};

type Word = string | ((...values: never[]) => string);
type Tree = { readonly [key: string]: Word | Tree };

/** The shape that translations of `T` must have: same names, same parameters. */
export type SameWords<T extends Tree> = {
  readonly [K in keyof T]: T[K] extends string
    ? string
    : T[K] extends (...values: infer V) => string
      ? (...values: V) => string
      : T[K] extends Tree
        ? SameWords<T[K]>
        : never;
};

const rules = new Map<Language, Intl.PluralRules>();

/** Picks the form for a number; `other` where the language has no form of its own. */
export function plural(
  language: Language,
  count: number,
  forms: { readonly other: string } & { readonly [form in Exclude<Intl.LDMLPluralRule, 'other'>]?: string },
): string {
  let rule = rules.get(language);
  if (rule === undefined) {
    rule = new Intl.PluralRules(language);
    rules.set(language, rule);
  }
  return forms[rule.select(count)] ?? forms.other;
}

/** A text that exists in English always and in other languages where somebody wrote it. */
export const localText = (
  text: { readonly en: string; readonly ja?: string | undefined; readonly de?: string | undefined },
  language: Language,
): string => text[language] ?? text.en;
