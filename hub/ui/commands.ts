/** What the command bar offers, and how it is found by what is typed. Pure. */
export interface Command {
  readonly id: string;
  readonly text: string;
  /** Beside the name: what kind of thing, which number. */
  readonly note: string;
  readonly run: () => void;
}

const plain = (text: string): string => text.normalize('NFKC').toLowerCase();

/** Every word typed is somewhere in the name; names that begin with what is typed come first, then those with a word that does. */
export function matching<T extends { readonly text: string }>(
  all: readonly T[],
  typed: string,
): readonly T[] {
  const words = plain(typed)
    .split(/\s+/)
    .filter((word) => word !== '');
  const rank = (text: string): number => {
    const name = plain(text);
    const [first = ''] = words;
    if (name.startsWith(first)) return 0;
    return name.split(/[\s,:/-]+/).some((word) => word.startsWith(first)) ? 1 : 2;
  };
  return all
    .filter(({ text }) => words.every((word) => plain(text).includes(word)))
    .map((one, at) => ({ one, at, rank: rank(one.text) }))
    .toSorted((a, b) => a.rank - b.rank || a.at - b.at)
    .map(({ one }) => one);
}
