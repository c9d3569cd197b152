import type { RentalId } from '#shared/kernel/ids.ts';
import type { CopyIntents, SlotBegin, WriteCommit } from '#shared/ports/copy-intents.ts';
import type { EventData } from '#shared/protocol/events.ts';
import type { KioskDeps } from '../deps.ts';
import { voidOf } from './holds.ts';
import { holdVoids, type RentalRow, rentals } from './tables.ts';

type Runtime = KioskDeps['runtime'];

/** Changes a rental's row together with the events that follow from it, in one durable transaction (RNT-2, SYN-1). */
export function saveRow(runtime: Runtime, row: RentalRow): void {
  runtime.record((tx) => tx.put(rentals, row.rentalId, row));
}

/** The rental came to nothing: no charge; a hold on the card is owed back (RNT-1, PAY-1). Idempotent. */
export function recordNothing(runtime: Runtime, row: RentalRow, reason: string): void {
  runtime.record((tx) => {
    if (tx.get(rentals, row.rentalId) === null) return;
    tx.remove(rentals, row.rentalId);
    tx.emit({
      kind: 'rental.failed',
      data: { rentalId: row.rentalId, titleId: row.titleId, reason, at: runtime.clock.now() },
    });
    if (row.hold !== null)
      tx.put(holdVoids, row.rentalId, voidOf(row.rentalId, row.hold.authorisationId, row.holdAmount));
    else if (row.stage === 'holding')
      tx.put(holdVoids, row.rentalId, voidOf(row.rentalId, null, row.holdAmount));
  });
}

/** RNT-6: the key may be on a medium that is out of reach. */
export function recordHeldRow(runtime: Runtime, row: RentalRow): void {
  const begun = row.keyBegun;
  if (begun === null) return;
  runtime.record((tx) => {
    tx.put(rentals, row.rentalId, { ...row, stage: 'held' });
    tx.emit({
      kind: 'rental.held',
      data: {
        rentalId: row.rentalId,
        licence: begun.licence,
        slotBegunAt: begun.at,
        slotProofKey: begun.slotProofKey,
        chunkHashes: begun.chunkHashes,
      },
    });
  });
  rememberPosition(runtime, row.rentalId);
}

const keyBegunOf = (begin: SlotBegin): NonNullable<RentalRow['keyBegun']> => ({
  licence: begin.licenceJws,
  slotProofKey: begin.slotProofKey,
  chunkHashes: [...begin.chunkHashes],
  at: begin.at,
});

const startedOf = (row: RentalRow, commit: WriteCommit): EventData<'rental.started'> => ({
  rentalId: row.rentalId,
  licence: commit.licenceJws,
  startedAt: commit.startedAt,
  slotProofKey: commit.slotProofKey,
  chunkHashes: [...commit.chunkHashes],
  verification: commit.verification,
  offline: row.offline,
  hold: row.hold,
});

/** COMMIT: row and event in one transaction; the rental is active and its meter runs (RNT-1). */
export function recordStarted(runtime: Runtime, row: RentalRow, commit: WriteCommit): void {
  runtime.record((tx) => {
    tx.put(rentals, row.rentalId, {
      ...row,
      stage: 'active',
      at: commit.startedAt,
      mediumId: commit.mediumId,
      keyBegun: keyBegunOf(commit),
    });
    tx.emit({ kind: 'rental.started', data: startedOf(row, commit) });
  });
  rememberPosition(runtime, row.rentalId);
}

/**
 * RNT-6: a held copy was seen again complete: active from now. A rental of this kiosk is also reported as started, because only this kiosk knows
 * what is held on the card.
 */
export function recordSettled(
  runtime: Runtime,
  rentalId: RentalId,
  own: RentalRow | null,
  commit: WriteCommit,
): void {
  runtime.record((tx) => {
    if (own !== null) {
      tx.put(rentals, rentalId, { ...own, stage: 'active', at: commit.startedAt, mediumId: commit.mediumId });
      tx.emit({ kind: 'rental.started', data: startedOf(own, commit) });
    }
    const { startedAt: at, licenceJws: licence } = commit;
    tx.emit({ kind: 'rental.held_settled', data: { rentalId, outcome: 'complete', at, licence } });
  });
  if (own !== null) rememberPosition(runtime, rentalId);
}

/** RNT-6: seen again incomplete and wiped: void, and what was held on the card is owed back. */
export function recordWiped(
  runtime: Runtime,
  rentalId: RentalId,
  own: RentalRow | null,
  licence: string,
): void {
  runtime.record((tx) => {
    tx.remove(rentals, rentalId);
    if (own !== null && own.hold !== null)
      tx.put(holdVoids, rentalId, voidOf(rentalId, own.hold.authorisationId, own.holdAmount));
    const at = runtime.clock.now();
    tx.emit({ kind: 'rental.held_settled', data: { rentalId, outcome: 'wiped', at, licence } });
  });
}

/** Notes how far the outbox must be acknowledged before the hub knows of this rental; losing it only counts the rental longer. */
function rememberPosition(runtime: Runtime, rentalId: RentalRow['rentalId']): void {
  const row = runtime.store.get(rentals, rentalId);
  if (row !== null) saveRow(runtime, { ...row, outbox: runtime.store.position(0).last });
}

/** The durable records around one write, in the order that `writeCopy` calls them. What the write clears away of other rentals is told with its first (RET-2, MS-19). */
export function intentsOf(runtime: Runtime, first: RentalRow): CopyIntents & { row(): RentalRow } {
  let row = first;
  const change = (next: RentalRow): void => {
    row = next;
    saveRow(runtime, next);
  };
  return {
    row: () => row,
    recordIntent: async ({ at, mediumId }, clears) => {
      row = { ...row, stage: 'writing', at, mediumId };
      runtime.record((tx) => {
        tx.put(rentals, row.rentalId, row);
        for (const { rentalId, copyId } of clears)
          tx.emit({ kind: 'return.repeated', data: { rentalId, copyId, at } });
      });
    },
    recordSlotBegin: async (begin) => change({ ...row, stage: 'key_begun', keyBegun: keyBegunOf(begin) }),
    recordCommit: async (commit) => recordStarted(runtime, row, commit),
    recordFailed: async (_intent, code) => recordNothing(runtime, row, code),
    recordHeld: async () => recordHeldRow(runtime, row),
  };
}
