import type { SealedObjectStore } from '#hub/app/content/folder-store.ts';
import { defaultHubSettings } from '#hub/config.ts';
import { createHub, type Hub, type HubInside } from '#hub/hub.ts';
import type { CheckpointKeep } from '#hub/ports/checkpoint-keep.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import type { KeyEncryption } from '#hub/ports/key-encryption.ts';
import { assert } from '#shared/kernel/assert.ts';
import { ok } from '#shared/kernel/result.ts';
import { type EpochMs, milliseconds } from '#shared/kernel/time.ts';
import type { Log } from '#shared/ports/log.ts';
import type { Random } from '#shared/ports/random.ts';
import type { SimulatedBroker } from './broker.ts';
import type { Chronicle } from './chronicle.ts';
import type { SimulatedDoors } from './doors.ts';
import { type Fixture, HUB_SECRET } from './fixture.ts';
import { Life, leashedDatabase, type TransactionFate } from './leash.ts';
import { type MachineClock, machineClock, type WorldTime } from './time.ts';

const MINUTE = 60_000;

/** What of a hub outlives its process. */
export interface HubDisk {
  readonly database: HubDatabase;
  readonly objects: SealedObjectStore;
  readonly keys: KeyEncryption;
  readonly checkpoints: CheckpointKeep;
}

export interface HubProcessDeps {
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
  /** Commits until the process is killed, right after the last of them; null: it lives. */
  #fuse: number | null = null;
  commits = 0;
  /** When it was started last. */
  since = 0;

  constructor(deps: HubProcessDeps) {
    this.#deps = deps;
  }

  up(): boolean {
    return this.#running !== null;
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
    const fate = {
      ...this.#deps.fate,
      committed: () => {
        this.commits += 1;
        if (this.#fuse === null || !life.alive()) return;
        this.#fuse -= 1;
        if (this.#fuse <= 0) this.kill('after a commit');
      },
    };
    await leasesOfTheDeadEnd(disk.database, time.now());
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
        authority: fixture.authority,
        broker: life.hold(broker.hub(life)),
        doors: doors.doors,
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
    chronicle.note('hub', `start ${this.#boots}${restored ? ' with a backup' : ''}`);
  }

  /** After so many commits from now the process dies, before anybody hears of the last of them. */
  killAfterCommits(commits: number): void {
    this.#fuse = commits;
  }

  unfuse(): void {
    this.#fuse = null;
  }

  kill(why: string): void {
    if (this.#running === null) return;
    const { life, clock } = this.#running;
    this.#running = null;
    this.#fuse = null;
    life.end();
    clock.powerOff();
    this.#deps.doors.close();
    this.#deps.broker.forgetHubs();
    this.#deps.chronicle.note('hub', `killed ${why}`);
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    await running?.hub.stop();
    running?.life.end();
    running?.clock.powerOff();
  }
}

/** Leases of production last seconds (`LEASE`) and are over when the next process comes up; those of this pace would keep it from work for hours. */
async function leasesOfTheDeadEnd({ stores }: HubDatabase, now: EpochMs): Promise<void> {
  for (const { leaseName, holder } of await stores.leases.list())
    await stores.leases.release(leaseName, holder, now);
}
