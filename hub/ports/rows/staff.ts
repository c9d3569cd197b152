import type { EpochMs } from '#shared/kernel/time.ts';

/** People who run the fleet (SEC-7). */
export interface StaffRow {
  readonly staffId: string;
  readonly name: string;
  readonly role: 'clerk' | 'manager' | 'auditor' | 'admin';
  /** scrypt, `scrypt$N$r$p$salt$hash`; nothing fits while a new account waits for its one-time code. */
  readonly secretVerifier: string;
  readonly createdAt: EpochMs;
  readonly disabledAt: EpochMs | null;
  /** Who last gave this account its way in (made it, reset it), and when: that person cannot be its other person for a day. */
  readonly credentialsBy: string | null;
  readonly credentialsAt: EpochMs | null;
  /** Sealed under the hub's key; confirmed when the first code of it was right. */
  readonly totpSecret: string | null;
  readonly totpConfirmedAt: EpochMs | null;
  /** Newest time step whose code was used: a code is used once (RFC 6238 §5.2). */
  readonly totpLastStep: number | null;
}

/** Sessions of staff; the token itself is never stored. */
export interface StaffSessionRow {
  readonly tokenHash: string;
  /** What lists and ends name the session by. */
  readonly sessionId: string;
  readonly staffId: string;
  /** `password`: the second factor is still to come; `setup`: may only set one up; `full`. */
  readonly level: 'password' | 'setup' | 'full';
  readonly startedAt: EpochMs;
  readonly lastSeenAt: EpochMs;
  /** When password or second factor were last proved in this session. */
  readonly provedAt: EpochMs;
  readonly expiresAt: EpochMs;
  readonly endedAt: EpochMs | null;
  readonly address: string;
  readonly agent: string;
}

/** One-time codes in place of the second factor: 120 bits of chance each, only their SHA-256 is kept. */
export interface StaffBackupCodeRow {
  readonly codeHash: string;
  readonly staffId: string;
  readonly createdAt: EpochMs;
  readonly usedAt: EpochMs | null;
}

/** One-time codes with which a person sets a password: for a new account, or one that an admin has reset. */
export interface StaffResetRow {
  readonly codeHash: string;
  readonly staffId: string;
  readonly issuedBy: string;
  /** Whether using it also removes the second factor. */
  readonly clearsSecondFactor: boolean;
  readonly createdAt: EpochMs;
  readonly expiresAt: EpochMs;
  readonly usedAt: EpochMs | null;
}

/** Failed attempts by what they are counted under, shared by all hubs. */
export interface StaffAttemptRow {
  readonly bucket: string;
  readonly failures: number;
  readonly since: EpochMs;
}

/** What one person asked for and another one decides (SEC-7). */
export interface SecondPersonRow {
  readonly requestId: string;
  readonly action: string;
  readonly subject: string;
  readonly payload: unknown;
  readonly reason: string;
  readonly state: 'pending' | 'approved' | 'refused' | 'withdrawn' | 'expired';
  readonly requestedBy: string;
  readonly requestedByName: string;
  readonly requestedAt: EpochMs;
  readonly expiresAt: EpochMs;
  readonly decidedBy: string | null;
  readonly decidedByName: string | null;
  readonly decidedAt: EpochMs | null;
}

/** The audit trail's standing now and then, signed by the hub (SEC-7). */
export interface AuditCheckpointRow {
  readonly sequence: number;
  readonly hash: string;
  readonly at: EpochMs;
  readonly jws: string;
}
