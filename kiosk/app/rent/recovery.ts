import type { KioskDeps } from '../deps.ts';
import { recordHeldRow, recordNothing } from './records.ts';
import { media, rentals } from './tables.ts';

/** Days for which an active rental's row is kept here; the hub has the rental itself. */
const KEEP_DAYS = 30;
/** Days after which the hub is told again whose a medium is (MED-5). */
const MEDIA_DAYS = 30;
const DAY = 86_400_000;

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
    }
  }
  if (voided + held > 0) runtime.log.warn({ voided, held }, 'settled writes that a stop had cut off');
  return { voided, held };
}

/**
 * Forgets rentals that began long ago and that the hub knows of, and media that it was told of long ago: a kiosk runs for months. Run at the start and
 * once a day.
 */
export function forgetRentals({ runtime }: Pick<KioskDeps, 'runtime'>): void {
  const now = runtime.clock.now();
  const { acked } = runtime.store.position(0);
  const gone = runtime.store.list(rentals).filter(({ value: { stage, at, outbox } }) => {
    const known = outbox === null || outbox <= acked;
    return stage === 'active' && known && now - at > KEEP_DAYS * DAY;
  });
  const told = runtime.store.list(media).filter(({ value }) => now - value.registeredAt > MEDIA_DAYS * DAY);
  if (gone.length + told.length === 0) return;
  runtime.record((tx) => {
    for (const { key } of gone) tx.remove(rentals, key);
    for (const { key } of told) tx.remove(media, key);
  });
}
