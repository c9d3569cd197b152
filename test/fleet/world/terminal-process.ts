import { SimulatedPrinter } from '#firmware-sim/devices/receipt-printer.ts';
import { SimulatedSlotDoor } from '#firmware-sim/devices/slot-door.ts';
import type { SimulatedMedium } from '#firmware-sim/media/medium-backing.ts';
import { createSimulatedDrive, type SimulatedDrive } from '#firmware-sim/media/simulated-drive.ts';
import type { KioskIntent, KioskSnapshot } from '#kiosk/app/session/contract.ts';
import { createKiosk } from '#kiosk/kiosk.ts';
import type { ReturnIntent, ReturnSnapshot } from '#return-terminal/app/session/contract.ts';
import { createReturnTerminal } from '#return-terminal/return-terminal.ts';
import { memoryAssetFiles } from '#shared/edge/assets.ts';
import { memoryContentFiles } from '#shared/edge/content/files-memory.ts';
import { memoryLeaseFile } from '#shared/edge/content/lease-file.ts';
import type { TerminalParts } from '#shared/edge/drivers/terminal-parts.ts';
import { createHubClient } from '#shared/edge/hub-client.ts';
import type { EdgeStore } from '#shared/edge/store.ts';
import { memoryStore } from '#shared/edge/store-memory.ts';
import type { TerminalRuntime } from '#shared/edge/terminal.ts';
import type { TerminalProgram, TerminalSession } from '#shared/edge/terminal-program.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { SiteId } from '#shared/kernel/ids.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Log } from '#shared/ports/log.ts';
import type { CardPayment } from '#shared/ports/payment.ts';
import type { Random } from '#shared/ports/random.ts';
import type { SimulatedBroker } from './broker.ts';
import type { Chronicle } from './chronicle.ts';
import { HUB_URL, type SimulatedDoors } from './doors.ts';
import { EdgeDisk } from './edge-disk.ts';
import type { Device, Fixture, SpareKey } from './fixture.ts';
import { IdentityDisk } from './identity-disk.ts';
import { linkIn, storeIn, transportIn } from './in-version.ts';
import { Life } from './leash.ts';
import { leashedDrive } from './leashed-drive.ts';
import { leashedStore } from './leashed-store.ts';
import { type MachineClock, machineClock, type WorldTime } from './time.ts';
import { TODAY, Version } from './versions.ts';

const MINUTE = 60_000;
/** How long a supervisor waits for a program that it asked to end. */
const PATIENCE_MS = 90_000;
const GIGABYTE = 2 ** 30;

export interface TerminalProcessDeps {
  readonly time: WorldTime;
  readonly chronicle: Chronicle;
  readonly broker: SimulatedBroker;
  readonly doors: SimulatedDoors;
  readonly fixture: Fixture;
  readonly device: Device;
  readonly siteId: SiteId;
  /** For renewals of its certificate; empty where none comes due. */
  readonly spareKeys: readonly SpareKey[];
  /** Its certificate was renewed. */
  readonly renewed: () => void;
  readonly log: Log;
  readonly card: CardPayment;
  readonly random: (boot: number) => Random;
  /** What the drive's faults are drawn from. */
  readonly driveRandom: Random;
  /** Its disk; absent: in memory. */
  readonly storeOf?: (terminalId: Device['terminalId'], epoch: string) => EdgeStore;
}

type Program = TerminalProgram<TerminalSession<KioskSnapshot | ReturnSnapshot, KioskIntent & ReturnIntent>>;

interface Running {
  readonly program: Program;
  readonly life: Life;
  readonly clock: MachineClock;
  readonly drive: SimulatedDrive;
}

/** A terminal of production in a machine whose power can go at any moment: its disk stays, and so does the medium in its slot. */
export class TerminalProcess {
  readonly device: Device;
  readonly #deps: TerminalProcessDeps;
  #store: EdgeStore;
  /** Those that were lost with their disk, oldest first. */
  readonly lostStores: EdgeStore[] = [];
  readonly #contentFiles = memoryContentFiles();
  readonly #leaseFile = memoryLeaseFile();
  readonly #assetFiles = memoryAssetFiles();
  readonly disk: EdgeDisk;
  readonly door = new SimulatedSlotDoor();
  readonly #printer = new SimulatedPrinter();
  readonly #darkened = new Set<() => void>();
  #running: Running | null = null;
  #inSlot: SimulatedMedium | null = null;
  #boots = 0;
  /** How far its wall clock is ahead; survives a power cut (a battery). */
  #ahead = 0;
  #drift = 0;
  /** The minor version of its program as it lies on the disk: the next start is of that. */
  minor = TODAY;
  /** Commits of its store until its program ends, before anybody hears of the last of them; null: it goes on. */
  #fuse: number | null = null;

  /** Its key and certificate. */
  readonly papers: IdentityDisk;

  constructor(deps: TerminalProcessDeps) {
    this.#deps = deps;
    this.papers = new IdentityDisk(deps.fixture, deps.device, deps.siteId, deps.spareKeys, () => {
      deps.chronicle.note(this.id, 'has a new certificate');
      deps.renewed();
    });
    this.device = deps.device;
    this.disk = new EdgeDisk(deps.time);
    const { terminalId } = deps.device;
    const epoch = `epoch-${terminalId}`;
    this.#store = deps.storeOf?.(terminalId, epoch) ?? this.#newStore(epoch);
  }

  #newStore(epoch: string): EdgeStore {
    return memoryStore({
      epoch,
      beforeCommit: () => {
        const running = this.#running;
        this.disk.commit(() => running?.life.end());
        if (this.#fuse === null || running === null) return;
        this.#fuse -= 1;
        if (this.#fuse === 0) this.cutPower();
      },
    });
  }

  get store(): EdgeStore {
    return this.#store;
  }

  /** The disk of a dark machine is replaced: its store is born again, with another epoch. Its key and certificate are kept. */
  loseStore(): void {
    assert(this.#running === null, 'a disk is replaced while the machine is off');
    this.lostStores.push(this.#store);
    this.#store = this.#newStore(`epoch-${this.id}-${this.lostStores.length}`);
    this.#deps.chronicle.note(this.id, 'has a new disk');
  }

  get id() {
    return this.device.terminalId;
  }

  up(): boolean {
    return this.#running !== null;
  }

  /** As staff see it (FLT-1). */
  software(): string {
    return this.minor === TODAY ? 'keyturn-sim' : `keyturn-sim ${new Version(this.minor).name}`;
  }

  runtime(): TerminalRuntime {
    return this.#now().program.runtime;
  }

  drive(): SimulatedDrive {
    return this.#now().drive;
  }

  session(): Program['session'] {
    return this.#now().program.session;
  }

  inSlot(): SimulatedMedium | null {
    return this.#inSlot;
  }

  #now(): Running {
    assert(this.#running !== null, `${this.id} runs`);
    return this.#running;
  }

  /** Calls the listener when the screen goes dark. */
  onDark(listener: () => void): () => void {
    this.#darkened.add(listener);
    return () => this.#darkened.delete(listener);
  }

  async start(): Promise<void> {
    const { time, chronicle, broker, doors, device, log, card } = this.#deps;
    const { papers } = this;
    assert(this.#running === null, 'a terminal starts once');
    this.#boots += 1;
    const random = this.#deps.random(this.#boots);
    const life = new Life();
    const clock = machineClock(time, this.#ahead);
    clock.drift(this.#drift);
    const drive = createSimulatedDrive({ name: 'slot', clock, random: this.#deps.driveRandom });
    if (this.#inSlot !== null) await drive.insert(this.#inSlot);
    const version = this.minor === TODAY ? null : new Version(this.minor);
    const store = leashedStore(this.store, life);
    const line = life.hold(broker.link(device.terminalId, () => papers.expired(time.now())));
    const questions = life.hold(doors.transport(() => papers.device().peer));
    const terminal: TerminalParts = {
      identity: papers.identity,
      keeper: papers,
      store: version === null ? store : storeIn(version, store),
      hub: createHubClient({
        transport: version === null ? questions : transportIn(version, questions),
        hubUrl: HUB_URL,
      }),
      link: version === null ? line : linkIn(version, line, this.store),
      clock,
      random,
      log,
      software: this.software(),
      contentFiles: this.#contentFiles,
      leaseFile: this.#leaseFile,
      assetFiles: this.#assetFiles,
      cacheBytes: GIGABYTE,
      diskSpace: this.disk.space,
      recentLog: () => [],
      leave: () => {},
      pace: {
        bundle: milliseconds(240 * MINUTE),
        housekeeping: milliseconds(30 * MINUTE),
        leaving: milliseconds(360 * MINUTE),
        lease: { check: milliseconds(20 * MINUTE), renew: milliseconds(360 * MINUTE) },
        renewal: milliseconds(60 * MINUTE),
        reconnect: milliseconds(4 * MINUTE),
      },
    };
    const parts = {
      terminal,
      drive: leashedDrive(drive, life),
      card: life.hold(card),
      printer: life.hold(this.#printer),
      door: life.hold(this.door),
      port: null,
      uiFolder: '',
      restart: () => {},
    };
    const program = (device.role === 'kiosk'
      ? createKiosk({ ...parts, minimumBytesPerSecond: 0, pinCost: { N: 16, r: 8, p: 1 } })
      : createReturnTerminal({ ...parts, settleEvery: milliseconds(5 * MINUTE) })) as unknown as Program;
    this.#running = { program, life, clock, drive };
    // The drive noticed that the power went while it wrote: the rest of the machine is dark as well.
    life.onEnd(() => this.#goDark('in the middle of something'));
    chronicle.note(this.id, `start ${this.#boots}${version === null ? '' : ` as ${version.name}`}`);
    const ended = new Promise<void>((resolve) => life.onEnd(resolve));
    await Promise.race([life.of(program.start()), ended]);
  }

  cutPower(): void {
    this.#running?.life.end();
  }

  /** After so many commits of its store from now the program ends, before anybody hears of the last of them. */
  endAfterCommits(commits: number): void {
    this.#fuse = commits;
  }

  #goDark(why: string): void {
    const running = this.#running;
    if (running === null) return;
    this.#running = null;
    this.#fuse = null;
    this.#ahead = running.clock.ahead();
    running.clock.powerOff();
    this.#deps.broker.powerLost(this.id);
    void this.door.release();
    this.#deps.chronicle.note(this.id, `dark ${why}`);
    for (const listener of [...this.#darkened]) listener();
  }

  /** Asked to end while somebody may be there (OPS-1). What is not over within the time that a supervisor gives it is killed. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    const { life } = running;
    const ended = new Promise<void>((resolve) => life.onEnd(resolve));
    const forget = this.#deps.time.after(PATIENCE_MS, () => life.end());
    const { program } = running;
    await Promise.race([program.close().then(() => program.stop()), ended]);
    forget();
    life.end();
  }

  jumpClock(by: number): void {
    const running = this.#running;
    if (running === null) this.#ahead += by;
    else running.clock.jump(by);
  }

  /** Parts of a million by which its quartz is fast. */
  drift(partsPerMillion: number): void {
    this.#drift = partsPerMillion;
    this.#running?.clock.drift(partsPerMillion);
  }

  /** What the machine's clock is ahead of the truth. */
  ahead(): number {
    return this.#running?.clock.ahead() ?? this.#ahead;
  }

  async insert(medium: SimulatedMedium): Promise<void> {
    this.#inSlot = medium;
    await this.#running?.drive.insert(medium);
  }

  /** The customer takes what is in the slot, whether the terminal likes it or not. */
  take(): SimulatedMedium | null {
    const medium = this.#inSlot;
    this.#inSlot = null;
    this.#running?.drive.pull();
    return medium;
  }
}
