import type { EventId, MediumId, RentalId, SiteId, TerminalId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { CommandOrder, CommandState, TerminalConfig } from '#shared/protocol/commands.ts';
import type { Heartbeat } from '#shared/protocol/envelope.ts';

export interface TerminalRow {
  readonly terminalId: TerminalId;
  readonly role: 'kiosk' | 'return-terminal';
  readonly siteId: SiteId;
  readonly name: string;
  readonly state: 'enrolling' | 'active' | 'revoked' | 'decommissioned';
  /** scrypt verifier of the terminal's secret. */
  readonly secretHash: string | null;
  /** Number on the machine's plate, as staff wrote it down for its enrolment; empty: none was given. */
  readonly hardwareSerial: string;
  readonly software: string | null;
  /** Presence as the terminal's own session last said (birth or will); a will of another session is ignored. */
  readonly session: string | null;
  readonly epoch: string | null;
  readonly online: boolean;
  readonly onlineChangedAt: EpochMs | null;
  readonly lastContactAt: EpochMs | null;
  readonly heartbeat: Heartbeat | null;
  readonly heartbeatAt: EpochMs | null;
  readonly configDesired: TerminalConfig | null;
  readonly configReported: number;
  /** What the terminal says it holds: title → state and bytes (CNT-1). */
  readonly cache: Record<string, { state: string; bytes: number }>;
  readonly createdAt: EpochMs;
  readonly revokedAt: EpochMs | null;
  readonly decommissionedAt: EpochMs | null;
  /** The terminal's own signed word that it wiped itself (FLT-3). */
  readonly wipeReceipt: string | null;
}

/** How a terminal was, a row a quarter of an hour, for charts (FLT-1): kept for days only (`KEPT_DAYS`). */
export interface TerminalHistoryRow {
  readonly terminalId: TerminalId;
  /** Beginning of the quarter of an hour. */
  readonly at: EpochMs;
  /** How often it was looked at, and how often it was there. */
  readonly samples: number;
  readonly online: number;
  /** Events that waited at the terminal, the most. */
  readonly queue: number;
  readonly freeBytes: number | null;
  readonly totalBytes: number | null;
  /** The highest, in tenths of a degree Celsius. */
  readonly temperature: number | null;
}

/** Every certificate that the fleet's authority gave to a terminal, by its fingerprint (SEC-1). Rows stay: signatures outlive certificates. */
export interface CertificateRow {
  /** SHA-256 of the certificate, hex. */
  readonly fingerprint: string;
  readonly terminalId: TerminalId;
  readonly role: 'kiosk' | 'return-terminal';
  /** Serial number of the certificate, hex. */
  readonly serial: string;
  /** PEM, the terminal's own first. */
  readonly chain: string[];
  readonly issuedAt: EpochMs;
  readonly validFrom: EpochMs;
  readonly validTo: EpochMs;
  /** `issued` until the terminal first connected with it. */
  readonly state: 'issued' | 'active' | 'superseded' | 'revoked';
  readonly firstConnectedAt: EpochMs | null;
  readonly supersededAt: EpochMs | null;
  readonly revokedAt: EpochMs | null;
  readonly revocationReason: string | null;
}

/** Controllers of secure media that the fleet's authority certified (SEC-5), by their certificate's fingerprint. Rows stay. */
export interface ControllerRow {
  /** SHA-256 of the certificate, hex. */
  readonly fingerprint: string;
  readonly mediumId: MediumId;
  /** Serial number of the certificate, hex. */
  readonly serial: string;
  /** PEM, the controller's own first. */
  readonly chain: string[];
  /** The request that it answered: asked again, the same certificate is given again. */
  readonly certificateRequest: string;
  readonly issuedAt: EpochMs;
  readonly validTo: EpochMs;
  readonly issuedBy: string;
  /** Where it was made, and by which order; null: not at a terminal. */
  readonly terminalId: TerminalId | null;
  readonly commandId: EventId | null;
  readonly revokedAt: EpochMs | null;
  readonly revokedBy: string | null;
  readonly revocationReason: string | null;
}

/** One-time codes for enrolment (SEC-1): only their SHA-256 is kept. A row is the whole story of one enrolment. */
export interface EnrolmentCodeRow {
  readonly codeHash: string;
  readonly terminalId: TerminalId;
  readonly role: 'kiosk' | 'return-terminal';
  readonly siteId: SiteId;
  readonly name: string;
  /** The machine that may use this code; empty: any. */
  readonly hardwareSerial: string;
  /** Staff said on purpose that this enrolment needs no second look. */
  readonly approvedBeforehand: boolean;
  readonly createdAt: EpochMs;
  readonly expiresAt: EpochMs;
  /** When the terminal's request came; from then on the code serves this request only. */
  readonly usedAt: EpochMs | null;
  readonly certificateRequest: string | null;
  readonly software: string | null;
  readonly decidedAt: EpochMs | null;
  readonly decidedBy: string | null;
  readonly approved: boolean | null;
  /** Of the certificate that was made for it. */
  readonly fingerprint: string | null;
}

export interface CommandRow {
  readonly commandId: EventId;
  readonly terminalId: TerminalId;
  readonly order: CommandOrder;
  readonly state: CommandState;
  readonly issuedBy: string;
  readonly issuedAt: EpochMs;
  readonly expiresAt: EpochMs;
  readonly updatedAt: EpochMs;
  readonly fault: { code: string; message: string } | null;
  readonly output: string | null;
}

/** Something staff should know; one open row per `key`, raised again it counts on. */
export interface AlertRow {
  readonly alertId: string;
  /** `${code}:${subject}` while open, with the id appended once cleared, so that the unique column allows history. */
  readonly openKey: string;
  readonly code: string;
  readonly subject: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly message: string;
  readonly terminalId: TerminalId | null;
  readonly rentalId: RentalId | null;
  readonly raisedAt: EpochMs;
  readonly lastAt: EpochMs;
  readonly count: number;
  readonly clearedAt: EpochMs | null;
  readonly clearedBy: string | null;
}

/** What people did; each row carries the hash of the one before (SEC-7). Append-only by trigger. */
export interface AuditRow {
  readonly sequence: number;
  readonly at: EpochMs;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly previousHash: string;
  readonly hash: string;
}

/** Facts about this hub itself: fleet id, rewards, secrets wrapped by the key provider. */
export interface SettingRow {
  readonly name: string;
  readonly value: unknown;
  readonly updatedAt: EpochMs;
}

/** Leases of partitions (`partition:07`) and of the job runner (`jobs`). The generation grows with each change of holder. */
export interface LeaseRow {
  readonly leaseName: string;
  readonly holder: string;
  readonly generation: number;
  readonly expiresAt: EpochMs;
}

/** The newest row names the database's timeline: a restore adds one (SYN-6). */
export interface TimelineRow {
  readonly ordinal: number;
  readonly timeline: string;
  readonly startedAt: EpochMs;
  readonly cause: 'created' | 'restored';
}
