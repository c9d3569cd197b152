import { type Visit, visitMedium } from '#return-terminal/app/medium/visit.ts';
import { askAdvice } from '#return-terminal/app/returning/next-visit.ts';
import type { PointsPurse } from '#return-terminal/app/returning/pay.ts';
import { type ReturnedCopy, returnCopies } from '#return-terminal/app/returning/return-copies.ts';
import { settleVoids } from '#return-terminal/app/returning/settle.ts';
import type { LineChange } from '#return-terminal/app/session/state.ts';
import type { Trouble } from '#return-terminal/app/trouble.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import type { TestTerminal } from './a-terminal.ts';
import { conditionsOf } from './conditions.ts';

export { conditionsOf };

export interface Walk {
  readonly visit: Visit;
  readonly returned: readonly ReturnedCopy[];
  readonly advised: boolean;
  readonly lines: ReadonlyMap<CopyId, LineChange>;
  readonly declined: readonly Trouble[];
}

/** One customer's whole way without a screen: medium read, all that can be returned chosen, paid, destroyed. */
export async function walk(
  terminal: TestTerminal,
  options: {
    readonly purse?: PointsPurse;
    readonly onDeclined?: (trouble: Trouble) => 'again' | 'later';
    readonly onLine?: (copyId: CopyId, change: LineChange) => void;
    readonly stars?: number;
  } = {},
): Promise<Walk> {
  const seen = await visitMedium(terminal.deps);
  assert(seen.ok, seen.ok ? '' : seen.error.code);
  const visit = seen.value;
  const lines = new Map<CopyId, LineChange>();
  const declined: Trouble[] = [];
  const chosen = visit.copies.filter((copy) => copy.accepted !== null).map((copy) => copy.copyId);
  const token = visit.copies[0]?.memberToken ?? null;
  const done = await returnCopies(terminal.deps, visit, chosen, {
    purse: options.purse ?? null,
    atReader: () => {},
    declined: async (trouble) => {
      declined.push(trouble);
      return options.onDeclined?.(trouble) ?? 'later';
    },
    line: (copyId, change) => {
      lines.set(copyId, { ...lines.get(copyId), ...change });
      options.onLine?.(copyId, change);
    },
    destroying: () => {},
    advice: token === null ? Promise.resolve(null) : askAdvice(terminal.deps, token),
    stars: () => options.stars ?? null,
  });
  await settleVoids(terminal.deps);
  return { visit, ...done, lines, declined };
}
