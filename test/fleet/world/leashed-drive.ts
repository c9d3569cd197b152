import type { SimulatedDrive } from '#firmware-sim/media/simulated-drive.ts';
import type { Life } from './leash.ts';

/** What a program sees of its drive without asking it. */
const SEEN: ReadonlySet<PropertyKey> = new Set(['current', 'present']);

/** A terminal's drive as one process has it, with every medium and file that hangs on it. */
export function leashedDrive(drive: SimulatedDrive, life: Life): SimulatedDrive {
  const known = new WeakMap<object, object>();
  const held = (value: object): object => {
    const present = known.get(value) ?? life.hold(value, inside, undefined, SEEN);
    known.set(value, present);
    return present;
  };
  const isPort = (value: object): boolean =>
    'openLarge' in value || 'read' in value || 'finish' in value || 'transceive' in value;
  const inside = (value: unknown): unknown => {
    if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
    if (isPort(value)) return held(value);
    if (!('ok' in value) || value.ok !== true || !('value' in value)) return value;
    const answer = value.value;
    if (answer === null || typeof answer !== 'object' || answer instanceof Uint8Array) return value;
    if (isPort(answer)) return { ok: true, value: held(answer) };
    if (!('medium' in answer)) return value;
    return { ok: true, value: { ...answer, medium: inside(answer.medium) } };
  };
  return life.hold(drive, inside, undefined, SEEN);
}
