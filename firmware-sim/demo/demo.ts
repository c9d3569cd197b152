import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createSimulatedDrive, type SimulatedDrive } from '#firmware-sim/media/simulated-drive.ts';
import type { DriveName, TerminalName } from '#firmware-sim/panel/contract.ts';
import { panelApp } from '#firmware-sim/panel/panel.ts';
import { httpPlayerHub } from '#firmware-sim/player/hub-link.ts';
import { createPlayer } from '#firmware-sim/player/player.ts';
import { createHub, type HubInside } from '#hub/hub.ts';
import { createKiosk, KIOSK_SOFTWARE } from '#kiosk/kiosk.ts';
import { createReturnTerminal, RETURN_TERMINAL_SOFTWARE } from '#return-terminal/return-terminal.ts';
import { createDirectoryDrive, type DirectoryDrive } from '#shared/edge/drivers/directory-drive.ts';
import { listenHttp } from '#shared/edge/drivers/http-listener.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemLog } from '#shared/edge/drivers/system-log.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type { TerminalParts } from '#shared/edge/drivers/terminal-parts.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, ok, type Result } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { MediaDrive } from '#shared/ports/media-drive.ts';
import { projectRoot, type UiName } from '#shared/toolchain/assets.ts';
import type { WHOLE_DEMO_SETTINGS } from '#shared/toolchain/settings/demo.ts';
import type { Values } from '#shared/toolchain/settings.ts';
import { createDemoClock, type DemoClock, keptOffset } from './demo-clock.ts';
import { fetchAhead, openDemoTerminal, retiredDemoTerminal } from './enrol-terminals.ts';
import { openHardware, type TerminalHardware } from './hardware.ts';
import { openOtherTerminals } from './other-terminals.ts';
import { Rack } from './rack.ts';
import { openSecureChip } from './secure-chip.ts';
import { readSeedFiles, type SeedFiles } from './seed/files.ts';
import { DEMO_SITE, seedShop } from './seed/seed.ts';
import { titleIdOf } from './seed/shops.ts';
import { openStaffPassword } from './staff-password.ts';
import { openSticks } from './sticks.ts';
import { type DemoProgram, superviseProgram } from './supervise.ts';
import { DemoWorld } from './world.ts';

export type DemoSettings = Values<typeof WHOLE_DEMO_SETTINGS>;

export interface DemoAddresses {
  readonly kiosk: string;
  readonly returnTerminal: string;
  readonly player: string;
  readonly console: string;
  readonly panel: string;
}

export interface RunningDemo {
  readonly addresses: DemoAddresses;
  readonly fleetId: string;
  /** The console's sign-in, at the first complete start only. */
  readonly staff: { readonly name: string; readonly password: string } | null;
  /** Called once the sign-in was shown: it is kept nowhere from then on. */
  staffShown(): void;
}

export interface Demo {
  /** Starts everything; a fault leaves nothing running. `tell` hears what takes a while. */
  start(tell: (what: string) => void): Promise<Result<RunningDemo, Fault>>;
  /** Ends everything in the opposite order; data stays. */
  stop(): Promise<void>;
}

const SITE_ZONE = 'Europe/Berlin';

/** Hub, kiosk, return terminal, their hardware, the home player and the panel in one process. `uiFolder` names the built pages. */
export function createDemo(settings: DemoSettings, uiFolder: (name: UiName) => string): Demo {
  const closers: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  return {
    stop,
    start: async (tell) => {
      try {
        const started = await startDemo({ settings, uiFolder, tell, onStop: (close) => closers.push(close) });
        if (!started.ok) await stop();
        return started;
      } catch (error) {
        await stop();
        throw error;
      }
    },
  };
}

interface Starting {
  readonly settings: DemoSettings;
  readonly uiFolder: (name: UiName) => string;
  readonly tell: (what: string) => void;
  readonly onStop: (close: () => Promise<void>) => void;
}

async function startDemo(starting: Starting): Promise<Result<RunningDemo, Fault>> {
  const { settings, uiFolder, tell, onStop } = starting;
  const folder = join(settings.KEYTURN_HOME, 'demo');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const clock = openClock(folder);
  const { log } = systemLog('demo', settings.DEMO_LOG);
  const files = readSeedFiles(join(projectRoot(), 'firmware-sim', 'demo', 'catalogue'));

  tell('Starting the hub');
  const staff = openStaffPassword(folder, systemRandom, settings.HUB_ADMIN_PASSWORD);
  const hub = createHub({
    clock,
    authenticatorClock: systemClock,
    random: systemRandom,
    log,
    settings: { ...settings, HUB_ADMIN_PASSWORD: staff.password() },
    consoleFolder: uiFolder('hub'),
  });
  const hubStarted = await hub.start();
  if (!hubStarted.ok) return hubStarted;
  onStop(() => hub.stop());
  const inside = hub.inside();
  const { addresses, firstPassword } = hubStarted.value;
  const { http, terminals, mqtt } = addresses;

  tell('Looking after shops, titles and members (the first time this takes some seconds)');
  const { members, past } = await seedShop(inside, files);
  await inside.recommender.refresh();

  tell('Starting kiosk, return terminal and player');
  const hardware = {
    kiosk: openHardware(folder, 'kiosk', clock),
    'return-terminal': openHardware(folder, 'return-terminal', clock),
  };
  const drives = await openDrives(settings, folder, files, clock, inside, onStop);
  const ports = { kiosk: settings.KIOSK_PORT, 'return-terminal': settings.RETURN_TERMINAL_PORT };
  const stations: Stations = {
    starting,
    inside,
    addresses: { terminals, mqtt },
    clock,
    hardware,
    drives,
    ports,
  };
  const kiosk = await startKiosk(stations);
  if (!kiosk.ok) return kiosk;
  const returnTerminal = await startReturnTerminal(stations);
  if (!returnTerminal.ok) return returnTerminal;
  await fetchAhead(
    inside,
    KIOSK_ID,
    files.titles.map(({ slug }) => titleIdOf(slug)),
  );
  const player = await createPlayer({
    drive: drives.player,
    trust: inside.trust,
    clock,
    random: systemRandom,
    log,
    folder: join(settings.KEYTURN_HOME, 'player'),
    uiFolder: uiFolder('player'),
    host: '127.0.0.1',
    port: settings.PLAYER_PORT,
    name: 'Player at home',
    hub: httpPlayerHub(http, clock),
  });
  const playerAddress = (await player.start()).address;
  onStop(() => player.stop());

  const shown = {
    kiosk: kiosk.value.address(),
    returnTerminal: returnTerminal.value.address(),
    player: playerAddress,
    console: http,
  };
  const world = new DemoWorld({
    clock,
    zone: files.sites.find(({ slug }) => slug === DEMO_SITE)?.calendar.zone ?? SITE_ZONE,
    addresses: shown,
    rack: drives.rack,
    mountedDirectory: settings.KEYTURN_MEDIA === '' ? null : settings.KEYTURN_MEDIA,
    mediumMounted: () => drives.kiosk.current() !== null,
    hardware,
    terminals: {
      kiosk: { terminalId: KIOSK_ID, ...kiosk.value.seen },
      'return-terminal': { terminalId: RETURN_TERMINAL_ID, ...returnTerminal.value.seen },
    },
    inside,
    people: files.members.flatMap((file) => {
      const row = members.get(file.slug);
      return row === undefined ? [] : [{ file, row }];
    }),
  });
  const panel = await listenHttp(panelApp(world, systemClock, uiFolder('panel')), settings.PANEL_PORT);
  if (!panel.ok) return panel;
  onStop(() => panel.value.close());
  onStop(
    openOtherTerminals({
      ...{ inside, clock, log, members, past },
      addresses: { terminals, mqtt },
      home: settings.KEYTURN_HOME,
      logLevel: settings.DEMO_LOG,
    }),
  );
  return ok({
    addresses: { ...shown, panel: `http://127.0.0.1:${panel.value.port}` },
    fleetId: inside.fleet.fleetId,
    // A new database behind an old folder: the hub made the account, with a password of its own.
    staff: firstPassword === null ? staff.toShow() : { name: 'admin', password: firstPassword },
    staffShown: staff.shown,
  });
}

function openClock(folder: string): DemoClock {
  const kept = keptOffset(join(folder, 'clock.json'));
  return createDemoClock(systemClock, milliseconds(kept.read()?.offsetMs ?? 0), (offset) =>
    kept.write({ offsetMs: offset }),
  );
}

const KIOSK_ID = 'demo-kiosk' as TerminalId;
const RETURN_TERMINAL_ID = 'demo-return' as TerminalId;

interface Drives extends Readonly<Record<DriveName, MediaDrive>> {
  readonly rack: Rack | null;
}

/** Simulated drives with the demo's sticks; with KEYTURN_MEDIA one real directory as the drive of all three. */
async function openDrives(
  settings: DemoSettings,
  folder: string,
  files: SeedFiles,
  clock: Clock,
  inside: HubInside,
  onStop: Starting['onStop'],
): Promise<Drives> {
  if (settings.KEYTURN_MEDIA !== '') {
    const where = async (): Promise<string> => settings.KEYTURN_MEDIA;
    const directory = (name: DriveName): Promise<DirectoryDrive> =>
      createDirectoryDrive({ name, clock: systemClock, where });
    const [kiosk, returns, player] = await Promise.all([
      directory('kiosk'),
      directory('return-terminal'),
      directory('player'),
    ]);
    onStop(async () => {
      for (const drive of [kiosk, returns, player]) drive.stop();
    });
    return { kiosk, 'return-terminal': returns, player, rack: null };
  }
  const simulated = (name: DriveName): SimulatedDrive =>
    createSimulatedDrive({ name, clock, random: systemRandom });
  const drives = {
    kiosk: simulated('kiosk'),
    'return-terminal': simulated('return-terminal'),
    player: simulated('player'),
  };
  const owners = files.members.map(({ slug, displayName }) => ({ slug, name: displayName }));
  const foreign = join(projectRoot(), 'firmware-sim', 'demo', 'foreign-medium');
  const makeChip = (kept: string) => openSecureChip(inside, kept);
  const sticks = await openSticks(join(folder, 'media'), owners, foreign, makeChip);
  return { ...drives, rack: new Rack(sticks, drives) };
}

interface Stations {
  readonly starting: Starting;
  readonly inside: HubInside;
  readonly addresses: { readonly terminals: string; readonly mqtt: string };
  readonly clock: Clock;
  readonly hardware: Readonly<Record<TerminalName, TerminalHardware>>;
  readonly drives: Drives;
  readonly ports: Readonly<Record<TerminalName, number>>;
}

/** Opens a terminal's parts at every (re)start of its program, and keeps the program running until the demo stops. */
async function station(
  stations: Stations,
  terminal: {
    readonly terminalId: TerminalId;
    readonly role: TerminalName;
    readonly name: string;
    readonly software: string;
  },
  make: (parts: TerminalParts, hardware: TerminalHardware, restart: () => void) => DemoProgram,
) {
  const { starting, inside, addresses, clock } = stations;
  const { settings, onStop } = starting;
  const hardware = stations.hardware[terminal.role];
  const program = await superviseProgram(clock, async (restart) => {
    const home = join(settings.KEYTURN_HOME, terminal.terminalId);
    const logLevel = settings.DEMO_LOG;
    const { cable } = hardware;
    const opening = { ...terminal, site: DEMO_SITE, home, cable, clock, logLevel };
    const parts = await openDemoTerminal(inside, addresses, opening);
    if (parts.ok) return ok(make(parts.value, hardware, restart));
    return parts.error.code === 'decommissioned'
      ? retiredDemoTerminal(addresses, opening, stations.ports[terminal.role], restart)
      : parts;
  });
  if (program.ok) onStop(() => program.value.stop());
  return program;
}

const startKiosk = (stations: Stations) => {
  const { settings, uiFolder } = stations.starting;
  const software = KIOSK_SOFTWARE;
  const terminal = { terminalId: KIOSK_ID, role: 'kiosk' as const, name: 'Kiosk at the door', software };
  return station(stations, terminal, (parts, { card, printer, door }, restart) =>
    createKiosk({
      terminal: parts,
      port: settings.KIOSK_PORT,
      uiFolder: uiFolder('kiosk'),
      minimumBytesPerSecond: 0,
      drive: stations.drives.kiosk,
      card,
      printer,
      door,
      restart,
    }),
  );
};

const startReturnTerminal = (stations: Stations) => {
  const { settings, uiFolder } = stations.starting;
  const software = RETURN_TERMINAL_SOFTWARE;
  const terminal = {
    terminalId: RETURN_TERMINAL_ID,
    role: 'return-terminal' as const,
    name: 'Return terminal in the lane',
    software,
  };
  return station(stations, terminal, (parts, { card, printer, door }, restart) =>
    createReturnTerminal({
      terminal: parts,
      port: settings.RETURN_TERMINAL_PORT,
      uiFolder: uiFolder('return-terminal'),
      drive: stations.drives['return-terminal'],
      card,
      printer,
      door,
      restart,
    }),
  );
};
