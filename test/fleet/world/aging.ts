import { assert } from '#shared/kernel/assert.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs, milliseconds } from '#shared/kernel/time.ts';
import { createCsr } from '#shared/media/device-key.ts';
import type { Random } from '#shared/ports/random.ts';
import { type Device, deviceOf, type Fixture } from './fixture.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** As the hub gives them out (`CERTIFICATE_LIFE`). */
const USUAL_LIFE = 90 * DAY;
/** Short enough to come due and to end within one day of a world. */
const SHORT_LIFE = 48 * HOUR;

/** Terminals whose certificates come to something within the days of a world (SEC-1). */
export interface Aging {
  /** Comes due in the first hours and ends within a day: for one that is cut off meanwhile. */
  readonly ends: TerminalId;
  /** Two thirds of a usual life are over within two days. */
  readonly renew: readonly TerminalId[];
}

/** The fixture's devices, of which some have certificates that were given out long ago. */
export async function ageDevices(
  fixture: Fixture,
  random: Random,
  begins: EpochMs,
): Promise<{ readonly devices: readonly Device[]; readonly aging: Aging }> {
  const first = random.below(fixture.devices.length);
  const at = (step: number): number => (first + step) % fixture.devices.length;
  const devices = [...fixture.devices];
  const age = async (place: number, life: number, dueIn: number): Promise<TerminalId> => {
    const { terminalId, role, tls } = devices[place] as Device;
    fixture.issuing.at = epochMs(begins + dueIn - (life * 2) / 3);
    const issued = await fixture.authority.issueCertificate(createCsr(tls.keyPem, terminalId), {
      ...{ id: terminalId, role, validity: milliseconds(life) },
    });
    assert(issued.ok, 'a sound request is granted');
    devices[place] = deviceOf(tls.keyPem, issued.value.chain);
    return terminalId;
  };
  const ends = await age(at(0), SHORT_LIFE, HOUR + random.below(4 * HOUR));
  const renew: TerminalId[] = [];
  for (const step of [1, 2, 3].filter((one) => one < devices.length))
    renew.push(await age(at(step), USUAL_LIFE, 2 * HOUR + random.below(40 * HOUR)));
  return { devices, aging: { ends, renew } };
}
