import { z } from '@hono/zod-openapi';
import { count } from '#shared/protocol/primitives.ts';
import { listQuery, moment, money, pageOf, staffRole } from './common.ts';

const password = z.string().min(1).max(200);
const typedCode = z.string().trim().min(6).max(40);
const accountName = z
  .string()
  .min(2)
  .max(60)
  .regex(/^[a-z0-9][a-z0-9._-]*$/);

// POST /session, GET /session, DELETE /session
export const signInBody = z.object({
  name: z.string().min(1).max(60),
  password,
  /** Of the second factor, where it is at hand already (command lines); else it is asked for next. */
  code: typedCode.optional(),
});
export const staffSession = z.object({
  staffId: z.string(),
  name: z.string(),
  role: staffRole,
  /** `password`: POST /session/second-factor comes next; `setup`: nothing but setting up a second factor; `full`. */
  level: z.enum(['password', 'setup', 'full']),
  secondFactor: z.boolean(),
  expiresAt: moment,
  /** Where the hub's pulse stands: what changed after it is told by `/live?since=…`. */
  pulse: z.string(),
});
export type StaffSession = z.infer<typeof staffSession>;
// POST /session/second-factor: the app's six digits, or a backup code
export const secondFactorBody = z.object({ code: typedCode });
// POST /session/proof: the second factor's code; the password where there is none
export const proofBody = z.object({ proof: z.string().min(1).max(200) });
// POST /session/redeem
export const redeemBody = z.object({
  name: z.string().min(1).max(60),
  code: z.string().min(1).max(60),
  password,
});

// The own account
export const sessionView = z.object({
  sessionId: z.string(),
  startedAt: moment,
  lastSeenAt: moment,
  expiresAt: moment,
  address: z.string(),
  agent: z.string(),
  /** The one that asks. */
  own: z.boolean(),
});
export type SessionView = z.infer<typeof sessionView>;
export const sessionList = z.object({ items: z.array(sessionView) });
export const accountView = z.object({
  staffId: z.string(),
  name: z.string(),
  role: staffRole,
  secondFactor: z.object({ since: moment.nullable(), required: z.boolean(), backupCodesLeft: count }),
  sessions: z.array(sessionView),
});
export type AccountView = z.infer<typeof accountView>;
export const passwordBody = z.object({ current: password, next: password });
export const secondFactorBegun = z.object({
  /** Base32, for who types it. */
  secret: z.string(),
  /** `otpauth://…` for the picture that apps scan. */
  address: z.string(),
  ticket: z.string(),
});
export type SecondFactorBegun = z.infer<typeof secondFactorBegun>;
export const confirmBody = z.object({ ticket: z.string().min(1).max(1000), code: typedCode });
export const backupCodes = z.object({ codes: z.array(z.string()) });
export const ended = z.object({ ended: count });

// People
export const addStaffBody = z.object({ name: accountName, role: staffRole.exclude(['admin']) });
export const staffView = z.object({
  staffId: z.string(),
  name: z.string(),
  role: staffRole,
  createdAt: moment,
  disabledAt: moment.nullable(),
  secondFactor: z.boolean(),
  sessions: count,
});
export type StaffView = z.infer<typeof staffView>;
export const staffList = z.object({ items: z.array(staffView) });
export const oneTimeCode = z.object({
  staffId: z.string(),
  name: z.string(),
  code: z.string(),
  expiresAt: moment,
});
export type OneTimeCode = z.infer<typeof oneTimeCode>;
export const changeStaffBody = z.object({ role: staffRole.optional(), disabled: z.boolean().optional() });
/** `requestId`: raising to administrator waits for a second person; the account is as it was. */
export const changeStaffAnswer = z.object({ requestId: z.string().nullable() });
export const resetBody = z.object({ clearsSecondFactor: z.boolean() });

// Second person
export const secondPersonView = z.object({
  requestId: z.string(),
  action: z.string(),
  subject: z.string(),
  /** What the request is about, as its action has it. */
  payload: z.record(z.string(), z.unknown()),
  reason: z.string(),
  state: z.enum(['pending', 'approved', 'refused', 'withdrawn', 'expired']),
  requestedBy: z.string(),
  requestedAt: moment,
  expiresAt: moment,
  decidedBy: z.string().nullable(),
  decidedAt: moment.nullable(),
  /** Whether the person who asks for this list asked for this. */
  own: z.boolean(),
  /** Whether that person's role may decide it. */
  mayDecide: z.boolean(),
});
export type SecondPersonView = z.infer<typeof secondPersonView>;
export const secondPersonList = z.object({ items: z.array(secondPersonView), open: count });

// POST /members/{memberId}/write-off
export const writeOffBody = z.object({
  key: z.string().min(8).max(100),
  amount: money,
  cause: z.enum(['uncollectable', 'disputed', 'deceased']),
});
export const writeOffAnswer = z.object({
  amountDue: money.nullable(),
  /** Above the limit: waits for a second person. */
  requestId: z.string().nullable(),
});

// Audit
export const auditEntry = z.object({
  sequence: count,
  at: moment,
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  detail: z.record(z.string(), z.unknown()),
  hash: z.string(),
});
export const auditPage = pageOf(auditEntry).extend({
  /** First entry whose hash does not follow from the one before; null: the chain is whole. Looked for with the first page. */
  firstBroken: count.nullable(),
});
export type AuditPage = z.infer<typeof auditPage>;
export const auditQuery = listQuery({ number: 'number' }, { key: 'number' }).extend({
  actor: z.string().max(120).optional(),
});
/** What a check of the whole trail found; `problem` null: it is whole, and has everything that checkpoints were signed for. */
export const auditVerification = z.object({
  entries: count,
  checkpoints: count,
  problem: z
    .object({
      code: z.enum(['entry_broken', 'entry_missing', 'checkpoint_mismatch', 'checkpoint_forged']),
      sequence: count,
    })
    .nullable(),
  /** The newest checkpoint, to be kept elsewhere: it proves later that nothing before it was changed. */
  latest: z.object({ sequence: count, hash: z.string(), at: moment, jws: z.string() }).nullable(),
});
export type AuditVerification = z.infer<typeof auditVerification>;
