/** The end of something that lasts (a connection, a long write), for those who wait for something else meanwhile. */
export interface LastingEnd<Why> {
  /** It is over. Only the first end counts. */
  end(why: Why): void;
  /** What comes first: the answer of `work`, or why it is over. */
  orWhy<T>(work: Promise<T>): Promise<T | Why>;
  /** Hears why it is over; at once where it is over already. */
  whenOver(tell: (why: Why) => void): void;
  /** How many wait for an answer or the end now. */
  waiting(): number;
}

/**
 * Whoever has the answer is forgotten at once. `Promise.race` with one promise of the end would keep each of them until the end comes: a line that
 * stands for weeks has some thousand questions a day.
 */
export function lastingEnd<Why>(): LastingEnd<Why> {
  const tellers = new Set<(why: Why) => void>();
  let over: { readonly why: Why } | null = null;
  const whenOver = (tell: (why: Why) => void): void => {
    if (over === null) tellers.add(tell);
    else tell(over.why);
  };
  return {
    end: (why) => {
      if (over !== null) return;
      over = { why };
      for (const tell of tellers) tell(why);
      tellers.clear();
    },
    whenOver,
    orWhy: (work) =>
      new Promise((resolve, reject) => {
        whenOver(resolve);
        work.then(resolve, reject).finally(() => tellers.delete(resolve));
      }),
    waiting: () => tellers.size,
  };
}
