import { generateIdentity, identityToRecipient } from 'age-encryption';
import { z } from 'zod';
import type { HubDeps } from '#hub/app/deps.ts';
import type { KeyGeneration } from '#hub/ports/key-encryption.ts';
import { FIRST_GENERATION, type SecretKeys } from '#hub/ports/secret-keys.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { sealText, unsealText } from './sealed-text.ts';

type Deps = Pick<HubDeps, 'db' | 'clock' | 'random'> & { readonly secretKeys: SecretKeys };

/** The first form: one key for ever. */
const FORMER = 'fleet.read_key';
const formerSchema = z.object({ nonce: z.string(), sealed: z.string(), tag: z.string() });

const NAME = 'fleet.read_keys';
const keptSchema = z.object({
  /** Newest first; `sealed` under the generation `under` of the key of settings, null once it is retired. */
  generations: z
    .array(
      z.object({
        generation: z.string(),
        madeAt: z.int(),
        retiredAt: z.int().nullable(),
        under: z.string(),
        sealed: z.string().nullable(),
      }),
    )
    .min(1),
});
type Kept = z.infer<typeof keptSchema>;

/** The fleet's reading keys (RET-6): age identities under which recommendations and history lie on media. */
export interface ReadKeys {
  /** What is written is written for this one. */
  readonly newest: string;
  /** What former ones were written for is still read, newest first. */
  readonly former: readonly string[];
}

/** Kiosks are told this many former keys; the oldest beyond are retired. */
export const FORMER_READ_KEYS = 8;

/** Kept sealed in the database, so that all hubs tell terminals the same; made at the first question. */
export async function readKeys(deps: Deps): Promise<ReadKeys> {
  const kept = await load(deps);
  const identities = kept.generations.flatMap((one) => opened(deps, one) ?? []);
  const [newest, ...former] = identities;
  assert(newest !== undefined, 'the newest key of media is never retired');
  return { newest, former: former.slice(0, FORMER_READ_KEYS) };
}

export const readRecipient = async (deps: Deps): Promise<string> =>
  identityToRecipient((await readKeys(deps)).newest);

export async function readKeyGenerations(deps: Deps): Promise<readonly KeyGeneration[]> {
  return (await load(deps)).generations.map(told);
}

/** SEC-3: a new reading key; what stands on media under the former ones stays readable until they are retired. */
export async function rotateReadKey(deps: Deps, stores: Stores): Promise<KeyGeneration> {
  const kept = await loadIn(stores);
  const next = await fresh(deps, kept.generations.length + 1, await generateIdentity());
  await save(deps, stores, { generations: [next, ...kept.generations] });
  return told(next);
}

export async function retireReadKey(deps: Deps, stores: Stores, generation: string): Promise<void> {
  const kept = await loadIn(stores);
  assert(kept.generations[0]?.generation !== generation, 'the newest generation is never retired');
  const generations = kept.generations.map((one) =>
    one.generation === generation ? { ...one, sealed: null, retiredAt: deps.clock.now() } : one,
  );
  await save(deps, stores, { generations });
}

/** Seals every reading key under the newest key of settings; answers how many were sealed anew. */
export async function resealReadKeys(deps: Deps): Promise<number> {
  const { generation: newest } = deps.secretKeys.current('settings');
  const old = (kept: Kept) => kept.generations.filter((one) => one.sealed !== null && one.under !== newest);
  if (old(await load(deps)).length === 0) return 0;
  return deps.db.transaction(async (stores) => {
    const kept = await loadIn(stores);
    const again = old(kept);
    const generations = kept.generations.map((one) => {
      const identity = again.includes(one) ? opened(deps, one) : null;
      return identity === null ? one : { ...one, ...sealed(deps, identity) };
    });
    await save(deps, stores, { generations });
    return again.length;
  });
}

/** Reading keys that are sealed under a generation of the key of settings. */
export const readKeysUnder = async (deps: Deps, generation: string): Promise<number> =>
  (await load(deps)).generations.filter((one) => one.sealed !== null && one.under === generation).length;

async function load(deps: Deps): Promise<Kept> {
  const { settings } = deps.db.stores;
  const found = keptSchema.safeParse((await settings.find({ name: NAME }))?.value);
  if (found.success) return found.data;
  const first = await fresh(
    deps,
    Number(FIRST_GENERATION),
    (await formerKey(deps)) ?? (await generateIdentity()),
  );
  // Two hubs that start at once: the first one's key holds, both read it.
  await settings.insert({ name: NAME, value: { generations: [first] }, updatedAt: deps.clock.now() });
  return keptSchema.parse((await settings.find({ name: NAME }))?.value);
}

/** The row, locked until the transaction ends. */
async function loadIn(stores: Pick<Stores, 'settings'>): Promise<Kept> {
  const row = await stores.settings.findForUpdate({ name: NAME });
  assert(row !== null, 'the key of media was asked for before');
  return keptSchema.parse(row.value);
}

async function formerKey(deps: Deps): Promise<string | null> {
  const row = await deps.db.stores.settings.find({ name: FORMER });
  if (row === null) return null;
  const { nonce, tag, sealed: text } = formerSchema.parse(row.value);
  const bytes = Buffer.concat([nonce, tag, text].map((part) => Buffer.from(part, 'base64url')));
  const key = deps.secretKeys.find('settings', FIRST_GENERATION);
  const identity = key === null ? null : unsealText(key.key, bytes.toString('base64url'));
  assert(identity !== null, 'the key of media was sealed under the hub’s secret');
  return identity;
}

const save = (deps: Deps, stores: Pick<Stores, 'settings'>, value: Kept): Promise<boolean> =>
  stores.settings.patch({ name: NAME }, { value, updatedAt: deps.clock.now() });

async function fresh(deps: Deps, number: number, identity: string): Promise<Kept['generations'][number]> {
  const generation = `${number}-${Buffer.from(deps.random.bytes(4)).toString('hex')}`;
  return { generation, madeAt: deps.clock.now(), retiredAt: null, ...sealed(deps, identity) };
}

function sealed({ secretKeys, random }: Deps, identity: string): { under: string; sealed: string } {
  const { generation, key } = secretKeys.current('settings');
  return { under: generation, sealed: sealText(key, identity, random) };
}

function opened({ secretKeys }: Deps, one: Kept['generations'][number]): string | null {
  if (one.sealed === null) return null;
  const key = secretKeys.find('settings', one.under);
  const identity = key === null ? null : unsealText(key.key, one.sealed);
  assert(identity !== null, 'the key of media was sealed under a key of this hub');
  return identity;
}

const told = ({ generation, madeAt, retiredAt }: Kept['generations'][number]): KeyGeneration => ({
  generation,
  madeAt: madeAt as EpochMs,
  retiredAt: retiredAt as EpochMs | null,
});
