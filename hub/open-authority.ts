import { join } from 'node:path';
import { type AuthorityDeps, type FleetAuthority, openFleetAuthority } from '#hub/pki/authority.ts';
import { fileKeyProvider } from '#hub/pki/key-provider.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { HubSecrets } from './secrets.ts';

/** The fleet's authority as it lies in a hub's folder; founded where there is none yet. */
export async function openAuthority(
  { clock, random }: Pick<AuthorityDeps, 'clock' | 'random'>,
  secrets: HubSecrets,
  folder: string,
): Promise<Result<FleetAuthority, Fault<'authority_unreadable'>>> {
  try {
    const keys = fileKeyProvider(join(folder, 'keys'), secrets.authorityPassphrase);
    return ok(await openFleetAuthority({ keys, clock, random }, folder));
  } catch (error) {
    return fault('authority_unreadable', `the fleet's keys cannot be opened: ${String(error)}`);
  }
}
