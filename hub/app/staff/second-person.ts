import type { z } from 'zod';
import type { HubDeps } from '#hub/app/deps.ts';
import type { SecurityAlarm } from '#hub/app/security/alarm.ts';
import { mayDecide, type PersonFacts } from '#hub/domain/second-person.ts';
import type { SecondPersonRow, StaffRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { epochMs, type Milliseconds } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import type { StaffIdentity, StaffRole } from './accounts.ts';

/** Who asked and who agreed, as the audit and the books name them. */
export interface TwoPeople {
  readonly requestedBy: `staff:${string}`;
  readonly approvedBy: `staff:${string}`;
}

/** One kind of act that takes two people. */
export interface SecondPersonAction<P> {
  readonly payload: z.ZodType<P>;
  /** Roles of which the second person has one. */
  readonly approvers: readonly StaffRole[];
  readonly lifetime: Milliseconds;
  /**
   * Does it, inside the transaction of the approval: only `stores` may be used. A fault undoes everything and leaves the request open. What lies
   * outside of the database must bear being done again. Answers what the audit entry shall say.
   */
  perform(
    stores: Stores,
    payload: P,
    people: TwoPeople & { readonly requestId: string; readonly reason: string },
  ): Promise<Result<Readonly<Record<string, unknown>>, Fault>>;
  /** After the approval is committed, for whoever waits for it; may be lost. */
  afterwards?(payload: P): void;
}

/** Helps to write an entry of the registry: keeps the payload's type together with its schema. */
export const secondPersonAction = <P>(action: SecondPersonAction<P>): SecondPersonAction<P> => action;

// biome-ignore lint/suspicious/noExplicitAny: each entry has a payload of its own; `request` brings name and payload together again.
export type SecondPersonRegistry = Readonly<Record<string, SecondPersonAction<any>>>;
type PayloadOf<A> = A extends SecondPersonAction<infer P> ? P : never;

export type DecisionFault = Fault<
  | 'second_person_missing'
  | 'second_person_closed'
  | 'second_person_same'
  | 'second_person_role'
  | 'second_person_borrowed'
  | 'second_person_disabled'
  | 'second_person_failed'
>;

export interface SecondPersonDesk<R extends SecondPersonRegistry = SecondPersonRegistry> {
  /** Asks for another person; the same open wish (action, subject and payload of the same person) is asked once. */
  request<A extends keyof R & string>(
    by: StaffIdentity,
    action: A,
    wish: { readonly subject: string; readonly payload: PayloadOf<R[A]>; readonly reason: string },
  ): Promise<SecondPersonRow>;
  /** Open requests, oldest first, then decided ones, newest first. */
  list(limit: number): Promise<readonly SecondPersonRow[]>;
  /** Roles that may decide requests of this action; none for an action that this hub does not know. */
  approversOf(action: string): readonly StaffRole[];
  /** Approves and does it, in one transaction. `by` must have proved itself just now: the caller sees to that. */
  approve(requestId: string, by: StaffIdentity): Promise<Result<SecondPersonRow, DecisionFault>>;
  refuse(requestId: string, by: StaffIdentity): Promise<Result<SecondPersonRow, DecisionFault>>;
  /** The one who asked takes it back. */
  withdraw(requestId: string, by: StaffIdentity): Promise<Result<SecondPersonRow, DecisionFault>>;
  /** Closes what nobody decided in time; answers how many. */
  expire(): Promise<number>;
}

type Deps = Pick<HubDeps, 'db' | 'clock' | 'random'> & { readonly alarm: SecurityAlarm };

/** SEC-7: acts that take two people: one asks, another one decides, the database keeps both. One mechanism for all of them. */
export function openSecondPerson<R extends SecondPersonRegistry>(
  deps: Deps,
  registry: R,
): SecondPersonDesk<R> {
  const approversOf = (action: string): readonly StaffRole[] =>
    Object.hasOwn(registry, action) ? (registry[action]?.approvers ?? []) : [];

  return {
    async request(by, action, wish) {
      const kind = registry[action] as SecondPersonAction<unknown>;
      const payload: unknown = kind.payload.parse(wish.payload);
      const now = deps.clock.now();
      return deps.db.transaction(async (stores) => {
        const open = await stores.secondPerson.list(
          { state: 'pending', action, subject: wish.subject, requestedBy: by.staffId },
          { limit: 50 },
        );
        const same = open.find(
          (row) =>
            row.expiresAt > now &&
            JSON.stringify(kind.payload.parse(row.payload)) === JSON.stringify(payload),
        );
        if (same !== undefined) return same;
        const row: SecondPersonRow = {
          requestId: newId<string>(deps.clock, deps.random),
          action,
          subject: wish.subject,
          payload,
          reason: wish.reason,
          state: 'pending',
          requestedBy: by.staffId,
          requestedByName: by.name,
          requestedAt: now,
          expiresAt: epochMs(now + kind.lifetime),
          decidedBy: null,
          decidedByName: null,
          decidedAt: null,
        };
        await stores.secondPerson.insert(row);
        await note(stores, row, `staff:${by.name}`, 'requested', now, { payload });
        return row;
      });
    },
    async list(limit) {
      const { secondPerson } = deps.db.stores;
      const open = await secondPerson.list({ state: 'pending' }, { orderBy: ['requestedAt'], limit });
      const closed = await secondPerson.list(
        { state: { not: 'pending' } },
        { orderBy: ['requestedAt'], descending: true, limit },
      );
      return [...open, ...closed].slice(0, limit);
    },
    approversOf,
    async approve(requestId, by) {
      const done = await decide(deps, requestId, by, async (stores, row, people) => {
        const allowed = mayDecide(
          people.first,
          people.second,
          row.subject,
          approversOf(row.action),
          deps.clock.now(),
        );
        if (!allowed.ok) return allowed;
        const kind = registry[row.action] as SecondPersonAction<unknown>;
        const names: TwoPeople = {
          requestedBy: `staff:${row.requestedByName}`,
          approvedBy: `staff:${by.name}`,
        };
        const { requestId, reason } = row;
        const performed = await kind.perform(stores, kind.payload.parse(row.payload), {
          ...names,
          requestId,
          reason,
        });
        return performed.ok
          ? ok({ state: 'approved' as const, detail: performed.value })
          : fault('second_person_failed', performed.error.message, { cause: performed.error.code });
      });
      if (done.ok) {
        const kind = registry[done.value.action] as SecondPersonAction<unknown>;
        kind.afterwards?.(kind.payload.parse(done.value.payload));
      }
      return done;
    },
    refuse: (requestId, by) =>
      decide(deps, requestId, by, async (_stores, row, people) => {
        const allowed = mayDecide(
          people.first,
          people.second,
          row.subject,
          approversOf(row.action),
          deps.clock.now(),
        );
        return allowed.ok ? ok({ state: 'refused' as const, detail: {} }) : allowed;
      }),
    withdraw: (requestId, by) =>
      decide(deps, requestId, by, async (_stores, row) =>
        row.requestedBy === by.staffId
          ? ok({ state: 'withdrawn' as const, detail: {} })
          : fault('second_person_role', 'only the one who asked takes it back'),
      ),
    async expire() {
      const now = deps.clock.now();
      const match = { state: 'pending', expiresAt: { lte: now } } as const;
      let closed = 0;
      for (const { requestId } of await deps.db.stores.secondPerson.list(match, { limit: 200 }))
        closed += await deps.db.transaction(async (stores) => {
          const row = await stores.secondPerson.findForUpdate({ requestId });
          if (row === null || row.state !== 'pending') return 0;
          await stores.secondPerson.patch({ requestId }, { state: 'expired', decidedAt: now });
          await note(stores, row, 'hub', 'expired', now, {});
          return 1;
        });
      return closed;
    },
  };
}

type Decision = Result<
  {
    readonly state: 'approved' | 'refused' | 'withdrawn';
    readonly detail: Readonly<Record<string, unknown>>;
  },
  DecisionFault
>;

/** Thrown to undo what a failed act had already written. */
class Undone extends Error {
  readonly fault: DecisionFault;
  constructor(decision: DecisionFault) {
    super(decision.message);
    this.fault = decision;
  }
}

async function decide(
  deps: Deps,
  requestId: string,
  by: StaffIdentity,
  how: (
    stores: Stores,
    row: SecondPersonRow,
    people: { readonly first: PersonFacts; readonly second: PersonFacts },
  ) => Promise<Decision>,
): Promise<Result<SecondPersonRow, DecisionFault>> {
  const now = deps.clock.now();
  try {
    return await deps.db.transaction(async (stores): Promise<Result<SecondPersonRow, DecisionFault>> => {
      const row = await stores.secondPerson.findForUpdate({ requestId });
      if (row === null) return fault('second_person_missing', 'there is no request of this id');
      if (row.state !== 'pending' || row.expiresAt <= now)
        return fault('second_person_closed', 'this request is decided or its time is over');
      const first = await stores.staff.find({ staffId: row.requestedBy });
      const second = await stores.staff.find({ staffId: by.staffId });
      if (first === null || second === null)
        return fault('second_person_disabled', 'the account of one of the two is closed');
      const decision = await how(stores, row, { first: factsOf(first), second: factsOf(second) });
      if (!decision.ok) throw new Undone(decision.error);
      const { state, detail } = decision.value;
      const decided = { state, decidedBy: by.staffId, decidedByName: by.name, decidedAt: now };
      await stores.secondPerson.patch({ requestId }, decided);
      await note(stores, row, `staff:${by.name}`, state, now, { ...detail });
      return ok({ ...row, ...decided });
    });
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
    if (['second_person_same', 'second_person_borrowed'].includes(error.fault.code))
      await deps.alarm.raise({
        code: 'security_second_person_denied',
        subject: by.name,
        message: `${by.name} tried to be the second person where that is not allowed: ${error.fault.message}`,
      });
    return { ok: false, error: error.fault };
  }
}

const factsOf = (row: StaffRow): PersonFacts => ({
  staffId: row.staffId,
  role: row.role,
  disabled: row.disabledAt !== null,
  credentialsBy: row.credentialsBy,
  credentialsAt: row.credentialsAt,
});

const note = (
  stores: Stores,
  row: SecondPersonRow,
  actor: string,
  what: string,
  at: ReturnType<typeof epochMs>,
  detail: Readonly<Record<string, unknown>>,
) =>
  stores.audit.append({
    at,
    actor,
    action: `second_person.${what}`,
    subject: row.requestId,
    detail: {
      of: row.action,
      about: row.subject,
      requestedBy: row.requestedByName,
      ...detail,
    },
  });
