import type { Fault, Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';

/**
 * What a key-encryption key protects; each purpose has generations of its own. `library`: data keys of the objects; `cache`: the keys under
 * which kiosks hold content.
 */
export const KEY_PURPOSES = ['library', 'cache'] as const;
export type KeyPurpose = (typeof KEY_PURPOSES)[number];

/** A data key as it may be stored anywhere: worthless without the key-encryption key of its generation. */
export interface WrappedKey {
  readonly generation: string;
  /** base64url. */
  readonly wrapped: string;
}

export interface KeyGeneration {
  readonly generation: string;
  readonly madeAt: EpochMs;
  /** From then on its key is gone: what is still wrapped under it opens never again. */
  readonly retiredAt: EpochMs | null;
}

/**
 * The hub's key-encryption keys (SEC-3). Nobody ever sees one: they are asked to wrap and unwrap data keys of 32 bytes, which is all that a
 * PKCS#11 token or a cloud's key service is asked for as well. `context` (an object, a terminal) is authenticated: a wrapped key serves
 * nothing else. Implementation: encrypted key files (`hub/pki/key-rings.ts`).
 */
export interface KeyEncryption {
  /** Wraps under the newest generation. */
  wrap(purpose: KeyPurpose, context: string, dataKey: Uint8Array): Promise<WrappedKey>;
  /** Faults: `key_retired` (no such generation, or no longer), `key_foreign` (wrapped for another context, or changed). */
  unwrap(
    purpose: KeyPurpose,
    context: string,
    key: WrappedKey,
  ): Promise<Result<Uint8Array, Fault<'key_retired' | 'key_foreign'>>>;
  /** Newest first. */
  generations(purpose: KeyPurpose): Promise<readonly KeyGeneration[]>;
  /** Makes a new generation; what is wrapped under the ones before stays readable. */
  rotate(purpose: KeyPurpose): Promise<KeyGeneration>;
  /** Destroys the key of a generation; never the newest one. */
  retire(purpose: KeyPurpose, generation: string): Promise<void>;
}
