import { LIMITS } from '#shared/media/layout.ts';
import { type RevocationList, readRevocationList, revokedBy } from '#shared/media/revocation-list.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import type { PlayerFiles } from './files.ts';

const FILE = 'revocations.jws';

/** What this player knows of revoked terminals (MS-32): the newest list that it ever saw on a medium, also after a restart. */
export interface KnownRevocations {
  readonly revokedAt: FleetTrust['revokedAt'];
  /** Takes a list on; one that is older than the known one, forged or of another fleet changes nothing. True: it was newer. */
  learn(jws: string): Promise<boolean>;
}

export async function openRevocations(files: PlayerFiles, trust: FleetTrust): Promise<KnownRevocations> {
  const kept = await files.read(FILE);
  let known: RevocationList | null = null;
  let revokedAt = revokedBy(null);
  const take = async (jws: string): Promise<boolean> => {
    const read = jws.length > LIMITS.revocationsBytes ? null : await readRevocationList(jws, trust);
    if (read?.ok !== true || (known !== null && read.value.madeAt <= known.madeAt)) return false;
    known = read.value;
    revokedAt = revokedBy(known);
    return true;
  };
  if (kept !== null) await take(kept);
  return {
    revokedAt: (fingerprint) => revokedAt(fingerprint),
    learn: async (jws) => {
      const newer = await take(jws);
      if (!newer) return false;
      await files.replace(FILE, jws);
      return true;
    },
  };
}
