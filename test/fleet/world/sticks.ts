import { blankChip, certifiedIn } from '#firmware-sim/media/controller/blank-chip.ts';
import { type VolatileMemory, volatileMemory } from '#firmware-sim/media/controller/memory.ts';
import { controllerChip } from '#firmware-sim/media/controller/secure-controller.ts';
import { type MemoryMedium, memoryMedium, withChip } from '#firmware-sim/media/medium-backing.ts';
import type { MediumId } from '#shared/kernel/ids.ts';
import { parseCertificate, roleAndName } from '#shared/media/certificate.ts';
import { signerFromPem } from '#shared/media/device-key.ts';
import type { Random } from '#shared/ports/random.ts';
import type { Signer } from '#shared/ports/signer.ts';
import type { Fixture } from './fixture.ts';
import { quickly } from './quick-signatures.ts';

/** What somebody rents onto. Of a secure one the judge sees the inside of its chip, as no host and no drive can. */
export interface Stick extends MemoryMedium {
  readonly inside?: VolatileMemory;
  /** Bought blank (MS-33): whose it is, its memory says once a kiosk made it the fleet's. Absent: as it was given out. */
  readonly bornBlank?: true;
  /** Age identities of its member's own players, for the judge: a copy may be bound to them. */
  readonly readers?: string[];
}

/** The medium that its controller is; null: none yet, or it has no controller. */
export async function chipIdOf({ chip, inside, bornBlank }: Stick): Promise<MediumId | null> {
  if (bornBlank === undefined || inside === undefined) return chip?.mediumId ?? null;
  const own = (await certifiedIn(inside))?.chain[0];
  const certificate = own === undefined ? null : parseCertificate(Buffer.from(own));
  return certificate === null ? null : ((roleAndName(certificate)?.id ?? null) as MediumId | null);
}

/** Of so many members one has a secure medium. */
const SECURE_EVERY = 4;
/** In one of so many worlds they are bought blank (MS-33). */
const BLANK_EVERY = 3;
/** Chips that nobody rents onto, for whoever copies files from one secure stick to another one. */
const SPARE = 1_000;

export const plainSticks = (members: number): readonly Stick[] =>
  Array.from({ length: members }, (_, at) => ({ ...memoryMedium(`stick ${at}`), readers: [] }));

/** What the members of a world rent onto, and the secure stick that somebody may copy files to. */
export async function handOutSticks(
  fixture: Fixture,
  random: Random,
  members: number,
  blanks: boolean,
): Promise<{ readonly sticks: readonly Stick[]; readonly spare: (files: MemoryMedium) => Stick }> {
  const first = random.below(SECURE_EVERY);
  const { trust } = fixture.authority;
  const built = (files: MemoryMedium, signer: Signer): Stick => {
    const inside = volatileMemory();
    const chip = controllerChip({ signer, trust, memory: inside });
    return { ...withChip(files, chip), inside, readers: [] };
  };
  const blank = (label: string, keyPem: string): Stick => {
    const inside = volatileMemory();
    const keys = {
      fresh: async () => keyPem,
      signer: (key: string, chain: readonly string[]) => quickly(signerFromPem(key, chain)),
    };
    return {
      ...withChip(memoryMedium(label), blankChip(inside, keys)),
      inside,
      bornBlank: true,
      readers: [],
    };
  };
  const comeBlank = random.below(BLANK_EVERY) === 0 || blanks;
  const sticks: Stick[] = [];
  for (const [at, plain] of plainSticks(members).entries()) {
    if (at % SECURE_EVERY !== first) sticks.push(plain);
    else if (comeBlank) sticks.push(blank(`blank stick ${at}`, await fixture.blankKey(at)));
    else sticks.push(built(memoryMedium(`secure stick ${at}`), await fixture.chip(at)));
  }
  const signer = await fixture.chip(SPARE);
  return { sticks, spare: (files) => built(files, signer) };
}
