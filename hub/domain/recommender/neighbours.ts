import { type Association, pull, togetherness } from './association.ts';
import type { InteractionTable } from './interactions.ts';
import type { Breathe } from './positive-definite.ts';

/** The nearest titles of every title, best first, in typed arrays: row t is `start[t]` until `start[t] + count[t]`. */
export interface Neighbours {
  readonly most: number;
  readonly count: Uint8Array;
  readonly title: Int32Array;
  readonly similarity: Float32Array;
}

/** Common members that it takes for a similarity to count half: one shared customer is chance, twenty are taste. */
const DAMPING_MEMBERS = 5;

/**
 * Item to item: cosine of the titles' member weights, damped by the number of members in common. The work is the sum over
 * members of their squared number of titles, whatever the size of the catalogue; memory is one row of it.
 */
export function nearest(table: InteractionTable, most: number): Neighbours {
  const size = table.titles.length;
  const norms = titleNorms(table);
  const count = new Uint8Array(size);
  const title = new Int32Array(size * most);
  const similarity = new Float32Array(size * most);
  const dot = new Float64Array(size);
  const common = new Int32Array(size);
  const touched = new Int32Array(size);
  for (let one = 0; one < size; one += 1) {
    const reached = gather(table, one, { dot, common, touched });
    for (let place = 0; place < reached; place += 1) {
      const other = touched[place] ?? 0;
      const together = common[other] ?? 0;
      const length = (norms[one] ?? 0) * (norms[other] ?? 0);
      const cosine = length > 0 ? (dot[other] ?? 0) / length : 0;
      const damped = cosine * (together / (together + DAMPING_MEMBERS));
      dot[other] = 0;
      common[other] = 0;
      if (damped > 0) insert({ most, count, title, similarity }, one, other, damped);
    }
  }
  return { most, count, title, similarity };
}

/** The strongest entries of each title in the association, in the same form: what terminals keep and staff are shown. */
export async function strongest(
  association: Association,
  titles: number,
  most: number,
  breathe: Breathe,
): Promise<Neighbours> {
  const near = {
    most,
    count: new Uint8Array(titles),
    title: new Int32Array(titles * most),
    similarity: new Float32Array(titles * most),
  };
  const { size, titleOf } = association;
  for (let from = 0; from < size; from += 1) {
    for (let to = 0; to < size; to += 1) {
      const value = pull(association, from, to);
      if (value > 0) insert(near, titleOf[from] ?? 0, titleOf[to] ?? 0, value);
    }
    if (from % 500 === 499) await breathe();
  }
  return near;
}

function titleNorms(table: InteractionTable): Float64Array {
  const norms = new Float64Array(table.titles.length);
  for (let one = 0; one < norms.length; one += 1) {
    let sum = 0;
    for (let at = table.titleStart[one] ?? 0; at < (table.titleStart[one + 1] ?? 0); at += 1)
      sum += (table.titleWeight[at] ?? 0) ** 2;
    norms[one] = Math.sqrt(sum);
  }
  return norms;
}

interface Row {
  readonly dot: Float64Array;
  readonly common: Int32Array;
  readonly touched: Int32Array;
}

/** Sums up title `one` against every title that shares a member with it; answers how many those are. */
function gather(table: InteractionTable, one: number, row: Row): number {
  let reached = 0;
  for (let at = table.titleStart[one] ?? 0; at < (table.titleStart[one + 1] ?? 0); at += 1) {
    const member = table.titleMember[at] ?? 0;
    const weight = table.titleWeight[at] ?? 0;
    const own = table.titleEntry[at] ?? 0;
    const end = table.memberStart[member + 1] ?? 0;
    for (let entry = table.memberStart[member] ?? 0; entry < end; entry += 1) {
      const other = table.memberTitle[entry] ?? 0;
      if (other === one) continue;
      if ((row.common[other] ?? 0) === 0) {
        row.touched[reached] = other;
        reached += 1;
      }
      row.common[other] = (row.common[other] ?? 0) + 1;
      row.dot[other] =
        (row.dot[other] ?? 0) +
        weight * (table.memberWeight[entry] ?? 0) * togetherness(Math.abs(entry - own));
    }
  }
  return reached;
}

/** Keeps the row sorted, best first; of equals the one with the lower index comes first, so that training is repeatable. */
function insert(near: Neighbours, one: number, other: number, value: number): void {
  const base = one * near.most;
  const present = near.count[one] ?? 0;
  const better = (place: number): boolean => {
    const there = near.similarity[base + place] ?? 0;
    return value > there || (value === there && other < (near.title[base + place] ?? 0));
  };
  if (present === near.most && !better(present - 1)) return;
  let place = present === near.most ? present - 1 : present;
  while (place > 0 && better(place - 1)) {
    near.title[base + place] = near.title[base + place - 1] ?? 0;
    near.similarity[base + place] = near.similarity[base + place - 1] ?? 0;
    place -= 1;
  }
  near.title[base + place] = other;
  near.similarity[base + place] = value;
  if (present < near.most) near.count[one] = present + 1;
}
