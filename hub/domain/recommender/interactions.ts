import type { MemberId, TitleId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';

/** One member's experience with one title: a rental that took place, with its rating where one was given (REC-1). */
export interface Interaction {
  readonly memberId: MemberId;
  readonly titleId: TitleId;
  /** 1 to 5, or null: rented and not rated. */
  readonly stars: number | null;
  readonly at: EpochMs;
}

export const DAY_MS = 86_400_000;

/**
 * How much a member liked what was rented, from 0 (not at all) to 1. A rental without a rating says something: people
 * mostly rent what they expect to like.
 */
export function liking(stars: number | null): number {
  if (stars === null) return 0.6;
  return [0, 0, 0.15, 0.55, 0.85, 1][stars] ?? 0;
}

/** Weight of something that happened at `at`: halves every `halfLifeDays`; what lies in the future counts as now. */
export function recency(at: EpochMs, now: EpochMs, halfLifeDays: number): number {
  const ageDays = Math.max(0, now - at) / DAY_MS;
  return 0.5 ** (ageDays / halfLifeDays);
}

/**
 * Interactions as two compressed tables (by member and by title) in typed arrays: the whole training runs over them
 * without making an object per rental.
 */
export interface InteractionTable {
  readonly titles: readonly TitleId[];
  readonly titleIndex: ReadonlyMap<TitleId, number>;
  readonly members: number;
  /** Entries of member m: `memberStart[m]` until `memberStart[m + 1]` in `memberTitle` and `memberWeight`. */
  readonly memberStart: Int32Array;
  readonly memberTitle: Int32Array;
  readonly memberWeight: Float32Array;
  readonly titleStart: Int32Array;
  readonly titleMember: Int32Array;
  readonly titleWeight: Float32Array;
  /** Where the entry stands in the member's table: with `memberStart` its rank, newest first. */
  readonly titleEntry: Int32Array;
}

/** Entries of one member beyond this many are left out, oldest first: a test account must not shape the table alone. */
const MOST_PER_MEMBER = 400;
/** A rental of two years ago says half as much about which titles go together as one of today. */
const TASTE_HALF_LIFE_DAYS = 730;

/** Several rentals of one title by one member count once: the best opinion, the latest time. */
function latestPerMember(
  interactions: readonly Interaction[],
  titleIndex: ReadonlyMap<TitleId, number>,
): Map<MemberId, Map<number, Interaction>> {
  const byMember = new Map<MemberId, Map<number, Interaction>>();
  for (const interaction of interactions) {
    const title = titleIndex.get(interaction.titleId);
    if (title === undefined) continue;
    let entries = byMember.get(interaction.memberId);
    if (entries === undefined) {
      entries = new Map();
      byMember.set(interaction.memberId, entries);
    }
    const before = entries.get(title);
    if (before === undefined) {
      entries.set(title, interaction);
      continue;
    }
    const newer = interaction.at >= before.at ? interaction : before;
    const older = newer === interaction ? before : interaction;
    entries.set(title, newer.stars === null ? { ...newer, stars: older.stars } : newer);
  }
  return byMember;
}

/** Builds both tables. Titles that are not in `titles` are left out; the order of `interactions` does not matter. */
export function tabulate(
  titles: readonly TitleId[],
  interactions: readonly Interaction[],
  now: EpochMs,
): InteractionTable {
  const titleIndex = new Map(titles.map((title, index) => [title, index] as const));
  const byMember = latestPerMember(interactions, titleIndex);
  const rows: (readonly [number, Interaction])[][] = [];
  let entries = 0;
  for (const entriesOfMember of byMember.values()) {
    const row = [...entriesOfMember]
      .sort((a, b) => b[1].at - a[1].at || a[0] - b[0])
      .slice(0, MOST_PER_MEMBER);
    rows.push(row);
    entries += row.length;
  }
  const memberStart = new Int32Array(rows.length + 1);
  const memberTitle = new Int32Array(entries);
  const memberWeight = new Float32Array(entries);
  const titleStart = new Int32Array(titles.length + 1);
  let next = 0;
  rows.forEach((row, member) => {
    // A member with many rentals says less with each of them: without it, heavy renters alone decide what is near.
    const damping = 1 / Math.sqrt(1 + Math.log1p(row.length));
    for (const [title, { stars, at }] of row) {
      memberTitle[next] = title;
      memberWeight[next] = liking(stars) * recency(at, now, TASTE_HALF_LIFE_DAYS) * damping;
      titleStart[title + 1] = (titleStart[title + 1] ?? 0) + 1;
      next += 1;
    }
    memberStart[member + 1] = next;
  });
  for (let title = 0; title < titles.length; title += 1)
    titleStart[title + 1] = (titleStart[title + 1] ?? 0) + (titleStart[title] ?? 0);
  const fill = titleStart.slice();
  const titleMember = new Int32Array(entries);
  const titleWeight = new Float32Array(entries);
  const titleEntry = new Int32Array(entries);
  for (let member = 0; member < rows.length; member += 1) {
    for (let entry = memberStart[member] ?? 0; entry < (memberStart[member + 1] ?? 0); entry += 1) {
      const title = memberTitle[entry] ?? 0;
      const place = fill[title] ?? 0;
      titleMember[place] = member;
      titleWeight[place] = memberWeight[entry] ?? 0;
      titleEntry[place] = entry;
      fill[title] = place + 1;
    }
  }
  return {
    titles,
    titleIndex,
    members: rows.length,
    memberStart,
    memberTitle,
    memberWeight,
    titleStart,
    titleMember,
    titleWeight,
    titleEntry,
  };
}
