import { sameClosure } from '#hub/app/sites/sites.ts';
import type { World } from '../world/world.ts';

const MOST = 1_000_000;

/** Which account pays for what staff give. */
const PAYS = { complaint_refund: 'goodwill', written_off: 'bad_debt' } as const;
const RULES = { complaint_refund: 'RNT-8', written_off: 'LED-2' } as const;

/**
 * RNT-8, LED-2: what staff gave back or gave up is in the books once, for the rental or the member that they meant: the house pays it, and the member has it. Beside that
 * stands what the rental costs, which `books.ts` judges.
 */
export async function deedsInBooks(world: World): Promise<readonly string[]> {
  const wrong: string[] = [];
  const booked = await givenIn(world);
  for (const [key, deed] of world.deeds) {
    const { of, done } = deed;
    if (deed.reason === 'closure') continue;
    const { reason, minor } = deed;
    const found = booked.filter((one) => one.key === key);
    const said = `${RULES[reason]}: ${key}: staff gave ${minor} for ${of}`;
    if (found.length > 1 || (done && found.length === 0)) wrong.push(`${said}, booked ${found.length} times`);
    for (const one of found)
      if (one.reason !== reason || one.of !== of || one.paid !== minor || one.had !== minor)
        wrong.push(`${said}, booked are ${one.paid} of the house and ${one.had} of the member for ${one.of}`);
  }
  for (const { key, reason } of booked)
    if (!world.deeds.has(key)) wrong.push(`${RULES[reason]}: ${key} is booked and nobody did it`);
  return wrong;
}

/** CHG-4: a closure is in the frozen calendar of every rental that it concerns, whether it was entered before, meanwhile or afterwards; what they cost with it is the oracle's (`books.ts`). */
export async function closuresInRentals({ deeds, database }: World): Promise<readonly string[]> {
  const closed = await database.stores.rentals.list({ status: 'closed' }, { limit: MOST });
  return [...deeds.values()].flatMap((deed) =>
    deed.reason === 'closure' && deed.done
      ? closed
          .filter(({ siteId }) => siteId === deed.of)
          .filter(({ calendar }) => !calendar.closures.some((one) => sameClosure(one, deed.closure)))
          .map(({ rentalId }) => `CHG-4: ${rentalId} does not know that its shop closed ${deed.closure.from}`)
      : [],
  );
}

interface Given {
  readonly key: string;
  readonly reason: keyof typeof PAYS;
  readonly of: string;
  readonly paid: number;
  readonly had: number;
}

async function givenIn({ database, shop }: World): Promise<readonly Given[]> {
  const { ledger } = database.stores;
  const ids = new Set<string>();
  for (const { memberId } of shop.members)
    for (const { transfer } of await ledger.lines({ memberId }, { limit: MOST, offset: 0 }))
      if (Object.hasOwn(PAYS, transfer.reason)) ids.add(transfer.transferId);
  return (await ledger.contents([...ids])).map(({ transfer, entries }) => {
    const reason = transfer.reason as keyof typeof PAYS;
    const sum = (kind: string): number =>
      entries
        .filter(({ accountId }) => accountId.startsWith(kind))
        .reduce((total, { amount }) => total + amount, 0);
    return {
      ...{ key: String(transfer.detail.key), reason, of: transfer.rentalId ?? transfer.memberId ?? '' },
      ...{ paid: sum(PAYS[reason]), had: -sum('member_') },
    };
  });
}
