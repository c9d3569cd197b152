import { generateKeyPairSync } from 'node:crypto';
import { z } from 'zod';
import type { CopyId, MediumId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { freshIdentity } from '#shared/media/container/age-header.ts';
import { LIMITS } from '#shared/media/layout.ts';
import {
  type Opening,
  type PlayerReport,
  type PlayerSigningKey,
  signPlayerKey,
} from '#shared/media/player-key.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Random } from '#shared/ports/random.ts';
import type { PlayerFiles } from './files.ts';

const FILE = 'player.json';
/** A clock that lags by less than this is a clock that was set right, not one that was set back. */
const CLOCK_TOLERANCE_MS = 10 * 60_000;
/** How much of its running time a player that loses power may forget. */
const REMEMBER_EVERY_MS = 30_000;
const MINUTE_MS = 60_000;
/** Of so many copies it is remembered when they were opened first, and where they were left: the latest. The memory is written anew each time, and each rental is another copy. */
const REMEMBERED_COPIES = 4_096;

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
  /** The latest time this player knows of: no clock stands before it (PLY-1). */
  latest: z.int(),
  /** The latest sittings with copies (SEC-8); absent in memories of the first version. */
  sittings: z
    .array(
      z.object({
        copyId: z.string().max(64),
        mediumId: z.string().max(64),
        from: z.int(),
        until: z.int(),
        told: z.boolean(),
      }),
    )
    .max(LIMITS.openings)
    .default([]),
  firstUse: z.record(z.string().max(64), z.int()),
  positions: z.record(z.string().max(64), z.number().min(0)),
});
type Memory = z.infer<typeof memorySchema>;

export interface PlayerTime {
  readonly now: EpochMs;
  readonly setBack: boolean;
}

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
  /**
   * The time that counts: never before what this player has known, and it goes on with the machine's running time, however the wall clock is turned.
   * `setBack`: the wall clock stands before it. Remembered as it advances.
   */
  time(): Promise<PlayerTime>;
  /** The hub's own word, signed for this player's question: the one thing that also puts a time right that was set too far ahead. */
  believe(at: EpochMs): Promise<void>;
  /** Begins a sitting with a copy, or lengthens the present one. */
  sit(copyId: CopyId, mediumId: MediumId, now: EpochMs, fresh: boolean): Promise<void>;
  /** Sittings with copies of one medium, to be left on it. */
  sittings(mediumId: MediumId): readonly Opening[];
  /** What the hub was not told yet. */
  untold(): PlayerReport['openings'];
  told(): Promise<void>;
  firstUse(copyId: CopyId): EpochMs | null;
  markUsed(copyId: CopyId, now: EpochMs): Promise<void>;
  position(copyId: CopyId): number;
  rememberPosition(copyId: CopyId, seconds: number): Promise<void>;
}

/** Opens the player's memory, or makes a new player there. A damaged memory is an error, never a silent new player. */
export async function openDevice(
  files: PlayerFiles,
  clock: Pick<Clock, 'now' | 'monotonic'>,
  random: Random,
  name: string,
): Promise<PlayerDevice> {
  const memory = (await load(files)) ?? (await create(clock, random));
  /** Where the running time is counted from. */
  let anchor = { at: memory.latest, monotonic: clock.monotonic() };
  let writing = Promise.resolve();
  const save = (): Promise<void> => {
    writing = writing.then(() => files.replace(FILE, JSON.stringify(memory)));
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
    time: async () => {
      const wall = clock.now();
      const floor = Math.max(memory.latest, anchor.at + (clock.monotonic() - anchor.monotonic));
      const now = Math.max(wall, floor);
      anchor = { at: now, monotonic: clock.monotonic() };
      const stale = now - memory.latest >= REMEMBER_EVERY_MS;
      if (stale) {
        memory.latest = now;
        await save();
      }
      return { now: epochMs(now), setBack: wall < floor - CLOCK_TOLERANCE_MS };
    },
    believe: async (at) => {
      anchor = { at, monotonic: clock.monotonic() };
      memory.latest = at;
      await save();
    },
    sit: async (copyId, mediumId, now, fresh) => {
      const minute = Math.floor(now / MINUTE_MS) * MINUTE_MS;
      const last = memory.sittings.findLast((one) => one.copyId === copyId && one.mediumId === mediumId);
      const goesOn = last !== undefined && (!fresh || minute - last.until <= MINUTE_MS);
      const sitting = goesOn ? last : { copyId, mediumId, from: minute, until: minute, told: false };
      if (!goesOn) memory.sittings = [...memory.sittings, sitting].slice(-LIMITS.openings);
      if (minute > sitting.until || !goesOn) {
        sitting.until = Math.max(sitting.until, minute);
        sitting.told = false;
        await save();
      }
    },
    sittings: (mediumId) =>
      memory.sittings
        .filter((one) => one.mediumId === mediumId)
        .map(({ copyId, from, until }) => ({
          copyId: copyId as CopyId,
          from: epochMs(from),
          until: epochMs(until),
        })),
    untold: () =>
      memory.sittings
        .filter((one) => !one.told)
        .map(({ copyId, mediumId, from, until }) => ({
          copyId: copyId as CopyId,
          mediumId: mediumId as MediumId,
          from: epochMs(from),
          until: epochMs(until),
        })),
    told: async () => {
      for (const one of memory.sittings) one.told = true;
      await save();
    },
    firstUse: (copyId) => {
      const at = memory.firstUse[copyId];
      return at === undefined ? null : epochMs(at);
    },
    markUsed: async (copyId, now) => {
      if (memory.firstUse[copyId] !== undefined) return;
      memory.firstUse = latest(memory.firstUse, copyId, now);
      await save();
    },
    position: (copyId) => memory.positions[copyId] ?? 0,
    rememberPosition: async (copyId, seconds) => {
      memory.positions = latest(memory.positions, copyId, seconds);
      await save();
    },
  };
}

/** The same with this one as the latest, without the oldest where they are too many. Names that are no numbers stay in the order in which they came, also in JSON. */
function latest(
  known: Readonly<Record<string, number>>,
  copyId: CopyId,
  value: number,
): Record<string, number> {
  const others = Object.entries(known).filter(([name]) => name !== copyId);
  return Object.fromEntries([...others, [copyId, value] as const].slice(-REMEMBERED_COPIES));
}

async function load(files: PlayerFiles): Promise<Memory | null> {
  const text = await files.read(FILE);
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
