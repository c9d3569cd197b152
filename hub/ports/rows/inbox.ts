import type { EventId, RentalId, TerminalId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { EnvelopeEvent, Stamp } from '#shared/protocol/envelope.ts';

/** Every event as it came, once per place in its terminal's lane (SYN-2). */
export interface InboxEventRow {
  readonly terminalId: TerminalId;
  readonly epoch: string;
  readonly lane: number;
  readonly sequence: number;
  readonly eventId: EventId;
  readonly kind: string;
  readonly stamp: Stamp;
  readonly data: unknown;
  readonly receivedAt: EpochMs;
}

/** Up to where each lane of each terminal is applied; its row lock orders the terminal's batches. */
export interface CursorRow {
  readonly terminalId: TerminalId;
  readonly epoch: string;
  readonly lane: number;
  /** Highest sequence applied without a gap; −1: none. */
  readonly contiguous: number;
  readonly firstHeld: number;
  /** Highest sequence in the inbox: above `contiguous` only while a gap is open. */
  readonly last: number;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
}

/** Events that could not be applied (`dead`) and those of the same rental that wait behind them (`parked`), SYN-3. */
export interface DeadLetterRow {
  readonly deadLetterId: string;
  readonly terminalId: TerminalId;
  readonly epoch: string;
  readonly lane: number;
  readonly sequence: number;
  readonly eventId: EventId;
  readonly rentalId: RentalId | null;
  readonly event: EnvelopeEvent;
  readonly state: 'dead' | 'parked' | 'quarantined' | 'applied' | 'dismissed';
  readonly cause: string;
  readonly message: string;
  readonly createdAt: EpochMs;
  readonly tries: number;
  readonly settledAt: EpochMs | null;
  readonly settledBy: string | null;
}

/** Same place, other event: the first stays, the other is kept here for staff (SYN-3). */
export interface ConflictRow {
  readonly conflictId: string;
  readonly terminalId: TerminalId;
  readonly epoch: string;
  readonly lane: number;
  readonly sequence: number;
  readonly keptEventId: EventId;
  readonly otherEventId: EventId;
  readonly other: EnvelopeEvent;
  readonly receivedAt: EpochMs;
  readonly settledAt: EpochMs | null;
  readonly settledBy: string | null;
}
