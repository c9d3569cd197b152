import type { ReceivedBatch } from '#hub/app/ingest/commit-group.ts';
import type { Ingest } from '#hub/app/ingest/ingest.ts';
import { assert } from '#shared/kernel/assert.ts';

/** Milliseconds until the last of these batches is committed, all of them waiting at once. */
export async function timed(ingest: Ingest, batches: readonly ReceivedBatch[]): Promise<number> {
  ingest.start();
  const begun = performance.now();
  const standings = await Promise.all(batches.map((batch) => ingest.accept(batch)));
  const took = performance.now() - begun;
  await ingest.stop();
  assert(
    standings.every((standing) => standing !== null),
    'every batch is taken',
  );
  return took;
}
