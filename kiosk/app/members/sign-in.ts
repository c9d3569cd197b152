import type { Fault, Result } from '#shared/kernel/result.ts';
import { ok } from '#shared/kernel/result.ts';
import type { KioskDeps } from '../deps.ts';
import type { ScreenLanguage } from '../session/contract.ts';
import type { MediumFacts, SignedIn } from '../session/state.ts';
import { forgiveTries, rememberMedium, signInOffline, slowPin } from './verifier.ts';

type Deps = Pick<KioskDeps, 'runtime' | 'pinCost'>;

/** Signs a member in by medium or number with the PIN (SEC-6). While the hub is away, against this kiosk's own verifier (MED-5). */
export async function signIn(
  deps: Deps,
  input: { readonly medium: MediumFacts | null; readonly memberNumber: string | null; readonly pin: string },
): Promise<Result<SignedIn, Fault>> {
  const { runtime } = deps;
  const medium = keyed(input.medium);
  const byMedium = medium?.mediumId ?? null;
  // Made slow while the hub is asked: the customer waits for neither longer than for the other.
  const [answer, pin] = await Promise.all([
    runtime.hub.signIn({
      mediumId: byMedium,
      accessKey: medium?.accessKey ?? null,
      memberNumber: medium === null ? input.memberNumber : null,
      pin: input.pin,
    }),
    slowPin(deps, input.pin),
  ]);
  if (answer.ok) {
    forgiveTries(runtime, answer.value.memberToken);
    if (medium !== null) rememberMedium(runtime, medium, answer.value, pin);
    return ok({ session: answer.value, offline: false, byMedium, pin });
  }
  if (answer.error.code !== 'hub_away') return answer;
  const offline = await signInOffline(runtime, medium, input.pin);
  return offline.ok ? ok({ session: offline.value, offline: true, byMedium, pin: null }) : offline;
}

/** A medium that says who it is: id and access key. */
const keyed = (medium: MediumFacts | null) =>
  medium === null || medium.mediumId === null || medium.accessKey === null
    ? null
    : { mediumId: medium.mediumId, accessKey: medium.accessKey };

/** The short form of registration at the kiosk (MBR-1); the number is shown to the new member once. */
export async function register(
  deps: Deps,
  input: {
    readonly displayName: string;
    readonly birthYear: number;
    readonly pin: string;
    readonly language: ScreenLanguage;
  },
): Promise<Result<{ readonly member: SignedIn; readonly memberNumber: string }, Fault>> {
  const [answer, pin] = await Promise.all([deps.runtime.hub.register(input), slowPin(deps, input.pin)]);
  if (!answer.ok) return answer;
  return ok({
    member: { session: answer.value.session, offline: false, byMedium: null, pin },
    memberNumber: answer.value.memberNumber,
  });
}
