import type { HubDeps } from '#hub/app/deps.ts';
import type { TitleRow } from '#hub/ports/rows/index.ts';
import type { TariffId, TitleId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { newId } from '#shared/ports/random.ts';

/** What staff say of a title; the rest (edition, pictures) is uploaded. */
export type TitlePresentation = Pick<
  TitleRow,
  | 'kind'
  | 'name'
  | 'description'
  | 'year'
  | 'runtimeSeconds'
  | 'genres'
  | 'people'
  | 'ageRating'
  | 'territories'
  | 'releaseAt'
  | 'unitsTotal'
  | 'demandsSecureMedium'
  | 'demandsBinding'
  | 'tariffId'
  | 'languages'
>;
type NewTitle = Omit<TitlePresentation, 'languages'> & {
  readonly languages?: TitleRow['languages'] | undefined;
};

type Deps = Pick<HubDeps, 'db' | 'clock' | 'random'>;

/** Adds a title without an edition: it is shown nowhere until one was uploaded. An id may be brought, so that a retry makes no second one. */
export async function createTitle(
  deps: Deps,
  content: NewTitle,
  titleId: TitleId = newId<TitleId>(deps.clock, deps.random),
): Promise<Result<TitleRow, Fault<'title_exists' | 'tariff_missing'>>> {
  if (!(await tariffKnown(deps, content.tariffId)))
    return fault('tariff_missing', 'there is no tariff of this id');
  const now = deps.clock.now();
  const row: TitleRow = {
    ...content,
    titleId,
    languages: content.languages ?? null,
    withdrawn: false,
    editionId: null,
    subtitles: [],
    poster: null,
    thumbnail: null,
    preview: null,
    createdAt: now,
    updatedAt: now,
  };
  const inserted = await deps.db.stores.titles.insert(row);
  return inserted === 'created' ? ok(row) : fault('title_exists', 'this title id is taken');
}

/** Changes presentation, tariff or limits; open rentals keep what they were agreed under (CHG-4). */
export async function updateTitle(
  deps: Deps,
  titleId: TitleId,
  change: Partial<TitlePresentation>,
): Promise<Result<TitleRow, Fault<'title_unknown' | 'tariff_missing'>>> {
  if (change.tariffId !== undefined && !(await tariffKnown(deps, change.tariffId)))
    return fault('tariff_missing', 'there is no tariff of this id');
  return patched(deps, titleId, change);
}

/** Takes a title out of the shops (or back in). Copies that are out are returned and charged as ever. */
export const setWithdrawn = (
  deps: Deps,
  titleId: TitleId,
  withdrawn: boolean,
): Promise<Result<TitleRow, Fault<'title_unknown'>>> => patched(deps, titleId, { withdrawn });

async function patched(
  deps: Deps,
  titleId: TitleId,
  change: Partial<TitleRow>,
): Promise<Result<TitleRow, Fault<'title_unknown'>>> {
  await deps.db.stores.titles.patch({ titleId }, { ...change, updatedAt: deps.clock.now() });
  const row = await deps.db.stores.titles.find({ titleId });
  return row === null ? fault('title_unknown', 'there is no title of this id') : ok(row);
}

const tariffKnown = async (deps: Deps, tariffId: TariffId): Promise<boolean> =>
  (await deps.db.stores.tariffs.count({ tariffId })) > 0;
