import { z } from 'zod';
import type { MediumId } from '#shared/kernel/ids.ts';
import { epoch, hex, terminalId, uuid } from './json.ts';

/** Payload of `medium.jws` (type `keyturn-medium`): signed origin of the medium (MED-5). The PIN's verifier is never here. */
export const mediumIdentitySchema = z.object({
  version: z.literal(1),
  mediumId: uuid<MediumId>(),
  /** First 32 hex digits of the root certificate's SHA-256. */
  fleetId: hex(16),
  mediumClass: z.enum(['plain', 'secure']),
  /** Opaque: which member's medium this is, known to the hub. */
  accessKey: z
    .string()
    .min(16)
    .max(200)
    .regex(/^[A-Za-z0-9_-]+$/),
  issuedAt: epoch,
  terminal: terminalId,
});
export type MediumIdentity = z.infer<typeof mediumIdentitySchema>;
