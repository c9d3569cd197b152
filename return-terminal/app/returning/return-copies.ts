import { assert } from '#shared/kernel/assert.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { zero } from '#shared/kernel/money.ts';
import type { MediaProgress } from '#shared/media/orders.ts';
import type { ReturnDeps } from '../deps.ts';
import type { Visit } from '../medium/visit.ts';
import { copyOf } from '../medium/visit.ts';
import type { PaidPart } from '../session/contract.ts';
import type { LineChange } from '../session/state.ts';
import { type Trouble, troubleOf } from '../trouble.ts';
import { abandonRow } from './abandon.ts';
import { destroyCopy } from './destroy.ts';
import { type Advice, leaveAdvice, leaveList, type Returned } from './next-visit.ts';
import type { OpenCopy } from './open.ts';
import { balanceOf, lessPoints, meansAfter, type PayInput, type PointsPurse, payReturn } from './pay.ts';
import { receiptFacts } from './receipt-facts.ts';
import type { ReturnRow } from './tables.ts';

export interface ReturnInput extends Omit<PayInput, 'points'> {
  readonly purse: PointsPurse | null;
  readonly line: (copyId: CopyId, change: LineChange) => void;
  /** Everything is authorised: the destruction begins. */
  readonly destroying: () => void;
  /** What the hub recommends; null while it is away. Asked while the keys are destroyed. */
  readonly advice: Promise<Advice | null>;
  /** Stars given so far, by copy: offline recommendations heed them. */
  readonly stars: (copyId: CopyId) => number | null;
}

export interface ReturnedCopy {
  readonly copy: OpenCopy;
  readonly row: ReturnRow;
}

/** After these the medium is out of reach: copies not yet begun stay what they were. */
const MEDIUM_GONE = new Set(['medium_missing', 'medium_pulled', 'medium_swapped', 'medium_read_only']);

/**
 * Returns the chosen copies of a visit, each with its own payment and receipt: first all are authorised, then one after the other is destroyed and
 * captured (PAY-1: three copies, pulled after two: two captured). What is owed back is for `settleVoids`, later: nobody waits for it. At last recommendations are left on the medium (RET-6). Never throws for
 * anything that medium, card or hub do.
 */
export async function returnCopies(
  deps: ReturnDeps,
  visit: Visit,
  chosen: readonly CopyId[],
  input: ReturnInput,
): Promise<{ readonly returned: readonly ReturnedCopy[]; readonly advised: boolean }> {
  const copies = chosen.flatMap((copyId) => copyOf(visit, copyId) ?? []);
  await payAll(deps, copies, input);
  await deps.door.lock();
  try {
    input.destroying();
    const returned = await destroyAll(deps, copies, input);
    const advised = returned.length > 0 && (await advise(deps, visit, returned, input));
    await leaveList(deps);
    return { returned, advised };
  } finally {
    await deps.door.release();
  }
}

async function payAll(deps: ReturnDeps, copies: readonly OpenCopy[], input: ReturnInput): Promise<void> {
  let points = input.purse;
  const balance = balanceOf(copies);
  let fromBalance = 0;
  /** The customer said "later" once: no card is asked for the other copies. */
  let later = false;
  for (const copy of copies) {
    input.line(copy.copyId, { work: 'paying' });
    const row = await payReturn(
      deps,
      { ...copy, means: meansAfter(copy.means, balance, fromBalance) },
      {
        points,
        atReader: input.atReader,
        declined: async (trouble) => {
          const answer = later ? 'later' : await input.declined(trouble);
          later = answer === 'later';
          return answer;
        },
        askCard: !later,
      },
    );
    points = lessPoints(points, row);
    fromBalance += row.parts.find((part) => part.means === 'prepaid')?.amount.minor ?? 0;
    input.line(copy.copyId, { work: 'paid', paid: paidParts(row), due: row.due });
  }
}

async function destroyAll(
  deps: ReturnDeps,
  copies: readonly OpenCopy[],
  input: ReturnInput,
): Promise<readonly ReturnedCopy[]> {
  const returned: ReturnedCopy[] = [];
  let gone: Trouble | null = null;
  for (const copy of copies) {
    const { accepted } = copy;
    assert(accepted !== null, 'only accepted copies are chosen');
    if (gone !== null) {
      abandonRow(deps.runtime, accepted.returnId);
      input.line(copy.copyId, { work: 'abandoned', paid: [], due: null, trouble: gone });
      continue;
    }
    const outcome = await destroyCopy(deps, accepted, (progress) =>
      input.line(copy.copyId, progressChange(progress)),
    );
    if (outcome.kind === 'destroyed') {
      returned.push({ copy, row: outcome.row });
      input.line(copy.copyId, await destroyedChange(deps, outcome.row));
      continue;
    }
    const torn = troubleOf({ code: 'return_torn' });
    const trouble = outcome.kind === 'torn' ? { ...torn, detail: outcome.trouble.detail } : outcome.trouble;
    input.line(copy.copyId, { work: outcome.kind, paid: [], due: null, trouble });
    if (MEDIUM_GONE.has(outcome.trouble.code)) gone = troubleOf({ code: 'return_abandoned' });
  }
  return returned;
}

/** True progress: overwriting is the first half of the work, the read-back after the power cycle the second (RET-3). */
function progressChange({ phase, bytesDone, bytesTotal }: MediaProgress): LineChange {
  const part = bytesTotal === 0 ? 0 : bytesDone / bytesTotal;
  if (phase === 'done') return { work: 'reading_back', progress: 1 };
  return phase === 'reading-back'
    ? { work: 'reading_back', progress: 0.5 + part / 2 }
    : { work: 'overwriting', progress: part / 2 };
}

export const paidParts = (row: ReturnRow): readonly PaidPart[] =>
  row.parts.map(({ means, amount, points, maskedCard }) => ({ means, amount, points, maskedCard }));

export async function destroyedChange(deps: ReturnDeps, row: ReturnRow): Promise<LineChange> {
  return {
    work: 'destroyed',
    progress: 1,
    paid: paidParts(row),
    due: row.due ?? zero(row.total?.currency ?? 'EUR'),
    receipt: await receiptFacts(deps.runtime, row),
    trouble: null,
  };
}

async function advise(
  deps: ReturnDeps,
  visit: Visit,
  copies: readonly ReturnedCopy[],
  input: ReturnInput,
): Promise<boolean> {
  const memberToken = copies[0]?.copy.memberToken;
  if (memberToken === undefined || memberToken === null) return false;
  const returned: readonly Returned[] = copies.map(({ copy, row }) => ({
    titleId: row.titleId,
    stars: input.stars(copy.copyId),
  }));
  return leaveAdvice(deps, {
    memberToken,
    mediumId: visit.report.identity?.mediumId ?? null,
    advice: await input.advice,
    returned,
  });
}
