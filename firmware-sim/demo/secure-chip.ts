import { openChip } from '#firmware-sim/media/controller/make-chip.ts';
import type { ControllerChip } from '#firmware-sim/media/controller/secure-controller.ts';
import { makeSecureMedium } from '#hub/app/enrolment/secure-media.ts';
import type { HubInside } from '#hub/hub.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { assert } from '#shared/kernel/assert.ts';
import { newId } from '#shared/ports/random.ts';

/** The controller kept below `folder`; at the first time it is made and certified by this fleet, as a maker of media would have it done. */
export const openSecureChip = (inside: HubInside, folder: string): Promise<ControllerChip> =>
  openChip(folder, () => newId(inside.clock, systemRandom), {
    trust: inside.trust,
    issue: async (csrPem, mediumId) => {
      const granted = await makeSecureMedium(inside, csrPem, mediumId, 'demo');
      assert(granted.ok, `a controller is certified: ${granted.ok ? '' : granted.error.message}`);
      return granted.value.chain;
    },
  });
