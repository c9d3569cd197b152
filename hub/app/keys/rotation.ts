import type { SealedObjectStore } from '#hub/app/content/folder-store.ts';
import type { Actor, HubDeps } from '#hub/app/deps.ts';
import {
  KEY_PURPOSES,
  type KeyEncryption,
  type KeyGeneration,
  type KeyPurpose,
} from '#hub/ports/key-encryption.ts';

export type KeyDeps = Pick<HubDeps, 'db' | 'clock' | 'log'> & { readonly keys: KeyEncryption };

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
