import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto';
import type { Random } from '#shared/ports/random.ts';

/** What the hub's session key is good for: sealing second factors, and telling browsers that an account was signed in on before. */
export interface StaffKeys {
  seal(text: string): string;
  /** Null: not sealed by this hub. */
  unseal(sealed: string): string | null;
  /** A cookie that names a browser an account was signed in on. */
  deviceToken(staffId: string): string;
  /** The browser's own name where the token is of this account; else null. */
  deviceOf(token: string, staffId: string): string | null;
}

export function staffKeys(sessionKey: Uint8Array, random: Pick<Random, 'bytes'>): StaffKeys {
  const derive = (name: string) => Buffer.from(hkdfSync('sha256', sessionKey, '', name, 32));
  const sealing = derive('second factors');
  const devices = derive('known browsers');
  const mac = (text: string) => createHmac('sha256', devices).update(text).digest();
  return {
    seal(text) {
      const nonce = Buffer.from(random.bytes(12));
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce);
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
    },
    unseal(sealed) {
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.length < 28) return null;
      const decipher = createDecipheriv('aes-256-gcm', sealing, bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(12, 28));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
      } catch {
        return null;
      }
    },
    deviceToken(staffId) {
      const text = `v1.${Buffer.from(random.bytes(16)).toString('base64url')}`;
      return `${text}.${mac(`${text}.${staffId}`).toString('base64url')}`;
    },
    deviceOf(token, staffId) {
      const [version, name, given] = token.split('.');
      if (version !== 'v1' || name === undefined || given === undefined) return null;
      const right = mac(`v1.${name}.${staffId}`);
      const sent = Buffer.from(given, 'base64url');
      return sent.length === right.length && timingSafeEqual(sent, right) ? name : null;
    },
  };
}

/** Codes to be typed once: 24 letters and digits in groups, 120 bits, none mistaken for another (Crockford's alphabet). */
const CODE_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
export const oneTimeCode = (random: Pick<Random, 'below'>): string =>
  Array.from({ length: 6 }, () =>
    Array.from({ length: 4 }, () => CODE_ALPHABET[random.below(CODE_ALPHABET.length)] ?? '').join(''),
  ).join('-');

/** SHA-256 of a one-time code as it was typed: case, spaces and hyphens do not matter. 120 bits need no slow hash (ASVS 5.0 6.5.2). */
export const codeHash = (typed: string): string =>
  createHash('sha256')
    .update(typed.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1'))
    .digest('hex');
