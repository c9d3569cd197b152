import { expect, it } from 'vitest';
import type { TitleView } from '#hub/http/contract/catalogue.ts';
import type { TariffId, TitleId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { contentOfTitle, draftOfTitle, emptyTitle } from './title-draft.ts';

const title: TitleView = {
  titleId: '0198c0de-0000-7000-8000-000000000001' as TitleId,
  kind: 'film',
  name: { en: 'The Keeper’s Letter', ja: '灯台守の手紙', de: 'Der Brief', kana: 'とうだいもりのてがみ' },
  description: { en: 'A keeper writes.' },
  year: 2026,
  runtimeSeconds: 5430,
  genres: ['drama', 'sea'],
  people: [{ role: 'director', name: 'A. Person' }],
  ageRating: 6,
  territories: ['DE', 'JP'],
  languages: ['en', 'ja'],
  releaseAt: epochMs(Date.parse('2026-03-06T17:00:00Z')),
  unitsTotal: 3,
  demandsSecureMedium: false,
  demandsBinding: 'players',
  tariffId: '0198c0de-0000-7000-8000-000000000002' as TariffId,
  withdrawn: false,
  edition: null,
  subtitles: [],
  poster: null,
  thumbnail: null,
  preview: null,
  unitsFree: 1,
  rating: null,
  rentals30d: 0,
  queue: 0,
  updatedAt: epochMs(Date.parse('2026-03-06T17:00:00Z')),
};

it('SCR-4: a title that is opened and saved as it is keeps everything staff may change', () => {
  const content = contentOfTitle(draftOfTitle(title), title);
  expect(title).toMatchObject(content);
  expect(content.name).toEqual(title.name);
});

it('SCR-4: what is left empty is not told', () => {
  const draft = {
    ...emptyTitle(title.releaseAt, title.tariffId),
    name: { en: ' A ', ja: '', de: ' ' },
    year: 2026,
  };
  const content = contentOfTitle({ ...draft, languages: ' , ', kana: ' ' }, null);
  expect(content).toMatchObject({
    name: { en: 'A' },
    languages: null,
    genres: [],
    runtimeSeconds: null,
    unitsTotal: null,
  });
  expect(Object.keys(content.name)).toEqual(['en']);
});
