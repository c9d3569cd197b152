import type { CopyId, MediumId, MemberId, RentalId, SiteId, TerminalId } from '#shared/kernel/ids.ts';
import type { Currency } from '#shared/kernel/money.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { PaymentMeans } from '#shared/protocol/events.ts';

/** Why staff block a member: a closed list, for the audit trail cannot be edited and must not hold a name (SEC-9). */
export type BlockCause = 'misuse' | 'unpaid' | 'stolen' | 'asked';

/** Customers with an account. Terminals know only `token` (SEC-6). */
export interface MemberRow {
  readonly memberId: MemberId;
  readonly token: string;
  /** What a member types at a kiosk. */
  readonly number: string;
  readonly displayName: string;
  readonly birthYear: number;
  readonly language: 'en' | 'ja' | 'de';
  /** scrypt, `scrypt$N$r$p$salt$hash` (MED-5). */
  readonly pinVerifier: string;
  /** Generation of the key of PINs that the verifier was made with (SEC-3); empty: with none. */
  readonly pinKey: string;
  readonly pinTries: number;
  readonly pinLockedAt: EpochMs | null;
  /** When staff last gave a new PIN: what kiosks remember from before is worth nothing. */
  readonly pinChangedAt: EpochMs | null;
  readonly preferredMeans: PaymentMeans[];
  readonly currency: Currency;
  readonly siteId: SiteId | null;
  readonly state: 'active' | 'blocked' | 'deleted';
  /** Since when and why staff keep the member from renting; both null while `state` is not `blocked`. */
  readonly blockedAt: EpochMs | null;
  readonly blockCause: BlockCause | null;
  readonly createdAt: EpochMs;
}

/** Sign-ins at terminals; the token itself is never stored. */
export interface MemberSessionRow {
  readonly tokenHash: string;
  readonly memberId: MemberId;
  readonly terminalId: TerminalId;
  readonly createdAt: EpochMs;
  readonly expiresAt: EpochMs;
  readonly endedAt: EpochMs | null;
}

export interface MediumRow {
  readonly mediumId: MediumId;
  readonly memberId: MemberId | null;
  readonly mediumClass: 'plain' | 'secure';
  readonly identity: string | null;
  /** SHA-256 of the access key on the medium (MED-5). */
  readonly accessKeyHash: string | null;
  readonly registeredAt: EpochMs;
  readonly lastSeenAt: EpochMs;
}

/** Public keys of members' players (PLY-1): which player is whose is the hub's knowledge alone. */
export interface PlayerKeyRow {
  readonly playerId: string;
  readonly memberId: MemberId | null;
  readonly mediumId: MediumId | null;
  readonly recipient: string;
  readonly jws: string;
  readonly seenAt: EpochMs;
  readonly revoked: boolean;
  readonly revokedAt: EpochMs | null;
  /** How the member took it on; null: registered before this was kept. */
  readonly addedBy: 'medium' | 'code' | 'staff' | null;
  readonly addedAt: EpochMs | null;
}

/** Players that wait for their member to type the code they show (SEC-6). */
export interface PlayerPairingRow {
  /** SHA-256 of the code; the code itself is shown by the player only. */
  readonly codeHash: string;
  readonly playerId: string;
  readonly jws: string;
  readonly createdAt: EpochMs;
  readonly expiresAt: EpochMs;
}

/** From when until when a player had a copy open, as the player itself signed it (SEC-8). */
export interface CopyOpeningRow {
  readonly copyId: CopyId;
  readonly playerId: string;
  readonly openedAt: EpochMs;
  readonly closedAt: EpochMs;
  readonly mediumId: MediumId;
  /** The terminal that carried it; null: the player told the hub itself. */
  readonly carriedBy: TerminalId | null;
  readonly receivedAt: EpochMs;
}

/** Money off a charge (CHG-3): per cent or a fixed amount, for one member or for whoever brings the code, used once. */
export interface CouponRow {
  readonly couponId: string;
  readonly label: string;
  readonly basisPoints: number | null;
  readonly amountMinor: number | null;
  readonly currency: Currency;
  readonly memberId: MemberId | null;
  readonly validFrom: EpochMs;
  readonly validUntil: EpochMs;
  readonly rentalId: RentalId | null;
  readonly createdAt: EpochMs;
}
