import { createHash } from 'node:crypto';
import type { Tariff } from '#shared/domain/tariff.ts';
import { licenceEnd } from '#shared/domain/tariff.ts';
import { aSite, aTariff } from '#shared/domain/testing/builders.ts';
import type * as ids from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import type { Licence } from '#shared/media/licence.ts';
import { signJws } from '#shared/media/signing.ts';
import { offlineChallenge, slotMac } from '#shared/media/slot-proof.ts';
import type { Signer } from '#shared/ports/signer.ts';
import type { EventData, PaymentPart } from '#shared/protocol/events.ts';

/** What terminals report of a rental and its return, really signed; the title and member of `test/contract/hub-world.ts`. No part of the hub is needed for it. */

export const TITLE = '01890000-0000-7000-8000-00000000000b' as ids.TitleId;
export const EDITION = '01890000-0000-7000-8000-00000000000c' as ids.EditionId;
export const TOKEN = 'mt_abcdefghijklmnopqrstuvwx';

export type NewId = <Id extends string>() => Id;

export interface TestRental {
  readonly rentalId: ids.RentalId;
  readonly copyId: ids.CopyId;
  readonly licence: string;
  readonly startedAt: EpochMs;
  readonly proofKey: string;
  readonly mediumId: ids.MediumId;
}

export interface CopyChange {
  readonly newId: NewId;
  readonly tariff?: Partial<Tariff>;
  readonly memberToken?: string;
  readonly mediumId?: ids.MediumId;
}

/** What a kiosk signs for one copy written at `startedAt`. */
export async function signedCopy(
  signer: Signer,
  startedAt: EpochMs,
  change: CopyChange,
): Promise<TestRental> {
  const { newId } = change;
  // A price of its own is another version: what the hub's list has under a number and version stands.
  const tariff = aTariff(change.tariff === undefined ? {} : { version: 2, ...change.tariff });
  const facts = {
    rentalId: newId<ids.RentalId>(),
    copyId: newId<ids.CopyId>(),
    mediumId: change.mediumId ?? newId<ids.MediumId>(),
  };
  const licence: Licence = {
    version: 1,
    id: newId(),
    provider: 'keyturn',
    issued: startedAt,
    updated: null,
    status: 'ready',
    rights: {
      start: startedAt,
      end: licenceEnd(tariff, startedAt),
      print: null,
      copy: null,
      startWithinSeconds: null,
      finishWithinSeconds: null,
    },
    keyturn: {
      ...facts,
      titleId: TITLE,
      title: 'Film',
      editionId: EDITION,
      mediaType: 'video/mp4',
      tariff: { ...tariff },
      site: { ...aSite() },
      binding: 'none',
      memberToken: change.memberToken ?? TOKEN,
      keep: null,
      plaintextBytes: 10,
      chunkCount: 1,
      slotCheck: 'ab'.repeat(32),
      probes: [],
      terminal: signer.id,
    },
  };
  const proofKey = createHash('sha256').update(facts.copyId).digest('base64url');
  return {
    ...facts,
    licence: await signJws('keyturn-licence', licence, signer, startedAt),
    startedAt,
    proofKey,
  };
}

export const started = (rental: TestRental): EventData<'rental.started'> => ({
  rentalId: rental.rentalId,
  licence: rental.licence,
  startedAt: rental.startedAt,
  slotProofKey: rental.proofKey,
  chunkHashes: [],
  verification: 'sampled',
  offline: false,
  hold: null,
});

/** A copy that was pulled after its key was begun (RNT-6). */
export const pulled = (rental: TestRental): EventData<'rental.held'> => ({
  rentalId: rental.rentalId,
  licence: rental.licence,
  slotBegunAt: rental.startedAt,
  slotProofKey: rental.proofKey,
  chunkHashes: [],
});

/** Where the chain of a terminal's receipts stands. */
export interface ReceiptLink {
  readonly counter: number;
  readonly previous: string;
}
export const FIRST_RECEIPT: ReceiptLink = { counter: 0, previous: '0'.repeat(64) };

export interface TestReturn {
  readonly returnId: ids.ReturnId;
  readonly accepted: EventData<'return.accepted'>;
  readonly destroyed: EventData<'return.destroyed'>;
  /** Behind this receipt. */
  readonly link: ReceiptLink;
}

export interface ReturnChange {
  readonly parts?: PaymentPart[];
  readonly due?: number;
  readonly provisional?: number | null;
  readonly offlineSince?: EpochMs | null;
  readonly proofKey?: string;
  readonly returnId?: ids.ReturnId;
  /** Changes what the terminal signs. */
  readonly receipt?: Record<string, unknown>;
}

/** A return as a terminal reports it offline: acceptance and destruction, receipt and proof really signed. */
export async function signedReturn(
  rental: TestRental,
  terminal: Signer,
  t0: EpochMs,
  link: ReceiptLink,
  change: ReturnChange & { readonly returnId: ids.ReturnId },
): Promise<TestReturn> {
  const counter = link.counter + 1;
  const { returnId } = change;
  const { nonce } = offlineChallenge(terminal.id, counter);
  const proof = { nonce, mac: slotMac(change.proofKey ?? rental.proofKey, nonce, returnId), chunkHashes: [] };
  const destroyedAt = epochMs(t0 + 20_000);
  const receipt = await signJws(
    'keyturn-receipt',
    {
      version: 1,
      returnId,
      rentalId: rental.rentalId,
      copyId: rental.copyId,
      mediumId: rental.mediumId,
      terminal: terminal.id,
      t0,
      acceptedBy: terminal.id,
      destroyedAt,
      claim: 'CLEAR-SLOT',
      readBack: 'power-cycle',
      counter,
      previous: link.previous,
      nonceOrigin: 'offline',
      proof,
      ...change.receipt,
    },
    terminal,
    destroyedAt,
  );
  const accepted = {
    returnId,
    rentalId: rental.rentalId,
    copyId: rental.copyId,
    licence: rental.licence,
    t0,
    offlineSince: change.offlineSince ?? null,
  };
  const provisional = change.provisional ?? null;
  return {
    returnId,
    accepted,
    link: { counter, previous: createHash('sha256').update(receipt).digest('hex') },
    destroyed: {
      ...accepted,
      receipt,
      proof,
      destroyedAt,
      quote: null,
      provisional: provisional === null ? null : { minor: provisional, currency: 'EUR' },
      parts: change.parts ?? [],
      due: { minor: change.due ?? 0, currency: 'EUR' },
    },
  };
}

export const cardPart = (rental: TestRental, returnId: string, minor: number): PaymentPart => ({
  key: `${rental.rentalId}:${returnId}:card_reader`,
  means: 'card_reader',
  amount: { minor, currency: 'EUR' },
  points: null,
  authorisationId: 'auth-1',
  maskedCard: '4242',
});
