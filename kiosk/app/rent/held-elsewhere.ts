import type { KioskDeps } from '../deps.ts';
import { voidOf } from './holds.ts';
import { holdVoids, type RentalRow, rentals } from './tables.ts';

type Runtime = KioskDeps['runtime'];
/** Most that are asked about in one question (PR-28). */
const MOST = 16;
/** Nobody has said yet what becomes of these. */
const OPEN = new Set(['pending', 'held']);

const isHeldWithHold = ({ stage, hold }: RentalRow): boolean => stage === 'held' && hold !== null;

/** Copies held here for which something is held on a card. */
export const heldWithHolds = (runtime: Runtime): readonly RentalRow[] =>
  runtime.store
    .list(rentals)
    .map(({ value }) => value)
    .filter(isHeldWithHold);

/**
 * RNT-6, PAY-1: a held copy may be settled at another kiosk, which knows nothing of what this one holds on the card for it. So the hub is asked what became of it; once it is
 * settled nobody can take that hold any more, and it is owed back. `idle`: no medium is here that this kiosk might be settling itself.
 */
export async function settleHeldElsewhere(runtime: Runtime, idle: () => boolean): Promise<void> {
  const rentalIds = heldWithHolds(runtime).map(({ rentalId }) => rentalId);
  if (rentalIds.length === 0 || !idle()) return;
  const answer = await runtime.hub.rentalStates({ rentalIds: rentalIds.slice(0, MOST) });
  if (!answer.ok || !idle()) return;
  const settled = answer.value.rentals.filter(({ status }) => !OPEN.has(status));
  if (settled.length === 0) return;
  runtime.record((tx) => {
    for (const { rentalId } of settled) {
      const row = tx.get(rentals, rentalId);
      if (row === null || row.hold === null || !isHeldWithHold(row)) continue;
      tx.remove(rentals, rentalId);
      tx.put(holdVoids, rentalId, voidOf(rentalId, row.hold.authorisationId, row.holdAmount));
    }
  });
}
