import { z } from 'zod';
import type { HubDeps } from '#hub/app/deps.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { LIMITS } from '#shared/media/layout.ts';
import { type RevocationList, revocationListSchema } from '#shared/media/revocation-list.ts';
import { signJws } from '#shared/media/signing.ts';
import type { Signer } from '#shared/ports/signer.ts';

const NAME = 'fleet.revocation_list';
const keptSchema = z.object({ list: revocationListSchema, jws: z.string() });

/**
 * The list of revoked certificates for the players at home (MS-32), signed when it changed and kept, so that all hubs tell terminals the same; each is made
 * later than the one before, however the clock is turned. Null while nothing was ever revoked.
 */
export async function revocationList(
  deps: Pick<HubDeps, 'db' | 'clock'> & {
    readonly signer: Signer;
    readonly fleet: { readonly fleetId: string };
  },
): Promise<string | null> {
  const { stores } = deps.db;
  const revoked = await revokedNow(stores);
  if (revoked.length === 0) return null;
  const kept = read((await stores.settings.find({ name: NAME }))?.value);
  if (kept !== null && same(kept.list.revoked, revoked)) return kept.jws;
  await stores.settings.insert({ name: NAME, value: {}, updatedAt: deps.clock.now() });
  return deps.db.transaction(async (inside) => {
    const before = read((await inside.settings.findForUpdate({ name: NAME }))?.value);
    const now = await revokedNow(inside);
    if (before !== null && same(before.list.revoked, now)) return before.jws;
    const madeAt = epochMs(Math.max(deps.clock.now(), (before?.list.madeAt ?? 0) + 1));
    const list: RevocationList = { version: 1, fleetId: deps.fleet.fleetId, madeAt, revoked: now };
    const jws = await signJws('keyturn-revocations', list, deps.signer, madeAt);
    await inside.settings.patch({ name: NAME }, { value: { list, jws }, updatedAt: deps.clock.now() });
    return jws;
  });
}

async function revokedNow(stores: Pick<Stores, 'certificates'>): Promise<RevocationList['revoked']> {
  const rows = await stores.certificates.list(
    { state: 'revoked' },
    { orderBy: ['revokedAt', 'fingerprint'], descending: true, limit: LIMITS.revocations },
  );
  return rows.map(({ fingerprint, revokedAt, issuedAt }): [string, EpochMs] => [
    Buffer.from(fingerprint, 'hex').toString('base64url'),
    revokedAt ?? issuedAt,
  ]);
}

const same = (a: RevocationList['revoked'], b: RevocationList['revoked']): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

function read(value: unknown): z.infer<typeof keptSchema> | null {
  const parsed = keptSchema.safeParse(value);
  return parsed.success ? parsed.data : null;
}
