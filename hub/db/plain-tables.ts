import type { PgTable } from 'drizzle-orm/pg-core';
import type * as rows from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { Table } from '#hub/ports/table.ts';
import * as schema from './schema/index.ts';

/** How a database makes a table of rows: over Drizzle, or in memory. */
export type MakeTable = <Row extends object, Key extends keyof Row & string>(
  table: PgTable,
  keys: readonly Key[],
) => Table<Row, Key>;

type WithRulesOfTheirOwn =
  | 'erasure'
  | 'staffAttempts'
  | 'inbox'
  | 'terminals'
  | 'alerts'
  | 'terminalHistory'
  | 'audit'
  | 'leases'
  | 'ledger'
  | 'reports'
  | 'figures';

/** Every store that is nothing but a table, with its primary key. */
export function plainTables(make: MakeTable): Omit<Stores, WithRulesOfTheirOwn> {
  return {
    sites: make<rows.SiteRow, 'siteId'>(schema.sites, ['siteId']),
    tariffs: make<rows.TariffRow, 'tariffId' | 'version'>(schema.tariffs, ['tariffId', 'version']),
    titles: make<rows.TitleRow, 'titleId'>(schema.titles, ['titleId']),
    editions: make<rows.EditionRow, 'editionId'>(schema.editions, ['editionId']),
    assets: make<rows.AssetRow, 'sha256'>(schema.assets, ['sha256']),
    neighbours: make<rows.NeighbourRow, 'titleId' | 'rank'>(schema.neighbours, ['titleId', 'rank']),
    modelRuns: make<rows.ModelRunRow, 'modelRunId'>(schema.modelRuns, ['modelRunId']),
    members: make<rows.MemberRow, 'memberId'>(schema.members, ['memberId']),
    memberSessions: make<rows.MemberSessionRow, 'tokenHash'>(schema.memberSessions, ['tokenHash']),
    media: make<rows.MediumRow, 'mediumId'>(schema.media, ['mediumId']),
    playerKeys: make<rows.PlayerKeyRow, 'playerId'>(schema.playerKeys, ['playerId']),
    playerPairings: make<rows.PlayerPairingRow, 'codeHash'>(schema.playerPairings, ['codeHash']),
    copyOpenings: make<rows.CopyOpeningRow, 'copyId' | 'playerId' | 'openedAt'>(schema.copyOpenings, [
      'copyId',
      'playerId',
      'openedAt',
    ]),
    coupons: make<rows.CouponRow, 'couponId'>(schema.coupons, ['couponId']),
    staff: make<rows.StaffRow, 'staffId'>(schema.staff, ['staffId']),
    staffSessions: make<rows.StaffSessionRow, 'tokenHash'>(schema.staffSessions, ['tokenHash']),
    staffBackupCodes: make<rows.StaffBackupCodeRow, 'codeHash'>(schema.staffBackupCodes, ['codeHash']),
    staffResets: make<rows.StaffResetRow, 'codeHash'>(schema.staffResets, ['codeHash']),
    secondPerson: make<rows.SecondPersonRow, 'requestId'>(schema.secondPersonRequests, ['requestId']),
    auditCheckpoints: make<rows.AuditCheckpointRow, 'sequence'>(schema.auditCheckpoints, ['sequence']),
    rentals: make<rows.RentalRow, 'rentalId'>(schema.rentals, ['rentalId']),
    timeline: make<rows.TimelineEntryRow, 'entryId'>(schema.rentalTimeline, ['entryId']),
    returns: make<rows.ReturnRow, 'returnId'>(schema.returns, ['returnId']),
    quotes: make<rows.QuoteRow, 'returnId'>(schema.quotes, ['returnId']),
    receipts: make<rows.ReceiptRow, 'receiptId'>(schema.receipts, ['receiptId']),
    reservations: make<rows.ReservationRow, 'reservationId'>(schema.reservations, ['reservationId']),
    ratings: make<rows.RatingRow, 'rentalId'>(schema.ratings, ['rentalId']),
    allotments: make<rows.AllotmentRow, 'terminalId'>(schema.allotments, ['terminalId']),
    certificates: make<rows.CertificateRow, 'fingerprint'>(schema.certificates, ['fingerprint']),
    controllers: make<rows.ControllerRow, 'fingerprint'>(schema.controllers, ['fingerprint']),
    enrolmentCodes: make<rows.EnrolmentCodeRow, 'codeHash'>(schema.enrolmentCodes, ['codeHash']),
    commands: make<rows.CommandRow, 'commandId'>(schema.commands, ['commandId']),
    settings: make<rows.SettingRow, 'name'>(schema.settings, ['name']),
    timelines: make<rows.TimelineRow, 'ordinal'>(schema.timelines, ['ordinal']),
    cursors: make<rows.CursorRow, 'terminalId' | 'epoch' | 'lane'>(schema.cursors, [
      'terminalId',
      'epoch',
      'lane',
    ]),
    inboxEvents: make<rows.InboxEventRow, 'terminalId' | 'epoch' | 'lane' | 'sequence'>(schema.inboxEvents, [
      'terminalId',
      'epoch',
      'lane',
      'sequence',
    ]),
    deadLetters: make<rows.DeadLetterRow, 'deadLetterId'>(schema.deadLetters, ['deadLetterId']),
    conflicts: make<rows.ConflictRow, 'conflictId'>(schema.conflicts, ['conflictId']),
    logPending: make<rows.LogPendingRow, 'place'>(schema.logPending, ['place']),
    logLeaves: make<rows.LogLeafRow, 'position'>(schema.logLeaves, ['position']),
    logNodes: make<rows.LogNodeRow, 'level' | 'position'>(schema.logNodes, ['level', 'position']),
    logCheckpoints: make<rows.LogCheckpointRow, 'size'>(schema.logCheckpoints, ['size']),
  };
}
