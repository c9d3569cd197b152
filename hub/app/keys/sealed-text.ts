import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '#shared/ports/random.ts';

/** AES-256-GCM (NIST SP 800-38D): nonce (12), tag (16), text; base64url. */
export function sealText(key: Uint8Array, text: string, random: Pick<Random, 'bytes'>): string {
  const nonce = Buffer.from(random.bytes(12));
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
}

/** Null: not sealed with this key, or changed. */
export function unsealText(key: Uint8Array, sealed: string): string | null {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < 28) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(12, 28));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}
