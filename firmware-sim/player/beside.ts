import type { CopyId } from '#shared/kernel/ids.ts';
import { type CopyExtras, openExtras } from '#shared/media/extras.ts';
import { extrasFile, LIMITS } from '#shared/media/layout.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import { openSlot } from '#shared/media/slot.ts';
import { readSlot } from '#shared/media/slot-place.ts';
import type { MediaDrive } from '#shared/ports/media-drive.ts';
import type { PlayerDevice } from './device.ts';

/** Poster and subtitles beside a copy (MS-34), and whether its key is sealed for other players. */
export interface BesideCopy {
  readonly extras: CopyExtras;
  readonly forOthers: boolean;
}
/** Held in memory only while their medium is in. */
export type Beside = Map<CopyId, BesideCopy>;

interface Sight {
  readonly drive: MediaDrive;
  readonly trust: FleetTrust;
  readonly device: PlayerDevice;
  readonly beside: Beside;
}

const NONE: CopyExtras = { poster: null, subtitles: [] };

/** Looks once per insertion; asking does not begin the licence's clock of first use. */
export async function besideCopy(sight: Sight, copyId: CopyId): Promise<BesideCopy> {
  const known = sight.beside.get(copyId) ?? (await look(sight, copyId));
  sight.beside.set(copyId, known);
  return known;
}

async function look({ drive, trust, device }: Sight, copyId: CopyId): Promise<BesideCopy> {
  const medium = drive.current();
  if (medium === null) return { extras: NONE, forOthers: false };
  const slot = await readSlot(medium, copyId, { trust, key: device.signingKey });
  const identity = slot.ok ? await openSlot(slot.value, device.ageIdentity) : slot;
  if (!identity.ok) return { extras: NONE, forOthers: identity.error.code === 'slot_not_for_this_player' };
  const file = await medium.readSmall(extrasFile(copyId), LIMITS.extrasBytes);
  if (!file.ok || file.value === null) return { extras: NONE, forOthers: false };
  const opened = await openExtras(file.value, copyId, identity.value, trust);
  return { extras: opened.ok ? opened.value : NONE, forOthers: false };
}
