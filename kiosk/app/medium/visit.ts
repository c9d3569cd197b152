import { carryOpenings } from '#shared/edge/openings.ts';
import {
  tellForgedCopies,
  tellForgedRecommendations,
  tellHostileMedium,
  tellRevokedController,
} from '#shared/edge/terminal-alarm.ts';
import type { RentalId, TitleId } from '#shared/kernel/ids.ts';
import { fault, ok, type Result } from '#shared/kernel/result.ts';
import type { CopyOnMedium, MediumReport, MediumTrouble } from '#shared/media/orders.ts';
import type { CopyIntents } from '#shared/ports/copy-intents.ts';
import type { Recommendation } from '#shared/protocol/terminal-api.ts';
import type { KioskDeps } from '../deps.ts';
import { knownMedia } from '../members/verifier.ts';
import { recordSettled, recordWiped } from '../rent/records.ts';
import { type RentalRow, rentals } from '../rent/tables.ts';
import type { MediumFacts } from '../session/state.ts';

export interface Visit {
  readonly facts: MediumFacts;
  readonly owner: 'known' | 'unknown';
  /** The hub's recommendations for the medium's member, behind those that stand on it. */
  readonly more: readonly Recommendation[];
}

/**
 * A medium was put in: read what it says, settle held copies first (RNT-6), open its recommendations (RET-6, also without the hub), and ask
 * whose it is. Nothing else is written. `settling` wraps what power-cycles the port.
 */
export async function visitMedium(
  deps: KioskDeps,
  settling: <T>(work: () => Promise<T>) => Promise<T> = (work) => work(),
): Promise<Result<Visit, MediumTrouble>> {
  const first = await deps.media.inspect();
  if (!first.ok) {
    tellHostileMedium(deps.runtime, first.error);
    return first;
  }
  tellForgedCopies(deps.runtime, first.value.copies);
  if (first.value.readOnly) return fault('medium_read_only', 'the medium cannot be written');
  if (first.value.copiesOnWrite)
    return fault('medium_copies_on_write', `${first.value.fileSystem} does not overwrite in place`);
  const held = first.value.copies.some((copy) => mayBeHeld(deps, copy));
  const settled = held ? await settling(() => settleHeldCopies(deps, first.value)) : [];
  const seen = settled.length === 0 ? first : await deps.media.inspect();
  if (!seen.ok) return seen;
  const report = seen.value;
  const written = await recommendationsOn(deps, report);
  carryOpenings(deps.runtime, report);
  const owner = await askOwner(deps, report);
  return ok({ facts: factsOf(deps, report, written ?? [], settled), owner: owner.owner, more: owner.more });
}

/** Opened with the newest key of the fleet, or a former one (SEC-3); null: none stand there, or none that the fleet wrote. */
async function recommendationsOn(
  deps: KioskDeps,
  { recommendations }: MediumReport,
): Promise<readonly Recommendation[] | null> {
  const bundle = deps.runtime.bundle();
  if (recommendations === null || bundle === null) return null;
  const keys = [bundle.fleetReadKey, ...(bundle.formerReadKeys ?? [])];
  const opened = await deps.media.openRecommendations(recommendations, keys);
  if (opened === 'forged') tellForgedRecommendations(deps.runtime);
  return typeof opened === 'string' ? null : opened;
}

function factsOf(
  deps: KioskDeps,
  report: MediumReport,
  recommendations: readonly Recommendation[],
  settled: MediumFacts['settled'],
): MediumFacts {
  return {
    mediumId: report.identity?.mediumId ?? null,
    accessKey: report.identity?.accessKey ?? null,
    mediumClass: report.controllerId === null ? 'plain' : 'secure',
    controllerId: report.controllerId,
    controllerRevoked: tellRevokedController(deps.runtime, report.controllerId),
    fileSystem: report.fileSystem,
    freeBytes: report.space.freeBytes + spentBytes(report),
    totalBytes: report.space.totalBytes,
    largestFileBytes: report.space.largestFileBytes,
    players: report.players.map(({ playerId, name, recipient, signingKey, jws }) => ({
      playerId,
      name,
      recipient,
      signingKey,
      jws,
    })),
    titles: report.copies
      .filter((copy) => copy.condition === 'active')
      .flatMap((copy) => (copy.licence === null ? [] : [copy.licence.keyturn.titleId as TitleId])),
    unsettled: report.copies.filter((copy) => copy.condition === 'held').length,
    recommendations,
    settled,
  };
}

/** Content of copies without a key is cleared by the next write: for the customer it is free space. */
const spentBytes = (report: MediumReport): number =>
  report.copies
    .filter(
      (copy) => copy.condition === 'returned' || copy.condition === 'void' || copy.condition === 'unfinished',
    )
    .reduce((sum, copy) => sum + copy.contentBytes, 0);

/**
 * Its key was begun and never proven. Where the stop came before the first byte of the key, the medium shows only a copy without one, and the hub holds its
 * rental all the same: the kiosk that wrote it knows better, any other one tells.
 */
function mayBeHeld({ runtime }: KioskDeps, { condition, licence }: CopyOnMedium): boolean {
  if (condition === 'held') return true;
  if (condition !== 'unfinished' || licence === null) return false;
  const { terminal, rentalId } = licence.keyturn;
  return terminal !== runtime.identity.terminalId || runtime.store.get(rentals, rentalId)?.stage === 'held';
}

/** RNT-6: seen again complete: active from now; incomplete: wiped, void. Any kiosk settles any kiosk's held copy. */
async function settleHeldCopies(deps: KioskDeps, report: MediumReport): Promise<MediumFacts['settled']> {
  const { runtime } = deps;
  const settled: MediumFacts['settled'][number][] = [];
  for (const copy of report.copies) {
    if (copy.licence === null || copy.licenceJws === null || !mayBeHeld(deps, copy)) continue;
    const { rentalId, titleId } = copy.licence.keyturn;
    const own = runtime.store.get(rentals, rentalId);
    // The kiosk's own COMMIT is the truth: the medium was pulled only after it (RNT-1).
    if (own?.stage === 'active') continue;
    await deps.door.lock();
    try {
      const outcome = await deps.media.settle({
        copyId: copy.copyId,
        verification: runtime.config().verification,
        chunkIndices: own?.keyBegun?.chunkHashes.map((one) => one.index) ?? [],
        intents: settlingIntents(runtime, rentalId, own),
      });
      if (outcome.kind === 'active') settled.push({ titleId, outcome: 'complete' });
      if (outcome.kind === 'void') {
        recordWiped(runtime, rentalId, own, copy.licenceJws);
        settled.push({ titleId, outcome: 'wiped' });
      }
    } finally {
      await deps.door.release();
    }
  }
  return settled;
}

/** The rental's own row was written long ago: only the end of settling is recorded. */
const settlingIntents = (
  runtime: KioskDeps['runtime'],
  rentalId: RentalId,
  own: RentalRow | null,
): CopyIntents => ({
  recordIntent: async () => {},
  recordSlotBegin: async () => {},
  recordHeld: async () => {},
  recordFailed: async () => {},
  recordCommit: async (commit) => recordSettled(runtime, rentalId, own, commit),
});

async function askOwner(deps: KioskDeps, report: MediumReport): Promise<Pick<Visit, 'owner' | 'more'>> {
  if (report.identity === null) return { owner: 'unknown', more: [] };
  const { mediumId, accessKey } = report.identity;
  const answer = await deps.runtime.hub.identifyMedium({ mediumId, accessKey });
  if (answer.ok)
    return {
      owner: answer.value.memberToken === null ? 'unknown' : 'known',
      more: answer.value.recommendations,
    };
  return { owner: deps.runtime.store.get(knownMedia, mediumId) === null ? 'unknown' : 'known', more: [] };
}
