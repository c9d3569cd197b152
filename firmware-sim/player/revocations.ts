import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '#shared/media/layout.ts';
import { type RevocationList, readRevocationList, revokedBy } from '#shared/media/revocation-list.ts';
import type { FleetTrust } from '#shared/media/signing.ts';

const FILE = 'revocations.jws';

/** What this player knows of revoked terminals (MS-32): the newest list that it ever saw on a medium, also after a restart. */
export interface KnownRevocations {
  readonly revokedAt: FleetTrust['revokedAt'];
  /** Takes a list on; one that is older than the known one, forged or of another fleet changes nothing. True: it was newer. */
  learn(jws: string): Promise<boolean>;
}

export async function openRevocations(folder: string, trust: FleetTrust): Promise<KnownRevocations> {
  const file = join(folder, FILE);
  const kept = await readFile(file, 'latin1').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
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
      await writeFile(`${file}.new`, jws, { mode: 0o600, flush: true });
      await rename(`${file}.new`, file);
      return true;
    },
  };
}
