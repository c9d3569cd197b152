import { HOTP, Secret } from 'otpauth';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Random } from '#shared/ports/random.ts';

/** RFC 6238 as every authenticator app has it: SHA-1, six digits, 30 seconds. */
const PERIOD_MS = 30_000;
const DIGITS = 6;
const ISSUER = 'Keyturn';
/** Steps before and after the present one that are taken too: clocks of telephones differ (RFC 6238 §5.2). */
const DRIFT = 1;

export const isTotpCode = (typed: string): boolean => /^\d{6}$/.test(typed.replace(/\s/g, ''));

/** 160 bits in Base32, as RFC 4226 recommends. */
export const newTotpSecret = (random: Pick<Random, 'bytes'>): string =>
  new Secret({ buffer: new Uint8Array(random.bytes(20)).buffer }).base32;

/** The address that an app reads from a QR picture. */
export const totpAddress = (account: string, secret: string): string =>
  `otpauth://totp/${encodeURIComponent(`${ISSUER}:${account}`)}?secret=${secret}&issuer=${ISSUER}&algorithm=SHA1&digits=${DIGITS}&period=30`;

/** The code of a moment: for tests, and for whoever plays a person's telephone. */
export const totpCode = (secret: string, at: EpochMs): string =>
  HOTP.generate({ secret: Secret.fromBase32(secret), counter: Math.floor(at / PERIOD_MS), digits: DIGITS });

/**
 * The time step that a code is of, or null: wrong, too old, or of a step that was used already (`lastStep`): each code counts once
 * (RFC 6238 §5.2, ASVS 5.0 6.5.1).
 */
export function totpStep(
  secret: string,
  typed: string,
  now: EpochMs,
  lastStep: number | null,
): number | null {
  const token = typed.replace(/\s/g, '');
  if (!isTotpCode(token)) return null;
  const present = Math.floor(now / PERIOD_MS);
  const delta = HOTP.validate({
    token,
    secret: Secret.fromBase32(secret),
    counter: present,
    window: DRIFT,
    digits: DIGITS,
  });
  if (delta === null) return null;
  const step = present + delta;
  return lastStep !== null && step <= lastStep ? null : step;
}
