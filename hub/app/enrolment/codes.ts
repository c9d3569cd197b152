import type { EnrolmentCodeRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { SiteId, TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import type { EnrolmentDeps, TerminalRole } from './authority.ts';

/** How long a code waits for its terminal, and a terminal's request for the word of staff. */
const CODE_LIFE_MS = 24 * 3_600_000;
const DECISION_LIFE_MS = 7 * 24 * 3_600_000;

/** Names of the hub's own certificates: a terminal of such a name would pass for it at a broker. */
const RESERVED = ['hub', 'broker'];

export interface CodeRequest {
  readonly terminalId: TerminalId;
  readonly role: TerminalRole;
  readonly siteId: SiteId;
  readonly name: string;
  /** Number on the machine's plate: only the machine with this one may use the code. Absent: any. */
  readonly hardwareSerial?: string;
  /** True: no second look by staff when the terminal asks (the demo; a terminal that staff set up by themselves). */
  readonly approvedBeforehand?: boolean;
}

/**
 * A one-time code for a terminal that staff are about to set up (SEC-1). Only its digest is kept; a code made before for the same terminal
 * and not yet granted is worth nothing any more. A terminal that is active already needs no code: `terminal_exists`, unless it is enrolled
 * again on purpose (`again`), which keeps its outbox and gives it a new certificate.
 */
export async function makeEnrolmentCode(
  deps: EnrolmentDeps,
  request: CodeRequest,
  again: boolean,
): Promise<
  Result<
    { readonly code: string; readonly expiresAt: EpochMs },
    Fault<'site_missing' | 'terminal_exists' | 'terminal_name_reserved'>
  >
> {
  const { stores } = deps.db;
  const { terminalId } = request;
  if (RESERVED.includes(terminalId))
    return fault('terminal_name_reserved', `${terminalId} is a name of the hub itself`);
  if ((await stores.sites.find({ siteId: request.siteId })) === null)
    return fault('site_missing', 'there is no site of this id');
  const present = await stores.terminals.find({ terminalId });
  if (present !== null && present.state === 'active' && !again)
    return fault('terminal_exists', 'this terminal is enrolled; say so on purpose to enrol it again');
  const code = deps.authority.makeCode();
  const now = deps.clock.now();
  const expiresAt = epochMs(now + CODE_LIFE_MS);
  await deps.db.transaction(async (inside) => {
    await inside.enrolmentCodes.patchWhere(
      { terminalId, decidedAt: null },
      { decidedAt: now, decidedBy: 'hub', approved: false },
    );
    await inside.enrolmentCodes.insert({
      terminalId,
      role: request.role,
      siteId: request.siteId,
      name: request.name,
      hardwareSerial: request.hardwareSerial ?? '',
      approvedBeforehand: request.approvedBeforehand ?? false,
      codeHash: deps.authority.codeDigest(code),
      createdAt: now,
      expiresAt,
      usedAt: null,
      certificateRequest: null,
      software: null,
      decidedAt: null,
      decidedBy: null,
      approved: null,
      fingerprint: null,
    });
    await inside.alerts.clear({ code: 'enrolment_pending', subject: terminalId }, 'hub', now);
  });
  return ok({ code, expiresAt });
}

export type CodeFault = Fault<
  'enrolment_code_used' | 'enrolment_code_expired' | 'enrolment_serial_mismatch' | 'enrolment_refused'
>;

/** Whether this request may go on with this code: the first one takes it, after that only the same one again. */
export function checkCode(
  code: EnrolmentCodeRow,
  request: { readonly certificateRequest: string; readonly hardwareSerial: string },
  now: EpochMs,
): Result<void, CodeFault> {
  if (code.usedAt !== null && code.certificateRequest !== request.certificateRequest)
    return fault('enrolment_code_used', 'this code was used already');
  if (code.hardwareSerial !== '' && code.hardwareSerial !== request.hardwareSerial)
    return fault(
      'enrolment_serial_mismatch',
      'this code was made for the machine with another serial number',
    );
  if (code.approved === false)
    return code.usedAt === null
      ? fault('enrolment_code_expired', 'a newer code has taken the place of this one')
      : fault('enrolment_refused', 'staff have refused this enrolment');
  const until = code.usedAt === null ? code.expiresAt : epochMs(code.usedAt + DECISION_LIFE_MS);
  return until <= now ? fault('enrolment_code_expired', 'this code is no longer valid') : ok(undefined);
}

/** The enrolment of a terminal that waits for the word of staff; null where none does. */
export async function pendingEnrolment(
  stores: Pick<Stores, 'enrolmentCodes'>,
  terminalId: TerminalId,
  now: EpochMs,
): Promise<(EnrolmentCodeRow & { readonly usedAt: EpochMs; readonly certificateRequest: string }) | null> {
  const [row] = await stores.enrolmentCodes.list(
    { terminalId, decidedAt: null, usedAt: { gt: epochMs(now - DECISION_LIFE_MS) } },
    { orderBy: ['usedAt'], descending: true, limit: 1 },
  );
  if (row === undefined || row.usedAt === null || row.certificateRequest === null) return null;
  return { ...row, usedAt: row.usedAt, certificateRequest: row.certificateRequest };
}
