import type { Business } from '#shared/edge/leaving.ts';
import type { ReturnDeps } from './deps.ts';
import { captureOwed, settleVoids } from './returning/settle.ts';
import { owedVoids, type ReturnRow, returns } from './returning/tables.ts';

/**
 * What this terminal has open when it leaves the fleet (FLT-3). A torn return waits for its medium, perhaps for ever, and needs this terminal no more:
 * the medium carries the signed T0, the hub has accepted it, and any other terminal finishes it and takes the payment (RET-3).
 */
export function returnBusiness(deps: ReturnDeps, busy: () => boolean): Business {
  const { store } = deps.runtime;
  return {
    open: () => {
      const rows = store.list(returns).map(({ value }) => value);
      const owed = store.list(owedVoids).map(({ value: { key, amount } }) => ({ key, amount }));
      return {
        customer: busy(),
        unfinished: rows.filter(({ stage }) => UNDER_WAY.has(stage)).length,
        cards: [
          ...owed.map((one) => ({ kind: 'void' as const, ...one })),
          ...rows.flatMap(capturesOf).map((one) => ({ kind: 'capture' as const, ...one })),
        ],
        elsewhere: { held: 0, torn: rows.filter(({ stage }) => stage === 'torn').length },
      };
    },
    settle: async () => {
      await captureOwed(deps);
      await settleVoids(deps);
    },
  };
}

const UNDER_WAY = new Set<ReturnRow['stage']>(['accepted', 'paying', 'intent']);

const capturesOf = ({ stage, parts, settled }: ReturnRow) =>
  stage !== 'destroyed'
    ? []
    : parts
        .filter(({ means, key }) => means !== 'points' && means !== 'prepaid' && !settled.includes(key))
        .map(({ key, amount }) => ({ key, amount }));
