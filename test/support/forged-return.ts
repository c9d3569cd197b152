import { createHash } from 'node:crypto';
import type { ReturnId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import type { Licence } from '#shared/media/licence.ts';
import { type Receipt, receiptSchema } from '#shared/media/receipt.ts';
import { signJws } from '#shared/media/signing.ts';
import { offlineChallenge, slotMac } from '#shared/media/slot-proof.ts';
import type { Signer } from '#shared/ports/signer.ts';
import type { DomainEvent, EventData } from '#shared/protocol/events.ts';

export const NO_RECEIPT = '0'.repeat(64);
export const hashOf = (receipt: string): string => createHash('sha256').update(receipt).digest('hex');

/** The last receipt of the terminal in whose name one is forged. */
export interface ChainLink {
  readonly counter: number;
  readonly previous: string;
}

export interface Forged {
  readonly signer: Signer;
  readonly licence: Licence;
  readonly licenceJws: string;
  /** What the thief takes for the key that only the slot's bytes give (RET-7). */
  readonly proofKey: string;
  readonly returnId: ReturnId;
  readonly t0: EpochMs;
  readonly link: ChainLink;
  /** Number of the terminal's own challenge. */
  readonly challenge: number;
}

export interface Forgery {
  readonly returnId: ReturnId;
  readonly receipt: string;
  readonly event: Extract<DomainEvent, { readonly kind: 'return.destroyed' }>;
}

/** A return that never was, signed with a terminal's true key, its place in the chain right unless `change` says otherwise. */
export async function signReturn(forged: Forged, change: Partial<Receipt> = {}): Promise<Forgery> {
  const { signer, licence, licenceJws, returnId, t0, link } = forged;
  const { nonce } = offlineChallenge(signer.id, forged.challenge);
  const { rentalId, copyId, mediumId } = licence.keyturn;
  const proof = { nonce, mac: slotMac(forged.proofKey, nonce, returnId), chunkHashes: [] };
  const destroyedAt = epochMs(t0 + 1);
  const payload = receiptSchema.parse({
    ...{ version: 1, returnId, rentalId, copyId, mediumId, terminal: signer.id, t0, acceptedBy: signer.id },
    ...{ destroyedAt, claim: 'CLEAR-SLOT', readBack: 'power-cycle', counter: link.counter + 1 },
    ...{ previous: link.previous, nonceOrigin: 'offline', proof },
    ...change,
  });
  const receipt = await signJws('keyturn-receipt', payload, signer, destroyedAt);
  const data: EventData<'return.destroyed'> = {
    ...{ returnId, rentalId, copyId, licence: licenceJws, receipt, t0, destroyedAt },
    proof: { ...payload.proof, chunkHashes: [...payload.proof.chunkHashes] },
    ...{ quote: null, provisional: null, parts: [], due: { minor: 0, currency: 'EUR' }, offlineSince: null },
  };
  return { returnId, receipt, event: { kind: 'return.destroyed', data } };
}
