import { readFileSync } from 'node:fs';
import { seededRandom } from '#firmware-sim/sim/random.ts';

/** One line of a rating file, users and items numbered from 0. */
export interface Rating {
  readonly user: number;
  readonly item: number;
  readonly stars: number;
  /** Seconds. */
  readonly at: number;
}

export interface Ratings {
  readonly users: number;
  readonly items: number;
  readonly all: readonly Rating[];
}

/** Reads lines of `user item rating timestamp`, split by tab, comma, bar or blanks; a heading is left out. Throws, with the line, at anything else. */
export function readRatings(path: string): Ratings {
  const users = new Map<string, number>();
  const items = new Map<string, number>();
  const numberOf = (known: Map<string, number>, name: string): number => {
    const before = known.get(name);
    if (before !== undefined) return before;
    known.set(name, known.size);
    return known.size - 1;
  };
  const all: Rating[] = [];
  for (const [index, line] of readFileSync(path, 'utf8').split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const [user = '', item = '', stars = '', at = ''] = line.trim().split(/[\t,|;]|\s+/);
    if (index === 0 && Number.isNaN(Number(stars))) continue;
    if (user === '' || item === '' || !(Number(stars) >= 0) || !(Number(at) >= 0) || at === '')
      throw new Error(`${path}, line ${index + 1}: not "user item rating timestamp"`);
    all.push({
      user: numberOf(users, user),
      item: numberOf(items, item),
      stars: Number(stars),
      at: Number(at),
    });
  }
  return { users: users.size, items: items.size, all };
}

/** Made-up ratings for a look without a file: circles of taste, in which one title leads to the next. */
export function makeRatings(users: number, items: number, each: number, seed: string): Ratings {
  const random = seededRandom(seed);
  const circles = Math.max(2, Math.round(items / 40));
  const all: Rating[] = [];
  for (let user = 0; user < users; user += 1) {
    const seen = new Set<number>();
    let place = random.below(items);
    for (let step = 0; step < each; step += 1) {
      const draw = random.below(10);
      if (draw < 6) place = (place + circles * (1 + random.below(3))) % items;
      else if (draw < 8) place = (place % circles) + circles * random.below(Math.floor(items / circles));
      else place = Math.floor((random.below(items) * random.below(items)) / items);
      if (seen.has(place) || place >= items) continue;
      seen.add(place);
      all.push({ user, item: place, stars: 2 + random.below(4), at: 1_000_000 + step * 86_400 });
    }
  }
  return { users, items, all };
}

export interface Split {
  readonly name: string;
  readonly train: readonly Rating[];
  /** Held out, by user. */
  readonly test: ReadonlyMap<number, ReadonlySet<number>>;
}

/** Every user's last rating by time (of equal times the later line). */
export function lastOneOut({ all }: Ratings): Split {
  const last = new Map<number, Rating>();
  for (const rating of all) if (rating.at >= (last.get(rating.user)?.at ?? -1)) last.set(rating.user, rating);
  return split('last one out', all, (rating) => last.get(rating.user) === rating);
}

export function randomFifth({ all }: Ratings, seed: string): Split {
  const random = seededRandom(seed);
  return split('random 80/20', all, () => random.below(5) === 0);
}

/** Of each user's ratings 80 % to train, 10 % for whoever tunes (left alone here), 10 % to test, at least one. */
export function eachUsersTenth({ users, all }: Ratings, seed: string): Split {
  const random = seededRandom(seed);
  const byUser: Rating[][] = Array.from({ length: users }, () => []);
  for (const rating of all) byUser[rating.user]?.push(rating);
  const held = new Set<Rating>();
  const left = new Set<Rating>();
  for (const own of byUser) {
    for (let at = own.length - 1; at > 0; at -= 1) {
      const other = random.below(at + 1);
      [own[at], own[other]] = [own[other] as Rating, own[at] as Rating];
    }
    const tenth = Math.max(1, Math.floor(own.length / 10));
    for (const rating of own.slice(0, tenth)) held.add(rating);
    for (const rating of own.slice(tenth, 2 * tenth)) left.add(rating);
  }
  const kept = all.filter((rating) => !left.has(rating));
  return split('random 80/10/10', kept, (rating) => held.has(rating));
}

function split(name: string, all: readonly Rating[], isHeld: (rating: Rating) => boolean): Split {
  const train: Rating[] = [];
  const test = new Map<number, Set<number>>();
  for (const rating of all) {
    if (!isHeld(rating)) train.push(rating);
    else test.set(rating.user, (test.get(rating.user) ?? new Set()).add(rating.item));
  }
  return { name, train, test };
}

export interface Quality {
  readonly ndcg10: number;
  readonly recall20: number;
  readonly hit10: number;
}

/** Mean over the users that have something held out: NDCG@10 and Recall@20 with binary relevance, HitRate@10. `best`: 20 items, best first, none of training. */
export function measure(test: Split['test'], best: (user: number) => readonly number[]): Quality {
  const sum = { ndcg10: 0, recall20: 0, hit10: 0 };
  for (const [user, wanted] of test) {
    const list = best(user);
    const hits = list.map((item) => wanted.has(item));
    let gain = 0;
    let ideal = 0;
    for (let place = 0; place < 10; place += 1) {
      if (hits[place] === true) gain += 1 / Math.log2(place + 2);
      if (place < wanted.size) ideal += 1 / Math.log2(place + 2);
    }
    sum.ndcg10 += gain / ideal;
    sum.recall20 += hits.slice(0, 20).filter(Boolean).length / wanted.size;
    sum.hit10 += hits.slice(0, 10).some(Boolean) ? 1 : 0;
  }
  const users = Math.max(1, test.size);
  return { ndcg10: sum.ndcg10 / users, recall20: sum.recall20 / users, hit10: sum.hit10 / users };
}
