import type { Business } from '#shared/edge/leaving.ts';
import type { KioskDeps } from './deps.ts';
import { payments, recoverPayments } from './members/top-up.ts';
import { settleHoldVoids, voidOf } from './rent/holds.ts';
import { holdVoids, rentals } from './rent/tables.ts';

/**
 * What this kiosk has open when it leaves the fleet (FLT-3). Copies that are held go on at whichever kiosk sees their medium: the hub knows all of
 * them; only what was held on the card for one is known here alone, so it is given back.
 */
export function kioskBusiness(deps: Pick<KioskDeps, 'runtime' | 'card'>, busy: () => boolean): Business {
  const { runtime } = deps;
  const { store } = runtime;
  return {
    open: () => {
      const stages = store.list(rentals).map(({ value }) => value.stage);
      const held = stages.filter((stage) => stage === 'held').length;
      const done = stages.filter((stage) => stage === 'active').length;
      const owed = store.list(holdVoids).map(({ value: { key, amount } }) => ({ key, amount }));
      const paid = store.list(payments).map(({ value: { key, amount } }) => ({ key, amount }));
      return {
        customer: busy(),
        unfinished: stages.length - held - done,
        cards: [
          ...owed.map((one) => ({ kind: 'void' as const, ...one })),
          ...paid.map((one) => ({ kind: 'payment' as const, ...one })),
        ],
        elsewhere: { held, torn: 0 },
      };
    },
    settle: async () => {
      runtime.record((tx) => {
        for (const { key, value: row } of tx.list(rentals)) {
          if (row.stage !== 'held' || row.hold === null) continue;
          tx.put(holdVoids, key, voidOf(row.rentalId, row.hold.authorisationId, row.holdAmount));
          tx.put(rentals, key, { ...row, hold: null });
        }
      });
      await settleHoldVoids(deps);
      await recoverPayments(deps);
    },
  };
}
