import { type HttpListener, listenHttp } from '#shared/edge/drivers/http-listener.ts';
import type { TerminalParts } from '#shared/edge/drivers/terminal-parts.ts';
import { createTerminal } from '#shared/edge/runtime.ts';
import { createScreenApp } from '#shared/edge/screen-server.ts';
import type { TerminalRuntime } from '#shared/edge/terminal.ts';
import { terminalAlarm } from '#shared/edge/terminal-alarm.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { MediaDrive } from '#shared/ports/media-drive.ts';
import type { CardPayment } from '#shared/ports/payment.ts';
import type { ReceiptPrinter } from '#shared/ports/printer.ts';
import type { SlotDoor } from '#shared/ports/slot-door.ts';
import { returnBusiness } from './app/leaving.ts';
import { type ReturnSession, returnSession } from './app/session/machine.ts';

export const RETURN_TERMINAL_SOFTWARE = 'keyturn-return-terminal 0.1.0';

/** The hardware of a return terminal: real drivers, or simulated devices in demo, story and tests. */
export interface ReturnTerminalHardware {
  readonly drive: MediaDrive;
  readonly card: CardPayment;
  readonly printer: ReceiptPrinter;
  readonly door: SlotDoor;
}

export interface ReturnTerminalParts extends ReturnTerminalHardware {
  /** Identity, store, link to the hub, clock and log: `openTerminalParts` (shared/edge), or other technology in tests. */
  readonly terminal: TerminalParts;
  readonly port: number;
  /** Folder of the built page. */
  readonly uiFolder: string;
  readonly otherOrigins?: readonly string[];
  /** Ends the process so that it is started again (FLT-2). */
  readonly restart: () => void;
}

export interface ReturnTerminal {
  readonly session: ReturnSession;
  readonly runtime: TerminalRuntime;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Where the screen is served; known after `start`. */
  address(): string;
}

/** Puts a return terminal together; does nothing until `start`. Several may live in one process, each with its own home and port. */
export function createReturnTerminal(parts: ReturnTerminalParts): ReturnTerminal {
  const { drive, terminal } = parts;
  const { identity, clock, log } = terminal;
  const runtime: TerminalRuntime = createTerminal({
    ...terminal,
    drives: () => [
      {
        name: drive.name,
        state: drive.current() === null ? 'empty' : session.busy() ? 'busy' : 'inserted',
        fault: null,
      },
    ],
    temperatureCelsius: () => null,
    // Orders wait while a customer is there (FLT-2); looking at the log disturbs nobody.
    onCommand: (order) =>
      session.busy() && order.kind !== 'collect_logs' && order.kind !== 'fetch_title' ? 'later' : 'now',
    restart: parts.restart,
    business: { open: () => business.open(), settle: () => business.settle() },
  });
  const session = returnSession({ ...parts, runtime });
  const business = returnBusiness({ ...parts, runtime }, () => session.busy());
  const alarm = terminalAlarm(runtime);
  const app = createScreenApp({
    screen: session,
    assets: runtime.assets,
    clock,
    log,
    uiFolder: parts.uiFolder,
    otherOrigins: parts.otherOrigins ?? [],
    refused: (code) =>
      alarm(code, 'A page that is not this terminal’s tried to use its screen; it was refused.'),
    health: () => ({
      terminal: identity.terminalId,
      online: runtime.online(),
      bundle: runtime.bundle()?.version ?? null,
    }),
  });
  let listener: HttpListener | null = null;
  return {
    session,
    runtime,
    start: async () => {
      await runtime.start();
      await session.start();
      const listening = await listenHttp(app, parts.port);
      if (!listening.ok) throw new Error(`${listening.error.code}: ${listening.error.message}`);
      listener = listening.value;
    },
    stop: async () => {
      await session.stop();
      await listener?.close();
      listener = null;
      await runtime.stop();
    },
    address: () => {
      assert(listener !== null, 'a return terminal has an address once it is started');
      return `http://127.0.0.1:${listener.port}`;
    },
  };
}
