import type { MediumId } from '#shared/kernel/ids.ts';
import { ok } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { EnrolmentAuthority, EnrolmentDeps } from './enrolment.ts';

/** A controller's certificate has no renewal: it lasts as long as the issuing certificate it hangs on. */
const CONTROLLER_LIFE = milliseconds(3650 * 86_400_000);

/**
 * Certifies the controller of a new secure medium (SEC-5): `certificateRequest` is signed by the key inside it and names the medium's id. Whoever makes
 * media asks for it; it stands in the audit trail.
 */
export async function makeSecureMedium(
  deps: EnrolmentDeps,
  certificateRequest: string,
  mediumId: MediumId,
  actor: string,
): ReturnType<EnrolmentAuthority['issue']> {
  const granted = await deps.authority.certifyController(certificateRequest, mediumId, CONTROLLER_LIFE);
  if (!granted.ok) return granted;
  await deps.db.stores.audit.append({
    at: deps.clock.now(),
    actor,
    action: 'medium.certified',
    subject: mediumId,
    detail: { serial: granted.value.serial, fingerprint: granted.value.fingerprint },
  });
  return ok(granted.value);
}
