import { hkdfSync } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecretPurpose } from '#hub/ports/secret-keys.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { Random } from '#shared/ports/random.ts';

/** The one secret of a fleet's hubs, and the keys derived from it: each has a name, so none serves two ends. */
export interface HubSecrets {
  readonly authorityPassphrase: string;
  /** Seals the files with the key-encryption keys. */
  readonly keyRingKey: Uint8Array;
  /** Of the library's first form; whatever lies so is sealed anew at the start. */
  readonly formerLibraryKey: Uint8Array;
  /** What returns are challenged with comes of it (RET-7), so that a hub whose database was set back asks the same again. */
  readonly challengeKey: Uint8Array;
  /** First generation of each key that signs or seals by itself (`hub/pki/secret-keys.ts`); later ones are made by chance. */
  readonly firstKeys: Readonly<Record<SecretPurpose, Uint8Array>>;
}

/** The secret from the setting, else from a file of the hub's folder, made at the first start (mode 600, durable before it is used). */
export async function openSecrets(
  given: string,
  folder: string,
  random: Pick<Random, 'bytes'>,
): Promise<HubSecrets> {
  const secret = Buffer.from(given === '' ? await secretFile(folder, random) : given, 'hex');
  assert(secret.length === 32, 'the hub’s secret has 32 bytes');
  const derive = (name: string): Uint8Array => new Uint8Array(hkdfSync('sha256', secret, '', name, 32));
  return {
    authorityPassphrase: Buffer.from(derive('keyturn authority')).toString('base64url'),
    keyRingKey: derive('keyturn key rings'),
    formerLibraryKey: derive('keyturn library'),
    challengeKey: derive('keyturn return challenges'),
    firstKeys: {
      staff: derive('keyturn staff sessions'),
      settings: derive('keyturn wrapped settings'),
      pins: derive('keyturn member pins'),
      pairing: derive('keyturn pairing codes'),
    },
  };
}

async function secretFile(folder: string, random: Pick<Random, 'bytes'>): Promise<string> {
  const path = join(folder, 'secret');
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const text = Buffer.from(random.bytes(32)).toString('hex');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  return text;
}
