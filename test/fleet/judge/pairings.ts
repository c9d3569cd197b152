import type { PlayerKeyRow } from '#hub/ports/rows/index.ts';
import { type CodeBook, readAs } from '../people/codes.ts';
import type { World } from '../world/world.ts';

const MOST = 1_000_000;
/** From the tap on the screen to the hub's commit, and back. */
const ON_THE_WAY_MS = 5 * 60_000;

/**
 * SEC-6: a player is a member's by a code only where this very player showed it and this member typed it while it was good; it is nobody else's, and the code is worth nothing
 * afterwards. What a hub forgot that was set back (DESIGN §2) may be paired anew.
 */
export async function pairingsAtRest(world: World, book: CodeBook): Promise<readonly string[]> {
  const { playerKeys, playerPairings } = world.database.stores;
  const wrong: string[] = [];
  for (const row of await playerKeys.list({ addedBy: 'code', revoked: false }, { limit: MOST })) {
    const { playerId, memberId } = row;
    if (!typedFor(book, row))
      wrong.push(`SEC-6: player ${playerId} is ${memberId}’s by a code that was not good`);
    if ((await playerPairings.count({ playerId })) > 0)
      wrong.push(`SEC-6: the code that paired player ${playerId} still works`);
  }
  if (world.wire.faults.has('backup of yesterday restored')) return wrong;
  for (const [playerId, members] of book.owners) {
    const whose = (await playerKeys.find({ playerId }))?.memberId ?? null;
    for (const member of members)
      if (member !== whose)
        wrong.push(`SEC-6: a kiosk called player ${playerId} ${member}’s, and it is ${whose}’s`);
  }
  return wrong;
}

const typedFor = (book: CodeBook, { playerId, memberId, addedAt }: PlayerKeyRow): boolean =>
  book.typed.some(
    ({ code, by, at }) =>
      by === memberId &&
      Math.abs((addedAt ?? 0) - at) <= ON_THE_WAY_MS &&
      book.shown.some(
        (shown) =>
          shown.playerId === playerId &&
          readAs(shown.code) === readAs(code) &&
          shown.at <= at &&
          ((addedAt ?? 0) < shown.until || book.askedAgain(playerId, shown.at, at)),
      ),
  );
