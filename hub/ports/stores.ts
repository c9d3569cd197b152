import type { RentalId, TerminalId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { EnvelopeEvent, Heartbeat, Lane } from '#shared/protocol/envelope.ts';
import type { FigureStore } from './figure-store.ts';
import type { LedgerStore } from './ledger.ts';
import type { ReportStore } from './report-store.ts';
import type * as rows from './rows/index.ts';
import type { Table } from './table.ts';

/** Where a terminal's lane stands. */
export interface LaneKey {
  readonly terminalId: TerminalId;
  readonly epoch: string;
  readonly lane: Lane;
}
export type InboxKey = LaneKey & { readonly sequence: number };

export interface ReceivedEvent extends LaneKey {
  readonly event: EnvelopeEvent;
  readonly receivedAt: EpochMs;
}

/** The inbox in whole sets, so that many terminals' batches cost a few statements (DESIGN §3). */
export interface InboxStore {
  /** Makes missing cursors and locks all of them, in one order for all hubs. */
  lockCursors(keys: readonly LaneKey[], now: EpochMs): Promise<readonly rows.CursorRow[]>;
  /** Inserts what is new; answers the rows that now stand at all the given places (new or old), and which were new. */
  insert(
    events: readonly ReceivedEvent[],
  ): Promise<readonly { readonly row: rows.InboxEventRow; readonly created: boolean }[]>;
  /** Those of these events that were applied at another place of their terminal: sent again under a new epoch. */
  elsewhere(events: readonly ReceivedEvent[]): Promise<
    readonly {
      readonly terminalId: TerminalId;
      readonly eventId: string;
      readonly epoch: string;
      readonly sequence: number;
    }[]
  >;
  /** Stored events after a sequence, in order. */
  after(key: LaneKey, sequence: number, limit: number): Promise<readonly rows.InboxEventRow[]>;
  /**
   * Hub time of the last event of a lane before a sequence that knew it, within this many milliseconds (SYN-4); null: none of the thousand before it did.
   */
  lastDated(key: LaneKey, before: number, within: number): Promise<EpochMs | null>;
  moveCursors(cursors: readonly rows.CursorRow[]): Promise<void>;
}

/** How terminals were (FLT-1). */
export interface TerminalHistoryStore extends Table<rows.TerminalHistoryRow, 'terminalId' | 'at'> {
  /** Looks at every terminal of the fleet once and adds what it sees to the row that begins at `at`; answers how many there were. */
  sample(at: EpochMs): Promise<number>;
}

export interface AlertDraft {
  readonly code: string;
  readonly subject: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly message: string;
  readonly terminalId: TerminalId | null;
  readonly rentalId: rows.AlertRow['rentalId'];
}
/** A heartbeat, and when the hub heard it. */
export interface HeardBeat {
  readonly beat: Heartbeat;
  readonly at: EpochMs;
}

export interface TerminalStore extends Table<rows.TerminalRow, 'terminalId'> {
  /** FLT-1: heartbeats of different terminals; however many, one statement. Answers those whose configuration is older than it should be. */
  hear(beats: readonly HeardBeat[]): Promise<readonly TerminalId[]>;
}

export interface AlertStore extends Table<rows.AlertRow, 'alertId'> {
  /** One open alert per code and subject: raised again, it counts on. */
  raise(alertId: string, draft: AlertDraft, at: EpochMs): Promise<void>;
  clear(
    match: { readonly code: string; readonly subject: string | readonly string[] },
    by: string,
    at: EpochMs,
  ): Promise<boolean>;
}

export interface AuditStore extends Pick<Table<rows.AuditRow, 'sequence'>, 'page' | 'countUpTo'> {
  /** Appends under a lock and chains the hash (SEC-7). */
  append(entry: Omit<rows.AuditRow, 'sequence' | 'previousHash' | 'hash'>): Promise<rows.AuditRow>;
  /** Newest first. */
  list(page: { readonly limit: number; readonly before?: number }): Promise<readonly rows.AuditRow[]>;
  /** Oldest first, after a sequence. */
  after(sequence: number, limit: number): Promise<readonly rows.AuditRow[]>;
  /** First sequence whose hash does not follow from the one before; null when the chain is whole. */
  firstBroken(): Promise<number | null>;
}

/** Counts attempts within a window, in the database: several hubs count together (SEC-7). */
export interface AttemptStore extends Table<rows.StaffAttemptRow, 'bucket'> {
  /**
   * Takes one attempt from a bucket before it is made, so that attempts made at the same time cannot pass the limit together. False, and nothing
   * written, where the bucket is used up until its window is over.
   */
  take(bucket: string, limit: number, windowMs: number, now: EpochMs): Promise<boolean>;
}

export interface ErasureStore {
  /** Blanks cards and clerks' own words in everything that is kept of these rentals (SEC-9). */
  blankRentals(rentalIds: readonly RentalId[]): Promise<void>;
}

export interface LeaseStore {
  /** Takes or renews; a change of holder raises the generation. Null: somebody else holds it. */
  acquire(leaseName: string, holder: string, now: EpochMs, until: EpochMs): Promise<rows.LeaseRow | null>;
  release(leaseName: string, holder: string, now: EpochMs): Promise<void>;
  list(): Promise<readonly rows.LeaseRow[]>;
}

/** All that the hub keeps, by idea. Inside `transaction` every call belongs to it. */
export interface Stores {
  readonly erasure: ErasureStore;
  readonly sites: Table<rows.SiteRow, 'siteId'>;
  readonly tariffs: Table<rows.TariffRow, 'tariffId' | 'version'>;
  readonly titles: Table<rows.TitleRow, 'titleId'>;
  readonly editions: Table<rows.EditionRow, 'editionId'>;
  readonly assets: Table<rows.AssetRow, 'sha256'>;
  readonly neighbours: Table<rows.NeighbourRow, 'titleId' | 'rank'>;
  readonly modelRuns: Table<rows.ModelRunRow, 'modelRunId'>;
  readonly members: Table<rows.MemberRow, 'memberId'>;
  readonly memberSessions: Table<rows.MemberSessionRow, 'tokenHash'>;
  readonly media: Table<rows.MediumRow, 'mediumId'>;
  readonly playerKeys: Table<rows.PlayerKeyRow, 'playerId'>;
  readonly playerPairings: Table<rows.PlayerPairingRow, 'codeHash'>;
  readonly copyOpenings: Table<rows.CopyOpeningRow, 'copyId' | 'playerId' | 'openedAt'>;
  readonly coupons: Table<rows.CouponRow, 'couponId'>;
  readonly staff: Table<rows.StaffRow, 'staffId'>;
  readonly staffSessions: Table<rows.StaffSessionRow, 'tokenHash'>;
  readonly staffBackupCodes: Table<rows.StaffBackupCodeRow, 'codeHash'>;
  readonly staffResets: Table<rows.StaffResetRow, 'codeHash'>;
  readonly staffAttempts: AttemptStore;
  readonly secondPerson: Table<rows.SecondPersonRow, 'requestId'>;
  readonly auditCheckpoints: Table<rows.AuditCheckpointRow, 'sequence'>;
  readonly rentals: Table<rows.RentalRow, 'rentalId'>;
  readonly timeline: Table<rows.TimelineEntryRow, 'entryId'>;
  readonly returns: Table<rows.ReturnRow, 'returnId'>;
  readonly quotes: Table<rows.QuoteRow, 'returnId'>;
  readonly receipts: Table<rows.ReceiptRow, 'receiptId'>;
  readonly reservations: Table<rows.ReservationRow, 'reservationId'>;
  readonly ratings: Table<rows.RatingRow, 'rentalId'>;
  readonly allotments: Table<rows.AllotmentRow, 'terminalId'>;
  readonly terminals: TerminalStore;
  readonly terminalHistory: TerminalHistoryStore;
  readonly certificates: Table<rows.CertificateRow, 'fingerprint'>;
  readonly controllers: Table<rows.ControllerRow, 'fingerprint'>;
  readonly enrolmentCodes: Table<rows.EnrolmentCodeRow, 'codeHash'>;
  readonly commands: Table<rows.CommandRow, 'commandId'>;
  readonly settings: Table<rows.SettingRow, 'name'>;
  readonly timelines: Table<rows.TimelineRow, 'ordinal'>;
  readonly cursors: Table<rows.CursorRow, 'terminalId' | 'epoch' | 'lane'>;
  readonly inboxEvents: Table<rows.InboxEventRow, 'terminalId' | 'epoch' | 'lane' | 'sequence'>;
  readonly deadLetters: Table<rows.DeadLetterRow, 'deadLetterId'>;
  readonly conflicts: Table<rows.ConflictRow, 'conflictId'>;
  readonly logPending: Table<rows.LogPendingRow, 'place'>;
  readonly logLeaves: Table<rows.LogLeafRow, 'position'>;
  readonly logNodes: Table<rows.LogNodeRow, 'level' | 'position'>;
  readonly logCheckpoints: Table<rows.LogCheckpointRow, 'size'>;
  readonly inbox: InboxStore;
  readonly alerts: AlertStore;
  readonly audit: AuditStore;
  readonly leases: LeaseStore;
  readonly ledger: LedgerStore;
  readonly reports: ReportStore;
  readonly figures: FigureStore;
}
