import { keepAt } from '#shared/domain/charge.ts';
import { licenceEnd, type Tariff } from '#shared/domain/tariff.ts';
import type { RentalId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { LicenceDraft } from '#shared/media/licence.ts';
import { newId } from '#shared/ports/random.ts';
import type { Bundle, CatalogueTitle } from '#shared/protocol/terminal-api.ts';
import type { KioskDeps } from '../deps.ts';

export interface LicenceInput {
  readonly rentalId: RentalId;
  readonly title: CatalogueTitle;
  readonly tariff: Tariff;
  readonly binding: 'none' | 'players';
  readonly memberToken: string;
  readonly bundle: Bundle;
  /** The title's name in the customer's language. */
  readonly name: string;
}

/** What a copy may be used for and until when, with tariff and site frozen into it (CHG-4, CHG-7, LIC-1, LIC-2). */
export function licenceDraft(runtime: KioskDeps['runtime'], input: LicenceInput, at: EpochMs): LicenceDraft {
  const { tariff, title, bundle } = input;
  const keep = keepAt({ tariff, site: bundle.site.calendar }, at);
  return {
    id: newId(runtime.clock, runtime.random),
    provider: `keyturn:${bundle.fleetId}`,
    rights: {
      start: at,
      end: licenceEnd(tariff, at),
      print: null,
      copy: null,
      startWithinSeconds: tariff.startWithinDays === null ? null : tariff.startWithinDays * 86_400,
      finishWithinSeconds: tariff.finishWithinHours === null ? null : tariff.finishWithinHours * 3600,
    },
    keyturn: {
      rentalId: input.rentalId,
      titleId: title.titleId,
      title: input.name,
      editionId: title.edition.editionId,
      mediaType: title.edition.mediaType,
      tariff,
      site: bundle.site.calendar,
      binding: input.binding,
      memberToken: input.memberToken,
      keep: keep.ok && keep.value !== null ? { at: keep.value } : null,
    },
  };
}
