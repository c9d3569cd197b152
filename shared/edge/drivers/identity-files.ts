import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { signerFromPem } from '#shared/media/device-key.ts';
import { fleetTrust } from '#shared/media/signing.ts';
import { enrolAnswer } from '#shared/protocol/terminal-api.ts';
import type { Enrolled } from '../enrolment.ts';
import type { TerminalIdentity } from '../identity.ts';

/** One file, so that identity, key and secret are there together or not at all. */
const stored = z.object({
  answer: enrolAnswer,
  privateKeyPem: z.string().max(8_000),
  /** 32 bytes, base64. */
  storageKey: z.string().regex(/^[A-Za-z0-9+/]{43}=$/),
});

const FILE = 'identity.json';

/** The identity in `folder`; null before enrolment. `identity_damaged`: the file is there and cannot be used. */
export function readIdentity(folder: string): Result<TerminalIdentity | null, Fault<'identity_damaged'>> {
  let text: string;
  try {
    text = readFileSync(join(folder, FILE), 'utf8');
  } catch (error) {
    const absent = error instanceof Error && Reflect.get(error, 'code') === 'ENOENT';
    return absent ? ok(null) : fault('identity_damaged', `${FILE} cannot be read`);
  }
  try {
    return identityFrom(stored.parse(JSON.parse(text)));
  } catch {
    return fault('identity_damaged', `${FILE} is not an identity of this version; enrol again to replace it`);
  }
}

/** Keeps what enrolment brought, with a fresh storage key, in a file that only this user may read (0600). */
export function writeIdentity(
  folder: string,
  enrolled: Enrolled,
): Result<TerminalIdentity, Fault<'identity_damaged'>> {
  const content = { ...enrolled, storageKey: randomBytes(32).toString('base64') };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const beside = join(folder, `${FILE}.new`);
  const descriptor = openSync(beside, 'w', 0o600);
  try {
    writeSync(descriptor, JSON.stringify(content));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(beside, join(folder, FILE));
  const directory = openSync(folder, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
  return identityFrom(stored.parse(content));
}

function identityFrom(content: z.infer<typeof stored>): Result<TerminalIdentity, Fault<'identity_damaged'>> {
  const { answer } = content;
  const trust = fleetTrust(answer.rootCertificate);
  if (!trust.ok) return fault('identity_damaged', trust.error.message);
  const signer = signerFromPem(content.privateKeyPem, answer.certificateChain);
  if (signer.id !== answer.terminalId || signer.role !== answer.role)
    return fault('identity_damaged', 'the certificate names another terminal');
  return ok({
    terminalId: answer.terminalId,
    role: answer.role,
    fleetId: answer.fleetId,
    siteId: answer.siteId,
    secret: answer.secret,
    mqttUrl: answer.mqttUrl,
    trust: trust.value,
    signer,
    storageKey: new Uint8Array(Buffer.from(content.storageKey, 'base64')),
  });
}
