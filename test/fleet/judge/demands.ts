import { licenceFile, slotFile } from '#shared/media/layout.ts';
import type { Licence } from '#shared/media/licence.ts';
import type { Town } from '../people/town.ts';
import type { World } from '../world/world.ts';
import { inventedIn } from './invented.ts';
import { readCopies } from './media.ts';
import { saidIn } from './players.ts';

const MOST = 1_000_000;
/** What was permitted and perhaps never written. */
const NEVER_BEGAN = new Set(['pending', 'void']);

/** RET-4: no key of a title that demands a secure medium stands, or stood, on a plain one, and no rental of it is of a plain one. */
export async function demandsAtRest(world: World, town: Town): Promise<readonly string[]> {
  const { demanding } = world.shop;
  const wrong: string[] = [];
  const plain = town.media.filter(({ chip }) => chip === undefined);
  for (const medium of plain)
    for (const { copyId } of await readCopies(medium)) {
      const titleId = saidIn<Licence>(medium, licenceFile(copyId))?.keyturn.titleId;
      if (titleId !== undefined && demanding.has(titleId) && medium.files.has(slotFile(copyId)))
        wrong.push(
          `RET-4: a key of ${copyId}, whose title demands a secure medium, came onto ${medium.label}`,
        );
    }
  const { rentals, media } = world.database.stores;
  const invented = await inventedIn(world);
  for (const titleId of demanding)
    for (const rental of await rentals.list({ titleId }, { limit: MOST })) {
      const { rentalId, mediumId, status } = rental;
      if (NEVER_BEGAN.has(status) || invented.has(rentalId)) continue;
      // A kiosk registers the medium after the write: one that goes dark in between does so at the next visit.
      if ((await media.find({ mediumId }))?.mediumClass === 'plain')
        wrong.push(`RET-4: rental ${rentalId} demands a secure medium and is on a plain one`);
    }
  return wrong;
}
