import { z } from 'zod';
import type { CopyId } from '#shared/kernel/ids.ts';
import { type Fault, fault, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { MountedMedium } from '#shared/ports/media-drive.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { text, uuid } from './json.ts';
import { extrasFile, LIMITS } from './layout.ts';
import { openDocument, type SealFault, sealDocument } from './sealed-document.ts';
import type { FleetTrust } from './signing.ts';

const languageTag = z
  .string()
  .max(12)
  .regex(/^[A-Za-z0-9-]+$/);

/** What a player shows beside the content of one copy: its poster (base64) and its subtitles (WebVTT). */
const extrasSchema = z.object({
  version: z.literal(1),
  copyId: uuid<CopyId>(),
  poster: text(Math.ceil(LIMITS.posterBytes / 3) * 4).nullable(),
  subtitles: z
    .array(z.object({ language: languageTag, text: text(LIMITS.subtitleBytes) }))
    .max(LIMITS.subtitles),
});

export interface CopyExtras {
  readonly poster: Uint8Array | null;
  readonly subtitles: readonly { readonly language: string; readonly text: string }[];
}

/**
 * Leaves poster and subtitles beside a copy, sealed to the copy's own key, so that they open and end with it (MS-34). What is too large is left out. The rental
 * does not hang on it: on a medium without room there is none.
 */
export async function leaveExtras(
  medium: MountedMedium,
  copyId: CopyId,
  extras: CopyExtras,
  recipient: string,
  signer: Signer,
  at: EpochMs,
): Promise<void> {
  const { poster, subtitles } = extras;
  const payload = {
    version: 1,
    copyId,
    poster:
      poster === null || poster.length > LIMITS.posterBytes ? null : Buffer.from(poster).toString('base64'),
    subtitles: subtitles.filter((one) => one.text.length <= LIMITS.subtitleBytes).slice(0, LIMITS.subtitles),
  };
  if (!extrasSchema.safeParse(payload).success) return;
  const sealed = await sealDocument('keyturn-extras', payload, [recipient], signer, at);
  if (sealed.length <= LIMITS.extrasBytes) await medium.replaceSmall(extrasFile(copyId), sealed);
}

/** `malformed`: of another copy, or nothing that a kiosk of this fleet left. */
export async function openExtras(
  bytes: Uint8Array,
  copyId: CopyId,
  identity: string,
  trust: FleetTrust,
): Promise<Result<CopyExtras, SealFault | Fault<'malformed'>>> {
  const opened = await openDocument(bytes, identity, trust, {
    type: 'keyturn-extras',
    schema: extrasSchema,
    maxBytes: LIMITS.extrasBytes,
  });
  if (!opened.ok) return opened;
  const { payload } = opened.value;
  if (payload.copyId !== copyId) return fault('malformed', 'made for another copy');
  return {
    ok: true,
    value: {
      poster: payload.poster === null ? null : Buffer.from(payload.poster, 'base64'),
      subtitles: payload.subtitles,
    },
  };
}
