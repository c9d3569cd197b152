import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createTitle } from '#hub/app/catalogue/titles.ts';
import {
  type UploadDeps,
  uploadEdition,
  uploadPoster,
  uploadPreview,
  uploadSubtitles,
} from '#hub/app/catalogue/uploads.ts';
import { createSite } from '#hub/app/sites/sites.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { SiteId, TariffId, TitleId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { closuresOf, releaseAtOf, titleYearOf } from './days.ts';
import type { SeedFiles, TitleFile } from './files.ts';
import { demoId } from './ids.ts';

export const siteIdOf = (slug: string): SiteId => demoId('site', slug);
export const titleIdOf = (slug: string): TitleId => demoId('title', slug);

/** Both shops; one that is there already stays as it is. */
export async function seedSites(deps: UploadDeps, files: SeedFiles, start: EpochMs): Promise<void> {
  for (const { slug, name, address, place, plan, calendar: week, holidays } of files.sites) {
    const siteId = siteIdOf(slug);
    if ((await deps.db.stores.sites.find({ siteId })) !== null) continue;
    const calendar = { ...week, closures: closuresOf(holidays, week.zone, start) };
    const made = await createSite(deps, { name: name.en, address, calendar }, siteId);
    assert(made.ok, `the calendar of ${slug} is tested`);
    await deps.db.stores.sites.patch({ siteId }, { place, plan });
  }
}

/** Tariffs as they stand in the file: a version is never changed, so a second start adds nothing. */
export async function seedTariffs(deps: UploadDeps, files: SeedFiles): Promise<void> {
  for (const { rates } of files.tariffs)
    for (const tariff of rates)
      await deps.db.stores.tariffs.insert({
        tariffId: tariff.tariffId,
        version: tariff.version,
        tariff,
        createdAt: deps.clock.now(),
      });
}

/** The rate of a tariff in the currency of the shop where both terminals of the demo stand. */
export function rateOf(files: SeedFiles, tariff: string, currency: string) {
  const rate = files.tariffs
    .find(({ slug }) => slug === tariff)
    ?.rates.find((each) => each.currency === currency);
  assert(rate !== undefined, `${tariff} has a rate in ${currency}`);
  return rate;
}

/** Titles with editions, posters, previews and subtitles; what an interrupted start left out is added by the next. */
export async function seedTitles(
  deps: UploadDeps,
  files: SeedFiles,
  currency: string,
  start: EpochMs,
): Promise<void> {
  // Pictures are made in processes of their own, beside everything else.
  const posters: Promise<unknown>[] = [];
  for (const title of files.titles) {
    const titleId = titleIdOf(title.slug);
    const { tariffId } = rateOf(files, title.tariff, currency);
    let row = await deps.db.stores.titles.find({ titleId });
    if (row === null) {
      const made = await createTitle(deps, presentationOf(title, tariffId, start), titleId);
      assert(made.ok, `title ${title.slug} is new and its tariff is there`);
      row = made.value;
    }
    if (row.poster === null)
      posters.push(uploadPoster(deps, titleId, await readFile(files.path(title.poster))));
    if (row.preview === null && title.preview !== null) {
      const bytes = await readFile(files.path(title.preview.file));
      const shown = await uploadPreview(deps, titleId, { mediaType: title.preview.mediaType, bytes });
      assert(shown.ok, `the preview of ${title.slug} is what it says`);
    }
    for (const { lang, file } of title.subtitles)
      if (!row.subtitles.some(({ language }) => language === lang))
        await uploadSubtitles(deps, titleId, lang, await readFile(files.path(file)));
    if (row.editionId !== null) continue;
    const uploaded = await uploadEdition(deps, titleId, {
      mediaType: title.edition.mediaType,
      sha256: title.edition.sha256,
      bytes: title.edition.bytes,
      content: createReadStream(files.path(title.edition.file)),
    });
    assert(uploaded.ok, `the edition of ${title.slug} is what its hash says`);
  }
  await Promise.all(posters);
}

const presentationOf = (title: TitleFile, tariffId: TariffId, start: EpochMs) => ({
  kind: title.kind,
  name: title.titles,
  description: title.description,
  year: titleYearOf(title, start),
  runtimeSeconds: title.runtimeSeconds,
  genres: title.genres,
  languages: title.languages,
  people: title.people,
  ageRating: title.ageRating,
  territories: title.territories,
  releaseAt: releaseAtOf(title.releaseInDays, start),
  unitsTotal: title.units,
  demandsSecureMedium: title.demands.secureMedium,
  demandsBinding: title.demands.binding,
  tariffId,
});
