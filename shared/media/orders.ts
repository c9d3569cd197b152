import type { CopyId, MediumId, RentalId, ReturnId } from '#shared/kernel/ids.ts';
import type { Fault } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { ByteSource } from '#shared/ports/byte-source.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type {
  CopyIntents,
  ReturnIntents,
  WriteCommit,
  WriteVerification,
} from '#shared/ports/copy-intents.ts';
import type { DriveFaultCode, MediaDrive, MediumSpace } from '#shared/ports/media-drive.ts';
import type { Random } from '#shared/ports/random.ts';
import type { Signer } from '#shared/ports/signer.ts';
import type { CopyExtras } from './extras.ts';
import type { Licence, LicenceDraft } from './licence.ts';
import type { MediumIdentity } from './medium-identity.ts';
import type { KnownPlayer } from './player-key.ts';
import type { SlotAnswer, SlotChallenge } from './receipt.ts';
import type { FleetTrust, SignatureFaultCode } from './signing.ts';
import type { StateRecord } from './state-record.ts';

/**
 * Every reason for which a medium or a copy cannot be used; screens translate the code (MED-3).
 * `medium_swapped`: another medium than before is in the drive. `medium_foreign`: identity of another fleet. `medium_counterfeit`: it says it is secure
 * and no controller of the fleet proves it, or the identity is another medium's (MS-21). `controller_failed`: its controller does not answer as it must.
 */
export type MediumTroubleCode =
  | DriveFaultCode
  | 'medium_swapped'
  | 'medium_foreign'
  | 'medium_counterfeit'
  | 'controller_failed'
  | 'medium_damaged'
  | 'medium_copies_on_write'
  | 'medium_too_slow'
  | 'medium_too_many_copies';
export type MediumTrouble = Fault<MediumTroubleCode>;

/** What all orders need. `now` decisions come from `clock`, every nonce and key from `random`. */
export interface MediaDeps {
  readonly drive: MediaDrive;
  readonly clock: Clock;
  readonly random: Random;
  readonly signer: Signer;
  readonly trust: FleetTrust;
}

export type MediaPhase =
  | 'preparing'
  | 'content'
  | 'key'
  | 'verifying'
  | 'overwriting'
  | 'reading-back'
  | 'done';
export interface MediaProgress {
  readonly phase: MediaPhase;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** Over the last seconds; 0 while unknown. */
  readonly bytesPerSecond: number;
}

// ---- looking at a medium: inspect-medium.ts ----

export type CopyCondition =
  /** Slot whole, state ACTIVE: can be played and returned. */
  | 'active'
  /** State WRITING, or ACTIVE without `startedAt`, slot whole: the kiosk never confirmed; see `settleHeld`. A kiosk that knows the
   *  commit treats it as active; so does a return terminal that learned the rental from the hub. */
  | 'held'
  /** State WRITING, no key there: remains of a failed write; may be removed. */
  | 'unfinished'
  /** State RETURNING and slot still whole: overwriting never began, the meter never stopped (CHG-1). */
  | 'returning'
  /** Slot neither whole nor proven destroyed, return begun: any terminal rolls it forward, T0 stands in the state record. */
  | 'torn'
  /** Destroyed by a return. */
  | 'returned'
  | 'void'
  /** Licence, state or slot unreadable or not what was signed, and no return begun. */
  | 'damaged';

export interface CopyOnMedium {
  readonly copyId: CopyId;
  readonly condition: CopyCondition;
  /** Null only where `condition` is `damaged`, `unfinished` or `void`. */
  readonly licence: Licence | null;
  readonly licenceJws: string | null;
  /** Terminal that signed the licence. */
  readonly issuer: string | null;
  readonly state: StateRecord | null;
  /** Start of the rental as far as the medium knows: the verified start, else the licence's. */
  readonly startedAt: EpochMs | null;
  readonly contentBytes: number;
  readonly trouble: {
    /** `copy_of_other_medium`: written onto another medium, or under another copy id, and brought here. */
    readonly code: SignatureFaultCode | MediumTroubleCode | 'copy_of_other_medium';
    readonly message: string;
  } | null;
}

/** A player's key with the document that carries it, and that of its openings where it left one. */
export type PlayerOnMedium = KnownPlayer & { readonly jws: string; readonly openingsJws: string | null };

export interface MediumReport {
  /** Null: a blank medium (no KEYTURN folder); it gets an identity at its first write. */
  readonly identity: MediumIdentity | null;
  /** The id that the medium's own controller proved: a secure medium, blank or not; null: a plain one. */
  readonly controllerId: MediumId | null;
  readonly fileSystem: string;
  readonly readOnly: boolean;
  readonly copiesOnWrite: boolean;
  readonly space: MediumSpace;
  readonly players: readonly PlayerOnMedium[];
  readonly copies: readonly CopyOnMedium[];
  readonly recommendations: Uint8Array | null;
  readonly history: Uint8Array | null;
}

// ---- writing: write-copy.ts ----

export interface WriteCopyInput {
  readonly copyId: CopyId;
  readonly source: ByteSource;
  /** Terms for a copy whose licence is signed at `at`; called twice (to check it before anything is written, then to sign it after the content is on the medium), so it must be pure with stable ids. */
  readonly licence: (at: EpochMs) => LicenceDraft;
  /** Recipients (age1…) of the member's players; used when the draft's binding is `players`. */
  readonly playerRecipients: readonly string[];
  /** Ed25519 keys (`x`) of the member's players: on a secure medium the controller gives a bound copy's key to these only. */
  readonly playerKeys: readonly string[];
  /** What the medium was when the rental was prepared; another class in the drive is `medium_swapped` (RET-4). */
  readonly mediumClass: 'plain' | 'secure';
  /**
   * Identity for a blank medium: its id (named to the hub when the rental was prepared; of a secure one its controller's) and the member's access
   * key. Ignored where the medium has an identity already.
   */
  readonly newMedium: { readonly mediumId: MediumId; readonly accessKey: string };
  readonly intents: CopyIntents;
  /** Ciphertext chunks whose hashes the hub asked for; those beyond the end are left out. */
  readonly chunkIndices: readonly number[];
  /** `sampled` finds 1 % corruption with 99.9 % probability; `full` reads every chunk. */
  readonly verification: WriteVerification;
  /** Below this rate over 30 s the write ends with `medium_too_slow`; 0: never. */
  readonly minimumBytesPerSecond: number;
  /** Poster and subtitles for the player (MS-34). */
  readonly extras?: CopyExtras | undefined;
  readonly progress?: (progress: MediaProgress) => void;
  readonly abort?: AbortSignal;
}

export type WriteFailureCode =
  | MediumTroubleCode
  | SignatureFaultCode
  | 'source_unavailable'
  | 'source_changed'
  | 'write_aborted'
  | 'verification_failed'
  | 'licence_invalid'
  | 'copy_exists'
  | 'players_missing'
  | 'players_too_many';

export type WriteOutcome =
  /** Verified and committed: the rental is active. */
  | { readonly kind: 'written'; readonly licence: Licence; readonly commit: WriteCommit }
  /** Nothing readable is left on the medium; nothing is charged. */
  | { readonly kind: 'failed'; readonly code: WriteFailureCode; readonly message: string }
  /** The key may be on a medium that is out of reach: no charge, settle when it is seen again (RNT-6). */
  | { readonly kind: 'held'; readonly code: WriteFailureCode; readonly message: string };

// ---- returning: destroy-copy.ts ----

/** What is known of a return before its copy is challenged. */
export interface AcceptFacts {
  readonly returnId: ReturnId;
  readonly t0: EpochMs;
  readonly acceptedBy: string;
  readonly licenceJws: string;
}

export interface OpenReturn {
  readonly returnId: ReturnId;
  readonly t0: EpochMs;
  readonly begunElsewhere?: boolean | undefined;
}

export interface AcceptInput {
  readonly copyId: CopyId;
  readonly returnId: ReturnId;
  /**
   * Asked for once the licence is known (online: the hub's; offline: `offlineChallenge`). `facts.returnId` is the id of the return
   * that was begun elsewhere when it is rolled forward, and `facts.t0` its T0 when that counts; `facts.acceptedBy` as in `AcceptedReturn`.
   */
  readonly challenge: (licence: Licence, facts: AcceptFacts) => Promise<SlotChallenge>;
  /**
   * Returns whose INTENT this terminal recorded and whose receipt it does not have: a destroyed copy of theirs still gets its receipt, with their T0. `begunElsewhere`: the
   * slot was overwritten already when this terminal (with this store) first took the medium; absent: not known.
   */
  readonly openReturns: readonly OpenReturn[];
  /** True where the caller knows that a `held` copy is an active rental (its own commit, or the hub says so). */
  readonly knownActive: boolean;
}

/** A copy that can be destroyed now. Nothing was written to the medium yet. */
export interface AcceptedReturn {
  /** For a return that is rolled forward: the id of the return that was begun, not the one asked for. */
  readonly returnId: ReturnId;
  readonly rentalId: RentalId;
  readonly copyId: CopyId;
  readonly mediumId: MediumId;
  readonly licence: Licence;
  readonly licenceJws: string;
  readonly startedAt: EpochMs;
  readonly t0: EpochMs;
  readonly acceptedBy: string;
  readonly rolledForward: boolean;
  /** Another terminal began it, whether the medium still says which (`acceptedBy`) or not, or this one with a store that was lost since. */
  readonly begunElsewhere: boolean;
  readonly nonceOrigin: 'hub' | 'offline';
  readonly proof: SlotAnswer;
}

export type AcceptOutcome =
  | { readonly kind: 'accepted'; readonly accepted: AcceptedReturn }
  /** Destroyed before: the signed record of it. No charge, no error (RET-2). */
  | { readonly kind: 'already-returned'; readonly licence: Licence | null; readonly state: StateRecord }
  | {
      readonly kind: 'refused';
      readonly code:
        | MediumTroubleCode
        | SignatureFaultCode
        | 'copy_missing'
        | 'copy_held'
        | 'copy_unfinished'
        | 'copy_void'
        | 'copy_damaged';
      readonly message: string;
    };

export interface DestroyInput {
  readonly accepted: AcceptedReturn;
  readonly intents: ReturnIntents;
  readonly progress?: (progress: MediaProgress) => void;
}

export type DestroyOutcome =
  /** The slot is proven destroyed and the receipt is stored. */
  | { readonly kind: 'destroyed'; readonly receiptJws: string; readonly destroyedAt: EpochMs }
  /**
   * Not proven. `slotIntact`: the key is known to be untouched (authorisation may be voided); otherwise the return is torn and
   * will be rolled forward with its T0 wherever the medium is seen next.
   */
  | {
      readonly kind: 'interrupted';
      readonly code: MediumTroubleCode | 'slot_not_destroyed';
      readonly message: string;
      readonly slotIntact: boolean;
    };

// ---- settling: settle-held.ts ----

export interface SettleInput {
  readonly copyId: CopyId;
  readonly intents: CopyIntents;
  /** As in `WriteCopyInput`. */
  readonly chunkIndices: readonly number[];
  readonly verification: WriteVerification;
  readonly progress?: (progress: MediaProgress) => void;
}

export type SettleOutcome =
  /** Seen again complete: active from now (RNT-6). */
  | { readonly kind: 'active'; readonly licence: Licence; readonly commit: WriteCommit }
  /** Seen again incomplete: wiped, proven. */
  | { readonly kind: 'void' }
  /** Meanwhile a return of this copy was begun or done: the rental was active after all. */
  | { readonly kind: 'returned'; readonly licence: Licence | null; readonly state: StateRecord | null }
  /** No such copy on this medium. */
  | { readonly kind: 'missing' }
  /** Still not settled: the medium went away again or refused. */
  | { readonly kind: 'held'; readonly code: WriteFailureCode; readonly message: string };
