import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { sealText, unsealText } from '#hub/app/keys/sealed-text.ts';
import { FIRST_GENERATION, type SecretKey, type SecretKeys } from '#hub/ports/secret-keys.ts';
import type { Random } from '#shared/ports/random.ts';

/** What the key of staff is good for: sealing second factors, and telling browsers that an account was signed in on before. */
export interface StaffKeys {
  seal(text: string): string;
  /** Null: not sealed by this hub, or under a key that is retired. */
  unseal(sealed: string): string | null;
  /** The same text under the newest key; null: it is already, or cannot be opened. */
  renewed(sealed: string): string | null;
  /** A cookie that names a browser an account was signed in on. */
  deviceToken(staffId: string): string;
  /** The browser's own name where the token is of this account; else null. */
  deviceOf(token: string, staffId: string): string | null;
}

/** Which generation of the key sealed a text: `<generation>.<sealed>`, the first one without its name. */
export const staffGenerationOf = (sealed: string): string =>
  sealed.split('.')[1] === undefined ? FIRST_GENERATION : (sealed.split('.')[0] ?? '');

export function staffKeys(
  keys: Pick<SecretKeys, 'current' | 'find'>,
  random: Pick<Random, 'bytes'>,
): StaffKeys {
  const derive = ({ key }: SecretKey, name: string) => Buffer.from(hkdfSync('sha256', key, '', name, 32));
  const mac = (key: SecretKey, text: string) =>
    createHmac('sha256', derive(key, 'known browsers')).update(text).digest();
  const seal = (text: string): string => {
    const key = keys.current('staff');
    return `${key.generation}.${sealText(derive(key, 'second factors'), text, random)}`;
  };
  const unseal = (sealed: string): string | null => {
    const key = keys.find('staff', staffGenerationOf(sealed));
    return key === null ? null : unsealText(derive(key, 'second factors'), sealed.split('.').at(-1) ?? '');
  };
  return {
    seal,
    unseal,
    renewed(sealed) {
      if (staffGenerationOf(sealed) === keys.current('staff').generation) return null;
      const text = unseal(sealed);
      return text === null ? null : seal(text);
    },
    deviceToken(staffId) {
      const key = keys.current('staff');
      const text = `v2.${key.generation}.${Buffer.from(random.bytes(16)).toString('base64url')}`;
      return `${text}.${mac(key, `${text}.${staffId}`).toString('base64url')}`;
    },
    deviceOf(token, staffId) {
      const parts = token.split('.');
      const [version, ...rest] = parts;
      // Of the first version: without the name of a generation.
      const [generation, name, given] = version === 'v1' ? [FIRST_GENERATION, ...rest] : rest;
      if ((version !== 'v1' && version !== 'v2') || name === undefined || given === undefined) return null;
      const key = keys.find('staff', generation ?? '');
      if (key === null) return null;
      const right = mac(key, `${parts.slice(0, -1).join('.')}.${staffId}`);
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
