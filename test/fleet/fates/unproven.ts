import { acceptDeadLetter, retryDeadLetter } from '#hub/app/ingest/dead-letters.ts';
import type { World } from '../world/world.ts';

const MOST = 1_000;
const STAFF = 'staff:one+two';

/**
 * What staff do about a torn return of which nothing proves that its medium was there (PR-30): two of them look at the times that were told, and at the medium, and let the receipt count. In
 * worlds only in which programs before 1.7 began returns, or a hub before it heard of them: today's proves them by itself, and a letter that waits there is a mistake.
 */
export async function settleUnproven(world: World): Promise<void> {
  const { faults } = world.wire;
  if (!faults.has('older program') && !faults.has('older hub')) return;
  const { db, ingestQueue } = world.hub.inside();
  const { rules } = ingestQueue;
  const letters = await db.stores.deadLetters.list(
    { state: 'dead', cause: 'return_unproven' },
    { orderBy: ['createdAt', 'sequence'], limit: MOST },
  );
  for (const { deadLetterId, terminalId, rentalId } of letters) {
    if (terminalId === world.stolen?.id || rentalId === null) continue;
    const done = await db.transaction((stores) => acceptDeadLetter(stores, rules, deadLetterId, STAFF));
    if (!done.ok) continue;
    world.wire.count('return accepted by two people');
    const [behind] = await db.stores.deadLetters.list(
      { terminalId, rentalId, state: 'parked' },
      { orderBy: ['createdAt', 'sequence'], limit: 1 },
    );
    if (behind !== undefined) await retryDeadLetter(db, rules, behind.deadLetterId, STAFF);
  }
}
