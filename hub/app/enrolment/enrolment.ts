import type { HubDeps } from '#hub/app/deps.ts';
import { makeVerifier } from '#hub/app/members/verifier.ts';
import type { CertificateRow, EnrolmentCodeRow, TerminalRow } from '#hub/ports/rows/index.ts';
import type { SiteId, TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type EpochMs, type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import type { TerminalConfig } from '#shared/protocol/commands.ts';

export type TerminalRole = TerminalRow['role'];

/** A certificate that was made just now; `chain` is PEM, the terminal's own first. */
export interface GrantedCertificate {
  readonly chain: readonly string[];
  readonly serial: string;
  readonly fingerprint: string;
  readonly validFrom: EpochMs;
  readonly validTo: EpochMs;
}

/** What enrolment needs of the fleet's authority (`hub/pki`): the smallest part of it. */
export interface EnrolmentAuthority {
  readonly fleetId: string;
  readonly rootPem: string;
  makeCode(): string;
  codeDigest(code: string): string;
  codeReadable(code: string): boolean;
  issue(
    certificateRequest: string,
    terminalId: TerminalId,
    role: TerminalRole,
    validity: Milliseconds,
  ): Promise<
    Result<
      GrantedCertificate,
      Fault<'request_malformed' | 'request_signature_invalid' | 'request_name_mismatch' | 'request_key_weak'>
    >
  >;
}

export type EnrolmentDeps = HubDeps & { readonly authority: EnrolmentAuthority };

const CODE_LIFE_MS = 24 * 3_600_000;
/** Renewal at two thirds of it comes with the trust issue. */
const CERTIFICATE_LIFE: Milliseconds = milliseconds(90 * 86_400_000);

export interface CodeRequest {
  readonly terminalId: TerminalId;
  readonly role: TerminalRole;
  readonly siteId: SiteId;
  readonly name: string;
}

/**
 * A one-time code for a terminal that staff are about to set up (SEC-1). Only its digest is kept. A terminal that is active already needs
 * no code: `terminal_exists`, unless it is enrolled again on purpose (`again`), which keeps its outbox and gives it a new certificate.
 */
export async function makeEnrolmentCode(
  deps: EnrolmentDeps,
  request: CodeRequest,
  again: boolean,
): Promise<
  Result<{ readonly code: string; readonly expiresAt: EpochMs }, Fault<'site_missing' | 'terminal_exists'>>
> {
  const { stores } = deps.db;
  if ((await stores.sites.find({ siteId: request.siteId })) === null)
    return fault('site_missing', 'there is no site of this id');
  const present = await stores.terminals.find({ terminalId: request.terminalId });
  if (present !== null && present.state === 'active' && !again)
    return fault('terminal_exists', 'this terminal is enrolled; say so on purpose to enrol it again');
  const code = deps.authority.makeCode();
  const now = deps.clock.now();
  const expiresAt = (now + CODE_LIFE_MS) as EpochMs;
  await stores.enrolmentCodes.insert({
    ...request,
    codeHash: deps.authority.codeDigest(code),
    hardwareSerial: '',
    approvedBeforehand: true,
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
  return ok({ code, expiresAt });
}

export interface Enrolled {
  readonly terminal: TerminalRow;
  readonly secret: string;
  /** PEM, the terminal's own first. */
  readonly certificateChain: readonly string[];
}

export type EnrolFault = Fault<
  | 'enrolment_code_malformed'
  | 'enrolment_code_unknown'
  | 'enrolment_code_used'
  | 'enrolment_code_expired'
  | 'request_malformed'
  | 'request_signature_invalid'
  | 'request_name_mismatch'
  | 'request_key_weak'
>;

/** Trades a code and a certificate request for an identity. The code is used up only by a request that was right. */
export async function enrol(
  deps: EnrolmentDeps,
  request: { readonly code: string; readonly certificateRequest: string; readonly software: string },
): Promise<Result<Enrolled, EnrolFault>> {
  if (!deps.authority.codeReadable(request.code))
    return fault('enrolment_code_malformed', 'this is no enrolment code');
  const codeHash = deps.authority.codeDigest(request.code);
  const code = await deps.db.stores.enrolmentCodes.find({ codeHash });
  if (code === null) return fault('enrolment_code_unknown', 'the hub has not issued this code');
  const usable = checkCode(code, deps.clock.now());
  if (!usable.ok) return usable;
  const issued = await deps.authority.issue(
    request.certificateRequest,
    code.terminalId,
    code.role,
    CERTIFICATE_LIFE,
  );
  if (!issued.ok) return issued;
  const secret = Buffer.from(deps.random.bytes(32)).toString('base64url');
  const secretHash = await makeVerifier(secret, deps.random);
  return deps.db.transaction(async (stores) => {
    const locked = await stores.enrolmentCodes.findForUpdate({ codeHash });
    const still = locked === null ? usable : checkCode(locked, deps.clock.now());
    if (!still.ok) return still;
    const before = await stores.terminals.find({ terminalId: code.terminalId });
    const terminal: TerminalRow = {
      ...(before ?? newTerminal(code, deps.clock.now())),
      role: code.role,
      siteId: code.siteId,
      name: code.name,
      state: 'active',
      secretHash,
      software: request.software,
      revokedAt: null,
    };
    await stores.terminals.put(terminal);
    await stores.certificates.insert(certificateRow(terminal, issued.value, deps.clock.now()));
    await stores.enrolmentCodes.patch({ codeHash }, { usedAt: deps.clock.now() });
    await stores.audit.append({
      at: deps.clock.now(),
      actor: `terminal:${terminal.terminalId}`,
      action: 'terminal.enrolled',
      subject: terminal.terminalId,
      detail: { role: terminal.role, siteId: terminal.siteId, fingerprint: issued.value.fingerprint },
    });
    return ok({ terminal, secret, certificateChain: issued.value.chain });
  });
}

function checkCode(
  code: EnrolmentCodeRow,
  now: EpochMs,
): Result<void, Fault<'enrolment_code_used' | 'enrolment_code_expired'>> {
  if (code.usedAt !== null) return fault('enrolment_code_used', 'this code was used already');
  return code.expiresAt <= now
    ? fault('enrolment_code_expired', 'this code is no longer valid')
    : ok(undefined);
}

/** What a terminal is told to be like until staff say otherwise (FLT-2). */
export const firstConfig = (): TerminalConfig => ({
  version: 1,
  heartbeatSeconds: 15,
  sessionIdleSeconds: 90,
  verification: 'sampled',
  locked: false,
  languages: ['en', 'ja'],
  wantedTitles: [],
});

const newTerminal = (code: EnrolmentCodeRow, now: EpochMs): TerminalRow => ({
  terminalId: code.terminalId,
  role: code.role,
  siteId: code.siteId,
  name: code.name,
  state: 'enrolling',
  secretHash: null,
  hardwareSerial: code.hardwareSerial,
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

/** A fresh certificate as the registry keeps it. */
export const certificateRow = (
  { terminalId, role }: Pick<TerminalRow, 'terminalId' | 'role'>,
  granted: GrantedCertificate,
  now: EpochMs,
): CertificateRow => ({
  ...granted,
  chain: [...granted.chain],
  terminalId,
  role,
  issuedAt: now,
  state: 'issued',
  firstConnectedAt: null,
  supersededAt: null,
  revokedAt: null,
  revocationReason: null,
});
