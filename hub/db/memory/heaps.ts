import type { PgTable } from 'drizzle-orm/pg-core';
import * as schema from '#hub/db/schema/index.ts';
import { DatabaseTrouble } from '#hub/ports/database.ts';
import type { LogKind } from '#hub/ports/rows/index.ts';
import { type Guard, type Heap, openHeap, type UndoLog } from './heap.ts';

/** Every table of the schema, made when first asked for. */
export interface Heaps {
  (table: PgTable): Heap;
  /** Notes every row; the answer puts them back. */
  keep(): () => void;
}

type Fields = Readonly<Record<string, unknown>>;

function refused(message: string): never {
  throw new DatabaseTrouble('KT001', false, `append_only: ${message}`, null, null);
}
const appendOnly = (): never => refused('a change is refused');
const same = (before: Fields, after: Fields, names: readonly string[]): boolean =>
  names.every((name) => JSON.stringify(before[name]) === JSON.stringify(after[name]));

/** The triggers of `hub/db/migrations`: what is never changed, and what is noted for the log in the transaction that made it. */
export function guardsOf(heaps: Heaps): ReadonlyMap<PgTable, Guard> {
  const noted =
    (kind: LogKind, subject: string, since: string) =>
    (row: Fields): void => {
      heaps(schema.logPending).insert({ kind, subject: String(row[subject]), since: row[since] });
    };
  const fixed: Guard = { change: appendOnly };
  return new Map<PgTable, Guard>([
    [schema.transfers, { ...fixed, inserted: noted('transfer', 'transferId', 'bookedAt') }],
    [schema.receipts, { ...fixed, inserted: noted('receipt', 'receiptId', 'receivedAt') }],
    [schema.auditEntries, { ...fixed, inserted: noted('audit', 'sequence', 'at') }],
    [schema.entries, fixed],
    [schema.accounts, fixed],
    [schema.tariffs, fixed],
    [schema.auditCheckpoints, fixed],
    [schema.logLeaves, fixed],
    [schema.logNodes, fixed],
    [schema.logCheckpoints, fixed],
    [schema.certificates, { change: certificateStays }],
    [schema.controllers, { change: controllerStays }],
    [schema.secondPersonRequests, { change: decidedOnce }],
  ]);
}

function certificateStays(before: Fields, after: Fields | null): void {
  const kept =
    after !== null &&
    same(before, after, ['fingerprint', 'terminalId', 'role', 'issuedAt', 'validTo']) &&
    (before.revokedAt === null || (after.state === 'revoked' && same(before, after, ['revokedAt'])));
  if (!kept) refused('a certificate stays what it was');
}

function controllerStays(before: Fields, after: Fields | null): void {
  const kept =
    after !== null &&
    same(before, after, ['fingerprint', 'mediumId', 'serial', 'issuedAt', 'validTo', 'issuedBy']) &&
    (before.revokedAt === null || same(before, after, ['revokedAt', 'revokedBy', 'revocationReason']));
  if (!kept) refused('a controller stays as it was certified');
}

function decidedOnce(before: Fields, after: Fields | null): void {
  if (after === null) refused('a request for a second person stays');
  const others = Object.keys(before).filter((name) => name !== 'reason');
  if (after.reason === '' && same(before, after, others)) return;
  if (
    before.state !== 'pending' ||
    !same(before, after, ['action', 'payload', 'requestedBy', 'subject', 'reason'])
  )
    refused('a request for a second person is decided once');
}

export function openHeaps(undo: UndoLog): Heaps {
  const open = new Map<PgTable, Heap>();
  /** Each table as it was when it was made: empty. */
  const births = new Map<PgTable, () => void>();
  const heapOf = (table: PgTable): Heap => {
    const present = open.get(table);
    if (present !== undefined) return present;
    const made = openHeap(table, undo, guards.get(table));
    open.set(table, made);
    births.set(table, made.keep());
    return made;
  };
  const keep = (): (() => void) => {
    const kept = new Map([...open].map(([table, heap]) => [table, heap.keep()]));
    return () => {
      for (const table of open.keys()) (kept.get(table) ?? births.get(table))?.();
    };
  };
  const heaps: Heaps = Object.assign(heapOf, { keep });
  const guards = guardsOf(heaps);
  return heaps;
}
