import type { EditionId, TitleId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';

/** Pure choices of the cache: what to fetch next, what to give up for it. */

export interface HeldEdition {
  readonly editionId: EditionId;
  readonly titleId: TitleId;
  /** Bytes on the disk that the whole edition takes or will take. */
  readonly bytes: number;
  readonly complete: boolean;
  readonly usedAt: EpochMs;
  /** Somebody reads it, or it is being fetched. */
  readonly busy: boolean;
}

export interface WantedEdition {
  readonly titleId: TitleId;
  readonly editionId: EditionId;
  readonly bytes: number;
  readonly sha256: string;
  /** A customer asked for it. */
  readonly asked: boolean;
}

/** Customers' wishes in the order in which they came, then what the configuration wants, most wanted first; each edition once. */
export function wantedInOrder(
  editions: ReadonlyMap<TitleId, Omit<WantedEdition, 'asked'>>,
  asked: readonly TitleId[],
  configured: readonly TitleId[],
): readonly WantedEdition[] {
  const seen = new Set<TitleId>();
  const found: WantedEdition[] = [];
  for (const [titles, byCustomer] of [
    [asked, true],
    [configured, false],
  ] as const)
    for (const titleId of titles) {
      const edition = editions.get(titleId);
      if (edition === undefined || seen.has(titleId)) continue;
      seen.add(titleId);
      found.push({ ...edition, asked: byCustomer });
    }
  return found;
}

/**
 * Which editions go so that `need` more bytes fit below `limit`, least wanted first; null when even that is not enough. What is wanted more
 * than the newcomer stays, unless a customer asked for the newcomer; what is busy always stays.
 */
export function roomFor(
  newcomer: WantedEdition,
  need: number,
  limit: number,
  held: readonly HeldEdition[],
  wanted: readonly WantedEdition[],
): readonly EditionId[] | null {
  let used = held.reduce((sum, { bytes }) => sum + bytes, 0);
  const rank = (editionId: EditionId): number => {
    const place = wanted.findIndex((one) => one.editionId === editionId);
    return place === -1 ? Number.POSITIVE_INFINITY : place;
  };
  const own = rank(newcomer.editionId);
  const candidates = held
    .filter((one) => !one.busy && one.editionId !== newcomer.editionId)
    .filter((one) => newcomer.asked || rank(one.editionId) > own)
    .filter((one) => !wanted.some((want) => want.asked && want.editionId === one.editionId))
    .sort((a, b) => {
      const [first, second] = [rank(a.editionId), rank(b.editionId)];
      return first === second ? a.usedAt - b.usedAt : second - first;
    });
  const gone: EditionId[] = [];
  for (const one of candidates) {
    if (used + need <= limit) break;
    gone.push(one.editionId);
    used -= one.bytes;
  }
  return used + need <= limit ? gone : null;
}

/** Speed over the last seconds from (monotonic, bytes so far) samples; null with fewer than two. */
export function speedOf(samples: readonly { readonly at: number; readonly bytes: number }[]): number | null {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.at <= first.at) return null;
  return Math.round(((last.bytes - first.bytes) * 1000) / (last.at - first.at));
}
