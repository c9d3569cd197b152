import {
  createTerminalProgram,
  type ProgramParts,
  type TerminalHardware,
  type TerminalProgram,
} from '#shared/edge/terminal-program.ts';
import type { ReturnDeps } from './app/deps.ts';
import { returnBusiness } from './app/leaving.ts';
import type { ReturnIntent, ReturnSnapshot } from './app/session/contract.ts';
import { type ReturnSession, returnSession } from './app/session/machine.ts';

export const RETURN_TERMINAL_SOFTWARE = 'keyturn-return-terminal 0.1.0';

export type ReturnTerminalHardware = TerminalHardware;
export type ReturnTerminalParts = ProgramParts & Pick<ReturnDeps, 'settleEvery'>;
export type ReturnTerminal = TerminalProgram<ReturnSession>;

/** A return terminal: the common program with returning in it. */
export const createReturnTerminal = (parts: ReturnTerminalParts): ReturnTerminal =>
  createTerminalProgram<ReturnSnapshot, ReturnIntent, ReturnSession>(parts, (runtime) => {
    const session = returnSession({ ...parts, runtime });
    return { session, business: returnBusiness({ ...parts, runtime }, () => session.busy()) };
  });
