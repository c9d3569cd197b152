import type { Context, MiddlewareHandler } from 'hono';
import type { TerminalGate } from '#hub/app/enrolment/gate.ts';
import { problem } from '#hub/http/problem.ts';
import type { TerminalRow } from '#hub/ports/rows/index.ts';
import { assert } from '#shared/kernel/assert.ts';

/** Reads `Authorization: Basic`; null for anything else. */
export function basicCredentials(header: string | undefined): { name: string; secret: string } | null {
  const match = /^Basic ([A-Za-z0-9+/=]{1,600})$/.exec(header ?? '');
  const [, encoded] = match ?? [];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 1 ? null : { name: text.slice(0, colon), secret: text.slice(colon + 1) };
}

const TERMINALS = new WeakMap<Request, TerminalRow>();

/** Lets only enrolled terminals in (SEC-1); mutual TLS takes this place with the trust issue. */
export function terminalGuard(gate: TerminalGate): MiddlewareHandler {
  return async (c, next) => {
    const given = basicCredentials(c.req.header('authorization'));
    const admitted = given === null ? null : await gate.admit(given.name, given.secret);
    if (admitted === null)
      return problem(c, { code: 'terminal_unknown', message: 'a terminal says who it is' });
    if (!admitted.ok) return problem(c, admitted.error);
    TERMINALS.set(c.req.raw, admitted.value);
    await next();
  };
}

/** The terminal that asks; only behind the guard. */
export function terminalOf(c: Context): TerminalRow {
  const terminal = TERMINALS.get(c.req.raw);
  assert(terminal !== undefined, 'the route lies behind the terminal guard');
  return terminal;
}
