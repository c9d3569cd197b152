import type { HubDatabase } from '#hub/ports/database.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Random } from '#shared/ports/random.ts';

type Deps = { readonly clock: Pick<Clock, 'now'>; readonly random: Pick<Random, 'bytes'> };

/** The name of this database's timeline (SYN-6): made with the database, made anew by `beginTimeline` after every restore. */
export async function currentTimeline(db: HubDatabase, deps: Deps): Promise<string> {
  const [newest] = await db.stores.timelines.list({}, { orderBy: ['ordinal'], descending: true, limit: 1 });
  return newest?.timeline ?? beginTimeline(db, deps, 'created');
}

/** Starts a new timeline. After a restore every terminal then sends again what the hub no longer has (PR-15). `beside`: what is done in the same transaction. */
export async function beginTimeline(
  db: HubDatabase,
  deps: Deps,
  cause: 'created' | 'restored',
  beside: (stores: Stores) => Promise<void> = async () => {},
): Promise<string> {
  return db.transaction(async (stores) => {
    await beside(stores);
    const [newest] = await stores.timelines.list({}, { orderBy: ['ordinal'], descending: true, limit: 1 });
    if (newest !== undefined && cause === 'created') return newest.timeline;
    const timeline = Buffer.from(deps.random.bytes(12)).toString('base64url');
    const row = { ordinal: (newest?.ordinal ?? 0) + 1, timeline, startedAt: deps.clock.now(), cause };
    if ((await stores.timelines.insert(row)) === 'created') return timeline;
    // Another hub was faster: its timeline holds.
    const [other] = await stores.timelines.list({}, { orderBy: ['ordinal'], descending: true, limit: 1 });
    return other?.timeline ?? timeline;
  });
}
