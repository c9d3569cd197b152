import { z } from 'zod';
import type { HubDeps } from '#hub/app/deps.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';

const NAME = 'fleet.restored';
const keptSchema = z.object({
  spans: z.array(
    z.object({
      from: z.int().transform((at) => at as EpochMs),
      until: z.int().transform((at) => at as EpochMs),
    }),
  ),
});

/** What went with a database that came back from a backup: the time from the last thing that it knows until it was restored (SYN-6). */
export interface LostSpan {
  readonly from: EpochMs;
  readonly until: EpochMs;
}

/** So long terminals keep what they told, and a hub that was set back hears what it lacks (SYN-6). */
const HEARD_WITHIN_MS = 30 * 86_400_000;

/**
 * The database came back from a backup: notes how much it lacks, and tells staff what nobody can send again. In the transaction of the new timeline, before anything else
 * is written: its newest moment says where it ends, whatever kind of backup it was.
 */
export async function noteRestored(
  { clock, random }: Pick<HubDeps, 'clock' | 'random'>,
  stores: Stores,
): Promise<void> {
  const now = clock.now();
  const from = await newestMoment(stores);
  const before = read((await stores.settings.findForUpdate({ name: NAME }))?.value);
  // Done again where nobody heard that it was done.
  const others = before.filter((span) => !isOver(span, now) && (span.from !== from || span.until !== now));
  const spans = [...others, { from, until: now }];
  await stores.settings.put({ name: NAME, value: { spans }, updatedAt: now });
  await stores.alerts.raise(
    newId<string>(clock, random),
    {
      code: 'hub_restored',
      subject: 'database',
      severity: 'critical',
      message: `This hub came back from a backup and knows nothing that staff did here after ${new Date(from).toISOString()}. Say again who was revoked or taken out of the fleet since: until then their certificates are good. Terminals that were enrolled for the first time since need a new code.`,
      terminalId: null,
      rentalId: null,
    },
    now,
  );
}

/** What this hub lacks and may still hear of; empty where it was never restored, or long ago. */
export async function lostSpans(
  stores: Pick<Stores, 'settings'>,
  now: EpochMs,
): Promise<readonly LostSpan[]> {
  const spans = read((await stores.settings.find({ name: NAME }))?.value);
  return spans.filter((span) => !isOver(span, now));
}

export const isOver = ({ until }: LostSpan, now: EpochMs): boolean => now >= until + HEARD_WITHIN_MS;

function read(value: unknown): readonly LostSpan[] {
  const parsed = keptSchema.safeParse(value);
  return parsed.success ? parsed.data.spans : [];
}

/** The last moment that this database speaks of, by the hub's clock. Terminals are heard every few seconds while the hub runs. */
async function newestMoment({
  audit,
  certificates,
  terminals,
}: Pick<Stores, 'audit' | 'certificates' | 'terminals'>): Promise<EpochMs> {
  const [[entry], [given], [heard]] = await Promise.all([
    audit.list({ limit: 1 }),
    certificates.list({}, { orderBy: ['issuedAt'], descending: true, limit: 1 }),
    terminals.list(
      { lastContactAt: { not: null } },
      { orderBy: ['lastContactAt'], descending: true, limit: 1 },
    ),
  ]);
  return epochMs(Math.max(entry?.at ?? 0, given?.issuedAt ?? 0, heard?.lastContactAt ?? 0));
}
