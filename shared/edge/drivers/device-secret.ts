import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { assert } from '#shared/kernel/assert.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { DeviceSeal } from '#shared/ports/device-seal.ts';
import { writeDurably } from './durable-file.ts';

const SECRET_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEX = /^[0-9a-f]{64}$/;

export interface DeviceSecretPlace {
  /** 64 hexadecimal digits from the settings; null: the file is asked. */
  readonly given: string | null;
  readonly file: string;
  /** Makes the file where it is missing: for the place that the program chose itself, never for one that it was told. */
  readonly make: boolean;
}

/**
 * The machine's own secret: from a setting, or from a file such as a systemd credential, which no copy of the terminal's disk
 * contains. A file on the same disk protects only against a copied folder; the README says so.
 */
export function openDeviceSecret(
  place: DeviceSecretPlace,
): Result<DeviceSeal, Fault<'device_secret_unreadable'>> {
  if (place.given !== null) return sealFromText(place.given);
  try {
    return sealFromText(readFileSync(place.file, 'utf8').trim());
  } catch (error) {
    const absent = error instanceof Error && Reflect.get(error, 'code') === 'ENOENT';
    if (!absent || !place.make)
      return fault('device_secret_unreadable', 'the file with the device secret cannot be read');
  }
  const text = randomBytes(SECRET_BYTES).toString('hex');
  writeDurably(place.file, text);
  return sealFromText(text);
}

function sealFromText(text: string): Result<DeviceSeal, Fault<'device_secret_unreadable'>> {
  return HEX.test(text)
    ? ok(deviceSeal(Buffer.from(text, 'hex')))
    : fault('device_secret_unreadable', 'a device secret has 64 hexadecimal digits');
}

/** AES-256-GCM; the name is part of the key's derivation and authenticated, so that nothing sealed for one purpose serves another. */
export function deviceSeal(secret: Uint8Array): DeviceSeal {
  assert(secret.length === SECRET_BYTES, 'a device secret has 32 bytes');
  const keyOf = (name: string): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', secret, '', `keyturn device seal ${name}`, 32));
  return {
    seal: (name, plain) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', keyOf(name), nonce);
      cipher.setAAD(Buffer.from(name));
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    unseal: (name, sealed) => {
      if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
      const cipher = createDecipheriv('aes-256-gcm', keyOf(name), sealed.subarray(0, NONCE_BYTES));
      cipher.setAAD(Buffer.from(name));
      cipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
      try {
        return Buffer.concat([
          cipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES)),
          cipher.final(),
        ]);
      } catch {
        return null;
      }
    },
  };
}
