import type { HubDatabase } from '#hub/ports/database.ts';
import type { RentalRow, TerminalRow } from '#hub/ports/rows/index.ts';
import type { RentalId } from '#shared/kernel/ids.ts';

/** RNT-6: what became of rentals that this kiosk wrote. Of others, and of those that nobody has told of yet, nothing is said. */
export async function rentalStates(
  { db }: { readonly db: HubDatabase },
  { terminalId }: Pick<TerminalRow, 'terminalId'>,
  rentalId: readonly RentalId[],
): Promise<readonly Pick<RentalRow, 'rentalId' | 'status'>[]> {
  const rows = await db.stores.rentals.list({ rentalId, kioskId: terminalId }, { limit: rentalId.length });
  return rows.map(({ rentalId, status }) => ({ rentalId, status }));
}
