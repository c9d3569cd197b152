import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { CopyId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { freshIdentity } from '#shared/media/container/age-header.ts';
import { type PlayerSigningKey, signPlayerKey } from '#shared/media/player-key.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Random } from '#shared/ports/random.ts';

const FILE = 'player.json';
/** A clock that lags by less than this is a clock that was set right, not one that was set back. */
const CLOCK_TOLERANCE_MS = 10 * 60_000;

const memorySchema = z.object({
  version: z.literal(1),
  playerId: z.string().max(64),
  identity: z.string().max(120),
  recipient: z.string().max(120),
  signingKey: z.object({
    kty: z.literal('OKP'),
    crv: z.literal('Ed25519'),
    x: z.string().max(64),
    d: z.string().max(64),
  }),
  createdAt: z.int(),
  /** Latest time this player has ever seen: a clock before it was set back (PLY-1). */
  latest: z.int(),
  firstUse: z.record(z.string().max(64), z.int()),
  positions: z.record(z.string().max(64), z.number().min(0)),
});
type Memory = z.infer<typeof memorySchema>;

/** The player's own identity and memory: its age key, signing key, the latest time it saw, first use and position per copy. */
export interface PlayerDevice {
  readonly playerId: string;
  /** The player's own age identity: opens slots bound to it. Never leaves the device. */
  readonly ageIdentity: string;
  readonly recipient: string;
  /** Signs the player's document, and shows a secure medium's controller who asks for a key. */
  readonly signingKey: PlayerSigningKey;
  /** Signed public key for `players/<id>.jws`. */
  publicDocument(): Promise<string>;
  /** True when the clock stands before a time this player has already seen. Otherwise the time is remembered. */
  clockSetBack(now: EpochMs): Promise<boolean>;
  firstUse(copyId: CopyId): EpochMs | null;
  markUsed(copyId: CopyId, now: EpochMs): Promise<void>;
  position(copyId: CopyId): number;
  rememberPosition(copyId: CopyId, seconds: number): Promise<void>;
}

/** Opens the player's memory below `folder`, or makes a new player there. A damaged memory is an error, never a silent new player. */
export async function openDevice(
  folder: string,
  clock: Pick<Clock, 'now'>,
  random: Random,
  name: string,
): Promise<PlayerDevice> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, FILE);
  const memory = (await load(file)) ?? (await create(clock, random));
  let writing = Promise.resolve();
  const save = (): Promise<void> => {
    writing = writing.then(async () => {
      await writeFile(`${file}.new`, JSON.stringify(memory), { mode: 0o600 });
      await rename(`${file}.new`, file);
    });
    return writing;
  };
  await save();
  return {
    playerId: memory.playerId,
    ageIdentity: memory.identity,
    recipient: memory.recipient,
    signingKey: memory.signingKey,
    publicDocument: () =>
      signPlayerKey(
        {
          version: 1,
          playerId: memory.playerId,
          recipient: memory.recipient,
          name,
          createdAt: epochMs(memory.createdAt),
        },
        memory.signingKey satisfies PlayerSigningKey,
      ),
    clockSetBack: async (now) => {
      if (now < memory.latest - CLOCK_TOLERANCE_MS) return true;
      if (now > memory.latest) {
        memory.latest = now;
        await save();
      }
      return false;
    },
    firstUse: (copyId) => {
      const at = memory.firstUse[copyId];
      return at === undefined ? null : epochMs(at);
    },
    markUsed: async (copyId, now) => {
      if (memory.firstUse[copyId] !== undefined) return;
      memory.firstUse[copyId] = now;
      await save();
    },
    position: (copyId) => memory.positions[copyId] ?? 0,
    rememberPosition: async (copyId, seconds) => {
      memory.positions[copyId] = seconds;
      await save();
    },
  };
}

async function load(file: string): Promise<Memory | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return text === null ? null : memorySchema.parse(JSON.parse(text));
}

async function create(clock: Pick<Clock, 'now'>, random: Random): Promise<Memory> {
  const { identity, recipient } = await freshIdentity();
  const { privateKey } = generateKeyPairSync('ed25519');
  const jwk = privateKey.export({ format: 'jwk' });
  const now = clock.now();
  return memorySchema.parse({
    version: 1,
    playerId: `player-${Buffer.from(random.bytes(6)).toString('hex')}`,
    identity,
    recipient,
    signingKey: { kty: jwk.kty, crv: jwk.crv, x: jwk.x, d: jwk.d },
    createdAt: now,
    latest: now,
    firstUse: {},
    positions: {},
  });
}
