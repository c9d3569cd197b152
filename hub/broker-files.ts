import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BROKER_FILES,
  type MosquittoPlace,
  mosquittoAcl,
  mosquittoConfig,
} from '#hub/mqtt/mosquitto-config.ts';
import type { AuthorityDeps } from '#hub/pki/authority.ts';
import { writeDurable } from '#hub/pki/key-provider.ts';
import { type Fault, ok, type Result } from '#shared/kernel/result.ts';
import { openAuthority } from './open-authority.ts';
import { openSecrets } from './secrets.ts';

export type { MosquittoPlace } from '#hub/mqtt/mosquitto-config.ts';

/**
 * Writes everything a Mosquitto of one's own needs into `folder` (SEC-2): configuration, rights, the broker's certificate and key, the fleet's root, the
 * hub's certificate, and an empty revocation list where there is none yet (a running hub keeps it, MQTT_BROKER_FOLDER). Opens the fleet's
 * authority below `home`, and founds it where there is none: the broker is there before the first hub.
 */
export async function writeBrokerFiles(
  deps: Pick<AuthorityDeps, 'clock' | 'random'>,
  hub: { readonly home: string; readonly secret: string; readonly rootPassphrase: string },
  folder: string,
  place: Omit<MosquittoPlace, 'folder'>,
): Promise<Result<{ readonly config: string; readonly folder: string }, Fault>> {
  const hubFolder = join(hub.home, 'hub');
  await mkdir(hubFolder, { recursive: true, mode: 0o700 });
  const secrets = await openSecrets(hub.secret, hubFolder, deps.random);
  const authority = await openAuthority(deps, secrets, join(hubFolder, 'authority'), hub.rootPassphrase);
  if (!authority.ok) return authority;
  const broker = await authority.value.serverIdentity('broker');
  const own = await authority.value.clientIdentity();
  const write = (name: keyof typeof BROKER_FILES, text: string): Promise<void> =>
    writeDurable(join(folder, BROKER_FILES[name]), text);
  await write('root', authority.value.rootPem);
  await write('certificate', broker.chainPem);
  await write('key', broker.keyPem);
  await write('hub', own.chainPem);
  await write('acl', mosquittoAcl());
  if ((await readFile(join(folder, BROKER_FILES.revoked), 'utf8').catch(() => null)) === null)
    await write('revoked', await authority.value.revocationLists([]));
  await write('config', mosquittoConfig({ ...place, folder }));
  // Mosquitto warns of keys and rights that others may read, and refuses them in later versions.
  for (const name of ['key', 'acl'] as const) await chmod(join(folder, BROKER_FILES[name]), 0o600);
  return ok({ config: join(folder, BROKER_FILES.config), folder });
}
