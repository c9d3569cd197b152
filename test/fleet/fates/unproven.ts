import { acceptDeadLetter, retryDeadLetter } from '#hub/app/ingest/dead-letters.ts';
import { beforeProofs } from '../judge/unproven.ts';
import type { World } from '../world/world.ts';

const MOST = 1_000;
const STAFF = 'staff:one+two';

/**
 * What staff do about a torn return of which nothing proves that its medium was there (PR-30): two of them look at the times that were told, and at the medium, and let the receipt count. Only
 * where a program before 1.7 began it, or a hub before it heard of that: today's prove it by themselves, and a letter that waits then is a mistake.
 */
export async function settleUnproven(world: World): Promise<void> {
  const unprovable = await beforeProofs(world);
  const { db, ingestQueue } = world.hub.inside();
  const { rules } = ingestQueue;
  const letters = await db.stores.deadLetters.list(
    { state: 'dead', cause: 'return_unproven' },
    { orderBy: ['createdAt', 'sequence'], limit: MOST },
  );
  for (const { deadLetterId, terminalId, rentalId, event } of letters) {
    const { returnId } = event.data as { returnId: string };
    if (terminalId === world.stolen?.id || rentalId === null || !unprovable(returnId)) continue;
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
