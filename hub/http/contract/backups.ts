import { z } from '@hono/zod-openapi';
import { moment } from './common.ts';

/** A backup that stands whole on the hub's backup disk (OPS-2). */
export const backupView = z.object({
  name: z.string(),
  madeAt: moment,
  bytes: z.int(),
  /** SHA-256 of the sealed file, hex. */
  sha256: z.string(),
  rows: z.int(),
});
export const backupList = z.object({ items: z.array(backupView) });
