import { wasThere } from '#hub/app/members/visit.ts';
import type { ApplyContext, Cause } from '#hub/app/rentals/apply.ts';
import { type ClockEvidence, type Favour, factTime } from '#hub/domain/fact-time.ts';
import type { MemberRow } from '#hub/ports/rows/index.ts';
import type { EventId, MemberId, TerminalId } from '#shared/kernel/ids.ts';
import type { Fault, Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Stamp } from '#shared/protocol/envelope.ts';
import type { ReadEvent } from './documents.ts';

/** Thrown by a handler for an event that cannot be applied: it goes to the dead letters with this cause (SYN-3). */
export class EventRefused extends Error {
  override readonly name = 'EventRefused';
  readonly cause_: string;

  constructor(cause: string, message: string) {
    super(message);
    this.cause_ = cause;
  }
}

/** The value of a result, or the event's refusal. */
export function orRefuse<T>(result: Result<T, Fault>): T {
  if (!result.ok) throw new EventRefused(result.error.code, result.error.message);
  return result.value;
}

/** One event while it is applied, inside the group's transaction. */
export interface Applying extends ApplyContext {
  readonly terminalId: TerminalId;
  readonly eventId: EventId;
  readonly stamp: Stamp;
  readonly evidence: ClockEvidence;
  readonly read: ReadEvent;
  /** `HubSecrets.challengeKey`. */
  readonly challengeKey: Uint8Array;
  /** Epoch of the terminal's store that reported it. */
  readonly epoch: string;
  /** Two people decided that it counts although it was kept back (SEC-4): what that overrules is collected here. Null: nobody did. */
  readonly overruled: Set<string> | null;
}

/** Hub time of a moment in this event; an uncertain one is noted in the timeline's detail (SYN-4). */
export const timeOf = (applying: Applying, deviceAt: EpochMs, favour: Favour) =>
  factTime(deviceAt, applying.stamp, applying.evidence, favour);

export const causeOf = (applying: Applying, suffix: string, detail: Cause['detail']): Cause => ({
  entryId: suffix === '' ? applying.eventId : `${applying.eventId}.${suffix}`,
  terminalId: applying.terminalId,
  eventId: applying.eventId,
  detail,
});

export async function memberOf(
  applying: Applying,
  token: string,
): Promise<MemberRow & { memberId: MemberId }> {
  const member = await applying.stores.members.first({ token });
  if (member === null) throw new EventRefused('member_unknown', 'no member has this token');
  return member;
}

/** PR-29: whether the hub let this member in at the terminal that speaks for them. */
export const letIn = (applying: Applying, member: MemberRow, visit: string | undefined): Promise<boolean> =>
  wasThere(applying.stores, applying.challengeKey, applying.terminalId, member, visit);

/** Raises an alert for staff from inside an event. */
export const raise = (
  applying: Applying,
  code: string,
  subject: string,
  severity: 'info' | 'warning' | 'critical',
  message: string,
) =>
  applying.stores.alerts.raise(
    applying.newId(),
    { code, subject, severity, message, terminalId: applying.terminalId, rentalId: null },
    applying.now,
  );
