import type { CopyId, MediumId, RentalId, ReturnId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { ReadBackKind } from './media-drive.ts';

export interface WriteIntent {
  readonly copyId: CopyId;
  readonly rentalId: RentalId;
  readonly mediumId: MediumId;
  /** 32 hex digits; stands in every state record of this write, so that another medium is recognised. */
  readonly sessionNonce: string;
  readonly at: EpochMs;
}

/** A returned copy whose signed records a write clears away (MS-19): after that nobody can tell of its return from the medium any more. */
export interface ClearedReturn {
  readonly copyId: CopyId;
  readonly rentalId: RentalId;
}

export type WriteVerification = 'sampled' | 'full';

/** What the hub must learn about a copy whose key may be on the medium; published nowhere else (DESIGN §4). */
export interface SlotBegin extends WriteIntent {
  /** The licence as it stands on the medium (compact JWS). */
  readonly licenceJws: string;
  /** K = HKDF(slot bytes, rental id): 32 bytes as base64url. */
  readonly slotProofKey: string;
  /** SHA-256 (hex) of the ciphertext chunks the hub asked for, for later questions at the return (RET-7). */
  readonly chunkHashes: readonly ChunkHash[];
}

export interface WriteCommit extends SlotBegin {
  /** Start of the rental: the end of the verification (RNT-1). Same as `at`. */
  readonly startedAt: EpochMs;
  readonly plaintextBytes: number;
  readonly chunkCount: number;
  readonly verification: WriteVerification;
  readonly chunksVerified: number;
  readonly readBack: ReadBackKind;
}

export interface ChunkHash {
  readonly index: number;
  readonly sha256: string;
}

/**
 * Durable records of a kiosk's own disk around a write (RNT-2). Each promise resolves when the record survives a power cut;
 * a rejection ends the write before its next step. Called in the order intent → slotBegin → commit, or failed/held.
 */
export interface CopyIntents {
  /** With it, what the write clears away: the terminal that returned it may be lost with what it had to say (RET-2). */
  recordIntent(intent: WriteIntent, clears: readonly ClearedReturn[]): Promise<void>;
  /** From here on the key may be on the medium: without commit, `failed` or settling the rental is `held` (RNT-6). */
  recordSlotBegin(begin: SlotBegin): Promise<void>;
  /** Business row and outbox event in one local transaction. The rental is active and charged from here on. */
  recordCommit(commit: WriteCommit): Promise<void>;
  /** Proven: nothing readable of this copy is left. */
  recordFailed(intent: WriteIntent, code: string): Promise<void>;
  recordHeld(intent: WriteIntent, code: string): Promise<void>;
}

export interface ReturnIntent {
  readonly returnId: ReturnId;
  readonly rentalId: RentalId;
  readonly copyId: CopyId;
  readonly mediumId: MediumId;
  readonly t0: EpochMs;
  readonly at: EpochMs;
}

/** Where a receipt stands in its terminal's chain (DESIGN §5). */
export interface ReceiptLink {
  /** 1 for the first receipt of this terminal, then one more each time. */
  readonly counter: number;
  /** SHA-256 (hex) of the previous receipt's compact JWS; 64 zeros for the first. */
  readonly previous: string;
}

/** Durable records of a terminal's own disk around a destruction (PAY-1, RET-3). */
export interface ReturnIntents {
  /** INTENT with T0, durable before the medium is touched. Repeated for a resumed return: same key, no second row. */
  recordReturnIntent(intent: ReturnIntent): Promise<void>;
  /**
   * Takes the next link, lets `make` sign the receipt, stores receipt and event in one local transaction, answers the receipt.
   * A receipt already stored for this return id is answered as it is, without calling `make`.
   */
  commitReceipt(returnId: ReturnId, make: (link: ReceiptLink) => Promise<string>): Promise<string>;
}
