import type { World } from '../world/world.ts';

const MOST = 1_000_000;
const ALL = { events: 100_000, bytes: Number.MAX_SAFE_INTEGER };

/** Rentals that a stolen kiosk says it wrote, and that no other one did: of these a terminal with true keys may say anything, and of no other. */
export async function inventedIn(world: World): Promise<ReadonlySet<string>> {
  const { stolen, database, kiosks } = world;
  if (stolen === null) return new Set();
  const rentals = await database.stores.rentals.list({ kioskId: stolen.id }, { limit: MOST });
  const written = new Set(
    kiosks
      .flatMap(({ store, lostStores }) => [...lostStores, store])
      .flatMap((store) => store.read(0, 0, ALL))
      .map(({ data }) => Reflect.get(Object(data), 'rentalId')),
  );
  return new Set(rentals.map(({ rentalId }) => rentalId).filter((rentalId) => !written.has(rentalId)));
}
