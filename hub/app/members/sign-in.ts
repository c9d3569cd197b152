import { createHash } from 'node:crypto';
import type { MemberRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { MediumId, TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import type { SignInGuard } from './guessing.ts';
import type { MemberDeps } from './members.ts';
import type { KeptPin } from './pins.ts';

/** Five wrong PINs lock (MED-5), wherever they were typed; staff can reset. */
export const PIN_TRIES = 5;

export interface SignIn {
  readonly mediumId: MediumId | null;
  readonly accessKey: string | null;
  readonly memberNumber: string | null;
  readonly pin: string;
}
/**
 * `sign_in_refused`: the one answer to a number with a wrong PIN, a number of nobody, a locked or a deleted account: a number alone never
 * learns which. `pin_wrong` and `pin_locked` only where the medium's access key says whose it is.
 */
export type SignInFault = Fault<
  'sign_in_refused' | 'sign_in_paused' | 'pin_wrong' | 'pin_locked' | 'member_blocked'
>;
export type SignInDeps = MemberDeps & { readonly guessing: SignInGuard };

export const accessKeyHash = (accessKey: string): string =>
  createHash('sha256').update(accessKey).digest('hex');

/** Whose medium this is, or null: the access key on it must be the one it was registered with (MED-5). */
export async function ownerOfMedium(
  stores: Pick<Stores, 'media' | 'members'>,
  mediumId: MediumId,
  accessKey: string,
): Promise<MemberRow | null> {
  const medium = await stores.media.find({ mediumId });
  if (medium === null || medium.memberId === null || medium.accessKeyHash !== accessKeyHash(accessKey))
    return null;
  return stores.members.find({ memberId: medium.memberId });
}

/**
 * Signs a member in with medium or number and PIN. Somebody unknown costs the same work as somebody known with a wrong PIN. Each wrong PIN is
 * counted before the answer leaves, under the row's lock, so that many at once do not get more tries.
 */
export async function signIn(
  deps: SignInDeps,
  terminalId: TerminalId,
  request: SignIn,
): Promise<Result<MemberRow, SignInFault>> {
  const byNumber = request.memberNumber !== null;
  if (byNumber) {
    const paused = deps.guessing.pausedFor(terminalId);
    if (paused > 0)
      return fault('sign_in_paused', 'too many wrong numbers or PINs at this terminal', {
        seconds: paused,
      });
  }
  const member = await findMember(deps.db.stores, request);
  const { right, renewed } = await deps.pins.check(request.pin, member?.pinVerifier ?? null);
  const answer = await judged(deps, terminalId, member, right, renewed);
  if (answer.ok || !byNumber) return answer;
  if (deps.guessing.refused(terminalId) === 'pause') await raiseGuessing(deps, terminalId);
  return answer.error.code === 'member_blocked' ? answer : REFUSED;
}

const REFUSED = fault(
  'sign_in_refused',
  'number or PIN is not right, or the account is locked after five wrong PINs',
);
const LOCKED = fault('pin_locked', 'locked after five wrong PINs; staff can reset it', { triesLeft: 0 });

async function judged(
  deps: SignInDeps,
  terminalId: TerminalId,
  member: MemberRow | null,
  right: boolean,
  renewed: KeptPin | null,
): Promise<Result<MemberRow, SignInFault>> {
  if (member === null) return REFUSED;
  return deps.db.transaction(async (stores) => {
    const row = await stores.members.findForUpdate({ memberId: member.memberId });
    if (row === null || row.state === 'deleted') return REFUSED;
    if (row.pinTries >= PIN_TRIES) return LOCKED;
    if (!right || row.pinVerifier !== member.pinVerifier) {
      const pinTries = await countWrongPin(stores, row, {
        now: deps.clock.now(),
        alertId: newId<string>(deps.clock, deps.random),
        terminalId,
      });
      return pinTries >= PIN_TRIES
        ? LOCKED
        : fault('pin_wrong', 'the PIN is wrong', { triesLeft: PIN_TRIES - pinTries });
    }
    if (row.state === 'blocked')
      return fault('member_blocked', 'this account is blocked; please ask the staff');
    if (row.pinTries > 0 || renewed !== null)
      await stores.members.patch({ memberId: row.memberId }, { pinTries: 0, ...renewed });
    return ok({ ...row, pinTries: 0, ...renewed });
  });
}

/** One more wrong PIN of a member, wherever it was typed; the fifth locks and tells staff. Answers the tries so far. */
export async function countWrongPin(
  stores: Pick<Stores, 'members' | 'alerts'>,
  row: Pick<MemberRow, 'memberId' | 'pinTries'>,
  at: { readonly now: EpochMs; readonly alertId: string; readonly terminalId: TerminalId },
): Promise<number> {
  const pinTries = Math.min(PIN_TRIES, row.pinTries + 1);
  const locks = pinTries >= PIN_TRIES && row.pinTries < PIN_TRIES;
  await stores.members.patch(
    { memberId: row.memberId },
    locks ? { pinTries, pinLockedAt: at.now } : { pinTries },
  );
  if (locks)
    await stores.alerts.raise(
      at.alertId,
      {
        code: 'security_pin_locked',
        subject: row.memberId,
        severity: 'warning',
        message: 'Five wrong PINs: the account is locked. Give the member a new PIN once you know who it is.',
        terminalId: at.terminalId,
        rentalId: null,
      },
      at.now,
    );
  return pinTries;
}

async function raiseGuessing(deps: SignInDeps, terminalId: TerminalId): Promise<void> {
  await deps.db.stores.alerts.raise(
    newId<string>(deps.clock, deps.random),
    {
      code: 'security_pin_guessing',
      subject: terminalId,
      severity: 'critical',
      message: `Somebody tries member numbers and PINs at ${terminalId}. Sign-in by number is paused there.`,
      terminalId,
      rentalId: null,
    },
    deps.clock.now(),
  );
}

async function findMember(
  stores: Pick<Stores, 'media' | 'members'>,
  request: SignIn,
): Promise<MemberRow | null> {
  if (request.memberNumber !== null) return stores.members.first({ number: request.memberNumber });
  if (request.mediumId === null || request.accessKey === null) return null;
  return ownerOfMedium(stores, request.mediumId, request.accessKey);
}
