import { type HttpListener, listenHttp } from '#shared/edge/drivers/http-listener.ts';
import type { TerminalParts } from '#shared/edge/drivers/terminal-parts.ts';
import type { TerminalIdentity } from '#shared/edge/identity.ts';
import { createTerminal } from '#shared/edge/runtime.ts';
import { createScreenApp } from '#shared/edge/screen-server.ts';
import type { TerminalRuntime } from '#shared/edge/terminal.ts';
import { terminalAlarm } from '#shared/edge/terminal-alarm.ts';
import { assert } from '#shared/kernel/assert.ts';
import { fault } from '#shared/kernel/result.ts';
import { inspectMedium } from '#shared/media/inspect-medium.ts';
import type { MediaDeps } from '#shared/media/orders.ts';
import { openRecommendations } from '#shared/media/recommendations.ts';
import { leaveRevocations } from '#shared/media/revocation-list.ts';
import { leaveRevokedPlayers } from '#shared/media/revoked-players.ts';
import { settleHeld } from '#shared/media/settle-held.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import { writeCopy } from '#shared/media/write-copy.ts';
import type { MediaDrive } from '#shared/ports/media-drive.ts';
import type { CardPayment } from '#shared/ports/payment.ts';
import type { ReceiptPrinter } from '#shared/ports/printer.ts';
import type { SlotDoor } from '#shared/ports/slot-door.ts';
import { type Recommendation, recommendation } from '#shared/protocol/terminal-api.ts';
import type { MediaWork } from './app/deps.ts';
import { kioskBusiness } from './app/leaving.ts';
import { PIN_COST } from './app/members/verifier.ts';
import type { KioskSession } from './app/session/machine.ts';
import { kioskSession } from './app/session/machine.ts';

export const KIOSK_SOFTWARE = 'keyturn-kiosk 0.1.0';

/** The hardware of a kiosk: real drivers, or simulated devices in demo, story and tests. */
export interface KioskHardware {
  readonly drive: MediaDrive;
  readonly card: CardPayment;
  readonly printer: ReceiptPrinter;
  readonly door: SlotDoor;
}

export interface KioskParts extends KioskHardware {
  /** Identity, store, link to the hub, clock and log: `openTerminalParts` (shared/edge), or other technology in tests. */
  readonly terminal: TerminalParts;
  readonly port: number;
  /** Folder of the built page. */
  readonly uiFolder: string;
  readonly otherOrigins?: readonly string[];
  /** A medium that writes slower than this is refused; 0: never. */
  readonly minimumBytesPerSecond: number;
  /** Ends the process so that it is started again (FLT-2). */
  readonly restart: () => void;
}

export interface Kiosk {
  readonly session: KioskSession;
  readonly runtime: TerminalRuntime;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Where the screen is served; known after `start`. */
  address(): string;
}

/** Puts a kiosk together; does nothing until `start`. Several may live in one process, each with its own home and port. */
export function createKiosk(parts: KioskParts): Kiosk {
  const { drive, terminal } = parts;
  const { identity, clock, random, log } = terminal;
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
  const session = kioskSession({
    ...parts,
    runtime,
    pinCost: PIN_COST,
    // With what the hub said of revoked certificates since (SEC-1).
    media: mediaWork({ drive, clock, random, identity: runtime.identity }),
  });
  const business = kioskBusiness({ ...parts, runtime }, () => session.busy());
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
      assert(listener !== null, 'a kiosk has an address once it is started');
      return `http://127.0.0.1:${listener.port}`;
    },
  };
}

/** What `shared/media` does, as the use cases ask for it. */
export function mediaWork(
  parts: Omit<MediaDeps, 'signer' | 'trust'> & {
    readonly identity: Pick<TerminalIdentity, 'signer' | 'trust'>;
  },
): MediaWork {
  const { drive, clock, random } = parts;
  const { signer, trust } = parts.identity;
  const deps: MediaDeps = { drive, clock, random, signer, trust };
  return {
    inspect: () => inspectMedium(deps),
    write: (input) => writeCopy(deps, input),
    settle: (input) => settleHeld(deps, input),
    leaveRevokedPlayers: async (mediumId, players) => {
      const medium = drive.current();
      return medium === null
        ? fault('medium_missing', 'no medium in the drive')
        : leaveRevokedPlayers(deps, medium, mediumId, players);
    },
    leaveRevocations: async (list) => {
      const medium = drive.current();
      return medium === null
        ? fault('medium_missing', 'no medium in the drive')
        : leaveRevocations(deps, medium, list);
    },
    openRecommendations: async (sealed, readKeys) => {
      const opened = await openWithOneOf(sealed, readKeys, trust);
      if (!opened.ok) return opened.error.code === 'sealed_for_others' ? 'sealed_for_others' : 'forged';
      // A later fleet may give reasons that this kiosk has no words for: those titles are left out.
      return opened.value.payload.titles.flatMap((one): Recommendation[] => {
        const known = recommendation.safeParse(one);
        return known.success ? [known.data] : [];
      });
    },
  };
}

/** SEC-3: with the newest reading key, or a former one. */
async function openWithOneOf(
  sealed: Uint8Array,
  readKeys: readonly string[],
  trust: FleetTrust,
): ReturnType<typeof openRecommendations> {
  for (const key of readKeys) {
    const opened = await openRecommendations(sealed, key, trust);
    if (opened.ok || opened.error.code !== 'sealed_for_others') return opened;
  }
  return fault('sealed_for_others', 'sealed under a key that is none of the fleet’s now');
}
