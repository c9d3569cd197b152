import type { Context, MiddlewareHandler } from 'hono';
import type { TerminalGate } from '#hub/app/enrolment/gate.ts';
import { problem } from '#hub/http/problem.ts';
import type { TerminalRow } from '#hub/ports/rows/index.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Peer } from '#shared/tls/peer.ts';

const TERMINALS = new WeakMap<Request, TerminalRow>();

/** Lets only terminals of the fleet in, by the certificate of their connection (SEC-1, SEC-2); asked anew for each question. */
export function terminalGuard(deps: {
  readonly gate: Pick<TerminalGate, 'admitCertificate'>;
  readonly peerOf: (c: Context) => Peer | null;
  readonly clock: Pick<Clock, 'now'>;
}): MiddlewareHandler {
  return async (c, next) => {
    const peer = deps.peerOf(c);
    if (peer === null)
      return problem(c, { code: 'terminal_unknown', message: 'a terminal shows its certificate' });
    const admitted = await deps.gate.admitCertificate(peer.fingerprint, deps.clock.now(), peer.chain);
    if (!admitted.ok) return problem(c, admitted.error);
    if (admitted.value.terminalId !== peer.id)
      return problem(c, { code: 'terminal_unknown', message: 'the certificate names another terminal' });
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
