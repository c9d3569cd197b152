import { createHash, X509Certificate } from 'node:crypto';
import type { z } from 'zod';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { createDeviceKeyAndCsr } from '#shared/media/device-key.ts';
import { readEnrolmentCode } from '#shared/media/enrolment-code.ts';
import { enrolAnswer } from '#shared/protocol/terminal-api.ts';
import type { HttpTransport } from './http-transport.ts';
import { decodeBody, refusalOf } from './hub-client.ts';
import type { TerminalRole } from './identity.ts';

/** What enrolment leaves behind: the answer of the hub and the key that it certifies. Kept by `drivers/identity-files.ts`. */
export interface Enrolled {
  readonly answer: z.infer<typeof enrolAnswer>;
  readonly privateKeyPem: string;
}

export interface EnrolmentDeps {
  readonly transport: HttpTransport;
  readonly hubUrl: string;
  readonly software: string;
}

/**
 * A terminal's first start (SEC-1): makes the device key here, sends a request for its certificate with the one-time code, and believes the
 * hub's root only when it is the one whose fingerprint the code carries. Faults: `enrolment_code_malformed`, `enrolment_root_foreign`,
 * `enrolment_role_wrong`, `hub_away`, and the hub's own codes.
 */
export async function enrol(
  deps: EnrolmentDeps,
  code: string,
  terminal: { readonly terminalId: TerminalId; readonly role: TerminalRole },
): Promise<Result<Enrolled, Fault>> {
  const readable = readEnrolmentCode(code);
  if (!readable.ok) return readable;
  const { privateKeyPem, csrPem } = await createDeviceKeyAndCsr(terminal.terminalId);
  const answered = await deps.transport.request({
    method: 'POST',
    url: `${deps.hubUrl.replace(/\/+$/, '')}/terminal/v1/enrol`,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ code: code.trim(), certificateRequest: csrPem, software: deps.software }),
    timeout: milliseconds(20_000),
    maxBytes: 256 * 1024,
  });
  if (!answered.ok) return answered;
  const refused = refusalOf(answered.value);
  if (refused !== null) return refused;
  const answer = decodeBody(answered.value.body, enrolAnswer);
  if (!answer.ok) return answer;
  if (fingerprintOf(answer.value.rootCertificate) !== readable.value.rootFingerprint)
    return fault('enrolment_root_foreign', 'who answered is not the fleet that made this code');
  const { role, terminalId } = answer.value;
  if (role !== terminal.role || terminalId !== terminal.terminalId)
    return fault(
      'enrolment_role_wrong',
      `the code is for the ${role} ${terminalId}, this is the ${terminal.role} ${terminal.terminalId}`,
    );
  return ok({ answer: answer.value, privateKeyPem });
}

function fingerprintOf(pem: string): string | null {
  try {
    return createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
  } catch {
    return null;
  }
}
