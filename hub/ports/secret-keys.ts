import type { KeyGeneration } from './key-encryption.ts';

/**
 * Keys of the hub that themselves sign or seal. `staff`: second factors and known browsers; `pins`: the PINs of members; `pairing`: codes that
 * players show; `settings`: what the database keeps sealed (the keys of media).
 */
export const SECRET_PURPOSES = ['staff', 'pins', 'pairing', 'settings'] as const;
export type SecretPurpose = (typeof SECRET_PURPOSES)[number];

/** The generation of what was made before there were generations: it names none. */
export const FIRST_GENERATION = '1';

export interface SecretKey {
  readonly generation: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

/**
 * The hub's secret keys with their generations (SEC-3): the newest makes everything new, former ones only verify and open until they are retired.
 * Every hub that shares the files sees another's rotation at once. Implementation: sealed files (`hub/pki/secret-keys.ts`).
 */
export interface SecretKeys {
  /** The newest generation. */
  current(purpose: SecretPurpose): SecretKey;
  /** Null: there is no such generation, or no longer. */
  find(purpose: SecretPurpose, generation: string): SecretKey | null;
  /** Newest first. */
  generations(purpose: SecretPurpose): readonly KeyGeneration[];
  rotate(purpose: SecretPurpose): Promise<KeyGeneration>;
  /** Destroys the key of a generation; never the newest one. */
  retire(purpose: SecretPurpose, generation: string): Promise<void>;
}
