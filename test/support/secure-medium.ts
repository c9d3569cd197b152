import { generateKeyPairSync } from 'node:crypto';
import { makeChip } from '#firmware-sim/media/controller/make-chip.ts';
import { type ControllerMemory, volatileMemory } from '#firmware-sim/media/controller/memory.ts';
import type { ControllerChip } from '#firmware-sim/media/controller/secure-controller.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import { assert } from '#shared/kernel/assert.ts';
import { type MediumId, uuidv7 } from '#shared/kernel/ids.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { PlayerSigningKey } from '#shared/media/player-key.ts';
import { FOUNDED } from './test-fleet.ts';

const TEN_YEARS = milliseconds(3650 * 86_400_000);

export const mediumIdOf = (number: number): MediumId =>
  uuidv7(FOUNDED, new Uint8Array(10).fill(number)) as MediumId;

/** A controller of this fleet; `memory` where the test looks into it or keeps it. */
export const chipOf = (
  fleet: FleetAuthority,
  number = 1,
  memory: ControllerMemory = volatileMemory(),
): Promise<ControllerChip> =>
  makeChip(
    mediumIdOf(number),
    {
      trust: fleet.trust,
      issue: async (csrPem, id) => {
        const issued = await fleet.issueCertificate(csrPem, { id, role: 'medium', validity: TEN_YEARS });
        assert(issued.ok, 'a controller’s request is granted');
        return issued.value.chain;
      },
    },
    memory,
  );

/** A player's own signing key. */
export function aPlayerKey(): PlayerSigningKey {
  const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  assert(x !== undefined && d !== undefined, 'an Ed25519 key has both parts');
  return { kty: 'OKP', crv: 'Ed25519', x, d };
}
