import type { Actor, HubDeps } from '#hub/app/deps.ts';
import type { SecurityAlarm } from '#hub/app/security/alarm.ts';
import type { EnrolmentCodeRow, TerminalRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type EpochMs, type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import type { TerminalConfig } from '#shared/protocol/commands.ts';
import type { EnrolmentDeps, RequestFault } from './authority.ts';
import { type CodeFault, checkCode, pendingEnrolment } from './codes.ts';
import { certificateRow } from './registry.ts';

export type { EnrolmentAuthority, EnrolmentDeps, RequestFault, TerminalRole } from './authority.ts';
export { type CodeRequest, makeEnrolmentCode } from './codes.ts';
export { certificateRow } from './registry.ts';

/** A terminal renews at two thirds of it (SEC-1). */
export const CERTIFICATE_LIFE: Milliseconds = milliseconds(90 * 86_400_000);

export interface EnrolmentRequest {
  readonly code: string;
  /** PKCS#10, PEM. */
  readonly certificateRequest: string;
  readonly software: string;
  /** What the machine says its serial number is; empty where it was told none. */
  readonly hardwareSerial: string;
}

export type Enrolled =
  | { readonly state: 'pending' }
  | {
      readonly state: 'granted';
      readonly terminal: TerminalRow;
      /** PEM, the terminal's own first. */
      readonly certificateChain: readonly string[];
    };

export type EnrolFault =
  | CodeFault
  | RequestFault
  | Fault<'enrolment_code_malformed' | 'enrolment_code_unknown'>;

/**
 * A terminal's request with its code (SEC-1). The first right request takes the code; the same request again is asked as often as one likes
 * and answers `pending` until staff approved it, then the identity. So neither a lost answer nor a power cut costs a code.
 */
export async function enrol(
  deps: EnrolmentDeps & { readonly alarm: SecurityAlarm },
  request: EnrolmentRequest,
): Promise<Result<Enrolled, EnrolFault>> {
  const told = await tryEnrol(deps, request);
  if (!told.ok && ALARMING.has(told.error.code))
    await deps.alarm.raise({
      code: 'security_enrolment_refused',
      subject: told.terminalId ?? 'unknown',
      message: `Somebody tried to enrol a terminal: ${told.error.message}.`,
      terminalId: told.terminalId,
    });
  return told.ok ? told : { ok: false, error: told.error };
}

/** A malformed code is a typing error; these are somebody with an old, a stolen or a made-up one. */
const ALARMING: ReadonlySet<string> = new Set([
  'enrolment_code_unknown',
  'enrolment_code_used',
  'enrolment_serial_mismatch',
  'request_name_mismatch',
  'request_signature_invalid',
]);

type Told =
  | { readonly ok: true; readonly value: Enrolled }
  | { readonly ok: false; readonly error: EnrolFault; readonly terminalId: TerminalId | null };

async function tryEnrol(deps: EnrolmentDeps, request: EnrolmentRequest): Promise<Told> {
  const refuse = (error: EnrolFault, terminalId: TerminalId | null = null): Told => ({
    ok: false,
    error,
    terminalId,
  });
  if (!deps.authority.codeReadable(request.code))
    return refuse({ code: 'enrolment_code_malformed', message: 'this is no enrolment code' });
  const codeHash = deps.authority.codeDigest(request.code);
  const now = deps.clock.now();
  const code = await deps.db.stores.enrolmentCodes.find({ codeHash });
  if (code === null)
    return refuse({ code: 'enrolment_code_unknown', message: 'the hub has not issued this code' });
  const { terminalId, role } = code;
  const usable = checkCode(code, request, now);
  if (!usable.ok) return refuse(usable.error, terminalId);
  const sound = deps.authority.check(request.certificateRequest, terminalId, role);
  if (!sound.ok) return refuse(sound.error, terminalId);
  if (code.usedAt === null) {
    const taken = await take(deps, codeHash, request, now);
    if (!taken.ok) return refuse(taken.error, terminalId);
    if (!taken.value.approvedBeforehand) return { ok: true, value: { state: 'pending' } };
  } else if (code.approved === null) return { ok: true, value: { state: 'pending' } };
  const granted = await collect(deps, codeHash, now);
  return granted.ok ? granted : refuse(granted.error, terminalId);
}

/** The first request with this code: from now on the code is this request's. */
function take(
  deps: EnrolmentDeps,
  codeHash: string,
  request: EnrolmentRequest,
  now: EpochMs,
): Promise<Result<EnrolmentCodeRow, CodeFault>> {
  return deps.db.transaction(async (stores) => {
    const code = await stores.enrolmentCodes.findForUpdate({ codeHash });
    assert(code !== null, 'codes are not removed');
    const still = checkCode(code, request, now);
    if (!still.ok) return still;
    const { certificateRequest, software } = request;
    const decided = code.approvedBeforehand
      ? { decidedAt: now, decidedBy: 'beforehand', approved: true }
      : {};
    const taken = { ...code, usedAt: now, certificateRequest, software, ...decided };
    await stores.enrolmentCodes.put(taken);
    const before = await stores.terminals.find({ terminalId: code.terminalId });
    if (before === null) await stores.terminals.put(newTerminal(code, now));
    await stores.audit.append({
      at: now,
      actor: `terminal:${code.terminalId}`,
      action: 'terminal.enrolment_asked',
      subject: code.terminalId,
      detail: { role: code.role, software, approvedBeforehand: code.approvedBeforehand },
    });
    if (!code.approvedBeforehand)
      await stores.alerts.raise(
        newId<string>(deps.clock, deps.random),
        {
          code: 'enrolment_pending',
          subject: code.terminalId,
          severity: 'info',
          message: `${code.terminalId} asks to be enrolled and waits for somebody’s approval.`,
          terminalId: code.terminalId,
          rentalId: null,
        },
        now,
      );
    return ok(taken);
  });
}

/** Hands out what staff approved: the certificate is made at the first call and the same one again at each further call. */
async function collect(
  deps: EnrolmentDeps,
  codeHash: string,
  now: EpochMs,
): Promise<Result<Enrolled, EnrolFault>> {
  return deps.db.transaction(async (stores) => {
    const code = await stores.enrolmentCodes.findForUpdate({ codeHash });
    assert(code !== null && code.certificateRequest !== null, 'the code was taken by a request');
    const before = await stores.terminals.findForUpdate({ terminalId: code.terminalId });
    const present =
      code.fingerprint === null ? null : await stores.certificates.find({ fingerprint: code.fingerprint });
    if (present !== null && present.state !== 'issued' && present.state !== 'active')
      return fault('enrolment_code_used', 'the certificate of this code is no longer valid');
    const known = before ?? newTerminal(code, now);
    const terminal: TerminalRow = {
      ...known,
      // Its order to leave ended with its former life; the old receipt stands in the audit trail.
      configDesired: known.state === 'active' ? known.configDesired : withoutOrder(known.configDesired),
      role: code.role,
      siteId: code.siteId,
      name: code.name,
      hardwareSerial: code.hardwareSerial,
      // An active terminal goes on with what it has until the new certificate connected.
      state: before?.state === 'active' ? 'active' : 'enrolling',
      secretHash: null,
      software: code.software,
      revokedAt: null,
      decommissionedAt: null,
      wipeReceipt: null,
    };
    if (present !== null) return ok({ state: 'granted' as const, terminal, certificateChain: present.chain });
    const { certificateRequest, terminalId, role } = code;
    const issued = await deps.authority.issue(certificateRequest, terminalId, role, CERTIFICATE_LIFE);
    if (!issued.ok) return issued;
    await stores.terminals.put(terminal);
    await stores.certificates.insert(certificateRow(terminal, issued.value, now));
    await stores.enrolmentCodes.patch({ codeHash }, { fingerprint: issued.value.fingerprint });
    await stores.audit.append({
      at: now,
      actor: `terminal:${terminalId}`,
      action: 'terminal.enrolled',
      subject: terminalId,
      detail: { role, siteId: code.siteId, fingerprint: issued.value.fingerprint },
    });
    return ok({ state: 'granted' as const, terminal, certificateChain: issued.value.chain });
  });
}

/** The word of staff on a terminal's request; it collects its certificate when it asks again. */
export async function decideEnrolment(
  deps: HubDeps,
  actor: Actor,
  terminalId: TerminalId,
  approved: boolean,
): Promise<Result<void, Fault<'enrolment_missing'>>> {
  return deps.db.transaction(async (stores) => {
    const now = deps.clock.now();
    const pending = await pendingEnrolment(stores, terminalId, now);
    if (pending === null)
      return fault('enrolment_missing', 'no enrolment of this terminal waits for approval');
    const { codeHash } = pending;
    await stores.enrolmentCodes.patch({ codeHash }, { decidedAt: now, decidedBy: actor, approved });
    await stores.alerts.clear({ code: 'enrolment_pending', subject: terminalId }, actor, now);
    await stores.audit.append({
      at: now,
      actor,
      action: approved ? 'terminal.enrolment_approved' : 'terminal.enrolment_refused',
      subject: terminalId,
      detail: { role: pending.role, siteId: pending.siteId },
    });
    return ok(undefined);
  });
}

/** What staff compare before they approve: who asks, from which machine, with which key. */
export async function enrolmentView(
  deps: EnrolmentDeps,
  stores: Stores,
  terminalId: TerminalId,
): Promise<{
  readonly askedAt: EpochMs;
  readonly software: string;
  readonly hardwareSerial: string;
  /** First half of the SHA-256 of the key, hex: the terminal shows the same. */
  readonly keyPrint: string;
} | null> {
  const pending = await pendingEnrolment(stores, terminalId, deps.clock.now());
  if (pending === null) return null;
  const key = deps.authority.check(pending.certificateRequest, terminalId, pending.role);
  return {
    askedAt: pending.usedAt,
    software: pending.software ?? '',
    hardwareSerial: pending.hardwareSerial,
    keyPrint: key.ok ? key.value.slice(0, 32) : '',
  };
}

/** What a terminal is told to be like until staff say otherwise (FLT-2). */
export const firstConfig = (): TerminalConfig => ({
  version: 1,
  heartbeatSeconds: 15,
  sessionIdleSeconds: 90,
  verification: 'sampled',
  locked: false,
  languages: ['en', 'ja', 'de'],
  wantedTitles: [],
});

/** The configuration without the order to leave of a former life (FLT-3). */
const withoutOrder = (config: TerminalRow['configDesired']): TerminalRow['configDesired'] => {
  if (config?.decommission === undefined) return config;
  const { decommission: _, ...rest } = config;
  return { ...rest, version: config.version + 1 };
};

const newTerminal = (code: EnrolmentCodeRow, now: EpochMs): TerminalRow => ({
  terminalId: code.terminalId,
  role: code.role,
  siteId: code.siteId,
  name: code.name,
  state: 'enrolling',
  hardwareSerial: code.hardwareSerial,
  secretHash: null,
  software: null,
  session: null,
  epoch: null,
  online: false,
  onlineChangedAt: null,
  lastContactAt: null,
  heartbeat: null,
  heartbeatAt: null,
  configDesired: firstConfig(),
  configReported: 0,
  cache: {},
  createdAt: now,
  revokedAt: null,
  decommissionedAt: null,
  wipeReceipt: null,
});
