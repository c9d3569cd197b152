import { z } from 'zod';
import { table } from '#shared/edge/store.ts';

/** One row per transaction of `store-writer.ts`: which one it was, and how many events it made. */
export const steps = table('steps', z.object({ number: z.number(), events: z.number() }));
export const eventData = z.object({ number: z.number(), index: z.number() });
