import { describe, expect, it } from 'vitest';
import { memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { aBundle, aTitle, NOON, titleIdAt } from '#test/support/kiosk/a-bundle.ts';
import { aKiosk, aSession } from '#test/support/kiosk/a-kiosk.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { type KioskIntent, NO_SEARCH } from './contract.ts';

const DAY = 86_400_000;
const many = Array.from({ length: 150 }, (_, at) =>
  aTitle(10 + at, { name: { en: `Lamp ${at}` }, kind: 'game' }),
);
const TITLES = [
  aTitle(0, { name: { en: 'Harbour' }, genres: ['sea'], ageRating: 16, languages: ['en'] }),
  aTitle(1, { name: { en: 'Orchard' }, kind: 'music', genres: ['piano'], languages: [] }),
  aTitle(2, {
    name: { en: 'Winter' },
    releaseAt: epochMs(NOON - 200 * DAY),
    subtitles: [{ language: 'de', sha256: 'a'.repeat(64) }],
    edition: { ...aTitle(2).edition, bytes: 9_000_000_000_000 },
  }),
  ...many,
];

describe('looking for titles', async () => {
  const authority = await foundFleet();
  const parts = { trust: authority.trust, signer: await enrol(authority, 'kiosk-1', 'kiosk') };
  const opened = async (seed: string) => {
    const kiosk = aKiosk({ ...parts, bundle: aBundle(TITLES), seed });
    const session = await aSession(kiosk);
    const say = (intent: KioskIntent) => session.intent(intent);
    await say({ type: 'touch' });
    const browse = () => {
      const { view } = session.snapshot();
      if (view.screen !== 'browse') throw new Error(`the screen is ${view.screen}`);
      return view;
    };
    const found = () => (browse().results ?? []).map((card) => card.name.en);
    return { kiosk, session, say, browse, found };
  };

  it('SCR-1: kind, genre, age, language and newness narrow what is found, together', async () => {
    const { say, browse, found, session } = await opened('narrow');
    expect(browse().results).toBeNull();
    expect(browse().choices).toMatchObject({ ages: [0, 16], tongues: ['de', 'en'], fits: false });
    await say({ type: 'search', kind: 'film' });
    expect(browse().choices.genres).toEqual(['drama', 'sea']);
    expect([...found()].sort()).toEqual(['Harbour', 'Winter']);
    await say({ type: 'search', age: 6 });
    expect(found()).toEqual(['Winter']);
    await say({ type: 'search', age: null, fresh: true });
    expect(found()).toEqual(['Harbour']);
    await say({ type: 'search', fresh: false, tongue: 'de' });
    expect(found()).toEqual(['Winter']);
    await say({ type: 'search', tongue: null, genre: 'sea' });
    expect(found()).toEqual(['Harbour']);
    await say({ type: 'search', kind: 'music' });
    expect(found()).toEqual(['Orchard']);
    await say({ type: 'back' });
    expect(browse().search).toEqual(NO_SEARCH);
    await session.stop();
  });

  it('SCR-1: only what fits onto the medium in the drive is shown when that is asked for', async () => {
    const { kiosk, say, browse, found, session } = await opened('fits');
    await say({ type: 'search', kind: 'film', fits: true });
    expect(found(), 'without a medium there is nothing to fit onto').toContain('Winter');
    expect(browse().search.fits).toBe(false);
    await kiosk.drive.insert(memoryMedium('stick'));
    await kiosk.clock.advance(1000);
    expect(browse().choices.fits).toBe(true);
    expect(found()).toEqual(['Harbour']);
    await session.stop();
  });

  it('SCR-1: results come by pages of sixty, and the count is of all', async () => {
    const { say, browse, found, session } = await opened('pages');
    await say({ type: 'search', kind: 'game' });
    expect(browse().total).toBe(150);
    expect(found()).toHaveLength(60);
    await say({ type: 'more_results' });
    await say({ type: 'more_results' });
    expect(found()).toHaveLength(150);
    await say({ type: 'search', query: 'lamp' });
    expect(found()).toHaveLength(60);
    await session.stop();
  });

  it('SCR-1: who finds nothing is shown what others take', async () => {
    const { say, browse, session } = await opened('nothing');
    await say({ type: 'search', query: 'xylophone' });
    expect(browse().results).toEqual([]);
    expect(browse().shelves.map((shelf) => shelf.id)).toEqual(['popular']);
    await session.stop();
  });

  it('SCR-7: nothing that was looked for is left to the next customer; a title opened from the results keeps them', async () => {
    const { say, browse, found, session } = await opened('leave');
    await say({ type: 'search', query: 'harb', genre: 'sea', age: 16 });
    await say({ type: 'open_title', titleId: titleIdAt(0) });
    await say({ type: 'back' });
    expect(found()).toEqual(['Harbour']);
    await say({ type: 'finish' });
    await say({ type: 'touch' });
    expect(browse().search).toEqual(NO_SEARCH);
    expect(browse().results).toBeNull();
    await session.stop();
  });
});
