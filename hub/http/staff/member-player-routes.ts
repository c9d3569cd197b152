import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import { pairByCode } from '#hub/app/members/pairing.ts';
import { playersOf, removePlayer } from '#hub/app/members/players.ts';
import * as contract from '#hub/http/contract/members.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import type { MemberId } from '#shared/kernel/ids.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { playerId } from '#shared/media/player-key.ts';
import type { StaffDeps } from './deps.ts';
import { actorOf } from './guard.ts';

const tag = 'members';
const oneMember = z.object({ memberId: contract.memberId.transform((id) => id as MemberId) });

/** SEC-6: a member's players, kept at the counter by staff who have made sure who it is. */
export function memberPlayerRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  const { stores } = deps.db;
  endpoint(
    app,
    {
      method: 'post',
      path: '/members/{memberId}/players',
      summary: 'SEC-6: takes on the player that shows this code at home.',
      tag,
      params: oneMember,
      body: contract.pairBody,
      answer: contract.memberPlayer,
    },
    async ({ params: { memberId }, body, c }) => {
      const member = await stores.members.find({ memberId });
      if (member === null || member.state === 'deleted')
        return fault('member_missing', 'there is no member of this id');
      const paired = await pairByCode(deps, actorOf(c), memberId, body.code, 'staff');
      if (!paired.ok) return paired;
      const all = await playersOf(stores, memberId);
      const added = all.find((one) => one.playerId === paired.value.playerId);
      return added === undefined
        ? fault('player_missing', 'it was removed meanwhile')
        : ok(memberPlayerOf(added));
    },
  );
  endpoint(
    app,
    {
      method: 'delete',
      path: '/members/{memberId}/players/{playerId}',
      summary: 'SEC-6: nothing is written for this player any more.',
      tag,
      params: oneMember.extend({ playerId }),
    },
    ({ params, c }) => removePlayer(deps, actorOf(c), params.memberId, params.playerId),
  );
}

export const memberPlayerOf = ({
  playerId,
  name,
  addedAt,
  addedBy,
}: Awaited<ReturnType<typeof playersOf>>[number]): contract.MemberPlayer => ({
  playerId,
  name,
  addedAt,
  addedBy,
});
