import type { AcceptInput, AcceptOutcome, DestroyInput, DestroyOutcome, MediaDeps } from './orders.ts';

/**
 * Takes a copy for return: fixes T0, reads and verifies licence, state and slot, answers the challenge. Writes nothing to the
 * medium: until `destroySlot` the customer may still take it back and the meter runs on (CHG-1, RET-7).
 */
export declare function acceptReturn(deps: MediaDeps, input: AcceptInput): Promise<AcceptOutcome>;

/**
 * Destroys the key of an accepted copy in the order of DESIGN §4 and signs the receipt: INTENT → RETURNING with T0 → overwrite, sync → power
 * cycle → whole slot read back → DESTROYED in both records → receipt. Calling it again for a torn return goes on where it stopped.
 */
export declare function destroySlot(deps: MediaDeps, input: DestroyInput): Promise<DestroyOutcome>;
