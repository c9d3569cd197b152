import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { z } from 'zod';
import type { HubDeps } from '#hub/app/deps.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { Random } from '#shared/ports/random.ts';

/** The one secret of a fleet's hubs, and the keys derived from it: each has a name, so none serves two ends. */
export interface HubSecrets {
  readonly authorityPassphrase: string;
  /** Seals the files with the key-encryption keys. */
  readonly keyRingKey: Uint8Array;
  /** Of the library's first form; whatever lies so is sealed anew at the start. */
  readonly formerLibraryKey: Uint8Array;
  readonly sessionKey: Uint8Array;
  readonly wrappingKey: Uint8Array;
  /** Keys the PINs of members before they are made slow: a stolen database alone has nothing to try. */
  readonly pinKey: Uint8Array;
  /** Makes the codes that players show to be paired. */
  readonly pairingKey: Uint8Array;
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
    sessionKey: derive('keyturn staff sessions'),
    wrappingKey: derive('keyturn wrapped settings'),
    pinKey: derive('keyturn member pins'),
    pairingKey: derive('keyturn pairing codes'),
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

const wrapped = z.object({ nonce: z.string(), sealed: z.string(), tag: z.string() });
const READ_KEY = 'fleet.read_key';

/**
 * The age identity under which recommendations and history lie on media (RET-6): made once per fleet, kept wrapped in the database, so that
 * all hubs tell terminals the same.
 */
export async function fleetReadKey(
  deps: Pick<HubDeps, 'db' | 'clock' | 'random'>,
  wrappingKey: Uint8Array,
): Promise<{ readonly identity: string; readonly recipient: string }> {
  const { settings } = deps.db.stores;
  if ((await settings.find({ name: READ_KEY })) === null) {
    const value = wrap(await generateIdentity(), wrappingKey, deps.random);
    // Two hubs that start at once: the first one's key holds, both read it below.
    await settings.insert({ name: READ_KEY, value, updatedAt: deps.clock.now() });
  }
  const row = await settings.find({ name: READ_KEY });
  const identity = unwrap(wrapped.parse(row?.value), wrappingKey);
  return { identity, recipient: await identityToRecipient(identity) };
}

function wrap(text: string, key: Uint8Array, random: Pick<Random, 'bytes'>): z.infer<typeof wrapped> {
  const nonce = Buffer.from(random.bytes(12));
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return {
    nonce: nonce.toString('base64url'),
    sealed: sealed.toString('base64url'),
    tag: cipher.getAuthTag().toString('base64url'),
  };
}

function unwrap(value: z.infer<typeof wrapped>, key: Uint8Array): string {
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(value.nonce, 'base64url'));
  decipher.setAuthTag(Buffer.from(value.tag, 'base64url'));
  return Buffer.concat([decipher.update(Buffer.from(value.sealed, 'base64url')), decipher.final()]).toString(
    'utf8',
  );
}
