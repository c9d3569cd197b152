import { type VolatileMemory, volatileMemory } from '#firmware-sim/media/controller/memory.ts';
import { controllerChip } from '#firmware-sim/media/controller/secure-controller.ts';
import { type MemoryMedium, memoryMedium, withChip } from '#firmware-sim/media/medium-backing.ts';
import type { Random } from '#shared/ports/random.ts';
import type { Signer } from '#shared/ports/signer.ts';
import type { Fixture } from './fixture.ts';

/** What somebody rents onto. Of a secure one the judge sees the inside of its chip, as no host and no drive can. */
export interface Stick extends MemoryMedium {
  readonly inside?: VolatileMemory;
  /** Age identities of its member's own players, for the judge: a copy may be bound to them. */
  readonly readers?: string[];
}

/** Of so many members one has a secure medium. */
const SECURE_EVERY = 4;
/** Chips that nobody rents onto, for whoever copies files from one secure stick to another one. */
const SPARE = 1_000;

export const plainSticks = (members: number): readonly Stick[] =>
  Array.from({ length: members }, (_, at) => ({ ...memoryMedium(`stick ${at}`), readers: [] }));

/** What the members of a world rent onto, and the secure stick that somebody may copy files to. */
export async function handOutSticks(
  fixture: Fixture,
  random: Random,
  members: number,
): Promise<{ readonly sticks: readonly Stick[]; readonly spare: (files: MemoryMedium) => Stick }> {
  const first = random.below(SECURE_EVERY);
  const { trust } = fixture.authority;
  const built = (files: MemoryMedium, signer: Signer): Stick => {
    const inside = volatileMemory();
    const chip = controllerChip({ signer, trust, memory: inside });
    return { ...withChip(files, chip), inside, readers: [] };
  };
  const sticks: Stick[] = [];
  for (const [at, plain] of plainSticks(members).entries())
    sticks.push(
      at % SECURE_EVERY === first ? built(memoryMedium(`secure stick ${at}`), await fixture.chip(at)) : plain,
    );
  const signer = await fixture.chip(SPARE);
  return { sticks, spare: (files) => built(files, signer) };
}
