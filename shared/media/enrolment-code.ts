import { createHash, timingSafeEqual } from 'node:crypto';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { Random } from '#shared/ports/random.ts';

/**
 * A one-time enrolment code: `KT1-` + 20 characters of secret + `-` + root fingerprint (64 hex digits). The terminal checks the root that
 * the hub answers against the fingerprint before it believes anything; the hub stores only `codeDigest`.
 */
export interface EnrolmentCode {
  readonly secret: string;
  readonly rootFingerprint: string;
}

/** Digits and letters that are not mistaken for each other on paper. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ';

export function makeEnrolmentCode(random: Random, rootFingerprint: string): string {
  const secret = Array.from({ length: 20 }, () => ALPHABET[random.below(ALPHABET.length)] ?? '').join('');
  return `KT1-${secret}-${rootFingerprint}`;
}

export function readEnrolmentCode(text: string): Result<EnrolmentCode, Fault<'enrolment_code_malformed'>> {
  const match = /^KT1-([2-9A-HJKMNP-TV-Z]{20})-([0-9a-f]{64})$/.exec(text.trim());
  const [, secret, rootFingerprint] = match ?? [];
  if (secret === undefined || rootFingerprint === undefined)
    return fault('enrolment_code_malformed', 'this is no enrolment code');
  return ok({ secret, rootFingerprint });
}

/** What the hub keeps instead of the code (hex). */
export const codeDigest = (code: string): string => createHash('sha256').update(code.trim()).digest('hex');

export const codeMatches = (code: string, digest: string): boolean => {
  const a = Buffer.from(codeDigest(code), 'hex');
  const b = Buffer.from(digest, 'hex');
  return a.length === b.length && timingSafeEqual(a, b);
};
