import type { SealedObjectStore } from '#hub/app/content/folder-store.ts';
import type { Actor, HubDeps } from '#hub/app/deps.ts';
import {
  KEY_PURPOSES,
  type KeyEncryption,
  type KeyGeneration,
  type KeyPurpose,
} from '#hub/ports/key-encryption.ts';
import type { Fault, Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';

export type KeyDeps = Pick<HubDeps, 'db' | 'clock' | 'log'> & { readonly keys: KeyEncryption };

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
 * How long a generation is kept at least after the next one was made. Library: whoever was about to store a key under it has done so. Cache:
 * a kiosk that comes back after that begins its cache anew.
 */
const KEPT: Record<KeyPurpose, number> = { library: 10 * MINUTE, cache: 30 * DAY };

/** SEC-3: a new generation, from now on used for everything new. What runs goes on: the one before stays readable until nothing needs it. */
export async function rotateKeys(deps: KeyDeps, actor: Actor, purpose: KeyPurpose): Promise<KeyGeneration> {
  const { db, clock, keys } = deps;
  const name = `keys.${purpose}`;
  await db.stores.settings.insert({ name, value: {}, updatedAt: clock.now() });
  return db.transaction(async (stores) => {
    // One rotation at a time, also among hubs that share the key files.
    await stores.settings.findForUpdate({ name });
    const made = await keys.rotate(purpose);
    const at = clock.now();
    await stores.settings.patch({ name }, { value: { generation: made.generation }, updatedAt: at });
    await stores.audit.append({
      at,
      actor,
      action: 'keys.rotated',
      subject: purpose,
      detail: { generation: made.generation },
    });
    return made;
  });
}

/** SEC-3: a new issuing or signing key of the fleet. A refusal is audited as well: somebody wanted one. */
export async function rotateAuthority(
  deps: Pick<HubDeps, 'db' | 'clock'> & { readonly rotation: AuthorityRotation },
  actor: Actor,
  role: 'issuing' | 'hub-signing',
): ReturnType<AuthorityRotation['rotate']> {
  const { db, clock, rotation } = deps;
  const name = `authority.${role}`;
  await db.stores.settings.insert({ name, value: {}, updatedAt: clock.now() });
  return db.transaction(async (stores) => {
    // One rotation at a time, also among hubs that share the authority's files.
    await stores.settings.findForUpdate({ name });
    const made = await rotation.rotate(role);
    const at = clock.now();
    if (made.ok)
      await stores.settings.patch(
        { name },
        { value: { generation: made.value.generation, fingerprint: made.value.fingerprint }, updatedAt: at },
      );
    await stores.audit.append({
      at,
      actor,
      action: made.ok ? 'authority.rotated' : 'authority.rotation_refused',
      subject: role,
      detail: made.ok
        ? { generation: made.value.generation, fingerprint: made.value.fingerprint }
        : { code: made.error.code },
    });
    return made;
  });
}

/**
 * Goes on with a rotation wherever it stands: data keys of the library are wrapped under the newest generation, then generations that
 * nothing uses any more are retired. Answers how much it did.
 */
export async function tendKeys(
  deps: KeyDeps & { readonly objects: Pick<SealedObjectStore, 'rewrap'> },
): Promise<number> {
  const { rewrapped, left } = await deps.objects.rewrap(BATCH);
  if (rewrapped > 0) deps.log.info({ rewrapped, left }, 'data keys of the library wrapped anew');
  let retired = 0;
  for (const purpose of KEY_PURPOSES)
    if (purpose !== 'library' || rewrapped + left === 0) retired += await retireOld(deps, purpose);
  return rewrapped + retired;
}

async function retireOld({ db, clock, keys }: KeyDeps, purpose: KeyPurpose): Promise<number> {
  const generations = await keys.generations(purpose);
  let done = 0;
  for (const [index, one] of generations.entries()) {
    const next = generations[index - 1];
    if (next === undefined || one.retiredAt !== null || clock.now() - next.madeAt < KEPT[purpose]) continue;
    await keys.retire(purpose, one.generation);
    await db.stores.audit.append({
      at: clock.now(),
      actor: 'hub',
      action: 'keys.retired',
      subject: purpose,
      detail: { generation: one.generation },
    });
    done += 1;
  }
  return done;
}
