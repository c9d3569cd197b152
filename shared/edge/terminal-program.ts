import { assert } from '#shared/kernel/assert.ts';
import { fault } from '#shared/kernel/result.ts';
import { epochMs } from '#shared/kernel/time.ts';
import type { MediaDrive } from '#shared/ports/media-drive.ts';
import type { CardPayment } from '#shared/ports/payment.ts';
import type { ReceiptPrinter } from '#shared/ports/printer.ts';
import type { SlotDoor } from '#shared/ports/slot-door.ts';
import { type HttpListener, listenHttp } from './drivers/http-listener.ts';
import { type TerminalFigures, terminalMetrics } from './drivers/terminal-metrics.ts';
import type { TerminalParts } from './drivers/terminal-parts.ts';
import { createTerminal, type TerminalDeps } from './runtime.ts';
import type { Screen } from './screen.ts';
import { createScreenApp } from './screen-server.ts';
import type { MakeSecureMedium, TerminalRuntime } from './terminal.ts';
import { terminalAlarm } from './terminal-alarm.ts';

/** The hardware of a terminal: real drivers, or simulated devices in demo, story and tests. */
export interface TerminalHardware {
  readonly drive: MediaDrive;
  readonly card: CardPayment;
  readonly printer: ReceiptPrinter;
  readonly door: SlotDoor;
}

export interface ProgramParts extends TerminalHardware {
  /** Identity, store, link to the hub, clock and log: `openTerminalParts`, or other technology in tests. */
  readonly terminal: TerminalParts;
  /** Null: no page is served; whoever holds the session speaks to it himself (the simulation). */
  readonly port: number | null;
  /** Folder of the built page. */
  readonly uiFolder: string;
  readonly otherOrigins?: readonly string[];
  /** Ends the process so that it is started again (FLT-2). */
  readonly restart: () => void;
}

/** A customer's session in the edge process. */
export interface TerminalSession<Snapshot, Intent> extends Screen<Snapshot, Intent> {
  start(): Promise<void>;
  /** OPS-1: begins nothing more; ends when the customer's running work is over and its outcome was seen. The page goes on showing it. */
  close(): Promise<void>;
  /** Ends after the customer's running work; nothing new begins. */
  stop(): Promise<void>;
  /** True while a customer is there: orders of the hub wait (FLT-2). */
  busy(): boolean;
}

export interface TerminalProgram<Session> {
  readonly session: Session;
  readonly runtime: TerminalRuntime;
  start(): Promise<void>;
  /** Before `stop`, where a customer may be there: see `TerminalSession.close`. */
  close(): Promise<void>;
  stop(): Promise<void>;
  /** Where the screen is served; known after `start`. */
  address(): string;
}

/** What a kind of terminal brings to the common runtime: its session, and its own business with the hub (FLT-3). */
export interface OwnWork<Session> {
  readonly session: Session;
  readonly business: TerminalDeps['business'];
  /** Carries out `make_secure_medium` (SEC-5); absent: this kind of terminal makes none. */
  readonly makeSecureMedium?: MakeSecureMedium;
}

/**
 * Puts a terminal together: runtime, session, screen server. Does nothing until `start`. Several may live in one process, each with its own
 * home and port.
 */
export function createTerminalProgram<Snapshot, Intent, Session extends TerminalSession<Snapshot, Intent>>(
  parts: ProgramParts,
  ownWork: (runtime: TerminalRuntime) => OwnWork<Session>,
): TerminalProgram<Session> {
  const { drive, terminal } = parts;
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
      (session.busy() || runtime.closing()) && order.kind !== 'collect_logs' && order.kind !== 'fetch_title'
        ? 'later'
        : 'now',
    restart: parts.restart,
    makeSecureMedium: async (order) =>
      makeSecureMedium?.(order) ?? fault('command_not_allowed', 'this terminal makes no media'),
    business: { open: () => business.open(), settle: () => business.settle() },
  });
  const { session, business, makeSecureMedium } = ownWork(runtime);
  const alarm = terminalAlarm(runtime);
  /** A return terminal serves with a full disk and an ended certificate (SYN-5, SEC-1), and no terminal needs the hub for it (SYN-1). */
  const notReady = (): readonly string[] => {
    const rents = runtime.identity.role === 'kiosk';
    const reasons = {
      closing: runtime.closing(),
      locked: runtime.locked(),
      store_full: rents && runtime.storageLevel() === 'full',
      certificate_expired: rents && runtime.certificateExpired(),
      no_bundle: rents && runtime.bundle() === null,
    };
    return Object.entries(reasons).flatMap(([reason, holds]) => (holds ? [reason] : []));
  };
  const figures = (): TerminalFigures => {
    const { store } = terminal;
    const [money, telemetry] = [store.position(0), store.position(1)];
    const oldest = [money.oldestAt, telemetry.oldestAt].filter((at) => at !== null);
    return {
      role: terminal.identity.role,
      software: terminal.software,
      now: terminal.clock.now(),
      online: runtime.online(),
      ready: notReady().length === 0,
      queue: {
        ...{ lane0: money.queued, lane1: telemetry.queued },
        oldestAt: oldest.length === 0 ? null : epochMs(Math.min(...oldest)),
      },
      storage: terminal.diskSpace(),
      cache: runtime.cache.totals(),
      certificateUntil: terminal.keeper.validity().to,
      stamp: runtime.stamp(),
      driveErrors: drive.ioErrors?.() ?? 0,
    };
  };
  const app = createScreenApp<Snapshot, Intent>({
    screen: session,
    assets: runtime.assets,
    clock: terminal.clock,
    log: terminal.log,
    uiFolder: parts.uiFolder,
    otherOrigins: parts.otherOrigins ?? [],
    refused: (code) =>
      alarm(code, 'A page that is not this terminal’s tried to use its screen; it was refused.'),
    notReady,
    metrics: terminalMetrics(figures),
    health: () => ({
      terminal: terminal.identity.terminalId,
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
      if (parts.port === null) return;
      const listening = await listenHttp(app, parts.port);
      if (!listening.ok) throw new Error(`${listening.error.code}: ${listening.error.message}`);
      listener = listening.value;
    },
    close: async () => {
      runtime.close();
      await session.close();
    },
    stop: async () => {
      await session.stop();
      await listener?.close();
      listener = null;
      await runtime.stop();
    },
    address: () => {
      assert(listener !== null, 'a terminal has an address once it is started');
      return `http://127.0.0.1:${listener.port}`;
    },
  };
}
