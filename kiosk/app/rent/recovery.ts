import type { KioskDeps } from '../deps.ts';
import { recordHeldRow, recordNothing } from './records.ts';
import { rentals } from './tables.ts';

/** Days for which an active rental's row is kept here; the hub has the rental itself. */
const KEEP_DAYS = 30;

/**
 * After a power cut or crash (RNT-2): a rental before SLOT_BEGIN never happened, its remains on the medium hold no key and are cleared at
 * the next write; one after SLOT_BEGIN without COMMIT is held until its medium is seen. Run once at start, before any customer.
 */
export function recoverRentals(deps: Pick<KioskDeps, 'runtime'>): {
  readonly voided: number;
  readonly held: number;
} {
  const { runtime } = deps;
  let voided = 0;
  let held = 0;
  for (const { value: row } of runtime.store.list(rentals)) {
    if (row.stage === 'prepared' || row.stage === 'holding' || row.stage === 'writing') {
      recordNothing(runtime, row, 'interrupted');
      voided += 1;
    } else if (row.stage === 'key_begun') {
      recordHeldRow(runtime, row);
      held += 1;
    } else if (row.stage === 'active' && runtime.clock.now() - row.at > KEEP_DAYS * 86_400_000) {
      runtime.record((tx) => tx.remove(rentals, row.rentalId));
    }
  }
  if (voided + held > 0) runtime.log.warn({ voided, held }, 'settled writes that a stop had cut off');
  return { voided, held };
}
