import { z } from 'zod';
import type { TitleId } from '#shared/kernel/ids.ts';
import { ok, type Result } from '#shared/kernel/result.ts';
import type { MountedMedium } from '#shared/ports/media-drive.ts';
import type { History } from './history.ts';
import { appendJournal } from './journal.ts';
import { epoch, terminalId, text, uuid } from './json.ts';
import { HISTORY_FILE, LIMITS, RECOMMENDATIONS_FILE } from './layout.ts';
import type { MediaDeps, MediumTrouble } from './orders.ts';
import { openDocument, type SealFault, sealDocument } from './sealed-document.ts';
import type { FleetTrust, Verified } from './signing.ts';

/** Why a title is recommended, so that a person understands (REC-1); the wire's codes, open for later ones. */
const reason = z.object({
  code: z
    .string()
    .max(64)
    .regex(/^[a-z][a-z0-9_]*$/),
  titleId: uuid<TitleId>().nullable(),
  genre: text(40).nullable(),
});

/** Payload of `recommendations.age`, best first (RET-6). */
export const recommendationsSchema = z.object({
  version: z.literal(1),
  memberToken: z.string().min(1).max(200),
  madeAt: epoch,
  terminal: terminalId,
  titles: z
    .array(
      z.object({
        titleId: uuid<TitleId>(),
        reason,
        /** For players, which know no catalogue; absent from terminals of 1.0. */
        name: z.object({ en: text(300), ja: text(300).optional(), de: text(300).optional() }).optional(),
      }),
    )
    .max(40)
    .readonly(),
});
export type Recommendations = z.infer<typeof recommendationsSchema>;

export const openRecommendations = (
  bytes: Uint8Array,
  identity: string,
  trust: FleetTrust,
): Promise<Result<Verified<Recommendations>, SealFault>> =>
  openDocument(bytes, identity, trust, {
    type: 'keyturn-recommendations',
    schema: recommendationsSchema,
    maxBytes: LIMITS.recommendationsBytes,
  });

/**
 * Leaves recommendations and, where given, history on the medium for its next visit, readable by `recipients` (the fleet's reading key, the
 * member's players). Each file is old or new, never half; a failure concerns nothing else on the medium.
 */
export async function leaveForNextVisit(
  deps: Pick<MediaDeps, 'signer' | 'clock' | 'trust'>,
  medium: MountedMedium,
  recipients: readonly string[],
  left: { readonly recommendations: Recommendations; readonly history: History | null },
): Promise<Result<void, MediumTrouble>> {
  const at = deps.clock.now();
  const sealed = await sealDocument(
    'keyturn-recommendations',
    left.recommendations,
    recipients,
    deps.signer,
    at,
  );
  const written = await medium.replaceSmall(RECOMMENDATIONS_FILE, sealed);
  if (!written.ok) return written;
  if (left.history !== null) {
    const history = await sealDocument('keyturn-history', left.history, recipients, deps.signer, at);
    const kept = await medium.replaceSmall(HISTORY_FILE, history);
    if (!kept.ok) return kept;
  }
  const fact = { kind: 'recommendations_written', copyId: null } as const;
  const noted = await appendJournal(medium, deps.signer, deps.trust, at, fact);
  return noted.ok ? ok(undefined) : noted;
}
