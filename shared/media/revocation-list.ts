import { z } from 'zod';
import { ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { MountedMedium } from '#shared/ports/media-drive.ts';
import { epoch, hex } from './json.ts';
import { LIMITS, REVOCATIONS_FILE } from './layout.ts';
import type { MediumTrouble } from './orders.ts';
import { type FleetTrust, type SignatureFault, type Verified, verifyJws } from './signing.ts';

/**
 * Payload of `revocations.jws` (MS-32, type `keyturn-revocations`): terminals' certificates that the hub took back, the latest first. Each as
 * [SHA-256 of the certificate as in `x5t#S256`, since when]; what it signed at or after that moment is refused.
 */
export const revocationListSchema = z.object({
  version: z.literal(1),
  /** First 32 hex digits of the root certificate's SHA-256. */
  fleetId: hex(16),
  /** Of two lists the one that was made later counts. */
  madeAt: epoch,
  revoked: z
    .array(z.tuple([z.string().regex(/^[A-Za-z0-9_-]{43}$/), epoch]))
    .max(LIMITS.revocations)
    .readonly(),
});
export type RevocationList = z.infer<typeof revocationListSchema>;

/** Reads a list: only the hub of this very fleet makes one; a terminal that signs one is `wrong_role`. */
export async function readRevocationList(
  jws: string,
  trust: FleetTrust,
): Promise<Result<RevocationList, SignatureFault>> {
  const read: Result<Verified<RevocationList>, SignatureFault> = await verifyJws(jws, trust, {
    type: 'keyturn-revocations',
    schema: revocationListSchema,
    roles: ['hub'],
    validAt: 'signed-at',
    maxBytes: LIMITS.revocationsBytes,
  });
  if (!read.ok) return read;
  const { payload, signer } = read.value;
  const own = payload.fleetId === trust.fleetId && payload.madeAt === signer.signedAt;
  return own ? ok(payload) : { ok: false, error: { code: 'malformed', message: 'not this fleet’s list' } };
}

/** What a list says, as `FleetTrust` asks it. */
export function revokedBy(list: RevocationList | null): FleetTrust['revokedAt'] {
  const known = new Map<string, EpochMs>(
    (list?.revoked ?? []).map(([thumbprint, at]) => [
      Buffer.from(thumbprint, 'base64url').toString('hex'),
      at,
    ]),
  );
  return (fingerprint) => known.get(fingerprint) ?? null;
}

/** The file as it stands on a medium, unjudged; null where there is none of a size that a list has. */
export async function revocationsOn(medium: MountedMedium): Promise<string | null> {
  const file = await medium.readSmall(REVOCATIONS_FILE, LIMITS.revocationsBytes);
  return file.ok && file.value !== null ? Buffer.from(file.value).toString('latin1') : null;
}

/**
 * Leaves the hub's list on a medium, for the players at home (MS-32), where no newer or equal one stands. An extra: what goes wrong concerns nothing
 * else on the medium. A list that is not the hub's is never left.
 */
export async function leaveRevocations(
  deps: { readonly trust: FleetTrust },
  medium: MountedMedium,
  jws: string,
): Promise<Result<void, MediumTrouble | SignatureFault>> {
  const fresh = await readRevocationList(jws, deps.trust);
  if (!fresh.ok) return fresh;
  const standing = await revocationsOn(medium);
  const read = standing === null ? null : await readRevocationList(standing, deps.trust);
  if (read?.ok === true && read.value.madeAt >= fresh.value.madeAt) return ok(undefined);
  const made = await medium.makeDirectory('KEYTURN');
  return made.ok ? medium.replaceSmall(REVOCATIONS_FILE, Buffer.from(jws, 'ascii')) : made;
}
