import type { z } from 'zod';
import type { TitleView, titleBody } from '#hub/http/contract/catalogue.ts';

/** A title as a person types it. */
export type TitleContent = z.input<typeof titleBody>;
type Texts = { en: string; ja: string; de: string };
export interface TitleDraft {
  kind: TitleContent['kind'];
  name: Texts;
  /** How the Japanese name is read, in kana. */
  kana: string;
  description: Texts;
  year: number | undefined;
  minutes: number | undefined;
  genres: string;
  people: string;
  ageRating: number | undefined;
  territories: string;
  /** Language tags, parted by commas; empty: not told. */
  languages: string;
  /** A day, `YYYY-MM-DD`; released at its beginning in UTC. */
  release: string;
  units: number | undefined;
  secure: boolean;
  players: boolean;
  tariffId: string;
}

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
const texts = (given: { en: string; ja?: string | undefined; de?: string | undefined }): Texts => ({
  en: given.en,
  ja: given.ja ?? '',
  de: given.de ?? '',
});

/** What a new title begins with: today's release, everywhere, unlimited. */
export const emptyTitle = (now: number, tariffId: string): TitleDraft => ({
  kind: 'film',
  name: texts({ en: '' }),
  kana: '',
  description: texts({ en: '' }),
  year: undefined,
  minutes: undefined,
  genres: '',
  people: '',
  ageRating: 0,
  territories: '',
  languages: '',
  release: day(now),
  units: undefined,
  secure: false,
  players: false,
  tariffId,
});

export const draftOfTitle = (title: TitleView): TitleDraft => ({
  kind: title.kind,
  name: texts(title.name),
  kana: title.name.kana ?? '',
  description: texts(title.description),
  year: title.year,
  minutes: title.runtimeSeconds === null ? undefined : title.runtimeSeconds / 60,
  genres: title.genres.join(', '),
  people: title.people.map(({ role, name }) => `${role}: ${name}`).join('\n'),
  ageRating: title.ageRating,
  territories: title.territories.join(', '),
  languages: (title.languages ?? []).join(', '),
  release: day(title.releaseAt),
  units: title.unitsTotal ?? undefined,
  secure: title.demandsSecureMedium,
  players: title.demandsBinding === 'players',
  tariffId: title.tariffId,
});

const list = (text: string): string[] =>
  text
    .split(/[,、]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');

const people = (text: string): { role: string; name: string }[] =>
  text
    .split('\n')
    .map((line) => /^\s*([^:：]*?)\s*[:：]\s*(.+?)\s*$/.exec(line) ?? ['', '', line.trim()])
    .map(([, role = '', name = '']) => ({ role, name }))
    .filter(({ name }) => name !== '');

const localised = (given: Texts): { en: string; ja?: string; de?: string } => ({
  en: given.en.trim(),
  ...(given.ja.trim() === '' ? {} : { ja: given.ja.trim() }),
  ...(given.de.trim() === '' ? {} : { de: given.de.trim() }),
});

/** What the hub is sent. `before` keeps the hour of a release whose day was not changed. */
export function contentOfTitle(draft: TitleDraft, before: TitleView | null): TitleContent {
  const kana = draft.kana.trim();
  const languages = list(draft.languages);
  const keeps = before !== null && day(before.releaseAt) === draft.release;
  return {
    kind: draft.kind,
    name: { ...localised(draft.name), ...(kana === '' ? {} : { kana }) },
    description: localised(draft.description),
    year: draft.year ?? 0,
    runtimeSeconds:
      draft.minutes === undefined || draft.minutes === null ? null : Math.round(draft.minutes * 60),
    genres: list(draft.genres),
    people: people(draft.people),
    ageRating: draft.ageRating ?? 0,
    languages: languages.length === 0 ? null : languages,
    territories: list(draft.territories).map((code) => code.toUpperCase()),
    releaseAt: keeps ? before.releaseAt : Date.parse(`${draft.release}T00:00:00Z`),
    unitsTotal: draft.units ?? null,
    demandsSecureMedium: draft.secure,
    demandsBinding: draft.players ? 'players' : 'none',
    tariffId: draft.tariffId,
  };
}
