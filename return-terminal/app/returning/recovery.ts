import { acceptReturn } from '#shared/media/destroy-copy.ts';
import { inspectMedium } from '#shared/media/inspect-medium.ts';
import type { CopyOnMedium } from '#shared/media/orders.ts';
import { offlineChallenge } from '#shared/media/slot-proof.ts';
import { mediaOf, type ReturnDeps } from '../deps.ts';
import { abandonRow, recordTorn } from './abandon.ts';
import { destroyCopy } from './destroy.ts';
import { forgetFinishedElsewhere, openRows } from './open.ts';
import { captureOwed, settleVoids } from './settle.ts';
import { givenUp, type ReturnRow, returns, seenAgain } from './tables.ts';

/** Milliseconds for which a finished return's row is kept for a second print, media that were seen again are remembered since they last came, and proofs of what was given up; the hub has the returns themselves. */
const KEPT_MS = 30 * 86_400_000;

/**
 * After a power cut or crash (PAY-1). Before INTENT nothing happened: given up, authorisations voided, an unknown answer asked about with the same
 * key. After INTENT the medium decides, where it is still in the drive: key destroyed, then the return is finished and captured; key intact, then it
 * is given up. Medium gone: cards are voided, the return waits torn for its medium. After the receipt: captured. Run at start, before
 * any customer. Answers the returns that it finished.
 */
export async function recoverReturns(deps: ReturnDeps): Promise<readonly ReturnRow[]> {
  const { runtime } = deps;
  const copies = await copiesInDrive(deps);
  for (const copy of copies) forgetFinishedElsewhere(runtime, copy);
  const finished: ReturnRow[] = [];
  for (const row of openRows(runtime)) {
    if (row.stage === 'accepted' || row.stage === 'paying') abandonRow(runtime, row.returnId);
    else if (row.stage === 'intent' || row.stage === 'torn') {
      const copy = copies.find(
        (one) => one.copyId === row.copyId && one.licence?.keyturn.mediumId === row.mediumId,
      );
      const done = await finish(deps, row, copy ?? null);
      if (done !== null) finished.push(done);
    }
  }
  await captureOwed(deps);
  await settleVoids(deps);
  return finished.map((row) => runtime.store.get(returns, row.returnId) ?? row);
}

async function copiesInDrive(deps: ReturnDeps): Promise<readonly CopyOnMedium[]> {
  if (deps.drive.current() === null) return [];
  const report = await inspectMedium(mediaOf(deps));
  return report.ok ? report.value.copies : [];
}

async function finish(
  deps: ReturnDeps,
  row: ReturnRow,
  copy: CopyOnMedium | null,
): Promise<ReturnRow | null> {
  const { runtime } = deps;
  if (copy === null) {
    if (row.stage === 'intent') recordTorn(runtime, row.returnId);
    return null;
  }
  const begun = copy.condition === 'torn' || copy.condition === 'returned';
  if (!begun) {
    abandonRow(runtime, row.returnId, { intact: true });
    return null;
  }
  // A torn return whose cards were given back already is paid again before the customer's eyes, not here.
  if (row.stage === 'torn') return null;
  const outcome = await acceptReturn(mediaOf(deps), {
    copyId: row.copyId,
    returnId: row.returnId,
    openReturns: [row],
    knownActive: false,
    challenge: async () => offlineChallenge(runtime.identity.terminalId, 0),
  });
  if (outcome.kind !== 'accepted' || outcome.accepted.returnId !== row.returnId) {
    recordTorn(runtime, row.returnId);
    return null;
  }
  await deps.door.lock();
  try {
    const done = await destroyCopy(deps, outcome.accepted, () => {});
    return done.kind === 'destroyed' ? done.row : null;
  } finally {
    await deps.door.release();
  }
}

/** Forgets what was finished long ago: a return terminal runs for months. Run at the start and once a day. */
export function forgetOld({ runtime }: Pick<ReturnDeps, 'runtime'>): void {
  const before = runtime.clock.now() - KEPT_MS;
  for (const { key, value } of runtime.store.list(returns))
    if (value.stage === 'done' && value.at < before) runtime.record((tx) => tx.remove(returns, key));
  for (const { key, value } of runtime.store.list(seenAgain))
    if (value.at < before) runtime.record((tx) => tx.remove(seenAgain, key));
  for (const { key, value } of runtime.store.list(givenUp))
    if (value.at < before) runtime.record((tx) => tx.remove(givenUp, key));
}
