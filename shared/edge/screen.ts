import type { z } from 'zod';
import type { Fault, Result } from '#shared/kernel/result.ts';

/**
 * What a page needs of a session's state machine: it shows snapshots and sends intents, and keeps nothing itself (DESIGN §7).
 * `Snapshot` must be plain JSON.
 */
export interface Screen<Snapshot, Intent> {
  readonly intents: z.ZodType<Intent>;
  snapshot(): Snapshot;
  /** Calls back after every change; returns how to stop. */
  subscribe(listener: () => void): () => void;
  /** Takes an intent; what follows from it shows in later snapshots. A fault's code goes to the page as problem+json. */
  intent(intent: Intent): Promise<Result<void, Fault>>;
}
