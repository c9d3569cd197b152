import type { Fault, Result } from '#shared/kernel/result.ts';
import { ok } from '#shared/kernel/result.ts';
import type { KioskDeps } from '../deps.ts';
import type { ScreenLanguage } from '../session/contract.ts';
import type { MediumFacts, SignedIn } from '../session/state.ts';
import { rememberMember, signInOffline } from './verifier.ts';

type Deps = Pick<KioskDeps, 'runtime'>;

/** Signs a member in by medium or number with the PIN (SEC-6). While the hub is away, against this kiosk's own verifier (MED-5). */
export async function signIn(
  { runtime }: Deps,
  input: { readonly medium: MediumFacts | null; readonly memberNumber: string | null; readonly pin: string },
): Promise<Result<SignedIn, Fault>> {
  const byMedium = input.medium?.mediumId ?? null;
  const answer = await runtime.hub.signIn({
    mediumId: byMedium,
    accessKey: byMedium === null ? null : (input.medium?.accessKey ?? null),
    memberNumber: byMedium === null ? input.memberNumber : null,
    pin: input.pin,
  });
  if (answer.ok) {
    await rememberMember(runtime, answer.value, input.pin, byMedium);
    return ok({ session: answer.value, offline: false, byMedium });
  }
  if (answer.error.code !== 'hub_away') return answer;
  const offline = await signInOffline(runtime, byMedium, input.pin);
  return offline.ok ? ok({ session: offline.value, offline: true, byMedium }) : offline;
}

/** The short form of registration at the kiosk (MBR-1); the number is shown to the new member once. */
export async function register(
  { runtime }: Deps,
  input: {
    readonly displayName: string;
    readonly birthYear: number;
    readonly pin: string;
    readonly language: ScreenLanguage;
  },
): Promise<Result<{ readonly member: SignedIn; readonly memberNumber: string }, Fault>> {
  const answer = await runtime.hub.register(input);
  if (!answer.ok) return answer;
  await rememberMember(runtime, answer.value.session, input.pin, null);
  return ok({
    member: { session: answer.value.session, offline: false, byMedium: null },
    memberNumber: answer.value.memberNumber,
  });
}
