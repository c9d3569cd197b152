import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';

/** One person of staff, as the rule of the second person sees them. */
export interface PersonFacts {
  readonly staffId: string;
  readonly role: string;
  readonly disabled: boolean;
  /** Who last gave this account its way in: made it or reset it; null: the person alone. */
  readonly credentialsBy: string | null;
  readonly credentialsAt: EpochMs | null;
}

/** For this long an account counts as the hand of whoever made or reset it. */
export const BORROWED_MS = 24 * 3_600_000;

export type SecondPersonFault = Fault<
  'second_person_same' | 'second_person_role' | 'second_person_borrowed' | 'second_person_disabled'
>;

/**
 * SEC-7: whether `second` may decide what `first` asked for. `about` is what the
 * request is about: nobody approves what is done to the own account. Faults: `second_person_same`; `second_person_role` (not one of `approvers`);
 * `second_person_disabled` (one of the accounts is); `second_person_borrowed` (one of the two made or reset the other's account within a day, so
 * that one human could hold both).
 */
export function mayDecide(
  first: PersonFacts,
  second: PersonFacts,
  about: string,
  approvers: readonly string[],
  now: EpochMs,
): Result<void, SecondPersonFault> {
  if (first.staffId === second.staffId || about === second.staffId)
    return fault('second_person_same', 'the second person is somebody else');
  if (first.disabled || second.disabled)
    return fault('second_person_disabled', 'the account of one of the two is closed');
  if (!approvers.includes(second.role))
    return fault('second_person_role', `this is decided by: ${approvers.join(', ')}`);
  if (borrowed(first, second, now) || borrowed(second, first, now))
    return fault(
      'second_person_borrowed',
      'one of the two gave the other the account within the last day; ask a third person, or wait a day',
    );
  return ok(undefined);
}

const borrowed = (account: PersonFacts, giver: PersonFacts, now: EpochMs): boolean =>
  account.credentialsBy === giver.staffId &&
  account.credentialsAt !== null &&
  now - account.credentialsAt < BORROWED_MS;
