import type * as rows from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { attemptStore } from './attempt-store.ts';
import type { Db } from './drizzle.ts';
import { erasureStore } from './erasure-store.ts';
import { alertStore, auditStore, leaseStore } from './fleet-stores.ts';
import { inboxStore } from './inbox-store.ts';
import { ledgerStore } from './ledger-store.ts';
import { reportStore } from './report-store.ts';
import * as schema from './schema/index.ts';
import { tableStore } from './table-store.ts';

/** All stores over the database (`autonomous`: each call its own transaction) or over a transaction (`within`). */
export function storesOver(db: Db, scope: 'autonomous' | 'within'): Stores {
  return {
    erasure: erasureStore(db),
    sites: tableStore<rows.SiteRow, 'siteId'>(db, schema.sites, ['siteId']),
    tariffs: tableStore<rows.TariffRow, 'tariffId' | 'version'>(db, schema.tariffs, ['tariffId', 'version']),
    titles: tableStore<rows.TitleRow, 'titleId'>(db, schema.titles, ['titleId']),
    editions: tableStore<rows.EditionRow, 'editionId'>(db, schema.editions, ['editionId']),
    assets: tableStore<rows.AssetRow, 'sha256'>(db, schema.assets, ['sha256']),
    neighbours: tableStore<rows.NeighbourRow, 'titleId' | 'rank'>(db, schema.neighbours, ['titleId', 'rank']),
    modelRuns: tableStore<rows.ModelRunRow, 'modelRunId'>(db, schema.modelRuns, ['modelRunId']),
    members: tableStore<rows.MemberRow, 'memberId'>(db, schema.members, ['memberId']),
    memberSessions: tableStore<rows.MemberSessionRow, 'tokenHash'>(db, schema.memberSessions, ['tokenHash']),
    media: tableStore<rows.MediumRow, 'mediumId'>(db, schema.media, ['mediumId']),
    playerKeys: tableStore<rows.PlayerKeyRow, 'playerId'>(db, schema.playerKeys, ['playerId']),
    playerPairings: tableStore<rows.PlayerPairingRow, 'codeHash'>(db, schema.playerPairings, ['codeHash']),
    copyOpenings: tableStore<rows.CopyOpeningRow, 'copyId' | 'playerId' | 'openedAt'>(
      db,
      schema.copyOpenings,
      ['copyId', 'playerId', 'openedAt'],
    ),
    coupons: tableStore<rows.CouponRow, 'couponId'>(db, schema.coupons, ['couponId']),
    staff: tableStore<rows.StaffRow, 'staffId'>(db, schema.staff, ['staffId']),
    staffSessions: tableStore<rows.StaffSessionRow, 'tokenHash'>(db, schema.staffSessions, ['tokenHash']),
    staffBackupCodes: tableStore<rows.StaffBackupCodeRow, 'codeHash'>(db, schema.staffBackupCodes, [
      'codeHash',
    ]),
    staffResets: tableStore<rows.StaffResetRow, 'codeHash'>(db, schema.staffResets, ['codeHash']),
    staffAttempts: attemptStore(db),
    secondPerson: tableStore<rows.SecondPersonRow, 'requestId'>(db, schema.secondPersonRequests, [
      'requestId',
    ]),
    auditCheckpoints: tableStore<rows.AuditCheckpointRow, 'sequence'>(db, schema.auditCheckpoints, [
      'sequence',
    ]),
    rentals: tableStore<rows.RentalRow, 'rentalId'>(db, schema.rentals, ['rentalId']),
    timeline: tableStore<rows.TimelineEntryRow, 'entryId'>(db, schema.rentalTimeline, ['entryId']),
    returns: tableStore<rows.ReturnRow, 'returnId'>(db, schema.returns, ['returnId']),
    quotes: tableStore<rows.QuoteRow, 'returnId'>(db, schema.quotes, ['returnId']),
    receipts: tableStore<rows.ReceiptRow, 'receiptId'>(db, schema.receipts, ['receiptId']),
    reservations: tableStore<rows.ReservationRow, 'reservationId'>(db, schema.reservations, [
      'reservationId',
    ]),
    ratings: tableStore<rows.RatingRow, 'rentalId'>(db, schema.ratings, ['rentalId']),
    allotments: tableStore<rows.AllotmentRow, 'terminalId'>(db, schema.allotments, ['terminalId']),
    terminals: tableStore<rows.TerminalRow, 'terminalId'>(db, schema.terminals, ['terminalId']),
    certificates: tableStore<rows.CertificateRow, 'fingerprint'>(db, schema.certificates, ['fingerprint']),
    controllers: tableStore<rows.ControllerRow, 'fingerprint'>(db, schema.controllers, ['fingerprint']),
    enrolmentCodes: tableStore<rows.EnrolmentCodeRow, 'codeHash'>(db, schema.enrolmentCodes, ['codeHash']),
    commands: tableStore<rows.CommandRow, 'commandId'>(db, schema.commands, ['commandId']),
    settings: tableStore<rows.SettingRow, 'name'>(db, schema.settings, ['name']),
    timelines: tableStore<rows.TimelineRow, 'ordinal'>(db, schema.timelines, ['ordinal']),
    cursors: tableStore<rows.CursorRow, 'terminalId' | 'epoch' | 'lane'>(db, schema.cursors, [
      'terminalId',
      'epoch',
      'lane',
    ]),
    inboxEvents: tableStore<rows.InboxEventRow, 'terminalId' | 'epoch' | 'lane' | 'sequence'>(
      db,
      schema.inboxEvents,
      ['terminalId', 'epoch', 'lane', 'sequence'],
    ),
    deadLetters: tableStore<rows.DeadLetterRow, 'deadLetterId'>(db, schema.deadLetters, ['deadLetterId']),
    conflicts: tableStore<rows.ConflictRow, 'conflictId'>(db, schema.conflicts, ['conflictId']),
    logPending: tableStore<rows.LogPendingRow, 'place'>(db, schema.logPending, ['place']),
    logLeaves: tableStore<rows.LogLeafRow, 'position'>(db, schema.logLeaves, ['position']),
    logNodes: tableStore<rows.LogNodeRow, 'level' | 'position'>(db, schema.logNodes, ['level', 'position']),
    logCheckpoints: tableStore<rows.LogCheckpointRow, 'size'>(db, schema.logCheckpoints, ['size']),
    inbox: inboxStore(db),
    alerts: alertStore(db),
    audit: auditStore(db),
    leases: leaseStore(db),
    ledger: ledgerStore(db, scope),
    reports: reportStore(db),
  };
}
