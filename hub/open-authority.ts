import { access, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type AuthorityDeps, type FleetAuthority, openFleetAuthority } from '#hub/pki/authority.ts';
import { fileKeyProvider, writeDurable } from '#hub/pki/key-provider.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { HubSecrets } from './secrets.ts';

/**
 * The fleet's authority as it lies in a hub's folder; founded where there is none yet. `rootPassphrase` (HUB_ROOT_PASSPHRASE) may be empty: then it
 * is what stands in the file `root-passphrase` beside `folder`, made when the fleet is founded.
 */
export async function openAuthority(
  { clock, random }: Pick<AuthorityDeps, 'clock' | 'random'>,
  secrets: HubSecrets,
  folder: string,
  rootPassphrase = '',
): Promise<Result<FleetAuthority, Fault<'authority_unreadable'>>> {
  try {
    const root = rootPassphrase === '' ? await keptPassphrase(folder, random) : rootPassphrase;
    const keys = fileKeyProvider(join(folder, 'keys'), secrets.authorityPassphrase, root);
    return ok(await openFleetAuthority({ keys, clock, random }, folder));
  } catch (error) {
    return fault('authority_unreadable', `the fleet's keys cannot be opened: ${String(error)}`);
  }
}

/** Null: the fleet is there, and its root's passphrase is kept elsewhere. */
async function keptPassphrase(folder: string, random: AuthorityDeps['random']): Promise<string | null> {
  const path = join(dirname(folder), 'root-passphrase');
  const kept = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return null;
  });
  if (kept !== null) return kept.trim();
  const present = async (file: string): Promise<boolean> =>
    access(join(folder, file)).then(
      () => true,
      () => false,
    );
  if ((await present('root.pem')) || (await present('keys/root.key.pem'))) return null;
  const made = Buffer.from(random.bytes(32)).toString('base64url');
  await writeDurable(path, made);
  return made;
}
