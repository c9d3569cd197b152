import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { assetFiles } from '#shared/edge/drivers/asset-files.ts';
import { contentFiles } from '#shared/edge/drivers/content-files.ts';
import { diskSpaceOf } from '#shared/edge/drivers/disk-space.ts';
import { fetchTransport } from '#shared/edge/drivers/fetch-transport.ts';
import { type HttpListener, listenHttp } from '#shared/edge/drivers/http-listener.ts';
import { openLibsqlStore } from '#shared/edge/drivers/libsql-store.ts';
import { mqttLink } from '#shared/edge/drivers/mqtt-link.ts';
import { createHubClient } from '#shared/edge/hub-client.ts';
import type { TerminalIdentity } from '#shared/edge/identity.ts';
import { createTerminal } from '#shared/edge/runtime.ts';
import { createScreenApp } from '#shared/edge/screen-server.ts';
import type { TerminalDeps, TerminalRuntime } from '#shared/edge/terminal.ts';
import { assert } from '#shared/kernel/assert.ts';
import { inspectMedium } from '#shared/media/inspect-medium.ts';
import type { MediaDeps } from '#shared/media/orders.ts';
import { openRecommendations } from '#shared/media/recommendations.ts';
import { settleHeld } from '#shared/media/settle-held.ts';
import { writeCopy } from '#shared/media/write-copy.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import type { MediaDrive } from '#shared/ports/media-drive.ts';
import type { CardPayment } from '#shared/ports/payment.ts';
import type { ReceiptPrinter } from '#shared/ports/printer.ts';
import type { Random } from '#shared/ports/random.ts';
import type { SlotDoor } from '#shared/ports/slot-door.ts';
import { type Recommendation, recommendation } from '#shared/protocol/terminal-api.ts';
import type { MediaWork } from './app/deps.ts';
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
  readonly identity: TerminalIdentity;
  /** Folder of this kiosk's own data: store, content, pictures. */
  readonly home: string;
  readonly hubUrl: string;
  /** Another broker than the one named at enrolment. */
  readonly mqttUrl?: string | undefined;
  readonly port: number;
  /** Folder of the built page. */
  readonly uiFolder: string;
  readonly otherOrigins?: readonly string[];
  readonly cacheBytes: number;
  readonly minimumBytesPerSecond: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly recentLog: (lines: number) => readonly string[];
  /** Ends the process so that it is started again (FLT-2). */
  readonly restart: () => void;
  /** Other technology than libsql, HTTP and MQTT below the runtime: tests. */
  readonly replace?: Partial<
    Pick<TerminalDeps, 'store' | 'hub' | 'link' | 'contentFiles' | 'assetFiles' | 'diskSpace'>
  >;
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
  mkdirSync(parts.home, { recursive: true, mode: 0o700 });
  const { identity, clock, random, log, drive } = parts;
  const runtime: TerminalRuntime = createTerminal({
    identity,
    store:
      parts.replace?.store ??
      openLibsqlStore(join(parts.home, 'kiosk.db'), () =>
        Buffer.from(random.bytes(16)).toString('base64url'),
      ),
    hub: parts.replace?.hub ?? createHubClient({ transport: fetchTransport, hubUrl: parts.hubUrl, identity }),
    link: parts.replace?.link ?? mqttLink({ url: parts.mqttUrl ?? identity.mqttUrl }),
    contentFiles: parts.replace?.contentFiles ?? contentFiles(join(parts.home, 'content')),
    assetFiles: parts.replace?.assetFiles ?? assetFiles(join(parts.home, 'assets')),
    diskSpace: parts.replace?.diskSpace ?? (() => diskSpaceOf(parts.home)),
    clock,
    random,
    log,
    software: KIOSK_SOFTWARE,
    cacheBytes: parts.cacheBytes,
    drives: () => [
      {
        name: drive.name,
        state: drive.current() === null ? 'empty' : session.busy() ? 'busy' : 'inserted',
        fault: null,
      },
    ],
    temperatureCelsius: () => null,
    recentLog: parts.recentLog,
    // Orders wait while a customer is there (FLT-2); looking at the log disturbs nobody.
    onCommand: (order) =>
      session.busy() && order.kind !== 'collect_logs' && order.kind !== 'fetch_title' ? 'later' : 'now',
    restart: parts.restart,
  });
  const session = kioskSession({ ...parts, runtime, media: mediaWork(parts) });
  const app = createScreenApp({
    screen: session,
    assets: runtime.assets,
    clock,
    log,
    uiFolder: parts.uiFolder,
    otherOrigins: parts.otherOrigins ?? [],
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
  parts: Pick<KioskParts, 'drive' | 'clock' | 'random'> & {
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
    openRecommendations: async (sealed, fleetReadKey) => {
      const opened = await openRecommendations(sealed, fleetReadKey, trust);
      if (!opened.ok) return null;
      // A later fleet may give reasons that this kiosk has no words for: those titles are left out.
      return opened.value.payload.titles.flatMap((one): Recommendation[] => {
        const known = recommendation.safeParse(one);
        return known.success ? [known.data] : [];
      });
    },
  };
}
