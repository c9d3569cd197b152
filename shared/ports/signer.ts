/** What a certificate allows its holder to be: the OU of its subject. `medium`: the controller of a secure medium, which signs deletions only. */
export const SIGNER_ROLES = ['hub', 'kiosk', 'return-terminal', 'medium'] as const;
export type SignerRole = (typeof SIGNER_ROLES)[number];

/**
 * A device key with its certificate. The key itself may live in a file, a TPM or a card: only `sign` is asked for.
 * Made from a PEM key by `signerFromPem` (`shared/media/device-key.ts`).
 */
export interface Signer {
  /** Terminal id (or `hub`; of a controller its medium's id): the CN of the certificate. */
  readonly id: string;
  readonly role: SignerRole;
  /** DER certificates: the device's own first, then the issuing one; the root is not among them. */
  readonly certificateChain: readonly Uint8Array[];
  /** RSASSA-PSS with SHA-256, salt of 32 bytes (JWS algorithm PS256). */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}
