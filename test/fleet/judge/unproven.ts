import type { RentalRow } from '#hub/ports/rows/index.ts';
import { shownT0 } from '#shared/domain/return-times.ts';
import type { World } from '../world/world.ts';

const MOST = 1_000_000;

/**
 * PR-30: whether nobody could prove who began this return. Programs before 1.7 prove nothing of one that they began, and a hub from before hears of no proof; of one that the hub
 * heard a proof of, from whoever is no thief, today's programs leave nothing unproven.
 */
export async function beforeProofs(world: World): Promise<(returnId: string) => boolean> {
  const { wire, database, stolen } = world;
  if (!wire.faults.has('older program') && !wire.faults.has('older hub')) return () => false;
  const log = await database.stores.inboxEvents.list({ kind: 'return.intent' }, { limit: MOST });
  const shown = new Set<unknown>();
  for (const { terminalId, data } of log) {
    const { returnId, proof } = data as { returnId: string; proof?: unknown };
    if (proof !== undefined && terminalId !== stolen?.id) shown.add(returnId);
  }
  return (returnId) => !shown.has(returnId);
}

/** The return that counts, where its receipt names nobody and no proof says who began it. */
export function unprovenReturn({ state }: RentalRow) {
  const known = state?.facts.returns.find(({ returnId }) => returnId === state.basis?.returnId);
  if (known?.overwritten?.named !== false || shownT0(known) !== null) return null;
  return { ...known, by: known.overwritten.by };
}
