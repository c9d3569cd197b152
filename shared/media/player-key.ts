import { z } from 'zod';
import { ageRecipient, epoch, text } from './json.ts';

/** Payload of `players/<id>.jws`: a player's public age key, signed by the player's own Ed25519 key named in the header (PLY-1). */
export const playerKeySchema = z.object({
  version: z.literal(1),
  playerId: z.string().regex(/^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$/),
  recipient: ageRecipient,
  name: text(100),
  createdAt: epoch,
});
export type PlayerKey = z.infer<typeof playerKeySchema>;
