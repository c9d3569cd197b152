import crypto, { constants, createPrivateKey, createPublicKey, diffieHellman, KeyObject } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { promisify } from 'node:util';
import { assert } from '#shared/kernel/assert.ts';
import { type KeyPair, rsaPair } from './key-stock.ts';
import { quickVerdict } from './quick-signatures.ts';

/** RFC 8410 §7: the 32 bytes of a private key stand at the end of its PKCS#8. */
const KEY_BYTES = 32;
/** Read as JSON web keys, which takes a tenth of the time that DER takes; a private key's public part is computed, whatever stands there. */
const X25519 = { kty: 'OKP', crv: 'X25519', x: 'A'.repeat(43) };

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** Answers that were given before: the same question has the same answer. The oldest are forgotten. */
class Remembered<T> {
  readonly #answers = new Map<string, T>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  of(question: string, ask: () => T): T {
    const known = this.#answers.get(question);
    if (known !== undefined) return known;
    const answer = ask();
    if (this.#answers.size >= this.#most) this.#answers.delete(this.#answers.keys().next().value ?? '');
    this.#answers.set(question, answer);
    return answer;
  }
}

/**
 * The same cryptography, answered at once instead of by a pool of threads: which thread is done first is chance, and a simulated world has none but its seed's.
 * Only in the processes that simulate. An operation that is not listed here ends the run loudly, so that none comes in unseen.
 * `remembered`: so many answers of each kind.
 */
export function makeCryptoInstant(remembered = 4_096): void {
  const { subtle } = globalThis.crypto;
  const { sign, verify } = crypto;
  const keys = new Remembered<KeyObject>(remembered);
  const verdicts = new Remembered<boolean>(remembered);
  const numbers = new Map<string, number>();
  const numberOfKey = new WeakMap<KeyObject, number>();
  const numberOf = (key: KeyObject): number => {
    const known = numberOfKey.get(key);
    if (known !== undefined) return known;
    const text = key.export({ type: 'spki', format: 'der' }).toString('latin1');
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    numberOfKey.set(key, number);
    return number;
  };
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
      return keys.of(`${format} ${Buffer.from(bytes).toString('latin1')}`, () =>
        format === 'raw'
          ? createPublicKey({ key: { ...X25519, x: base64url(bytes) }, format: 'jwk' })
          : createPrivateKey({ key: { ...X25519, d: base64url(bytes.slice(-KEY_BYTES)) }, format: 'jwk' }),
      );
    },
    // Ed25519 as jose asks for it: a player's own documents.
    sign: async (_algorithm: unknown, key: CryptoKey, signed: Uint8Array) =>
      new Uint8Array(sign(null, signed, KeyObject.from(key))).buffer,
    verify: async (_algorithm: unknown, key: CryptoKey, signature: Uint8Array, signed: Uint8Array) =>
      verify(null, signed, KeyObject.from(key), signature),
    deriveBits: async (algorithm: { readonly public: KeyObject }, privateKey: KeyObject) =>
      diffieHellman({ privateKey, publicKey: algorithm.public }),
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
  slow.verify = (hash: string | null, signed: Uint8Array, given: KeyObject | Pss, signature: Uint8Array) => {
    if (!('padding' in given) || given.padding !== constants.RSA_PKCS1_PSS_PADDING)
      return verify(hash, signed, given, signature);
    const { key, saltLength } = given;
    if (quickVerdict(key, signature, signed) !== null) return true;
    const [text, mark] = [signed, signature].map((bytes) => Buffer.from(bytes).toString('latin1'));
    return verdicts.of(`${numberOf(key)} ${saltLength} ${mark} ${text}`, () =>
      verify(hash, signed, given, signature),
    );
  };
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
  slow.generateKeyPair = Object.assign(
    () => {
      throw new Error('keys are asked for as promises: see test/fleet/world/instant-crypto.ts');
    },
    {
      [promisify.custom]: async (
        kind: string,
        { modulusLength }: { readonly modulusLength: number },
      ): Promise<KeyPair> => {
        assert(kind === 'rsa', 'only RSA keys take a thread');
        return rsaPair(modulusLength);
      },
    },
  );
  syncBuiltinESMExports();
}

/** What the fleet's PS256 is asked with. */
interface Pss {
  readonly key: KeyObject;
  readonly padding: number;
  readonly saltLength: number;
}
