import {
  Decrypter,
  Encrypter,
  generateX25519Identity,
  identityToRecipient,
  type Stanza,
} from 'age-encryption';
import { assert } from '#shared/kernel/assert.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { LIMITS } from '../layout.ts';

/** A fresh X25519 identity and its recipient, for one copy only (RNT-4). */
export async function freshIdentity(): Promise<{ readonly identity: string; readonly recipient: string }> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/**
 * An age v1 header for the recipients, and its file key. age-encryption writes the header: it offers no `encryptHeader`, so a
 * second recipient keeps the file key and wraps nothing, an empty file is encrypted, and its nonce and tag (32 bytes) are dropped; the nonce
 * of that file is never used again.
 */
export async function createHeader(
  recipients: readonly string[],
): Promise<{ readonly header: Uint8Array; readonly fileKey: Uint8Array }> {
  let kept: Uint8Array | null = null;
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  encrypter.addRecipient({
    wrapFileKey: (fileKey: Uint8Array): Stanza[] => {
      kept = Uint8Array.from(fileKey);
      return [];
    },
  });
  const file = await encrypter.encrypt(new Uint8Array(0));
  assert(kept !== null, 'the file key was seen');
  return { header: file.slice(0, file.length - 32), fileKey: kept };
}

export type HeaderFault = Fault<'content_header_damaged' | 'content_key_wrong'>;

/**
 * Reads an age header at the start of `bytes` with an identity (AGE-SECRET-KEY-1…). age-encryption checks form and MAC; it refused all of the public vectors
 * that must fail.
 */
export async function openHeader(
  bytes: Uint8Array,
  identity: string,
): Promise<Result<{ readonly fileKey: Uint8Array; readonly headerBytes: number }, HeaderFault>> {
  const headerBytes = headerLength(bytes);
  if (headerBytes === null) return fault('content_header_damaged', 'no age v1 header');
  const decrypter = new Decrypter();
  try {
    decrypter.addIdentity(identity);
  } catch {
    return fault('content_key_wrong', 'the slot holds no usable identity');
  }
  try {
    return ok({ fileKey: await decrypter.decryptHeader(bytes.slice(0, headerBytes)), headerBytes });
  } catch (error) {
    return error instanceof Error && error.message.startsWith('no identity matched')
      ? fault('content_key_wrong', 'this key does not open this content')
      : fault('content_header_damaged', 'the age header is damaged');
  }
}

/** Length of the header: up to the end of its MAC line; null where there is none within the limit. */
export function headerLength(bytes: Uint8Array): number | null {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, LIMITS.ageHeaderBytes));
  if (!text.subarray(0, 22).equals(Buffer.from('age-encryption.org/v1\n'))) return null;
  const mac = text.indexOf('\n--- ');
  if (mac < 0) return null;
  const end = text.indexOf('\n', mac + 1);
  return end < 0 ? null : end + 1;
}
