import { createPrivateKey, generateKeyPair } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { assert } from '#shared/kernel/assert.ts';

/**
 * What the authority has keys for: `root` and `issuing` sign certificates, `hub-signing` signs documents, `hub-tls` and `broker-tls` are TLS
 * servers, `hub-client` is the hub at a broker that is not its own.
 */
export type AuthorityKeyRole = 'root' | 'issuing' | 'hub-signing' | 'hub-tls' | 'broker-tls' | 'hub-client';
/** A key and its generation: `issuing` is the first, `issuing.2` the one after its rotation. */
export type AuthorityKeyName = AuthorityKeyRole | `${AuthorityKeyRole}.${number}`;

/**
 * Where the authority's keys live (DESIGN §5): encrypted files by default, PKCS#11 later. `load` answers null for a key that was never made.
 * Keys are PKCS#8 PEM in memory only as long as a certificate is being made.
 */
export interface KeyProvider {
  load(name: AuthorityKeyName): Promise<string | null>;
  create(name: AuthorityKeyName): Promise<string>;
}

/** RSA: authorities live long and are verified rarely. */
const bitsOf = (name: AuthorityKeyName): number => (/^(root|issuing)(\.|$)/.test(name) ? 3072 : 2048);

/** Key files below `folder`, each a PKCS#8 file encrypted with the passphrase (PBES2, AES-256). A wrong passphrase rejects. */
export function fileKeyProvider(folder: string, passphrase: string): KeyProvider {
  assert(passphrase.length >= 12, 'the passphrase of the authority needs at least 12 characters');
  const path = (name: AuthorityKeyName) => join(folder, `${name}.key.pem`);
  return {
    load: async (name) => {
      const encrypted = await readFile(path(name), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      });
      if (encrypted === null) return null;
      return createPrivateKey({ key: encrypted, passphrase })
        .export({ type: 'pkcs8', format: 'pem' })
        .toString();
    },
    create: async (name) => {
      const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: bitsOf(name) });
      const encrypted = privateKey.export({
        type: 'pkcs8',
        format: 'pem',
        cipher: 'aes-256-cbc',
        passphrase,
      });
      await writeDurable(path(name), encrypted.toString());
      return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    },
  };
}

/** Writes beside with mode 600, syncs, renames: a key file is there whole or not at all. */
export async function writeDurable(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  const folder = await open(dirname(path), 'r');
  await folder.sync().finally(() => folder.close());
}
