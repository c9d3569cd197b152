import { describe, expect, it } from 'vitest';
import type { MemberId, TitleId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { DAY_MS, type Interaction } from './interactions.ts';
import { learnRental, neighboursOf, popularTitles, type TitleFacts, train } from './model.ts';
import { recommend } from './recommend.ts';

const NOW = epochMs(1_800_000_000_000);
const OLD = epochMs(NOW - 1000 * DAY_MS);
const title = (name: string): TitleId => name as TitleId;
const facts = (name: string, genres: readonly string[] = ['drama'], releaseAt = OLD): TitleFacts => ({
  titleId: title(name),
  genres,
  releaseAt,
});
const rented = (member: string, name: string, stars: number | null = null, daysAgo = 10): Interaction => ({
  memberId: member as MemberId,
  titleId: title(name),
  stars,
  at: epochMs(NOW - daysAgo * DAY_MS),
});
const ask = (history: readonly Interaction[]) => ({
  history,
  ready: [],
  allowed: () => true,
  limit: 5,
  now: NOW,
  wanted: 'next' as const,
});
const atOnce = async (): Promise<void> => {};

/** Two camps: those who rent a and b, those who rent x and y; p is rented by everybody. */
const camps = (): Interaction[] => {
  const all: Interaction[] = [];
  for (let member = 0; member < 12; member += 1)
    for (const name of ['a', 'b', 'p']) all.push(rented(`left${member}`, name, 5));
  for (let member = 0; member < 12; member += 1)
    for (const name of ['x', 'y', 'p']) all.push(rented(`right${member}`, name, 4));
  return all;
};
const titles = ['a', 'b', 'x', 'y', 'p'].map((name) => facts(name));

describe('recommender', () => {
  it('REC-1: who liked one title of a camp is led to the other, with the title it stems from', async () => {
    const model = await train(titles, camps(), NOW, atOnce);
    const [first] = recommend(model, ask([rented('new', 'a', 5)]));
    expect(first?.titleId).toBe('b');
    expect(first?.reason).toEqual({ code: 'because_you_liked', titleId: 'a', genre: null });
    const [unrated] = recommend(model, ask([rented('new', 'x')]));
    expect(unrated?.titleId).toBe('y');
    expect(unrated?.reason.code).toBe('because_you_rented');
  });

  it('REC-1: a title the member disliked recommends nothing', async () => {
    const model = await train(titles, camps(), NOW, atOnce);
    const found = recommend(model, ask([rented('new', 'a', 1)]));
    expect(found.every(({ reason }) => reason.titleId !== 'a')).toBe(true);
    expect(found[0]?.reason.code).toBe('popular_here');
  });

  it('REC-1: a new member gets what is popular, lately rented before long ago', async () => {
    const past = [...camps(), ...Array.from({ length: 30 }, (_, n) => rented(`old${n}`, 'x', 5, 600))];
    const model = await train(titles, past, NOW, atOnce);
    const found = recommend(model, ask([]));
    expect(found[0]).toMatchObject({ titleId: 'p', reason: { code: 'popular_here' } });
    expect(popularTitles(model, 1)).toEqual(['p']);
  });

  it('REC-1: a new title is found through its genre', async () => {
    const fresh = facts('fresh', ['western'], epochMs(NOW - 5 * DAY_MS));
    const model = await train([facts('w', ['western']), ...titles, fresh], camps(), NOW, atOnce);
    const found = recommend(model, ask([rented('new', 'w', 5)]));
    const hit = found.find(({ titleId }) => titleId === 'fresh');
    expect(hit?.reason).toEqual({ code: 'new_in_genre', titleId: null, genre: 'western' });
  });

  it('REC-1: never what was rented before, is not allowed, or stands there already', async () => {
    const model = await train(titles, camps(), NOW, atOnce);
    const found = recommend(model, {
      ...ask([rented('new', 'a', 5)]),
      allowed: (id) => id !== title('b'),
      ready: [title('y'), title('y')],
    });
    const ids = found.map(({ titleId }) => titleId);
    expect(ids).not.toContain('a');
    expect(ids).not.toContain('b');
    expect(ids[0]).toBe('y');
    expect(found[0]?.reason.code).toBe('reserved_ready');
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('REC-1: what is rented after the training counts at once, once', async () => {
    const model = await train(titles, camps(), NOW, atOnce);
    // As long as only popularity speaks for it, nothing of it comes from the first title.
    const strength = () =>
      recommend(model, ask([rented('new', 'a', 5)]))
        .filter(({ titleId, reason }) => titleId === title('y') && reason.titleId === title('a'))
        .reduce((_, { score }) => score, 0);
    const before = strength();
    for (let member = 0; member < 20; member += 1) {
      const history = [rented(`late${member}`, 'a', 5, 3), rented(`late${member}`, 'y', 5, 1)];
      expect(learnRental(model, history, title('y'))).toBe(true);
    }
    expect(strength()).toBeGreaterThan(before);
    expect(learnRental(model, [rented('m', 'a'), rented('m', 'a')], title('a'))).toBe(false);
    expect(learnRental(model, [], title('unknown'))).toBe(false);
  });

  it('REC-1: one shared customer weighs less than many', async () => {
    const single = [...camps(), rented('odd', 'a', 5), rented('odd', 'y', 5)];
    const model = await train(titles, single, NOW, atOnce);
    const near = neighboursOf(model, title('a'), 5);
    expect(near.indexOf(title('b'))).toBeLessThan(near.indexOf(title('y')));
  });

  it('RET-6: the neighbour table is the same whatever the order of the rentals', async () => {
    const past = camps();
    const one = await train(titles, past, NOW, atOnce);
    const other = await train(titles, [...past].reverse(), NOW, atOnce);
    for (const { titleId } of titles)
      expect(neighboursOf(one, titleId, 20)).toEqual(neighboursOf(other, titleId, 20));
  });

  it('REC-1: trains 2,000 titles and 200,000 rentals whole', async () => {
    const many = Array.from({ length: 2000 }, (_, n) => facts(`t${n}`));
    const past: Interaction[] = [];
    let seed = 7;
    for (let member = 0; member < 5000; member += 1) {
      for (let n = 0; n < 40; n += 1) {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
        // Ten camps of 200 titles each; a member stays in one of them.
        past.push(
          rented(`m${member}`, `t${((seed >>> 8) % 200) + (member % 10) * 200}`, (seed >>> 4) % 6 || null),
        );
      }
    }
    const model = await train(many, past, NOW, atOnce);
    expect(model.members).toBe(5000);
    const near = neighboursOf(model, title('t205'), 20);
    expect(near).toHaveLength(20);
    expect(near.every((id) => Number(id.slice(1)) >= 200 && Number(id.slice(1)) < 400)).toBe(true);
  });
});
