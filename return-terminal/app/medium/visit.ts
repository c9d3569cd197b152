import { carryOpenings } from '#shared/edge/openings.ts';
import { tellForgedCopies, tellHostileMedium, tellRevokedController } from '#shared/edge/terminal-alarm.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { ok, type Result } from '#shared/kernel/result.ts';
import { inspectMedium } from '#shared/media/inspect-medium.ts';
import type { MediumReport, MediumTrouble } from '#shared/media/orders.ts';
import { mediaOf, type ReturnDeps } from '../deps.ts';
import { type OpenCopy, openCopy } from '../returning/open.ts';

/** One insertion of a medium: what it says, and a return for every copy on it, T0 fixed. */
export interface Visit {
  readonly report: MediumReport;
  readonly copies: readonly OpenCopy[];
}

/** Copies that never held a key that could be returned. */
const WITHOUT_RETURN = new Set(['unfinished', 'void']);

/**
 * A medium was put in: reads it and takes every copy for return (CHG-1: T0 is now, for all of them at once). Nothing is written to the
 * medium; what the customer does not return after all is given up again.
 */
export async function visitMedium(deps: ReturnDeps): Promise<Result<Visit, MediumTrouble>> {
  const seen = await inspectMedium(mediaOf(deps));
  if (!seen.ok) {
    tellHostileMedium(deps.runtime, seen.error);
    return seen;
  }
  const report = seen.value;
  tellForgedCopies(deps.runtime, report.copies);
  tellRevokedController(deps.runtime, report.controllerId);
  carryOpenings(deps.runtime, report);
  const copies: OpenCopy[] = [];
  /** The hub is asked once and again only where it answered: several copies never wait for it one after the other. */
  let away = false;
  for (const copy of report.copies) {
    if (WITHOUT_RETURN.has(copy.condition)) continue;
    const opened = await openCopy(deps, copy, { askHub: !away });
    if (opened.offline) away = true;
    copies.push(opened);
  }
  return ok({ report, copies });
}

export const copyOf = (visit: Visit, copyId: CopyId): OpenCopy | null =>
  visit.copies.find((copy) => copy.copyId === copyId) ?? null;
