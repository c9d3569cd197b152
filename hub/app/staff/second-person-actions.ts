import { z } from 'zod';
import { orderDecommission } from '#hub/app/enrolment/decommission.ts';
import type { TerminalNudge } from '#hub/app/fleet/control.ts';
import type { IngestRules } from '#hub/app/ingest/apply-one.ts';
import { acceptDeadLetter } from '#hub/app/ingest/dead-letters.ts';
import {
  type AuthorityRotation,
  type KeyDeps,
  ROTATED_KEYS,
  rotateAuthority,
  rotateKeys,
} from '#hub/app/keys/rotation.ts';
import { WRITE_OFF_CAUSES, writeOff } from '#hub/app/ledger/write-off.ts';
import { settleComplaintIn } from '#hub/app/renting/complaints.ts';
import type { MemberId, RentalId } from '#shared/kernel/ids.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { moneySchema, rentalId, terminalId } from '#shared/protocol/primitives.ts';
import { setRole } from './manage.ts';
import { secondPersonAction } from './second-person.ts';

const DAY = milliseconds(86_400_000);
const WEEK = milliseconds(7 * 86_400_000);

/**
 * Every act that takes two people (SEC-7), by its stable name. An area adds its own here: a payload's schema, who may be the second person, how
 * long a request lasts, and what is done.
 */
export const secondPersonActions = (
  deps: KeyDeps & {
    readonly ingestRules: () => IngestRules;
    readonly nudge: TerminalNudge;
    readonly rotation: AuthorityRotation;
  },
) => ({
  /** RNT-8: a refund above the limit. */
  'rental.refund': secondPersonAction({
    payload: z.object({
      rentalId,
      key: z.string().min(8).max(100),
      amount: moneySchema.nullable(),
    }),
    approvers: ['manager', 'admin'],
    lifetime: WEEK,
    perform: async (stores, { rentalId: id, key, amount }, people) => {
      const done = await settleComplaintIn(
        deps,
        stores,
        { actor: people.requestedBy, secondPerson: people.approvedBy },
        id as RentalId,
        { key, kind: 'refund', amount, reason: people.reason },
      );
      return done.ok ? ok({ refunded: done.value.refunded }) : done;
    },
  }),
  /** LED-2: a write-off above the limit. */
  'member.write_off': secondPersonAction({
    payload: z.object({
      memberId: z.string(),
      key: z.string().min(8).max(100),
      amount: moneySchema,
      cause: z.enum(WRITE_OFF_CAUSES),
    }),
    approvers: ['manager', 'admin'],
    lifetime: WEEK,
    perform: async (stores, { memberId, ...wish }, people) => {
      const done = await writeOff(
        deps,
        stores,
        { actor: people.requestedBy, secondPerson: people.approvedBy },
        memberId as MemberId,
        wish,
      );
      return done.ok ? ok({ amountDue: done.value.amountDue }) : done;
    },
  }),
  /** SEC-4: an event that was kept back counts all the same. */
  'dead_letter.accept': secondPersonAction({
    payload: z.object({ deadLetterId: z.string().max(64) }),
    approvers: ['manager', 'admin'],
    lifetime: WEEK,
    perform: async (stores, { deadLetterId }, people) => {
      const by = `${people.requestedBy}, ${people.approvedBy}`;
      const done = await acceptDeadLetter(stores, deps.ingestRules(), deadLetterId, by);
      return done.ok ? ok({ overruled: done.value.overruled }) : done;
    },
  }),
  /** FLT-3: a terminal settles what it owes, wipes itself and leaves the fleet. */
  'terminal.decommission': secondPersonAction({
    payload: z.object({ terminalId, nevertheless: z.boolean() }),
    approvers: ['manager', 'admin'],
    lifetime: WEEK,
    perform: async (stores, wish, people) => {
      const done = await orderDecommission(deps, stores, people, wish);
      return done.ok ? ok({ ...wish }) : done;
    },
    afterwards: (wish) => deps.nudge.nudge(wish.terminalId),
  }),
  /** SEC-3: nobody changes the keys of the fleet alone. */
  'keys.rotate': secondPersonAction({
    payload: z.object({ key: z.enum(ROTATED_KEYS) }),
    approvers: ['admin'],
    lifetime: DAY,
    perform: async (stores, { key }, people) => {
      const { generation } = await rotateKeys(
        deps,
        stores,
        `${people.requestedBy}, ${people.approvedBy}`,
        key,
      );
      return ok({ key, generation });
    },
  }),
  'authority.rotate': secondPersonAction({
    payload: z.object({ key: z.enum(['issuing', 'hub-signing']) }),
    approvers: ['admin'],
    lifetime: DAY,
    perform: async (stores, { key }, people) => {
      const actor = `${people.requestedBy}, ${people.approvedBy}` as const;
      const done = await rotateAuthority(deps, stores, actor, key);
      return done.ok
        ? ok({ key, generation: done.value.generation, fingerprint: done.value.fingerprint })
        : done;
    },
  }),
  /** SEC-7: nobody makes an administrator alone. */
  'staff.admin': secondPersonAction({
    payload: z.object({ staffId: z.string(), requestedBy: z.string() }),
    approvers: ['manager', 'admin'],
    lifetime: DAY,
    perform: async (stores, { staffId, requestedBy }, people) => {
      const requester = await stores.staff.find({ staffId: requestedBy });
      if (requester === null) return fault('staff_missing', 'there is no account of this id');
      const done = await setRole(
        deps,
        stores,
        { staffId: requestedBy, actor: people.requestedBy },
        staffId,
        'admin',
      );
      return done.ok ? ok({ staffId, role: 'admin' }) : done;
    },
  }),
});

export type SecondPersonActions = ReturnType<typeof secondPersonActions>;
