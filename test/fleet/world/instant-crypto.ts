import crypto, { constants, createPrivateKey, createPublicKey, diffieHellman, KeyObject } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { assert } from '#shared/kernel/assert.ts';

/** RFC 8410: what stands before the 32 bytes of a public key. */
const X25519_SPKI = Buffer.from('302a300506032b656e032100', 'hex');

/**
 * The same cryptography, answered at once instead of by a pool of threads: which thread is done first is chance, and a simulated world has none but its seed's.
 * Only in the processes that simulate. An operation that is not listed here ends the run loudly, so that none comes in unseen.
 */
export function makeCryptoInstant(): void {
  const { subtle } = globalThis.crypto;
  const read = subtle.importKey;
  const instant: Partial<Record<keyof SubtleCrypto, unknown>> = {
    // X25519 as age-encryption asks for it: a private key as PKCS#8, a public one as its 32 bytes. JSON web keys are read without a thread already.
    importKey: async (
      format: string,
      bytes: Uint8Array,
      algorithm: { readonly name: string },
      ...rest: unknown[]
    ) => {
      if (format === 'jwk') return Reflect.apply(read, subtle, [format, bytes, algorithm, ...rest]);
      assert(algorithm.name === 'X25519', 'only age imports keys');
      return format === 'raw'
        ? createPublicKey({ key: Buffer.concat([X25519_SPKI, bytes]), format: 'der', type: 'spki' })
        : createPrivateKey({ key: Buffer.from(bytes), format: 'der', type: 'pkcs8' });
    },
    deriveBits: async (algorithm: { readonly public: KeyObject }, privateKey: KeyObject) =>
      diffieHellman({ privateKey, publicKey: algorithm.public }),
    verify: async (
      algorithm: { readonly name: string; readonly saltLength: number },
      key: CryptoKey,
      signature: BufferSource,
      data: BufferSource,
    ): Promise<boolean> => {
      assert(algorithm.name === 'RSA-PSS', 'the fleet signs with PS256');
      return crypto.verify(
        'sha256',
        bytesOf(data),
        {
          key: KeyObject.from(key),
          padding: constants.RSA_PKCS1_PSS_PADDING,
          saltLength: algorithm.saltLength,
        },
        bytesOf(signature),
      );
    },
  };
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(subtle)) as (keyof SubtleCrypto)[]) {
    if ((name as string) === 'constructor' || typeof subtle[name] !== 'function') continue;
    Object.defineProperty(subtle, name, {
      configurable: true,
      value:
        instant[name] ??
        (() => {
          throw new Error(`subtle.${name} is not instant: see test/fleet/world/instant-crypto.ts`);
        }),
    });
  }
  const slow = crypto as unknown as Record<string, unknown>;
  slow.scrypt = (
    secret: string,
    salt: Buffer,
    length: number,
    options: crypto.ScryptOptions,
    done: (error: Error | null, key: Buffer) => void,
  ): void => {
    const key = crypto.scryptSync(secret, salt, length, options);
    queueMicrotask(() => done(null, key));
  };
  syncBuiltinESMExports();
}

const bytesOf = (source: BufferSource): Uint8Array =>
  source instanceof ArrayBuffer
    ? new Uint8Array(source)
    : new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
