import { createPublicKey, X509Certificate } from 'node:crypto';
import type { z } from 'zod';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { parseCertificate, sha256Hex } from '#shared/media/certificate.ts';
import { createDeviceKeyAndCsr } from '#shared/media/device-key.ts';
import { readEnrolmentCode } from '#shared/media/enrolment-code.ts';
import { type FleetTrust, fleetTrust } from '#shared/media/signing.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Random } from '#shared/ports/random.ts';
import { type enrolAnswer, enrolResponse } from '#shared/protocol/terminal-api.ts';
import { backOff } from './back-off.ts';
import type { HttpTransport } from './http-transport.ts';
import { decodeBody, refusalOf } from './hub-client.ts';
import type { TerminalRole } from './identity.ts';

/** What enrolment leaves behind: the answer of the hub and the key that it certifies. Kept by `drivers/identity-files.ts`. */
export interface Enrolled {
  readonly answer: z.infer<typeof enrolAnswer>;
  readonly privateKeyPem: string;
}

/**
 * A key and its request under one code. Kept on the disk before the hub hears of it (`drivers/enrolment-files.ts`): the code serves this
 * request alone, so whoever loses the key needs a new code.
 */
export interface EnrolmentAttempt {
  readonly code: string;
  readonly privateKeyPem: string;
  readonly certificateRequest: string;
}

/** A fresh key, made here and never told to anybody (SEC-1), with a request for its certificate. */
export async function beginEnrolment(code: string, terminalId: TerminalId): Promise<EnrolmentAttempt> {
  const { privateKeyPem, csrPem } = await createDeviceKeyAndCsr(terminalId);
  return { code: code.trim(), privateKeyPem, certificateRequest: csrPem };
}

/** First half of the SHA-256 of the public key (SPKI, hex): what staff compare with their screen before they approve. */
export const keyPrintOf = (privateKeyPem: string): string =>
  sha256Hex(createPublicKey(privateKeyPem).export({ type: 'spki', format: 'der' })).slice(0, 32);

export interface EnrolmentDeps {
  /** The root that a hub shows in its handshake (DER); a claim until its fingerprint fits the code. */
  readonly shownRoot: (hubUrl: string) => Promise<Result<Uint8Array, Fault>>;
  /** Asks only who proves himself under this trust. */
  readonly transport: (trust: FleetTrust) => HttpTransport;
  readonly hubUrl: string;
  readonly software: string;
  /** Number on this machine's plate; empty where it was told none. */
  readonly hardwareSerial: string;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly random: Pick<Random, 'below'>;
  /** The hub has the request and somebody has to approve it; called once. */
  waiting(): void;
}

/**
 * Trades code and request for an identity (SEC-1): asks again with back-off until staff approved it, and speaks only to a hub whose root is the
 * one whose fingerprint the code carries; code and request are sent after that was proven. Faults: `enrolment_code_malformed`, `enrolment_root_foreign`,
 * `enrolment_role_wrong`, `hub_away` (before the hub first answered), and the hub's own codes.
 */
export async function enrol(
  deps: EnrolmentDeps,
  attempt: EnrolmentAttempt,
  terminal: { readonly terminalId: TerminalId; readonly role: TerminalRole },
  signal?: AbortSignal,
): Promise<Result<Enrolled, Fault>> {
  const readable = readEnrolmentCode(attempt.code);
  if (!readable.ok) return readable;
  for (let tries = 0, known = false; ; tries += 1) {
    const told = await ask(deps, attempt, readable.value.rootFingerprint);
    if (!told.ok && !(known && told.error.code === 'hub_away')) return told;
    if (told.ok && told.value !== 'pending') return identityOf(told.value, attempt, terminal);
    if (told.ok && !known) deps.waiting();
    known ||= told.ok;
    await deps.clock.sleep(backOff(tries, deps.random, 2_000, 30_000), signal);
    if (signal?.aborted === true) return fault('enrolment_broken_off', 'the program ends');
  }
}

async function ask(
  deps: EnrolmentDeps,
  attempt: EnrolmentAttempt,
  rootFingerprint: string,
): Promise<Result<'pending' | z.infer<typeof enrolAnswer>, Fault>> {
  const shown = await deps.shownRoot(deps.hubUrl);
  if (!shown.ok) return shown;
  const trust = sha256Hex(shown.value) === rootFingerprint ? trustIn(shown.value) : null;
  if (trust === null)
    return fault('enrolment_root_foreign', 'who answered is not the fleet that made this code');
  const answered = await deps.transport(trust).request({
    method: 'POST',
    url: `${deps.hubUrl.replace(/\/+$/, '')}/terminal/v1/enrol`,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({
      code: attempt.code,
      certificateRequest: attempt.certificateRequest,
      software: deps.software,
      hardwareSerial: deps.hardwareSerial,
    }),
    timeout: milliseconds(20_000),
    maxBytes: 256 * 1024,
  });
  if (!answered.ok) return answered;
  const refused = refusalOf(answered.value);
  if (refused !== null) return refused;
  const answer = decodeBody(answered.value.body, enrolResponse);
  if (!answer.ok) return answer;
  if (fingerprintOf(answer.value.rootCertificate) !== rootFingerprint)
    return fault('enrolment_root_foreign', 'who answered is not the fleet that made this code');
  return ok('pending' in answer.value ? 'pending' : answer.value);
}

function identityOf(
  answer: z.infer<typeof enrolAnswer>,
  attempt: EnrolmentAttempt,
  terminal: { readonly terminalId: TerminalId; readonly role: TerminalRole },
): Result<Enrolled, Fault> {
  const { role, terminalId } = answer;
  if (role !== terminal.role || terminalId !== terminal.terminalId)
    return fault(
      'enrolment_role_wrong',
      `the code is for the ${role} ${terminalId}, this is the ${terminal.role} ${terminal.terminalId}`,
    );
  return ok({ answer, privateKeyPem: attempt.privateKeyPem });
}

function trustIn(rootDer: Uint8Array): FleetTrust | null {
  const root = parseCertificate(rootDer);
  const trust = root === null ? null : fleetTrust(root.toString());
  return trust?.ok === true ? trust.value : null;
}

function fingerprintOf(pem: string): string | null {
  try {
    return sha256Hex(new X509Certificate(pem).raw);
  } catch {
    return null;
  }
}
