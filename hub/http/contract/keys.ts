import { z } from '@hono/zod-openapi';
import { moment } from './common.ts';

/** Keys of the hub that staff can rotate (SEC-3). */
export const keyPurpose = z.enum(['library', 'cache']);
export const keyGeneration = z.object({
  generation: z.string(),
  madeAt: moment,
  /** Its key was destroyed then; null while something may still need it. */
  retiredAt: moment.nullable(),
});
/** Keys of the fleet's authority that staff can rotate. */
export const authorityKey = z.enum(['issuing', 'hub-signing']);
export const authorityRotation = z.object({
  generation: z.int().positive(),
  /** SHA-256 of its certificate, hex. */
  fingerprint: z.string(),
  validTo: moment,
});
export const keyList = z.object({
  items: z.array(z.object({ purpose: keyPurpose, generations: z.array(keyGeneration) })),
});
