import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { createDirectoryDrive } from '#shared/edge/drivers/directory-drive.ts';
import { assert } from '#shared/kernel/assert.ts';
import { acceptReturn, destroySlot } from '#shared/media/destroy-copy.ts';
import type { Licence } from '#shared/media/licence.ts';
import type { MediaDeps, WriteCopyInput } from '#shared/media/orders.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import { writeCopy } from '#shared/media/write-copy.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Random } from '#shared/ports/random.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { anAccept, aWrite, memoryRecords, NOON } from '#test/support/media-story.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';

/** The signed times stand still within a test fleet's life; speeds are measured outside. */
export const benchClock: Clock = {
  now: () => NOON,
  monotonic: () => Math.floor(performance.now()) as ReturnType<Clock['monotonic']>,
  sleep: async () => {},
  after: () => () => {},
};

/** Kiosk and return terminal with the drive of production over folders: their media orders, nothing of their screens. */
export interface BenchTerminal {
  readonly trust: FleetTrust;
  /** An empty folder below `folder`, as a stick that was never seen. */
  newStick(folder: string): Promise<string>;
  /** Writes a copy, intent to commit; `source` and what else is wanted. */
  write(root: string, changes: Partial<WriteCopyInput>): Promise<Licence>;
  /** Takes the copy back: proof, T0, overwriting, reading back, state and receipt. Answers the milliseconds of the destruction. */
  destroy(root: string, licence: Licence): Promise<number>;
}

export async function benchTerminal(): Promise<BenchTerminal> {
  const fleet = await foundFleet();
  const kiosk = await enrol(fleet, 'kiosk-one', 'kiosk');
  const returns = await enrol(fleet, 'rt-one', 'return-terminal');
  let session = 0;
  const deps = async (root: string, signer: Signer): Promise<MediaDeps & { readonly random: Random }> => {
    session += 1;
    const random = seededRandom(session);
    const drive = await createDirectoryDrive({ name: 'bench', clock: benchClock, where: async () => root });
    return { drive, clock: benchClock, random, signer, trust: fleet.trust };
  };
  return {
    trust: fleet.trust,
    newStick: async (folder) => {
      session += 1;
      const root = join(folder, `stick-${session}`);
      await mkdir(root);
      return root;
    },
    write: async (root, changes) => {
      const parts = await deps(root, kiosk);
      const input = aWrite(parts.random, memoryRecords(), new Uint8Array(0), changes);
      const outcome = await writeCopy(parts, input);
      assert(outcome.kind === 'written', `the write succeeds: ${JSON.stringify(outcome)}`);
      return outcome.licence;
    },
    destroy: async (root, licence) => {
      const parts = await deps(root, returns);
      const accepted = await acceptReturn(parts, anAccept(parts.random, licence.keyturn.copyId));
      assert(accepted.kind === 'accepted', `the return is accepted: ${JSON.stringify(accepted)}`);
      const started = performance.now();
      const outcome = await destroySlot(parts, { accepted: accepted.accepted, intents: memoryRecords() });
      const took = performance.now() - started;
      assert(outcome.kind === 'destroyed', `the key is destroyed: ${JSON.stringify(outcome)}`);
      return took;
    },
  };
}
