/**
 * Small secrets of this machine at rest (SEC-3): what is sealed opens on this machine alone and under the same name. A copy of the disk
 * without the machine's own secret opens nothing. Implementations: `shared/edge/drivers/device-secret.ts`; a TPM fits the same shape.
 */
export interface DeviceSeal {
  /** Seals `plain` under `name`: a few kilobytes at most. */
  seal(name: string, plain: Uint8Array): Uint8Array;
  /** Null: sealed on another machine, under another name, or changed since. */
  unseal(name: string, sealed: Uint8Array): Uint8Array | null;
}
