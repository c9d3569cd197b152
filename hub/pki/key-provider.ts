import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
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

/**
 * Key files below `folder`, each a PKCS#8 file encrypted with the passphrase (PBES2, AES-256), the root's with `rootPassphrase` (null: not known
 * here, so that no root is made). A root's key of former times under the common passphrase is encrypted anew when it is read. A wrong
 * passphrase rejects.
 */
export function fileKeyProvider(
  folder: string,
  passphrase: string,
  rootPassphrase: string | null = passphrase,
): KeyProvider {
  for (const one of [passphrase, rootPassphrase])
    assert(one === null || one.length >= 12, 'a passphrase of the authority needs at least 12 characters');
  const isRoot = (name: AuthorityKeyName): boolean => /^root(\.|$)/.test(name);
  const save = (name: AuthorityKeyName, key: KeyObject, under: string): Promise<void> =>
    writeDurable(
      path(name),
      key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: under }).toString(),
    );
  const unlock = async (name: AuthorityKeyName, encrypted: string): Promise<KeyObject> => {
    const own = opened(encrypted, isRoot(name) ? rootPassphrase : passphrase);
    if (own !== null) return own;
    const former = isRoot(name) ? opened(encrypted, passphrase) : null;
    if (former === null) throw new Error(`the key ${name} does not open with its passphrase`);
    if (rootPassphrase !== null) await save(name, former, rootPassphrase);
    return former;
  };
  const path = (name: AuthorityKeyName) => join(folder, `${name}.key.pem`);
  return {
    load: async (name) => {
      const encrypted = await readFile(path(name), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      });
      if (encrypted === null) return null;
      const key = await unlock(name, encrypted);
      return key.export({ type: 'pkcs8', format: 'pem' }).toString();
    },
    create: async (name) => {
      const under = isRoot(name) ? rootPassphrase : passphrase;
      assert(under !== null, 'the root’s passphrase is not known here: HUB_ROOT_PASSPHRASE');
      const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: bitsOf(name) });
      await save(name, privateKey, under);
      return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    },
  };
}

function opened(encrypted: string, passphrase: string | null): KeyObject | null {
  if (passphrase === null) return null;
  try {
    return createPrivateKey({ key: encrypted, passphrase });
  } catch {
    return null;
  }
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
