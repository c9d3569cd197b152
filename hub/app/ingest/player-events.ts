import { recordSittings } from '#hub/app/members/openings.ts';
import { takeOnPlayer } from '#hub/app/members/players.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { EventData } from '#shared/protocol/events.ts';
import { type Applying, EventRefused, memberOf } from './context.ts';

/**
 * PLY-1: the member took on a player whose key was on the medium, at a kiosk without the hub. One too many, or one that became somebody else's
 * meanwhile, is not taken on: the member sees at the next visit which players are there.
 */
export async function playerSeen(applying: Applying, data: EventData<'player.seen'>): Promise<void> {
  const { player } = applying.read;
  assert(player !== null, 'read with its key');
  const { stores, now } = applying;
  const medium = await stores.media.find({ mediumId: data.mediumId });
  const named = data.memberToken === null ? null : (await memberOf(applying, data.memberToken)).memberId;
  const memberId = named ?? medium?.memberId ?? null;
  if (memberId === null) return;
  const taken = await takeOnPlayer(stores, {
    memberId,
    player,
    jws: data.playerKey,
    mediumId: data.mediumId,
    by: 'medium',
    now,
  });
  if (!taken.ok && taken.error.code === 'player_contradicts')
    throw new EventRefused('player_contradicts', 'this player is known with another key');
}

/** SEC-8: sittings of a player with copies, carried by a terminal. What another key signed says nothing about the player it names. */
export async function playerOpenings(applying: Applying, data: EventData<'player.openings'>): Promise<void> {
  const { openings } = applying.read;
  assert(openings !== null, 'read with its openings');
  if (openings.payload.mediumId !== data.mediumId)
    throw new EventRefused('openings_other_medium', 'the openings belong to another medium');
  const { payload, signingKey } = openings;
  await recordSittings(applying.stores, {
    playerId: payload.playerId,
    signingKey,
    sittings: payload.openings.map((one) => ({ ...one, mediumId: payload.mediumId })),
    carriedBy: applying.terminalId,
    now: applying.now,
    newId: applying.newId,
  });
}
