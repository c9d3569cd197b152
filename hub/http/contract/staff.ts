import { z } from '@hono/zod-openapi';
import { count } from '#shared/protocol/primitives.ts';
import { moment, staffRole } from './common.ts';

// POST /session, GET /session, DELETE /session
export const signInBody = z.object({
  name: z.string().min(1).max(60),
  password: z.string().min(1).max(200),
});
export const staffSession = z.object({
  staffId: z.string(),
  name: z.string(),
  role: staffRole,
  expiresAt: moment.nullable(),
});
export type StaffSession = z.infer<typeof staffSession>;

export const addStaffBody = z.object({
  name: z
    .string()
    .min(2)
    .max(60)
    .regex(/^[a-z0-9][a-z0-9._-]*$/),
  role: staffRole,
  password: z.string().min(12).max(200),
});

export const auditEntry = z.object({
  sequence: count,
  at: moment,
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  detail: z.record(z.string(), z.unknown()),
  hash: z.string(),
});
export const auditPage = z.object({
  items: z.array(auditEntry),
  next: z.string().nullable(),
  /** First entry whose hash does not follow from the one before; null: the chain is whole. */
  firstBroken: count.nullable(),
});
export type AuditPage = z.infer<typeof auditPage>;
export const auditQuery = z.object({
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
