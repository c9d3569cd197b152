import { z } from '@hono/zod-openapi';
import { mediumId, terminalId } from '#shared/protocol/primitives.ts';
import { listQuery, moment, pageOf } from './common.ts';

/** A controller of a secure medium that the fleet certified (SEC-5). */
export const controllerView = z.object({
  mediumId,
  serial: z.string(),
  fingerprint: z.string(),
  issuedAt: moment,
  validTo: moment,
  issuedBy: z.string(),
  /** Where it was made; null: not at a terminal. */
  terminalId: terminalId.nullable(),
  revokedAt: moment.nullable(),
  revokedBy: z.string().nullable(),
  revocationReason: z.string().nullable(),
});
export type ControllerView = z.infer<typeof controllerView>;
export const controllerList = pageOf(controllerView);
export const controllerQuery = listQuery({ issued: 'number' }, { first: 500, most: 500 }).extend({
  state: z.enum(['good', 'revoked']).optional(),
});
/** The kiosk in whose drive the blank medium is. */
export const makeControllerBody = z.object({ terminalId });
export const revokeControllerBody = z.object({ reason: z.string().min(3).max(300) });
