import { withClosures } from '#hub/app/sites/sites.ts';
import type { RentalRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { type SiteCalendar, siteCalendarSchema } from '#shared/domain/site.ts';
import { parseTariff, type Tariff } from '#shared/domain/tariff.ts';
import type { RentalId, SiteId, TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Licence } from '#shared/media/licence.ts';
import type { SignatureBy } from '#shared/media/signing.ts';
import { newRental } from './new-rental.ts';

export interface SignedLicence {
  readonly licence: Licence;
  readonly jws: string;
  /** The kiosk that signed it, or the hub. */
  readonly signer: Pick<SignatureBy, 'id' | 'fingerprint' | 'signedAt'>;
}

export type LicenceRefusal = Fault<
  | 'licence_other_rental'
  | 'licence_contradicts_rental'
  | 'member_unknown'
  | 'terminal_unknown'
  | 'tariff_missing'
  | 'tariff_invalid'
  | 'calendar_invalid'
>;

/**
 * The rental of a licence, locked: as the hub has it, completed by the licence, or opened from it where the hub has not heard yet (RET-1). What the hub permitted
 * stands: tariff and calendar were frozen with the permit, and a licence that says something else changes neither (CHG-4). A copy rented
 * without the hub has its tariff by number and version from the hub's own list; only what the hub does not know, or no longer, comes from the licence. Nothing is stored.
 */
export async function rentalOfLicence(
  stores: Stores,
  rentalId: RentalId,
  signed: SignedLicence,
): Promise<Result<RentalRow, LicenceRefusal>> {
  const { licence } = signed;
  const facts = licence.keyturn;
  if (facts.rentalId !== rentalId)
    return fault('licence_other_rental', 'the licence belongs to another rental');
  const known = await stores.rentals.findForUpdate({ rentalId });
  if (
    known !== null &&
    (known.copyId !== facts.copyId ||
      known.titleId !== facts.titleId ||
      known.mediumId !== facts.mediumId ||
      known.memberToken !== facts.memberToken ||
      (known.kioskId !== null && known.kioskId !== facts.terminal))
  )
    return fault('licence_contradicts_rental', 'copy, title, medium, member or kiosk differ from the rental');
  if (signed.signer.id !== 'hub' && signed.signer.id !== facts.terminal)
    return fault('licence_contradicts_rental', 'the licence was signed by another terminal than it names');
  if (known !== null && known.licence !== null) return ok(known);
  const tariff = parseTariff(facts.tariff);
  if (!tariff.ok) return tariff;
  const calendar = siteCalendarSchema.safeParse(facts.site);
  if (!calendar.success) return fault('calendar_invalid', 'the licence carries no readable calendar');
  const told = { licence: signed.jws, licenceEnd: licence.rights.end };
  if (known !== null)
    return ok({
      ...known,
      ...told,
      calendar: await withLaterClosures(stores, known.siteId, known.calendar),
    });
  const member = await stores.members.first({ token: facts.memberToken });
  if (member === null) return fault('member_unknown', 'no member has the token of this licence');
  const kiosk = await stores.terminals.find({ terminalId: facts.terminal as TerminalId });
  if (kiosk === null) return fault('terminal_unknown', 'no kiosk of this fleet wrote the copy');
  return ok(
    newRental({
      ...told,
      tariff: await agreedTariff(stores, tariff.value, licence.issued),
      calendar: await withLaterClosures(stores, kiosk.siteId, calendar.data),
      rentalId,
      copyId: facts.copyId,
      titleId: facts.titleId,
      editionId: facts.editionId,
      mediumId: facts.mediumId,
      memberId: member.memberId,
      memberToken: facts.memberToken,
      siteId: kiosk.siteId,
      kioskId: kiosk.terminalId,
      binding: facts.binding,
      preparedAt: licence.issued,
    }),
  );
}

/**
 * CHG-4, SYN-6: a hub that was set back gives the numbers of versions that it forgot to others. One that it made only after the licence was issued was not agreed then: what the licence says was. At
 * any other hub a number means what its list says, whatever a kiosk writes.
 */
async function agreedTariff(
  stores: Pick<Stores, 'tariffs' | 'timelines'>,
  told: Tariff,
  issued: EpochMs,
): Promise<Tariff> {
  const { tariffId, version } = told;
  const ours = await stores.tariffs.find({ tariffId, version });
  if (ours === null) return told;
  const madeLater = ours.createdAt > issued && (await stores.timelines.first({ cause: 'restored' })) !== null;
  return madeLater ? told : ours.tariff;
}

/** CHG-4: a closure that was entered before the hub heard of the rental concerns it as much as one entered after. */
async function withLaterClosures(
  stores: Pick<Stores, 'sites'>,
  siteId: SiteId | null,
  calendar: SiteCalendar,
): Promise<SiteCalendar> {
  const site = siteId === null ? null : await stores.sites.find({ siteId });
  return site === null ? calendar : withClosures(calendar, site.calendar.closures);
}
