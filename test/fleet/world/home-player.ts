import { createSimulatedDrive, type SimulatedDrive } from '#firmware-sim/media/simulated-drive.ts';
import { memoryFiles } from '#firmware-sim/player/files.ts';
import { playerApp } from '#firmware-sim/player/http.ts';
import type { PlayerHub } from '#firmware-sim/player/hub-link.ts';
import type { Pairing } from '#firmware-sim/player/pairing.ts';
import { playerWith } from '#firmware-sim/player/player.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { silentLog } from '#shared/ports/log.ts';
import type { Random } from '#shared/ports/random.ts';
import { type AskedPlayer, askedPlayer } from '#test/support/asked-player.ts';
import type { Fixture } from './fixture.ts';
import type { Stick } from './sticks.ts';
import { type MachineClock, machineClock, type WorldTime } from './time.ts';

/** Some moments may pass between two looks at the same clock, and a player that loses power forgets up to half a minute. */
export const CLOCK_SLACK_MS = 60_000;

/** What a player answers who is asked to open a copy: an address, or why not. */
export type OpenAnswer = { readonly address: string; readonly bytes: number } | { readonly code: string };

interface On {
  readonly clock: MachineClock;
  readonly drive: SimulatedDrive;
  readonly app: AskedPlayer;
}

interface HeardHub extends PlayerHub {
  /** The time that the hub named last. */
  readonly at: number;
}

function heard(hub: PlayerHub): HeardHub {
  let at = 0;
  return {
    get at() {
      return at;
    },
    report: async (documents) => {
      const answer = await hub.report(documents);
      if (answer.ok) {
        const payload = Buffer.from(answer.value.split('.')[1] ?? '', 'base64url').toString();
        ({ at } = JSON.parse(payload) as { at: number });
      }
      return answer;
    },
  };
}

/**
 * A home player of production in a machine of its own, asked as its page asks it, without sockets. It is switched on and off as people do; what it remembers
 * stays, and so does its clock, which nobody sets for it.
 */
export class HomePlayer {
  readonly name: string;
  readonly #time: WorldTime;
  readonly #fixture: Pick<Fixture, 'authority' | 'home'>;
  readonly #random: Random;
  readonly #hub: HeardHub | null;
  readonly #files = memoryFiles();
  #ahead: number;
  #on: On | null = null;
  /** The latest time it was asked at, by its own clock, and its running time then; null: it was off since. */
  #latest = 0;
  #askedAt: number | null = null;
  /** When each copy was opened here first, by what it took for the time. */
  readonly firstUse = new Map<CopyId, number>();

  constructor(
    name: string,
    deps: {
      readonly time: WorldTime;
      readonly fixture: Pick<Fixture, 'authority' | 'home'>;
      readonly random: Random;
      /** Null: it has no network. */
      readonly hub: PlayerHub | null;
    },
    ahead = 0,
  ) {
    this.name = name;
    this.#time = deps.time;
    this.#fixture = deps.fixture;
    this.#random = deps.random;
    this.#hub = deps.hub === null ? null : heard(deps.hub);
    this.#ahead = ahead;
  }

  #now(): On {
    assert(this.#on !== null, `${this.name} is on`);
    return this.#on;
  }

  get drive(): SimulatedDrive {
    return this.#now().drive;
  }

  inside(): Stick | null {
    return (this.#on?.drive.inserted() ?? null) as Stick | null;
  }

  async switchOn(): Promise<void> {
    if (this.#on !== null) return;
    const clock = machineClock(this.#time, this.#ahead);
    const drive = createSimulatedDrive({ name: 'home', clock, random: this.#random });
    const player = await playerWith(
      {
        ...{ drive, clock, random: this.#random, log: silentLog, trust: this.#fixture.authority.trust },
        ...{ uiFolder: this.#fixture.home, host: 'localhost', port: 0, name: this.name, hub: this.#hub },
      },
      this.#files,
    );
    await player.attend();
    if (this.#latest === 0) this.#latest = clock.now();
    this.#on = { clock, drive, app: askedPlayer(playerApp(player, this.#fixture.home)) };
  }

  switchOff(): void {
    const on = this.#on;
    if (on === null) return;
    on.drive.pull();
    this.#ahead = on.clock.ahead();
    on.clock.powerOff();
    this.#on = null;
    this.#askedAt = null;
  }

  jumpClock(by: number): void {
    if (this.#on === null) this.#ahead += by;
    else this.#on.clock.jump(by);
  }

  /** By how much its wall clock is ahead of the truth. */
  ahead(): number {
    return this.#on?.clock.ahead() ?? this.#ahead;
  }

  /** Its id, and the age identity that never leaves a true one. */
  async keys(): Promise<{ readonly playerId: string; readonly identity: string }> {
    return JSON.parse((await this.#files.read('player.json')) ?? '') as never;
  }

  wall(): number {
    return this.#now().clock.now();
  }

  /** What no clock of it may stand before (PLY-1): the latest time that it was asked at, and its running time since. */
  floor(): number {
    return this.#latest + (this.#askedAt === null ? 0 : this.#now().clock.monotonic() - this.#askedAt);
  }

  #asked(): void {
    this.#latest = Math.max(this.wall(), this.floor());
    this.#askedAt = this.#now().clock.monotonic();
  }

  /** Copies that its page shows, with why one does not open (null: it does). */
  async shelf(): Promise<readonly { readonly copyId: CopyId; readonly refusal: string | null }[]> {
    const answer = await this.#now().app.request('/api/shelf');
    this.#asked();
    const shown = (await answer.json()) as { copies: { copyId: CopyId; refusal: string | null }[] };
    return shown.copies;
  }

  async open(copyId: CopyId): Promise<OpenAnswer> {
    const answer = await this.#now().app.request(`/api/copies/${copyId}/open`, { method: 'POST' });
    this.#asked();
    return (await answer.json()) as OpenAnswer;
  }

  /** What its page says once it has asked the hub (SEC-6); null: the hub was not there, or was not believed. */
  async pair(): Promise<Pairing | null> {
    this.#asked();
    const answer = await this.#now().app.request('/api/pair', { method: 'POST' });
    const said = (await answer.json()) as Pairing | { readonly code: string };
    if (!('state' in said)) return null;
    // The hub's word is the one thing that also puts a time right that stands too far ahead.
    this.#latest = this.#hub?.at ?? this.#latest;
    this.#askedAt = this.#now().clock.monotonic();
    return said;
  }

  /** Bytes of an open copy; null: the answer was refused or broke off. */
  async read(address: string, from: number, length: number): Promise<Uint8Array | null> {
    const headers = { range: `bytes=${from}-${from + length - 1}` };
    const answer = await this.#now().app.request(address, { headers });
    this.#asked();
    if (answer.status !== 206) return null;
    return answer.arrayBuffer().then(
      (bytes) => new Uint8Array(bytes),
      () => null,
    );
  }
}
