import type { HubDatabase } from '#hub/ports/database.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import type { Random } from '#shared/ports/random.ts';

/** What every use case of the hub may need; each takes the part it does need. */
export interface HubDeps {
  readonly db: HubDatabase;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Who did something that is audited: `staff:<id>`, `terminal:<id>` or `hub`. */
export type Actor = `staff:${string}` | `terminal:${string}` | 'hub';
