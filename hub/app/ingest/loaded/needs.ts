import type { ReadEvent } from '#hub/app/ingest/documents.ts';
import { receiptIdOf } from '#hub/app/ingest/receipt-chain.ts';
import { authorisationId } from '#hub/app/ledger/payments.ts';
import type { MediumId, RentalId, ReservationId, ReturnId, TerminalId, TitleId } from '#shared/kernel/ids.ts';

/** What events of a group will ask the database for, as far as they tell before they are applied. */
export interface Needs {
  readonly rentals: Set<RentalId>;
  readonly returns: Set<ReturnId>;
  readonly tokens: Set<string>;
  readonly terminals: Set<TerminalId>;
  readonly certificates: Set<string>;
  readonly media: Set<MediumId>;
  readonly titles: Set<TitleId>;
  readonly tariffs: Map<string, { readonly tariffId: string; readonly version: number }>;
  readonly ratings: Set<RentalId>;
  readonly receipts: Set<string>;
  readonly nonces: Set<string>;
  readonly places: { readonly terminalId: TerminalId; readonly counter: number }[];
  /** Authorisations of points and of prepaid money. */
  readonly reservations: Set<string>;
  /** Places in titles' queues. */
  readonly queued: Set<ReservationId>;
  /** Titles for which places are asked. */
  readonly wanted: Set<TitleId>;
  /** Rentals whose return may be missing (an open alert then). */
  readonly unreported: Set<RentalId>;
}

export interface Coming {
  readonly terminalId: TerminalId;
  readonly read: ReadEvent;
}

export function needsOf(events: readonly Coming[]): Needs {
  const needs: Needs = {
    rentals: new Set(),
    returns: new Set(),
    tokens: new Set(),
    terminals: new Set(),
    certificates: new Set(),
    media: new Set(),
    titles: new Set(),
    tariffs: new Map(),
    ratings: new Set(),
    receipts: new Set(),
    nonces: new Set(),
    places: [],
    reservations: new Set(),
    queued: new Set(),
    wanted: new Set(),
    unreported: new Set(),
  };
  for (const each of events) {
    needs.terminals.add(each.terminalId);
    byNames(needs, each.read);
    ofDocuments(needs, each);
  }
  return needs;
}

/** The ids that stand in the event itself. */
function byNames(needs: Needs, { event }: ReadEvent): void {
  const { data } = event;
  if ('rentalId' in data && data.rentalId !== null) needs.rentals.add(data.rentalId);
  if ('rentalIds' in data) for (const rentalId of data.rentalIds) needs.rentals.add(rentalId);
  if ('returnId' in data) needs.returns.add(data.returnId as ReturnId);
  if ('mediumId' in data) needs.media.add(data.mediumId);
  if ('titleId' in data && event.kind !== 'cache.changed') needs.titles.add(data.titleId);
  if ('memberToken' in data && data.memberToken !== null) needs.tokens.add(data.memberToken);
  if ('reservationId' in data) needs.queued.add(data.reservationId);
  if (event.kind === 'reservation.requested') needs.wanted.add(event.data.titleId);
  if (event.kind === 'rating.given') needs.ratings.add(event.data.rentalId);
  if ('parts' in data)
    for (const part of data.parts)
      if (part.means === 'points' || part.means === 'prepaid')
        needs.reservations.add(authorisationId(part.key));
}

/** What the signed documents in it name. */
function ofDocuments(needs: Needs, { terminalId, read }: Coming): void {
  if (read.licence !== null) {
    const { licence, signer } = read.licence;
    const facts = licence.keyturn;
    needs.tokens.add(facts.memberToken);
    needs.terminals.add(facts.terminal as TerminalId);
    needs.certificates.add(signer.fingerprint);
    needs.media.add(facts.mediumId);
    needs.titles.add(facts.titleId);
    const { tariffId, version } = facts.tariff;
    if (typeof tariffId === 'string' && Number.isSafeInteger(version))
      needs.tariffs.set(`${tariffId} ${String(version)}`, { tariffId, version: version as number });
  }
  if (read.receipt !== null) {
    const { receipt, jws, signer } = read.receipt;
    needs.certificates.add(signer.fingerprint);
    needs.receipts.add(receiptIdOf(jws));
    needs.unreported.add(receipt.rentalId);
    if (receipt.proof.mac !== '') needs.nonces.add(receipt.proof.nonce);
    needs.places.push({ terminalId, counter: receipt.counter - 1 }, { terminalId, counter: receipt.counter });
  }
}
