import { z } from '@hono/zod-openapi';
import { moment } from './common.ts';

/** Keys of the hub that staff can rotate (SEC-3). */
export const rotatedKey = z.enum(['library', 'cache', 'staff', 'pins', 'pairing', 'settings', 'media']);
export const keyGeneration = z.object({
  generation: z.string(),
  madeAt: moment,
  /** Its key was destroyed then; null while something may still need it. */
  retiredAt: moment.nullable(),
  /** Records that still need it; null: they are not at the hub, or not counted. */
  uses: z.int().nullable(),
});
/** Keys of the fleet's authority that staff can rotate. */
export const authorityKey = z.enum(['issuing', 'hub-signing']);
/** Nothing was rotated yet: another administrator decides (SEC-7). */
export const rotationAsked = z.object({ requestId: z.string() });
export const rotationAsk = z.object({ reason: z.string().min(3).max(300) });
export const keyList = z.object({
  items: z.array(z.object({ key: rotatedKey, generations: z.array(keyGeneration) })),
});
