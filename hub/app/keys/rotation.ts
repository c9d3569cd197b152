import type { SealedObjectStore } from '#hub/app/content/folder-store.ts';
import type { Actor, HubDeps } from '#hub/app/deps.ts';
import { type StaffKeys, staffGenerationOf } from '#hub/app/staff/keys.ts';
import {
  KEY_PURPOSES,
  type KeyEncryption,
  type KeyGeneration,
  type KeyPurpose,
} from '#hub/ports/key-encryption.ts';
import { SECRET_PURPOSES, type SecretKeys, type SecretPurpose } from '#hub/ports/secret-keys.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { Fault, Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import {
  FORMER_READ_KEYS,
  readKeyGenerations,
  readKeysUnder,
  resealReadKeys,
  retireReadKey,
  rotateReadKey,
} from './read-keys.ts';

/** Every key of the hub that is rotated by itself: those that wrap data keys, those that sign or seal, and `media`, the fleet's reading key. */
export const ROTATED_KEYS = [...KEY_PURPOSES, ...SECRET_PURPOSES, 'media'] as const;
export type RotatedKey = (typeof ROTATED_KEYS)[number];

export type KeyDeps = HubDeps & {
  readonly keys: KeyEncryption;
  readonly secretKeys: SecretKeys;
  readonly staffKeys: Pick<StaffKeys, 'renewed'>;
};

/** The part of the fleet's authority that staff can rotate. */
export interface AuthorityRotation {
  rotate(role: 'issuing' | 'hub-signing'): Promise<
    Result<
      {
        readonly generation: number;
        /** SHA-256 of its certificate, hex. */
        readonly fingerprint: string;
        readonly validTo: EpochMs;
      },
      Fault<'root_key_missing' | 'root_key_locked'>
    >
  >;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Data keys wrapped anew in one go: the job comes back for the rest. */
const BATCH = 500;
/**
 * How long a generation is kept at least after the next one was made. Whoever was about to store something under it has done so after ten minutes. Cache: a
 * kiosk that comes back after that begins its cache anew. Staff: a browser that was not used since counts as unknown. Media: recommendations of then are
 * worth nothing any more.
 */
const KEPT: Record<RotatedKey, number> = {
  library: 10 * MINUTE,
  cache: 30 * DAY,
  staff: 30 * DAY,
  pins: 10 * MINUTE,
  pairing: 10 * MINUTE,
  settings: 10 * MINUTE,
  media: 400 * DAY,
};

const isKeyPurpose = (key: RotatedKey): key is KeyPurpose =>
  (KEY_PURPOSES as readonly string[]).includes(key);
const isSecretPurpose = (key: RotatedKey): key is SecretPurpose =>
  (SECRET_PURPOSES as readonly string[]).includes(key);

/** Newest first. */
export const generationsOf = async (deps: KeyDeps, key: RotatedKey): Promise<readonly KeyGeneration[]> => {
  if (isKeyPurpose(key)) return deps.keys.generations(key);
  return isSecretPurpose(key) ? deps.secretKeys.generations(key) : readKeyGenerations(deps);
};

/**
 * Records that a generation was made for and that still need it: members' PINs, second factors, keys in the database. Null: not counted, for what
 * needs it lies on media, at kiosks or in browsers, or in files that the background wraps anew.
 */
export async function usesOf(deps: KeyDeps, key: RotatedKey, generation: string): Promise<number | null> {
  const { stores } = deps.db;
  if (key === 'pins') return stores.members.count({ pinKey: generation });
  if (key === 'settings') return readKeysUnder(deps, generation);
  if (key === 'pairing') return 0;
  if (key !== 'staff') return null;
  const accounts = await stores.staff.list({ totpSecret: { not: null } }, { limit: 10_000 });
  return accounts.filter(({ totpSecret }) => staffGenerationOf(totpSecret ?? '') === generation).length;
}

/**
 * SEC-3: a new generation, from now on used for everything new. What runs goes on: the one before stays readable until nothing needs it. Inside the
 * transaction of those who decided it; done again it makes one generation more, which harms nothing.
 */
export async function rotateKeys(
  deps: KeyDeps,
  stores: Stores,
  actor: Actor,
  key: RotatedKey,
): Promise<KeyGeneration> {
  const at = deps.clock.now();
  const name = `keys.${key}`;
  await stores.settings.insert({ name, value: {}, updatedAt: at });
  // One rotation at a time, also among hubs that share the key files.
  await stores.settings.findForUpdate({ name });
  const made = isKeyPurpose(key)
    ? await deps.keys.rotate(key)
    : isSecretPurpose(key)
      ? await deps.secretKeys.rotate(key)
      : await rotateReadKey(deps, stores);
  const { generation } = made;
  await stores.settings.patch({ name }, { value: { generation }, updatedAt: at });
  await stores.audit.append({ at, actor, action: 'keys.rotated', subject: key, detail: { generation } });
  return made;
}

/** SEC-3: a new issuing or signing key of the fleet, inside the transaction of those who decided it. */
export async function rotateAuthority(
  deps: Pick<HubDeps, 'clock'> & { readonly rotation: AuthorityRotation },
  stores: Stores,
  actor: Actor,
  role: 'issuing' | 'hub-signing',
): ReturnType<AuthorityRotation['rotate']> {
  const at = deps.clock.now();
  const name = `authority.${role}`;
  await stores.settings.insert({ name, value: {}, updatedAt: at });
  // One rotation at a time, also among hubs that share the authority's files.
  await stores.settings.findForUpdate({ name });
  const made = await deps.rotation.rotate(role);
  if (!made.ok) return made;
  const { generation, fingerprint } = made.value;
  await stores.settings.patch({ name }, { value: { generation, fingerprint }, updatedAt: at });
  await stores.audit.append({
    at,
    actor,
    action: 'authority.rotated',
    subject: role,
    detail: { generation, fingerprint },
  });
  return made;
}

/**
 * Goes on with rotations wherever they stand: data keys of the library, second factors and the keys of media are sealed under the newest generation, then
 * generations that nothing uses any more are retired. Answers how much it did.
 */
export async function tendKeys(
  deps: KeyDeps & { readonly objects: Pick<SealedObjectStore, 'rewrap'> },
): Promise<number> {
  const { rewrapped, left } = await deps.objects.rewrap(BATCH);
  if (rewrapped > 0) deps.log.info({ rewrapped, left }, 'data keys of the library wrapped anew');
  const resealed = (await resealSecondFactors(deps)) + (await resealReadKeys(deps));
  let retired = 0;
  for (const key of ROTATED_KEYS)
    if (key !== 'library' || rewrapped + left === 0) retired += await retireOld(deps, key);
  return rewrapped + resealed + retired;
}

async function resealSecondFactors({ db, secretKeys, staffKeys }: KeyDeps): Promise<number> {
  if (secretKeys.generations('staff').filter(({ retiredAt }) => retiredAt === null).length < 2) return 0;
  let done = 0;
  for (const { staffId, totpSecret } of await db.stores.staff.list(
    { totpSecret: { not: null } },
    { limit: 10_000 },
  )) {
    const again = totpSecret === null ? null : staffKeys.renewed(totpSecret);
    // Only where it is still the same one: its owner may be setting up another.
    if (again !== null)
      done += await db.stores.staff.patchWhere({ staffId, totpSecret }, { totpSecret: again });
  }
  return done;
}

async function retireOld(deps: KeyDeps, key: RotatedKey): Promise<number> {
  const generations = await generationsOf(deps, key);
  const inUse = generations.filter(({ retiredAt }) => retiredAt === null);
  let done = 0;
  for (const [index, one] of inUse.entries()) {
    const next = generations[generations.indexOf(one) - 1];
    if (next === undefined) continue;
    const beyond = key === 'media' && index > FORMER_READ_KEYS;
    if (!beyond && deps.clock.now() - next.madeAt < KEPT[key]) continue;
    // What still needs it keeps it, however old it is: nobody chooses a new PIN for a rotation.
    if (((await usesOf(deps, key, one.generation)) ?? 0) > 0) continue;
    await retire(deps, key, one.generation);
    done += 1;
  }
  return done;
}

async function retire(deps: KeyDeps, key: RotatedKey, generation: string): Promise<void> {
  if (isKeyPurpose(key)) await deps.keys.retire(key, generation);
  if (isSecretPurpose(key)) await deps.secretKeys.retire(key, generation);
  await deps.db.transaction(async (stores) => {
    if (key === 'media') await retireReadKey(deps, stores, generation);
    await stores.audit.append({
      at: deps.clock.now(),
      actor: 'hub',
      action: 'keys.retired',
      subject: key,
      detail: { generation },
    });
  });
}
