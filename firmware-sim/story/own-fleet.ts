import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createDemoClock, type DemoClock } from '#firmware-sim/demo/demo-clock.ts';
import { openSecureChip } from '#firmware-sim/demo/secure-chip.ts';
import { SimulatedCardReader } from '#firmware-sim/devices/card-reader.ts';
import { SimulatedPrinter } from '#firmware-sim/devices/receipt-printer.ts';
import { SimulatedSlotDoor } from '#firmware-sim/devices/slot-door.ts';
import type { ControllerChip } from '#firmware-sim/media/controller/secure-controller.ts';
import { folderMedium, withChip } from '#firmware-sim/media/medium-backing.ts';
import { createSimulatedDrive, type SimulatedDrive } from '#firmware-sim/media/simulated-drive.ts';
import { httpPlayerHub } from '#firmware-sim/player/hub-link.ts';
import { createPlayer, type Player } from '#firmware-sim/player/player.ts';
import { defaultHubSettings } from '#hub/config.ts';
import { enrolCodeAnswer } from '#hub/http/contract/fleet.ts';
import { createHub, type Hub, type HubParts } from '#hub/hub.ts';
import { createKiosk, type Kiosk } from '#kiosk/kiosk.ts';
import { createReturnTerminal, type ReturnTerminal } from '#return-terminal/return-terminal.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemLog } from '#shared/edge/drivers/system-log.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { type Cable, openTerminalParts, type TerminalParts } from '#shared/edge/drivers/terminal-parts.ts';
import type { TerminalRole } from '#shared/edge/identity.ts';
import type { SiteId, TerminalId } from '#shared/kernel/ids.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import { StaffAgent } from './staff-agent.ts';

export const STAFF = { name: 'admin', password: 'story-of-one-rental' };

export interface Station {
  readonly drive: SimulatedDrive;
  readonly card: SimulatedCardReader;
  readonly printer: SimulatedPrinter;
  readonly door: SimulatedSlotDoor;
}

export interface OwnFleetOptions {
  /** Everything the fleet keeps lies below it. */
  readonly folder: string;
  readonly databaseUrl: string | null;
  /** Opens the hub's database where there is no `databaseUrl`; default: the hub itself does, in its folder. */
  readonly database?: (
    deps: { readonly clock: Clock; readonly log: Log },
    folder: string,
  ) => ReturnType<NonNullable<HubParts['database']>>;
  /** A broker that knows the fleet of `folder` (`broker config` wrote its files into its own); null: the one inside the hub. */
  readonly broker: { readonly url: string; readonly terminalUrl: string; readonly folder: string } | null;
  /** Pages, for tests that look at screens; null: none are served. */
  readonly ui: ((name: 'kiosk' | 'return-terminal' | 'player' | 'hub') => string) | null;
  readonly logLevel: 'info' | 'warn' | 'silent';
  /** Where the home player writes its log; default: where the fleet does. */
  readonly playerLog?: Log;
  /** What hub and kiosk make PINs slow with; default: what each of them does in a shop. */
  readonly pinCost?: NonNullable<HubParts['pinCost']>;
  /** Where everything that a terminal says passes through. */
  readonly cable?: (role: TerminalRole) => Cable;
  /** Changes a terminal's parts before it is put together. */
  readonly change?: (parts: TerminalParts) => TerminalParts | Promise<TerminalParts>;
}

/** Hub, kiosk, return terminal and player of production, with false hardware, in this process; time can be moved. */
export interface OwnFleet {
  readonly hub: Hub;
  readonly hubUrl: string;
  /** Where the hub serves terminals. */
  readonly terminalsUrl: string;
  readonly clock: DemoClock;
  readonly staff: StaffAgent;
  readonly kiosk: Kiosk;
  readonly returnTerminal: ReturnTerminal;
  readonly player: Player;
  readonly playerUrl: string;
  readonly stations: {
    readonly kiosk: Station;
    readonly 'return-terminal': Station;
    readonly player: { readonly drive: SimulatedDrive };
  };
  /** The folder of a medium of this name; made when it is first inserted. */
  mediumFolder(name: string): string;
  insert(name: string, place: 'kiosk' | 'return-terminal' | 'player'): Promise<void>;
  /** Builds a controller into the medium of this name before its first insertion: a secure medium of this fleet. */
  makeSecure(name: string): Promise<ControllerChip>;
  pull(place: 'kiosk' | 'return-terminal' | 'player'): void;
  /** Enrols and starts one more return terminal at the same shop; it stops with the fleet. */
  addReturnTerminal(terminalId: TerminalId): Promise<{ terminal: ReturnTerminal; station: Station }>;
  stop(): Promise<void>;
}

/** Prepares the shop (`siteOf` makes it, by staff's API or inside the hub, and answers its id) and starts every program. `stop` ends all that was started, also after a failed start. */
export async function startOwnFleet(
  options: OwnFleetOptions,
  siteOf: (staff: StaffAgent, hub: Hub) => Promise<SiteId>,
): Promise<OwnFleet> {
  const closers: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    return await start(options, siteOf, closers, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  options: OwnFleetOptions,
  siteOf: (staff: StaffAgent, hub: Hub) => Promise<SiteId>,
  closers: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<OwnFleet> {
  await mkdir(options.folder, { recursive: true });
  const clock = createDemoClock(systemClock, milliseconds(0), () => {});
  const { log } = systemLog('fleet', options.logLevel, process.stderr);
  const { database } = options;
  const pins = options.pinCost === undefined ? {} : { pinCost: options.pinCost };
  const hub = createHub({
    clock,
    authenticatorClock: systemClock,
    random: systemRandom,
    log,
    settings: defaultHubSettings({
      KEYTURN_HOME: options.folder,
      HUB_PORT: 0,
      MQTT_PORT: 0,
      HUB_TERMINAL_PORT: 0,
      HUB_ADMIN_PASSWORD: STAFF.password,
      HUB_SECOND_FACTOR: '',
      DATABASE_URL: options.databaseUrl ?? '',
      MQTT_URL: options.broker?.url ?? '',
      MQTT_TERMINAL_URL: options.broker?.terminalUrl ?? '',
      MQTT_BROKER_FOLDER: options.broker?.folder ?? '',
    }),
    consoleFolder: options.ui?.('hub') ?? null,
    ...pins,
    ...(database === undefined || options.databaseUrl !== null
      ? {}
      : { database: () => database({ clock, log }, join(options.folder, 'hub')) }),
  });
  const started = await hub.start();
  if (!started.ok) throw new Error(`the hub cannot start: ${started.error.code}: ${started.error.message}`);
  closers.push(() => hub.stop());
  const { http: hubUrl, terminals: terminalsUrl } = started.value.addresses;
  const staff = new StaffAgent(hubUrl);
  await staff.signIn(STAFF.name, STAFF.password);
  const siteId = await siteOf(staff, hub);

  const parts = { terminalsUrl, staff, siteId, clock };
  const kioskParts = await terminalParts(options, parts, 'kiosk', 'story-kiosk' as TerminalId);
  const returnParts = await terminalParts(options, parts, 'return-terminal', 'story-return' as TerminalId);
  const stations = {
    kiosk: station(clock, 'kiosk'),
    'return-terminal': station(clock, 'return-terminal'),
    player: { drive: drive(clock, 'player') },
  };
  const kiosk = createKiosk({
    ...stations.kiosk,
    terminal: kioskParts,
    port: 0,
    uiFolder: options.ui?.('kiosk') ?? join(options.folder, 'no-page'),
    minimumBytesPerSecond: 0,
    restart: () => {},
    ...pins,
  });
  await kiosk.start();
  closers.push(() => kiosk.stop());
  const startReturns = async (terminal: TerminalParts, hardware: Station): Promise<ReturnTerminal> => {
    const made = createReturnTerminal({
      ...hardware,
      terminal,
      port: 0,
      uiFolder: options.ui?.('return-terminal') ?? join(options.folder, 'no-page'),
      restart: () => {},
    });
    await made.start();
    closers.push(() => made.stop());
    return made;
  };
  const returnTerminal = await startReturns(returnParts, stations['return-terminal']);
  const player = await createPlayer({
    drive: stations.player.drive,
    trust: kioskParts.identity.trust,
    clock,
    random: systemRandom,
    log: options.playerLog ?? log,
    folder: join(options.folder, 'player'),
    uiFolder: options.ui?.('player') ?? join(options.folder, 'no-page'),
    host: '127.0.0.1',
    port: 0,
    name: 'Story player',
    hub: httpPlayerHub(hub.addresses().http, clock),
  });
  const { address: playerUrl } = await player.start();
  closers.push(() => player.stop());

  const mediumFolder = (name: string): string => join(options.folder, 'media', name);
  const added: Station[] = [];
  const addReturnTerminal = async (terminalId: TerminalId) => {
    const hardware = station(clock, terminalId);
    added.push(hardware);
    const made = await terminalParts(options, parts, 'return-terminal', terminalId);
    return { terminal: await startReturns(made, hardware), station: hardware };
  };
  const insert = async (name: string, place: 'kiosk' | 'return-terminal' | 'player'): Promise<void> => {
    for (const each of [...Object.values(stations), ...added])
      if (each.drive.inserted()?.label === name) each.drive.pull();
    await mkdir(mediumFolder(name), { recursive: true });
    const plain = folderMedium(name, mediumFolder(name));
    const chip = chips.get(name);
    await stations[place].drive.insert(chip === undefined ? plain : withChip(plain, chip));
  };
  const chips = new Map<string, ControllerChip>();
  const makeSecure = async (name: string): Promise<ControllerChip> => {
    const chip = await openSecureChip(hub.inside(), join(options.folder, 'controllers', name));
    chips.set(name, chip);
    return chip;
  };
  const pull = (place: 'kiosk' | 'return-terminal' | 'player'): void => stations[place].drive.pull();
  return {
    hub,
    hubUrl,
    terminalsUrl,
    clock,
    staff,
    kiosk,
    returnTerminal,
    player,
    playerUrl,
    stations,
    mediumFolder,
    insert,
    makeSecure,
    pull,
    addReturnTerminal,
    stop,
  };
}

const drive = (clock: DemoClock, name: string): SimulatedDrive =>
  createSimulatedDrive({ name, clock, random: systemRandom });

const station = (clock: DemoClock, name: string): Station => ({
  drive: drive(clock, name),
  card: new SimulatedCardReader({ clock, answerAfter: milliseconds(0) }),
  printer: new SimulatedPrinter(),
  door: new SimulatedSlotDoor(),
});

async function terminalParts(
  options: OwnFleetOptions,
  fleet: {
    readonly terminalsUrl: string;
    readonly staff: StaffAgent;
    readonly siteId: SiteId;
    readonly clock: DemoClock;
  },
  role: TerminalRole,
  terminalId: TerminalId,
): Promise<TerminalParts> {
  const wanted = { terminalId, role, siteId: fleet.siteId, name: terminalId, approvedBeforehand: true };
  const { code } = await fleet.staff.post('/enrolment-codes', wanted, enrolCodeAnswer);
  const parts = await openTerminalParts({
    role,
    terminalId,
    home: join(options.folder, terminalId),
    hubUrl: fleet.terminalsUrl,
    mqttUrl: null,
    enrolmentCode: code,
    software: 'keyturn-story',
    logLevel: options.logLevel,
    cacheBytes: 64 * 2 ** 30,
    clock: fleet.clock,
    ...(options.cable === undefined ? {} : { cable: options.cable(role) }),
  });
  if (!parts.ok) throw new Error(`${terminalId} cannot start: ${parts.error.code}: ${parts.error.message}`);
  return options.change === undefined ? parts.value : options.change(parts.value);
}
