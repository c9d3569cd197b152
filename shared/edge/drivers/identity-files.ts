import { createPrivateKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { assert } from '#shared/kernel/assert.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { signerFromPem } from '#shared/media/device-key.ts';
import { fleetTrust } from '#shared/media/signing.ts';
import type { DeviceSeal } from '#shared/ports/device-seal.ts';
import { enrolAnswer } from '#shared/protocol/terminal-api.ts';
import type { Enrolled } from '../enrolment.ts';
import type { TerminalIdentity } from '../identity.ts';
import { writeDurably } from './durable-file.ts';

/** One file, so that identity and keys are there together or not at all. Nothing in it opens without the device's seal (SEC-3). */
const stored = z.object({
  answer: enrolAnswer,
  /** PKCS#8, encrypted (PBES2, AES-256) under the passphrase in `sealed`. */
  encryptedKeyPem: z.string().startsWith('-----BEGIN ENCRYPTED PRIVATE KEY-----').max(8_000),
  /** SHA-256 of the code that it was enrolled with, hex: another code in the settings means to enrol again. */
  codeDigest: z.string().max(64).default(''),
  /** `secrets` below, sealed by the device, base64. */
  sealed: z.string().max(8_000),
});
const secrets = z.object({
  passphrase: z.string().min(43),
});

const FILE = 'identity.json';
const SEAL = 'identity';

/** The identity, and the SHA-256 (hex) of the code that it was enrolled with. */
export type StoredIdentity = TerminalIdentity & { readonly codeDigest: string };

export type IdentityFault = Fault<'identity_damaged' | 'identity_sealed'>;

/**
 * The identity in `folder`; null before enrolment. `identity_damaged`: the file is there and cannot be used; `identity_sealed`: it was
 * sealed on another machine.
 */
export function readIdentity(folder: string, seal: DeviceSeal): Result<StoredIdentity | null, IdentityFault> {
  let text: string;
  try {
    text = readFileSync(join(folder, FILE), 'utf8');
  } catch (error) {
    const absent = error instanceof Error && Reflect.get(error, 'code') === 'ENOENT';
    return absent ? ok(null) : fault('identity_damaged', `${FILE} cannot be read`);
  }
  try {
    return identityFrom(stored.parse(JSON.parse(text)), seal);
  } catch {
    return fault('identity_damaged', `${FILE} is not an identity of this version; enrol again to replace it`);
  }
}

/** Keeps what enrolment with this code (its SHA-256, hex) brought, in a file that only this user may read (0600) and only this machine can open. */
export function writeIdentity(
  folder: string,
  enrolled: Enrolled,
  seal: DeviceSeal,
  codeDigest: string,
): Result<StoredIdentity, IdentityFault> {
  const passphrase = randomBytes(32).toString('base64url');
  const inside: z.infer<typeof secrets> = { passphrase };
  const content: z.infer<typeof stored> = {
    answer: enrolled.answer,
    codeDigest,
    encryptedKeyPem: createPrivateKey(enrolled.privateKeyPem)
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
      .toString(),
    sealed: Buffer.from(seal.seal(SEAL, Buffer.from(JSON.stringify(inside)))).toString('base64'),
  };
  writeDurably(join(folder, FILE), JSON.stringify(content));
  return identityFrom(stored.parse(content), seal);
}

/** Puts another key with its certificate in the place of the present one, in one step; everything else stays. */
export function replaceKey(
  folder: string,
  seal: DeviceSeal,
  next: { readonly privateKeyPem: string; readonly chain: readonly string[] },
): StoredIdentity {
  const present = stored.parse(JSON.parse(readFileSync(join(folder, FILE), 'utf8')));
  const answer = { ...present.answer, certificateChain: [...next.chain] };
  const { privateKeyPem } = next;
  const written = writeIdentity(folder, { answer, privateKeyPem }, seal, present.codeDigest);
  assert(written.ok, 'a renewed identity is as sound as the former one');
  return written.value;
}

function identityFrom(
  content: z.infer<typeof stored>,
  seal: DeviceSeal,
): Result<StoredIdentity, IdentityFault> {
  const { answer } = content;
  const opened = seal.unseal(SEAL, Buffer.from(content.sealed, 'base64'));
  if (opened === null)
    return fault(
      'identity_sealed',
      `${FILE} was sealed with another device secret; enrol again to replace it`,
    );
  const inside = secrets.parse(JSON.parse(Buffer.from(opened).toString('utf8')));
  const trust = fleetTrust(answer.rootCertificate);
  if (!trust.ok) return fault('identity_damaged', trust.error.message);
  const key = createPrivateKey({ key: content.encryptedKeyPem, passphrase: inside.passphrase });
  const keyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const signer = signerFromPem(keyPem, answer.certificateChain);
  if (signer.id !== answer.terminalId || signer.role !== answer.role)
    return fault('identity_damaged', 'the certificate names another terminal');
  return ok({
    terminalId: answer.terminalId,
    role: answer.role,
    codeDigest: content.codeDigest,
    fleetId: answer.fleetId,
    siteId: answer.siteId,
    mqttUrl: answer.mqttUrl,
    trust: trust.value,
    signer,
    tls: { keyPem, chainPem: answer.certificateChain.join('\n') },
  });
}
