import type { OpenAPIHono } from '@hono/zod-openapi';
import { pairByCode } from '#hub/app/members/pairing.ts';
import { addPlayer, removePlayer } from '#hub/app/members/players.ts';
import { sessionView } from '#hub/app/members/session-view.ts';
import { memberOfSession } from '#hub/app/members/sessions.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import type { MemberRow, TerminalRow } from '#hub/ports/rows/index.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import * as api from '#shared/protocol/terminal-api.ts';
import type { TerminalDeps } from './deps.ts';
import { terminalOf } from './guard.ts';

const tag = 'terminal';

/** The member's players, changed at a terminal where the member is signed in with the PIN (SEC-6). */
export function playerRoutes(app: OpenAPIHono, deps: TerminalDeps): void {
  const { stores } = deps.db;
  const view = async (member: MemberRow, terminal: TerminalRow, token: string) =>
    ok(await sessionView(deps, member, terminal, token));
  endpoint(
    app,
    {
      method: 'post',
      path: '/members/players/add',
      summary: 'PLY-1: takes on a player whose key was found on the medium.',
      tag,
      body: api.addPlayerRequest,
      answer: api.memberSession,
    },
    async ({ body, c }) => {
      const terminal = terminalOf(c);
      const member = await memberOfSession(deps, stores, body.sessionToken, terminal.terminalId);
      if (!member.ok) return member;
      const { memberId } = member.value;
      const wanted = { memberId, jws: body.playerKey, mediumId: body.mediumId, by: 'medium' } as const;
      const added = await addPlayer(deps, `terminal:${terminal.terminalId}`, wanted);
      return added.ok ? view(member.value, terminal, body.sessionToken) : added;
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/members/players/pair',
      summary: 'SEC-6: takes on the player that shows this code at home.',
      tag,
      body: api.pairPlayerRequest,
      answer: api.memberSession,
    },
    async ({ body, c }) => {
      const terminal = terminalOf(c);
      const { terminalId } = terminal;
      const member = await memberOfSession(deps, stores, body.sessionToken, terminalId);
      if (!member.ok) return member;
      // Codes are not tried out either: refused ones count with refused numbers.
      const paused = deps.guessing.pausedFor(terminalId);
      if (paused > 0) return fault('sign_in_paused', 'too many wrong codes', { seconds: paused });
      const paired = await pairByCode(
        deps,
        `terminal:${terminalId}`,
        member.value.memberId,
        body.code,
        'code',
      );
      if (!paired.ok && paired.error.code === 'pairing_code_unknown') deps.guessing.refused(terminalId);
      return paired.ok ? view(member.value, terminal, body.sessionToken) : paired;
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/members/players/remove',
      summary: 'SEC-6: nothing is written for this player any more.',
      tag,
      body: api.removePlayerRequest,
      answer: api.memberSession,
    },
    async ({ body, c }) => {
      const terminal = terminalOf(c);
      const member = await memberOfSession(deps, stores, body.sessionToken, terminal.terminalId);
      if (!member.ok) return member;
      const removed = await removePlayer(
        deps,
        `terminal:${terminal.terminalId}`,
        member.value.memberId,
        body.playerId,
      );
      return removed.ok ? view(member.value, terminal, body.sessionToken) : removed;
    },
  );
}
