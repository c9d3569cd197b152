import type { HubDeps } from '#hub/app/deps.ts';
import { controllerRevoked } from '#hub/app/enrolment/secure-media.ts';
import type { FleetFacts } from '#hub/app/fleet/bundle.ts';
import { memberBalances } from '#hub/app/ledger/balances.ts';
import { type ApplyContext, applyToRental } from '#hub/app/rentals/apply.ts';
import { newRental } from '#hub/app/rentals/new-rental.ts';
import { queueOf } from '#hub/app/reservations/queue.ts';
import { newestTariff } from '#hub/app/tariffs/tariffs.ts';
import type {
  EditionRow,
  MemberRow,
  RentalRow,
  SiteRow,
  TerminalRow,
  TitleRow,
} from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { localDateOf } from '#shared/domain/calendar.ts';
import { type RefusalCode, refusals } from '#shared/domain/eligibility.ts';
import { freeFor } from '#shared/domain/reservation.ts';
import type { Tariff } from '#shared/domain/tariff.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { CopyId, MediumId, RentalId, ReservationId, TitleId } from '#shared/kernel/ids.ts';
import { money } from '#shared/kernel/money.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type EpochMs, epochMs, toEpochSeconds } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import type { RentalPermit } from '#shared/protocol/terminal-api.ts';

export interface WantedCopy {
  readonly rentalId: RentalId;
  readonly copyId: CopyId;
  readonly titleId: TitleId;
  readonly binding: 'none' | 'players';
  readonly reservationId: ReservationId | null;
}
export interface Preparation {
  readonly member: MemberRow;
  readonly terminal: TerminalRow;
  readonly mediumId: MediumId;
  readonly mediumClass: 'plain' | 'secure';
}

/** Codes of the wire for the reasons of the domain (`shared/domain/eligibility.ts`). */
const REFUSAL_CODES = {
  member_locked: 'member_locked',
  member_amount_due: 'amount_due_open',
  member_held_copy: 'held_rental_open',
  age_too_young: 'age_restricted',
  age_unknown: 'age_restricted',
  territory_not_allowed: 'territory_refused',
  title_not_released: 'not_released',
  title_withdrawn: 'title_withdrawn',
  no_unit_free: 'no_unit_free',
  secure_medium_needed: 'secure_medium_required',
  binding_needed: 'player_required',
  player_unknown: 'player_required',
} as const satisfies Record<RefusalCode, string>;

export type PrepareCode =
  | (typeof REFUSAL_CODES)[RefusalCode]
  | 'title_unknown'
  | 'title_without_edition'
  | 'tariff_missing'
  | 'rental_id_conflict';

export type PrepareDeps = HubDeps & { readonly fleet: Pick<FleetFacts, 'rewards'> };

/** What the rental's state machine needs beside the rental (hub/app/rentals). */
export const contextOf = (deps: PrepareDeps, stores: Stores): ApplyContext => ({
  stores,
  rules: deps.fleet.rewards,
  now: deps.clock.now(),
  newId: () => newId<string>(deps.clock, deps.random),
});

/** A permit lasts long enough to write a large title onto a slow medium; then the unit goes back. */
const PERMIT_MS = 3 * 3_600_000;
/** Ciphertext chunks of the container: 64 KiB each, the last one shorter (an empty one where the content fits exactly is not made). */
const CIPHER_CHUNK_BYTES = 65_536;
const ASKED_CHUNKS = 4;

/**
 * Permits one copy, or says why not (RNT-1, CAT-4, LED-2, RNT-6, RSV-1). A permit takes the unit and freezes tariff and site into a pending
 * rental; asked again with the same rental id it answers the same permit. Nothing is charged by it.
 */
export async function prepareOne(
  deps: PrepareDeps,
  preparation: Preparation,
  wanted: WantedCopy,
): Promise<Result<RentalPermit, Fault<PrepareCode>>> {
  return deps.db.transaction(async (stores) => {
    const known = await stores.rentals.find({ rentalId: wanted.rentalId });
    if (known !== null) return again(stores, preparation, wanted, known);
    // The row's lock lines up everybody who wants the last unit of this title, and both titles of one member.
    const member = await stores.members.findForUpdate({ memberId: preparation.member.memberId });
    assert(member !== null, 'members are never removed');
    const title = await stores.titles.findForUpdate({ titleId: wanted.titleId });
    if (title === null) return fault('title_unknown', 'there is no title of this id');
    const edition =
      title.editionId === null ? null : await stores.editions.find({ editionId: title.editionId });
    if (edition === null) return fault('title_without_edition', 'no edition of this title was uploaded yet');
    const tariff = await newestTariff(stores, title.tariffId);
    if (!tariff.ok) return tariff;
    const site = await stores.sites.find({ siteId: preparation.terminal.siteId });
    assert(site !== null, 'a terminal belongs to a site');
    // The member as it stands now: staff may have blocked it since this question came in.
    const asking = { ...preparation, member };
    const refused = await refusalOf(deps, stores, asking, wanted, { title, tariff: tariff.value, site });
    if (refused !== null) return refused;
    const now = deps.clock.now();
    const rental = {
      ...pendingRental(now, preparation, wanted, { edition, tariff: tariff.value, site }),
      ...(await redeemCoupon(stores, preparation.member, wanted.rentalId, tariff.value, now)),
    };
    if ((await stores.rentals.first({ copyId: wanted.copyId })) !== null)
      return fault('rental_id_conflict', 'this copy id belongs to another rental');
    const cause = {
      entryId: `${rental.rentalId}:prepared`,
      terminalId: preparation.terminal.terminalId,
      eventId: null,
      detail: { tariff: tariff.value.name, version: tariff.value.version },
    };
    const applied = await applyToRental(
      contextOf(deps, stores),
      rental,
      { kind: 'prepared', at: now },
      cause,
    );
    assert(applied.ok, 'preparing a rental computes no charge');
    return ok(permitOf(deps, rental, edition));
  });

  async function again(
    stores: Stores,
    { member, terminal }: Preparation,
    asked: WantedCopy,
    rental: RentalRow,
  ): Promise<Result<RentalPermit, Fault<PrepareCode>>> {
    const same =
      rental.copyId === asked.copyId &&
      rental.titleId === asked.titleId &&
      rental.memberId === member.memberId &&
      rental.kioskId === terminal.terminalId &&
      rental.status === 'pending';
    const edition = same ? await stores.editions.find({ editionId: rental.editionId }) : null;
    if (edition === null) return fault('rental_id_conflict', 'this rental id was used for something else');
    return ok(permitOf(deps, rental, edition));
  }
}

/** The oldest valid coupon of the member is frozen into the rental (CHG-3); one whose rental came to nothing is free again. */
async function redeemCoupon(
  stores: Stores,
  member: MemberRow,
  rentalId: RentalId,
  tariff: Tariff,
  now: EpochMs,
): Promise<Pick<RentalRow, 'discounts' | 'coupons'>> {
  const valid = await stores.coupons.list(
    {
      memberId: member.memberId,
      currency: tariff.currency,
      validFrom: { lte: now },
      validUntil: { gt: now },
    },
    { orderBy: ['createdAt'], limit: 100 },
  );
  for (const { couponId, label, basisPoints, amountMinor, rentalId: usedBy } of valid) {
    const used = usedBy === null ? null : await stores.rentals.find({ rentalId: usedBy });
    if (used !== null && used.status !== 'void') continue;
    await stores.coupons.patch({ couponId }, { rentalId });
    return {
      discounts: basisPoints === null ? [] : [{ discountId: couponId, label, basisPoints }],
      coupons: amountMinor === null ? [] : [{ couponId, label, amount: money(amountMinor, tariff.currency) }],
    };
  }
  return { discounts: [], coupons: [] };
}

interface Offer {
  readonly title: TitleRow;
  readonly tariff: Tariff;
  readonly site: SiteRow;
}

async function refusalOf(
  deps: HubDeps,
  stores: Stores,
  { member, terminal, mediumId, mediumClass }: Preparation,
  wanted: WantedCopy,
  { title, tariff, site }: Offer,
): Promise<ReturnType<typeof fault<PrepareCode>> | null> {
  const now = deps.clock.now();
  const queue = await queueOf(stores, title, terminal, now);
  const purse = await memberBalances(stores, member.memberId, member.currency);
  const [refusal] = refusals({
    now,
    today: localDateOf(site.calendar.zone, toEpochSeconds(now)),
    territory: site.calendar.territory,
    member: {
      // Only the year is known: the last day of it decides, so that nobody is taken for older than they are.
      birthDate: `${member.birthYear}-12-31`,
      amountDueMinor: purse.amountDue.minor > 0 ? purse.amountDue.minor : await dueElsewhere(stores, member),
      locked: member.state !== 'active',
      holdsUnsettledCopy: (await stores.rentals.count({ memberId: member.memberId, status: 'held' })) > 0,
      players: await stores.playerKeys.count({ memberId: member.memberId, revoked: false }),
    },
    title: {
      minimumAge: title.ageRating,
      territories: title.territories.length === 0 ? null : title.territories,
      releaseAt: title.releaseAt,
      withdrawn: title.withdrawn,
      demandsSecureMedium: title.demandsSecureMedium,
      demandsBinding: title.demandsBinding === 'players',
    },
    tariff,
    // What a revoked controller says of itself is worth nothing (SEC-5).
    medium: { class: (await controllerRevoked(stores, mediumId)) ? 'plain' : mediumClass },
    binding: wanted.binding,
    unitsFree: freeFor(queue.queue, queue.units, member.memberId),
  });
  if (refusal === undefined) return null;
  return fault(REFUSAL_CODES[refusal.code], `refused: ${refusal.code}`, refusal.details);
}

/** LED-2: an amount due counts in whatever currency the rental was: shops of another country are the same fleet. Minor units of the first one. */
async function dueElsewhere(stores: Stores, { memberId }: MemberRow): Promise<number> {
  const accounts = await stores.ledger.accounts({ ownerId: memberId, kind: 'member_receivable' });
  const balances = await stores.ledger.balances(accounts.map(({ accountId }) => accountId));
  return Math.max(0, ...[...balances.values()].map(({ posted }) => posted));
}

function pendingRental(
  now: EpochMs,
  { member, terminal, mediumId }: Preparation,
  wanted: WantedCopy,
  { edition, tariff, site }: { edition: EditionRow; tariff: Tariff; site: SiteRow },
): RentalRow {
  return newRental({
    rentalId: wanted.rentalId,
    copyId: wanted.copyId,
    titleId: wanted.titleId,
    editionId: edition.editionId,
    mediumId,
    memberId: member.memberId,
    memberToken: member.token,
    siteId: site.siteId,
    kioskId: terminal.terminalId,
    binding: wanted.binding,
    tariff,
    calendar: site.calendar,
    reservationId: wanted.reservationId,
    preparedAt: now,
    permitExpiresAt: epochMs(now + PERMIT_MS),
  });
}

function permitOf(
  deps: Pick<HubDeps, 'random' | 'clock'>,
  rental: RentalRow,
  edition: EditionRow,
): RentalPermit {
  const chunks = Math.max(1, Math.ceil(edition.bytes / CIPHER_CHUNK_BYTES));
  const asked = new Set(Array.from({ length: ASKED_CHUNKS }, () => deps.random.below(chunks)));
  return {
    rentalId: rental.rentalId,
    copyId: rental.copyId,
    titleId: rental.titleId,
    editionId: rental.editionId,
    tariff: rental.tariff,
    hold: money(rental.tariff.hold.amount, rental.tariff.currency),
    chunkIndices: [...asked].sort((a, b) => a - b),
    expiresAt: rental.permitExpiresAt ?? epochMs(deps.clock.now() + PERMIT_MS),
  };
}

/** The customer went away or the write failed: the unit goes back at once, nothing is charged (RNT-1). Cancelling twice changes nothing. */
export async function cancelPrepared(
  deps: PrepareDeps,
  terminal: TerminalRow,
  rentalIds: readonly RentalId[],
  reason: string,
): Promise<void> {
  await deps.db.transaction(async (stores) => {
    for (const rentalId of rentalIds) {
      const rental = await stores.rentals.findForUpdate({ rentalId });
      if (rental === null || rental.kioskId !== terminal.terminalId || rental.status !== 'pending') continue;
      const now = deps.clock.now();
      const cause = {
        entryId: `${rentalId}:cancelled`,
        terminalId: terminal.terminalId,
        eventId: null,
        detail: { reason },
      };
      const applied = await applyToRental(
        contextOf(deps, stores),
        rental,
        { kind: 'voided', at: now, reason },
        cause,
      );
      assert(applied.ok, 'a rental that never began has no charge');
    }
  });
}
