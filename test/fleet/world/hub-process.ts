import type { SealedObjectStore } from '#hub/app/content/folder-store.ts';
import { defaultHubSettings } from '#hub/config.ts';
import { createHub, type Hub, type HubInside } from '#hub/hub.ts';
import type { CheckpointKeep } from '#hub/ports/checkpoint-keep.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import type { KeyEncryption } from '#hub/ports/key-encryption.ts';
import { assert } from '#shared/kernel/assert.ts';
import { ok } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import type { Log } from '#shared/ports/log.ts';
import type { Random } from '#shared/ports/random.ts';
import type { SimulatedBroker } from './broker.ts';
import type { Chronicle } from './chronicle.ts';
import type { SimulatedDoors } from './doors.ts';
import { type Fixture, HUB_SECRET } from './fixture.ts';
import { brokerIn, doorIn } from './in-version.ts';
import { Life, leashedDatabase, type TransactionFate } from './leash.ts';
import { type MachineClock, machineClock, type WorldTime } from './time.ts';
import { TODAY, Version } from './versions.ts';

const MINUTE = 60_000;

/** What of a hub outlives its process. */
export interface HubDisk {
  readonly database: HubDatabase;
  readonly objects: SealedObjectStore;
  readonly keys: KeyEncryption;
  readonly checkpoints: CheckpointKeep;
}

export interface HubProcessDeps {
  /** As it is called in the chronicle. */
  readonly name: string;
  /** Leases of other processes that live. */
  readonly others: () => readonly (string | null)[];
  readonly time: WorldTime;
  readonly chronicle: Chronicle;
  readonly broker: SimulatedBroker;
  readonly doors: SimulatedDoors;
  readonly fixture: Fixture;
  readonly disk: HubDisk;
  readonly log: Log;
  readonly random: (boot: number) => Random;
  /** What becomes of transactions. */
  readonly fate: Omit<TransactionFate, 'committed'>;
}

/** The hub of production in a process that can be killed at any commit and started again. */
export class HubProcess {
  readonly #deps: HubProcessDeps;
  #boots = 0;
  #running: { readonly hub: Hub; readonly life: Life; readonly clock: MachineClock } | null = null;
  /** The name under which it holds its leases; null: it holds none. */
  holder: string | null = null;
  /** Commits until the process is killed or stopped, right after the last of them; null: it goes on. */
  #fuse: { left: number; readonly strike: () => void } | null = null;
  commits = 0;
  /** When it was started last, or went on. */
  since = 0;
  /** The minor version of its program as it lies on the disk: the next start is of that. */
  minor = TODAY;

  constructor(deps: HubProcessDeps) {
    this.#deps = deps;
  }

  get name(): string {
    return this.#deps.name;
  }

  /** Whom the fleet trusts. */
  get trust(): FleetTrust {
    return this.#deps.fixture.authority.trust;
  }

  up(): boolean {
    return this.#running !== null;
  }

  /** It runs, and is not stopped. */
  awake(): boolean {
    return this.#running?.life.awake() === true;
  }

  inside(): HubInside {
    assert(this.#running !== null, 'the hub runs');
    return this.#running.hub.inside();
  }

  /** Nobody else does anything while a hub comes up: its small key files are read from a real disk. One that is killed meanwhile is not up at the end. */
  start(restored = false): Promise<void> {
    return this.#deps.time.standing(() => this.#start(restored));
  }

  async #start(restored: boolean): Promise<void> {
    const { time, chronicle, broker, doors, fixture, disk, log } = this.#deps;
    this.#boots += 1;
    this.since = time.now();
    const life = new Life();
    const clock = machineClock(time);
    const version = this.minor === TODAY ? null : new Version(this.minor);
    const line = life.hold(broker.hub(life));
    const fate = {
      ...this.#deps.fate,
      committed: () => {
        this.commits += 1;
        if (this.#fuse === null || !life.awake()) return;
        this.#fuse.left -= 1;
        if (this.#fuse.left > 0) return;
        const { strike } = this.#fuse;
        this.#fuse = null;
        strike();
      },
    };
    const { leases } = disk.database.stores;
    const living = this.#deps.others();
    for (const { leaseName, holder } of await leases.list())
      if (!living.includes(holder)) await leases.release(leaseName, holder, time.now());
    const hub = createHub({
      clock,
      log,
      random: this.#deps.random(this.#boots),
      settings: defaultHubSettings({
        KEYTURN_HOME: fixture.home,
        HUB_SECRET,
        HUB_URL: 'https://keyturn.example',
      }),
      consoleFolder: null,
      restored,
      database: async () => ok(leashedDatabase(disk.database, life, fate)),
      technology: {
        authority: {
          ...fixture.authority,
          // Made by the real machine, of real keys: the world stands still meanwhile.
          issueCertificate: (request, device) =>
            time.ask(() => {
              fixture.issuing.at = time.now();
              return fixture.authority.issueCertificate(request, device);
            }),
          gaveOutAt: (chain) => time.ask(() => fixture.authority.gaveOutAt(chain)),
        },
        broker: version === null ? line : brokerIn(version, line),
        doors: doors.of(life, version === null ? null : doorIn(version)),
        objects: disk.objects,
        keys: disk.keys,
        checkpoints: disk.checkpoints,
      },
      pace: {
        jobs: milliseconds(30 * MINUTE),
        leases: { lease: milliseconds(180 * MINUTE), renewal: milliseconds(60 * MINUTE) },
        revocations: milliseconds(120 * MINUTE),
      },
      pinCost: { N: 16, r: 8, p: 1 },
    });
    this.#running = { hub, life, clock };
    const died = new Promise<null>((resolve) => life.onEnd(() => resolve(null)));
    const started = await Promise.race([hub.start(), died]);
    if (started === null) return;
    assert(started.ok, 'a hub with its database starts');
    const own = (await leases.list()).find(
      ({ leaseName, holder, expiresAt }) =>
        leaseName.startsWith('hub:') && expiresAt > time.now() && !living.includes(holder),
    );
    this.holder = own?.holder ?? null;
    chronicle.note(
      this.#deps.name,
      `start ${this.#boots}${inVersion(version)}${restored ? ' with a backup' : ''}`,
    );
  }

  /** After so many commits from now the process dies, before anybody hears of the last of them. */
  killAfterCommits(commits: number): void {
    this.#fuse = { left: commits, strike: () => this.kill('after a commit') };
  }

  /** After so many commits from now the process stands still, in the middle of whatever it does. */
  pauseAfterCommits(commits: number): void {
    // One that comes up is waited for by the whole world: it dies.
    const strike = () => (this.holder === null ? this.kill('while it came up') : this.pause());
    this.#fuse = { left: commits, strike };
  }

  unfuse(): void {
    this.#fuse = null;
  }

  /** A key of the fleet gets a successor. */
  async rotate(role: 'hub-signing' | 'issuing'): Promise<void> {
    const { time, fixture } = this.#deps;
    const made = await time.ask(() => {
      fixture.issuing.at = time.now();
      return fixture.authority.rotate(role);
    });
    assert(made.ok, 'the root’s key is here');
  }

  kill(why: string): void {
    if (this.#running === null) return;
    const { life, clock } = this.#running;
    this.#running = null;
    this.#fuse = null;
    life.end();
    clock.powerOff();
    const { holder } = this;
    this.holder = null;
    if (this.#deps.others().some((other) => other !== null)) this.#endLater(holder, () => true);
    this.#deps.doors.close(life);
    this.#deps.broker.forgetHub(life);
    this.#deps.chronicle.note(this.#deps.name, `killed ${why}`);
  }

  /** Stops it where it stands. Its leases end meanwhile, and others take them; it knows nothing of that. */
  pause(): void {
    const running = this.#running;
    if (running === null || !running.life.awake()) return;
    running.life.pause();
    running.clock.pause();
    this.#endLater(this.holder, () => this.#running === running && !running.life.awake());
    this.#deps.chronicle.note(this.#deps.name, 'stands still');
  }

  /** `slept`: its machine was stopped as well, so that by its monotonic clock no time has passed and it trusts its leases. */
  resume(slept: boolean): void {
    const running = this.#running;
    if (running === null || running.life.awake()) return;
    this.since = this.#deps.time.now();
    running.life.resume();
    running.clock.resume(slept);
    this.#deps.broker.hubAgain(running.life);
    this.#deps.chronicle.note(this.#deps.name, slept ? 'wakes' : 'goes on');
  }

  /** Leases of production last seconds (`LEASE`); those of this pace would keep others from work for hours. */
  #endLater(holder: string | null, still: () => boolean): void {
    if (holder === null) return;
    this.#deps.time.after(MINUTE, () => {
      if (still()) void this.#leasesEnd(holder);
    });
  }

  async #leasesEnd(holder: string): Promise<void> {
    const { leases } = this.#deps.disk.database.stores;
    for (const { leaseName, holder: whose } of await leases.list())
      if (whose === holder) await leases.release(leaseName, holder, this.#deps.time.now());
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    await running?.hub.stop();
    running?.life.end();
    running?.clock.powerOff();
  }
}

const inVersion = (version: Version | null): string => (version === null ? '' : ` as ${version.name}`);
