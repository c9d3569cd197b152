import type { HubDeps } from '#hub/app/deps.ts';
import { type FoundTitles, TitleIndex, type TitleWords } from '#hub/domain/title-index.ts';
import type { TitleRow } from '#hub/ports/rows/index.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';

/** Titles by words, at every hub (CAT-2). */
export interface TitleSearch {
  /**
   * At most `most` titles, withdrawn ones too, of which words begin with every word of `question`; where there are none, one typing error a word is
   * forgiven. What any hub committed before the question is found. The first question reads all titles.
   */
  find(question: string, most: number): Promise<FoundTitles>;
  /** Titles it knows, and the bytes of its blocks. */
  standing(): { readonly titles: number; readonly bytes: number };
}

/** Rows read at once: some milliseconds each, and whoever waits for this thread comes between. */
const PAGE = 500;
/** Hubs' clocks differ a little, and a row is committed a moment after its time. */
const OVERLAP_MS = 10_000;

/** Keeps an index in memory and asks, before each answer, which titles were changed since the last one: one look into an index of the database. */
export function openTitleSearch({ db, clock }: Pick<HubDeps, 'db' | 'clock'>): TitleSearch {
  const index = new TitleIndex();
  let readUpTo: EpochMs | null = null;
  let reading: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  async function readAll(): Promise<void> {
    const began = clock.now();
    for (let after: TitleRow | undefined; ; ) {
      const mark = after === undefined ? null : { value: after.titleId, key: after.titleId };
      const rows = await db.stores.titles.page(
        {},
        { by: 'titleId', descending: false, after: mark, limit: PAGE },
      );
      for (const row of rows) index.put(wordsOfTitle(row));
      after = rows.at(-1);
      if (rows.length < PAGE) break;
    }
    readUpTo = began;
  }

  /** Its own clock may have been set back since: then from there on. */
  async function readNews(before: EpochMs): Promise<void> {
    const began = clock.now();
    const since = epochMs(Math.max(0, Math.min(before, began) - OVERLAP_MS));
    for (let after: TitleRow | undefined; ; ) {
      const mark = after === undefined ? null : { value: after.updatedAt, key: after.titleId };
      const rows = await db.stores.titles.page(
        { updatedAt: { gte: since } },
        { by: 'updatedAt', descending: false, after: mark, limit: PAGE },
      );
      for (const row of rows) index.put(wordsOfTitle(row));
      after = rows.at(-1);
      if (rows.length < PAGE) break;
    }
    readUpTo = began;
  }

  const read = async (): Promise<void> => {
    await (readUpTo === null ? readAll() : readNews(readUpTo));
    index.settle();
  };
  const start = (): Promise<void> => {
    next = null;
    reading = read().finally(() => {
      reading = null;
    });
    return reading;
  };
  /** Whoever asks while it is read waits for the reading after that one: only what began later has seen all that was committed before. */
  const upToDate = (): Promise<void> => {
    if (reading === null) return start();
    next ??= reading.then(start, start);
    return next;
  };

  return {
    async find(question, most) {
      await upToDate();
      return index.find(question, most);
    },
    standing: () => ({ titles: index.size, bytes: index.bytes }),
  };
}

const wordsOfTitle = ({ titleId, name, people, year, genres }: TitleRow): TitleWords => ({
  titleId,
  names: [name.en, name.ja, name.de, name.kana].flatMap((one) => one || []),
  others: [...people.map((person) => person.name), ...genres, String(year)],
});
