import { chargeAt } from '#hub/app/members/session-view.ts';
import type { LedgerLine } from '#hub/ports/ledger.ts';
import type { RentalRow, ReturnRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { MemberId, RentalId, TitleId } from '#shared/kernel/ids.ts';
import { money } from '#shared/kernel/money.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { pricePictureOf } from './price-picture.ts';
import { type ReaderLanguage, titleNameIn } from './title-names.ts';

/** Names for ids that a list shows, asked once for the whole page. */
export interface Names {
  title(titleId: TitleId): string;
  member(memberId: MemberId | null): string | null;
}

export async function namesFor(
  stores: Stores,
  titleIds: readonly TitleId[],
  memberIds: readonly (MemberId | null)[],
  language: ReaderLanguage,
): Promise<Names> {
  const titles = await stores.titles.list({ titleId: [...new Set(titleIds)] }, { limit: 1000 });
  const wanted = [...new Set(memberIds.filter((id) => id !== null))];
  const members = await stores.members.list({ memberId: wanted }, { limit: 1000 });
  const titleNames = new Map(titles.map((row) => [row.titleId, titleNameIn(row.name, language)] as const));
  const memberNames = new Map(members.map((row) => [row.memberId, row.displayName] as const));
  return {
    title: (titleId) => titleNames.get(titleId) ?? '',
    member: (memberId) => (memberId === null ? null : (memberNames.get(memberId) ?? null)),
  };
}

export const rentalSummaryOf = (rental: RentalRow, names: Names, now: EpochMs) => ({
  rentalId: rental.rentalId,
  titleId: rental.titleId,
  titleName: names.title(rental.titleId),
  memberId: rental.memberId,
  memberName: names.member(rental.memberId),
  siteId: rental.siteId,
  kioskId: rental.kioskId,
  status: rental.status,
  startedAt: rental.startedAt,
  dueAt: rental.dueAt,
  closedAt: rental.closedAt,
  preparedAt: rental.preparedAt,
  offline: rental.offline,
  needsStaff: rental.needsStaff,
  charge: chargeAt(rental, now),
});

export async function rentalSummaries(
  stores: Stores,
  rentals: readonly RentalRow[],
  now: EpochMs,
  language: ReaderLanguage,
) {
  const names = await namesFor(
    stores,
    rentals.map(({ titleId }) => titleId),
    rentals.map(({ memberId }) => memberId),
    language,
  );
  return rentals.map((rental) => rentalSummaryOf(rental, names, now));
}

export const ledgerLineOf = ({ transfer, accountId, amount, unit }: LedgerLine) => ({
  transferId: transfer.transferId,
  phase: transfer.phase,
  reason: transfer.reason,
  correctsId: transfer.correctsId,
  rentalId: transfer.rentalId,
  memberId: transfer.memberId,
  siteId: transfer.siteId,
  accountId,
  amount,
  unit,
  at: transfer.at,
  bookedAt: transfer.bookedAt,
  detail: { ...transfer.detail },
});

/** What was really taken at a return, by means: parts that failed or were given back are not. */
const paidBy = (payments: ReturnRow['payments']) =>
  Object.values(payments)
    .filter(({ taken, outcome }) => taken && outcome?.kind !== 'voided' && outcome?.kind !== 'failed')
    .map(({ part: { means, amount, points } }) => ({ means, amount, points }));

/** Everything known of one rental: what a person needs who answers a complaint (RNT-8). `publicAddress`: where customers check receipts; empty: nowhere. */
/** When, for whom, and under which address receipts are checked. */
export interface DetailAsk {
  readonly now: EpochMs;
  readonly publicAddress: string;
  readonly language: ReaderLanguage;
}

export async function rentalDetailOf(
  stores: Stores,
  rentalId: RentalId,
  asked: DetailAsk,
): Promise<Result<Awaited<ReturnType<typeof detail>>, Fault<'rental_missing'>>> {
  const rental = await stores.rentals.find({ rentalId });
  if (rental === null) return fault('rental_missing', 'there is no rental of this id');
  return ok(await detail(stores, rental, asked));
}

async function detail(stores: Stores, rental: RentalRow, { now, publicAddress, language }: DetailAsk) {
  const { rentalId, charge } = rental;
  const [summary] = await rentalSummaries(stores, [rental], now, language);
  const returns = await stores.returns.list({ rentalId }, { orderBy: ['updatedAt'], limit: 100 });
  const receipts = await stores.receipts.list({ rentalId }, { orderBy: ['receivedAt'], limit: 100 });
  const timeline = await stores.timeline.list({ rentalId }, { orderBy: ['recordedAt', 'at'], limit: 500 });
  const entries = await stores.ledger.lines({ rentalId }, { limit: 200, offset: 0 });
  const rating = await stores.ratings.find({ rentalId });
  const { currency } = rental.tariff;
  return {
    ...(summary ?? rentalSummaryOf(rental, { title: () => '', member: () => null }, now)),
    copyId: rental.copyId,
    mediumId: rental.mediumId,
    binding: rental.binding,
    tariff: { name: rental.tariff.name, version: rental.tariff.version },
    lines: (charge?.lines ?? []).map((line) => ({
      kind: line.kind,
      refId: line.refId,
      from: line.from,
      to: line.to,
      units: line.units,
      amount: money(line.amountMinor, currency),
    })),
    tax: charge?.tax ?? null,
    keepAt: rental.keepAt,
    licenceStatus: rental.licenceStatus,
    licenceEnd: rental.licenceEnd,
    copy: { chunksKnown: rental.chunkHashes.length, slotProofKnown: rental.slotProofKey !== null },
    price: pricePictureOf(rental, now),
    returns: returns.map(({ returnId, terminalId, state, t0, destroyedAt, proof, payments, due }) => ({
      returnId,
      terminalId,
      state,
      t0,
      destroyedAt,
      proof,
      paid: paidBy(payments),
      due,
    })),
    receipts: receipts.map(
      ({ receiptId, returnId, terminalId, counter, claim, readBack, destroyedAt, jws }) => ({
        receiptId,
        returnId,
        terminalId,
        counter,
        claim,
        readBack,
        destroyedAt,
        jws,
        address: publicAddress === '' ? null : `${publicAddress}/r/${returnId}`,
      }),
    ),
    stars: rating?.stars ?? null,
    timeline: timeline.map(({ at, recordedAt, kind, outcome, terminalId, detail: facts }) => ({
      at,
      recordedAt,
      kind,
      outcome,
      terminalId,
      detail: { ...facts },
    })),
    entries: entries.map(ledgerLineOf),
  };
}
