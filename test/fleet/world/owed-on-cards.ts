import { payments } from '#kiosk/app/members/top-up.ts';
import { holdVoids, rentals } from '#kiosk/app/rent/tables.ts';
import { owedVoids, returns } from '#return-terminal/app/returning/tables.ts';
import type { EdgeReader } from '#shared/edge/store.ts';

/**
 * Whether a terminal still has to give back or take something on a card (PAY-1). Its disk alone knows: the hub hears of a hold once the
 * rental has started, and no reader tells what it holds.
 */
export const owesOnCards = (disk: EdgeReader): boolean =>
  disk.list(holdVoids, { limit: 1 }).length > 0 ||
  disk.list(payments, { limit: 1 }).length > 0 ||
  disk.list(rentals).some(({ value: { stage, hold } }) => stage === 'held' && hold !== null) ||
  disk.list(owedVoids, { limit: 1 }).length > 0 ||
  disk.list(returns).some(({ value: { stage } }) => stage === 'destroyed');
