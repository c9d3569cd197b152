import type { World } from '../world/world.ts';

const MOST = 1_000_000;
const OUT = ['pending', 'active', 'returning', 'held', 'kept'] as const;

/** RSV-1: of a title with limited units no more are out than it has. Not after a backup of yesterday, which knows nothing of what was permitted since. */
export async function unitsOut(world: World): Promise<readonly string[]> {
  if (world.wire.faults.has('backup of yesterday restored')) return [];
  const { titles, rentals } = world.database.stores;
  const out = new Map<string, number>();
  // Of what a thief says he wrote nobody was asked.
  for (const { titleId, kioskId } of await rentals.list({ status: [...OUT] }, { limit: MOST }))
    if (kioskId === null || kioskId !== world.stolen?.id) out.set(titleId, (out.get(titleId) ?? 0) + 1);
  return (await titles.list({}, { limit: MOST }))
    .filter(({ titleId, unitsTotal }) => unitsTotal !== null && (out.get(titleId) ?? 0) > unitsTotal)
    .map(
      ({ titleId, unitsTotal }) =>
        `RSV-1: ${out.get(titleId)} of title ${titleId} are out, it has ${unitsTotal} units`,
    );
}

/** SYN-1: a kiosk that does what it was built for never rents beyond what the hub allowed it, whatever is cut, delayed or set back, and staff are told of none. */
export async function allotmentsKept({ database, stolen }: World): Promise<readonly string[]> {
  const told = await database.stores.alerts.list({ code: 'security_allotment_exceeded' }, { limit: MOST });
  return told
    .filter(({ subject }) => subject !== stolen?.id)
    .map(({ subject, message }) => `SYN-1: staff are told of ${subject}: ${message}`);
}
