import {
  ALLOTMENT_HOURS,
  type Allotment,
  mayRentOffline,
  type OfflineRental,
} from '#shared/domain/allotment.ts';
import type { CopyId, RentalId, TitleId } from '#shared/kernel/ids.ts';
import { add, money } from '#shared/kernel/money.ts';
import { epochMs } from '#shared/kernel/time.ts';
import type { Bundle, CatalogueTitle, RentalPermit } from '#shared/protocol/terminal-api.ts';
import type { KioskDeps } from '../deps.ts';
import type { MediumFacts, SignedIn } from '../session/state.ts';
import { type Trouble, troubleOf } from '../trouble.ts';
import { rentals } from './tables.ts';

export interface WantedCopy {
  readonly rentalId: RentalId;
  readonly copyId: CopyId;
  readonly title: CatalogueTitle;
  readonly binding: 'none' | 'players';
}

/** What may be written, from the hub or, while it is away, from the allotment it gave beforehand. One answer per wanted copy, in order. */
export interface Permits {
  readonly offline: boolean;
  readonly answers: readonly ({ readonly permit: RentalPermit } | { readonly refused: Trouble })[];
}

export interface PermitInput {
  readonly member: SignedIn;
  readonly medium: MediumFacts;
  /** The medium's id; of a blank one the id that it will get. */
  readonly mediumId: string;
  readonly wanted: readonly WantedCopy[];
  readonly bundle: Bundle;
}

export async function askPermits(deps: Pick<KioskDeps, 'runtime'>, input: PermitInput): Promise<Permits> {
  const { member, medium, mediumId, wanted } = input;
  if (member.offline) return offlinePermits(deps, input);
  const answer = await deps.runtime.hub.prepareRentals({
    sessionToken: member.session.sessionToken,
    mediumId,
    mediumClass: medium.mediumClass,
    items: wanted.map(({ rentalId, copyId, title, binding }) => ({
      rentalId,
      copyId,
      titleId: title.titleId,
      binding,
      reservationId: readyReservation(member, title.titleId),
    })),
  });
  if (!answer.ok) {
    if (answer.error.code === 'hub_away') return offlinePermits(deps, input);
    const refused = troubleOf(answer.error);
    return { offline: false, answers: wanted.map(() => ({ refused })) };
  }
  return {
    offline: false,
    answers: wanted.map(({ rentalId }) => {
      const item = answer.value.items.find((one) =>
        one.permitted ? one.permit.rentalId === rentalId : one.rentalId === rentalId,
      );
      if (item === undefined) return { refused: troubleOf({ code: 'hub_answer_malformed' }) };
      return item.permitted ? { permit: item.permit } : { refused: troubleOf(item) };
    }),
  };
}

const readyReservation = (member: SignedIn, titleId: TitleId): string | null =>
  member.session.reservations.find((one) => one.titleId === titleId && one.readyUntil !== null)
    ?.reservationId ?? null;

/** Ciphertext chunks whose hashes an offline rental notes for the return's question, when the hub could not choose them (RET-7). */
const OFFLINE_CHUNKS = 4;
const PERMIT_HOURS = 1;

/** SYN-1: within the allotment, one open offline rental per member; the hub's own checks that need no hub are made here. */
function offlinePermits({ runtime }: Pick<KioskDeps, 'runtime'>, input: PermitInput): Permits {
  const now = runtime.clock.now();
  const allotment = allotmentOf(input.bundle);
  const made: OfflineRental[] = [...offlineRentals(runtime, input.bundle)];
  const answers = input.wanted.map(({ rentalId, copyId, title }) => {
    const stake = stakeOf(title);
    const wanted = { memberToken: input.member.session.memberToken, titleId: title.titleId, money: stake };
    const allowed = mayRentOffline(allotment, made, wanted, now);
    if (!allowed.ok) return { refused: troubleOf(allowed.error) };
    made.push({ ...wanted, open: true });
    const chunks = Math.max(1, Math.ceil(title.edition.bytes / 65_536));
    const permit: RentalPermit = {
      rentalId,
      copyId,
      titleId: title.titleId,
      editionId: title.edition.editionId,
      tariff: title.tariff,
      hold: money(title.tariff.hold.amount, title.tariff.currency),
      chunkIndices: Array.from({ length: OFFLINE_CHUNKS }, () => runtime.random.below(chunks)),
      expiresAt: epochMs(now + PERMIT_HOURS * 3_600_000),
    };
    return { permit };
  });
  return { offline: true, answers };
}

export const stakeOf = (title: CatalogueTitle) =>
  add(
    money(title.tariff.firstPrice, title.tariff.currency),
    money(title.tariff.hold.amount, title.tariff.currency),
  );

/** The bundle's allotment in the words of the domain. Titles without a limit need no unit in escrow. */
export function allotmentOf(bundle: Bundle): Allotment | null {
  const { allotment } = bundle;
  if (allotment === null) return null;
  const units = new Map<string, number | null>(allotment.units.map((one) => [one.titleId, one.units]));
  for (const title of bundle.titles)
    if (title.units === null && !units.has(title.titleId)) units.set(title.titleId, null);
  return {
    issuedAt: epochMs(allotment.validUntil - ALLOTMENT_HOURS * 3_600_000),
    units,
    perMember: { rentals: allotment.rentals, money: allotment.perMemberMoney },
    inAll: { rentals: allotment.rentals, money: allotment.totalMoney },
  };
}

/** Offline rentals of this kiosk that the allotment in force does not know of yet. */
export function offlineRentals(runtime: KioskDeps['runtime'], bundle: Bundle): readonly OfflineRental[] {
  const { acked } = runtime.store.position(0);
  return runtime.store
    .list(rentals)
    .map(({ value }) => value)
    .filter((row) => row.offline && (row.stage === 'active' || row.stage === 'held'))
    .filter((row) => row.outbox === null || row.outbox > acked || row.at >= bundle.madeAt)
    .map((row) => ({ memberToken: row.memberToken, titleId: row.titleId, money: row.stake, open: true }));
}
