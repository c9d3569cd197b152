import { index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { EventId, RentalId, TerminalId } from '#shared/kernel/ids.ts';
import type { EnvelopeEvent, Stamp } from '#shared/protocol/envelope.ts';
import { at, counter, id } from './columns.ts';

/** Every event as it came, once per place in its terminal's lane (SYN-2). */
export const inboxEvents = pgTable(
  'inbox_events',
  {
    terminalId: id<TerminalId>().notNull(),
    epoch: text().notNull(),
    lane: integer().notNull(),
    sequence: counter().notNull(),
    eventId: id<EventId>().notNull(),
    kind: text().notNull(),
    stamp: jsonb().$type<Stamp>().notNull(),
    data: jsonb().$type<unknown>().notNull(),
    receivedAt: at().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.terminalId, table.epoch, table.lane, table.sequence] }),
    index('inbox_events_event').on(table.eventId),
  ],
);

/** Up to where each lane of each terminal is applied; its row lock orders the terminal's batches. */
export const cursors = pgTable(
  'cursors',
  {
    terminalId: id<TerminalId>().notNull(),
    epoch: text().notNull(),
    lane: integer().notNull(),
    /** Highest sequence applied without a gap; −1: none. */
    contiguous: counter().notNull(),
    firstHeld: counter().notNull(),
    /** Highest sequence in the inbox: above `contiguous` only while a gap is open. */
    last: counter().notNull(),
    createdAt: at().notNull(),
    updatedAt: at().notNull(),
  },
  (table) => [primaryKey({ columns: [table.terminalId, table.epoch, table.lane] })],
);

/** Events that could not be applied (`dead`) and those of the same rental that wait behind them (`parked`), SYN-3. */
export const deadLetters = pgTable(
  'dead_letters',
  {
    deadLetterId: id<string>().primaryKey(),
    terminalId: id<TerminalId>().notNull(),
    epoch: text().notNull(),
    lane: integer().notNull(),
    sequence: counter().notNull(),
    eventId: id<EventId>().notNull(),
    rentalId: id<RentalId>(),
    event: jsonb().$type<EnvelopeEvent>().notNull(),
    state: text().$type<'dead' | 'parked' | 'quarantined' | 'applied' | 'dismissed'>().notNull(),
    cause: text().notNull(),
    message: text().notNull(),
    createdAt: at().notNull(),
    tries: integer().notNull(),
    settledAt: at(),
    settledBy: text(),
  },
  (table) => [
    index('dead_letters_state').on(table.state, table.createdAt),
    index('dead_letters_rental').on(table.rentalId, table.state),
  ],
);

/** Same place, other event: the first stays, the other is kept here for staff (SYN-3). */
export const conflicts = pgTable(
  'conflicts',
  {
    conflictId: id<string>().primaryKey(),
    terminalId: id<TerminalId>().notNull(),
    epoch: text().notNull(),
    lane: integer().notNull(),
    sequence: counter().notNull(),
    keptEventId: id<EventId>().notNull(),
    otherEventId: id<EventId>().notNull().unique(),
    other: jsonb().$type<EnvelopeEvent>().notNull(),
    receivedAt: at().notNull(),
    settledAt: at(),
    settledBy: text(),
  },
  (table) => [index('conflicts_open').on(table.settledAt, table.receivedAt)],
);
