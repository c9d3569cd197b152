import type { StepEffect } from '#firmware-sim/media/drive-faults.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import type { Random } from '#shared/ports/random.ts';
import { copyIdsOn } from '../judge/media.ts';
import { causesOf, copiesIn, judgeAnswer, nothingOf, type Seen } from '../judge/players.ts';
import { ageCode } from '../staff.ts';
import type { Fixture } from '../world/fixture.ts';
import { HomePlayer } from '../world/home-player.ts';
import type { Stick } from '../world/sticks.ts';
import type { World } from '../world/world.ts';
import type { CodeBook } from './codes.ts';
import type { Customer } from './customer.ts';
import type { Forgery } from './forger.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ALL = { events: 100_000, bytes: Number.MAX_SAFE_INTEGER };
/** What a stick does in a living room. */
const EFFECTS: readonly StepEffect[] = ['pull-before', 'pull-torn', 'pull-after', 'refused', 'refused-on'];
/** How far a neighbour's clock is ahead: right, beyond the licence, beyond the keep limit, or behind. */
const NEIGHBOURS = [0, 35 * DAY, 60 * DAY, -45 * MINUTE, -3 * HOUR] as const;
/** The most that somebody looks at in one sitting. */
const MOST_COPIES = 2;

interface Open {
  readonly address: string;
  readonly bytes: number;
  /** What stood on the stick when it was opened. */
  readonly seen: Seen;
}

interface ViewerDeps {
  readonly world: World;
  readonly fixture: Pick<Fixture, 'authority' | 'home'>;
  readonly customer: Customer;
  readonly forgery: Forgery;
  readonly codes: CodeBook;
  readonly random: Random;
  /** Somebody in this town is odd: clocks are set and sticks pulled. False: everything is as it should be. */
  readonly faults: boolean;
}

/** A customer at home (PLY-1): puts the stick into a player, opens what is on it, watches some of it, and now and then does what people do. */
export class Viewer {
  readonly #deps: ViewerDeps;
  readonly #own: HomePlayer;
  /** The own player reaches the hub (SEC-6). */
  readonly #networked: boolean;
  #neighbours = 0;
  /** It has shown a code, which is on a piece of paper. */
  #asked = false;
  /** Where the stick is now; null: in no player. */
  #in: HomePlayer | null = null;
  opened = 0;
  refused = 0;
  readonly wrong: string[] = [];
  /** Copies that were opened by a clock that is wrong. */
  readonly oddly = new Set<CopyId>();

  constructor(deps: ViewerDeps) {
    this.#deps = deps;
    this.#networked = deps.random.below(2) === 0;
    this.#own = this.#player('own player', 0, this.#networked);
    deps.customer.takesFromHome = (medium) => this.#takeOut(medium);
  }

  #player(name: string, ahead: number, networked = false): HomePlayer {
    const { world, fixture, customer } = this.#deps;
    const random = world.random(`${name} ${customer.member.number}`);
    return new HomePlayer(
      `${name} of ${customer.member.number}`,
      {
        time: world.time,
        fixture,
        random,
        hub: networked ? world.doors.playerHub(customer.member.number) : null,
      },
      ahead,
    );
  }

  #note(what: string): void {
    this.#deps.world.chronicle.note(this.#deps.customer.member.number, what);
  }

  #count(kind: string): void {
    this.#deps.world.wire.count(kind);
  }

  #takeOut(medium: Stick): void {
    if (this.#in?.inside()?.label === medium.label) this.#in.drive.pull();
  }

  /** The kiosk may take it on; the judge knows its keys. */
  async #introduce(): Promise<void> {
    const { customer } = this.#deps;
    if (customer.ownPlayer !== null) return;
    const { playerId, identity } = await this.#own.keys();
    customer.ownPlayer = playerId;
    customer.medium.readers?.push(identity);
  }

  /** SEC-6: the code goes on a piece of paper. Some are older than they look. */
  async #askForCode(): Promise<void> {
    const { world, customer, codes, random } = this.#deps;
    const { playerId, identity } = await this.#own.keys();
    codes.asked.push({ playerId, at: world.time.now() });
    const answer = await this.#own.pair();
    this.#note(`player ${answer?.state ?? 'has no answer'}`);
    if (answer === null || answer.code === null) return;
    this.#asked = true;
    const now = world.time.now();
    const soon = epochMs(now + random.below(6 * HOUR));
    const old = random.below(3) === 0 && (await ageCode(world, playerId, soon));
    const until = old ? soon : answer.code.until;
    codes.shown.push({
      code: answer.code.code,
      playerId,
      identity,
      of: customer.member.memberId,
      at: now,
      until,
    });
  }

  /** SEC-6: at the end a player hears what stands at the hub. */
  async #hearsTheTruth(): Promise<void> {
    const { world } = this.#deps;
    if (!this.#networked) return;
    const answer = await this.#own.pair();
    const { playerId } = await this.#own.keys();
    const row = await world.database.stores.playerKeys.find({ playerId });
    const stands = row === null ? 'unknown' : row.revoked ? 'revoked' : 'registered';
    if (answer?.state !== stands)
      this.wrong.push(
        `SEC-6: player ${playerId} hears that it is ${answer?.state ?? 'nothing'}, and is ${stands}`,
      );
  }

  /** Neither in a terminal nor in a player. */
  #atHome(medium: Stick): boolean {
    return (
      this.#in === null &&
      !this.#deps.customer.mislaid &&
      !this.#deps.customer.atCounter &&
      this.#deps.world.terminals.every((terminal) => terminal.inSlot()?.label !== medium.label)
    );
  }

  async live(until: EpochMs): Promise<void> {
    const { world, random, customer } = this.#deps;
    for (;;) {
      await world.time.sleep(HOUR + random.below(8 * HOUR));
      if (world.time.now() >= until) return;
      const { clones } = customer;
      const clone = random.below(3) === 0 ? clones[random.below(Math.max(1, clones.length))] : undefined;
      await this.#sit(clone ?? customer.medium);
    }
  }

  /** Once more, with every stick that this person has. */
  async lastLook(): Promise<void> {
    const { customer } = this.#deps;
    await this.#own.switchOn();
    await this.#hearsTheTruth();
    for (const medium of [...(customer.mislaid ? [] : [customer.medium]), ...customer.clones]) {
      await this.#own.switchOn();
      await this.#watch(this.#own, medium, false);
      this.#own.switchOff();
    }
  }

  async #sit(medium: Stick): Promise<void> {
    const { random, faults } = this.#deps;
    if (medium.files.size === 0 || !this.#atHome(medium)) return;
    const odd = faults ? random.below(12) : 12;
    const ahead = NEIGHBOURS[random.below(NEIGHBOURS.length)] as number;
    const [setBack, restarts, troubled] = [odd === 3, random.below(3) === 0, odd > 3 && odd < 6];
    if (odd < 3) this.#neighbours += 1;
    const player = odd < 3 ? this.#player(`player ${this.#neighbours} of a neighbour`, ahead) : this.#own;
    if (odd < 3) this.#count(ahead === 0 ? 'neighbour’s player' : 'neighbour’s player with a wrong clock');
    const back = setBack ? HOUR + random.below(9 * DAY) : 0;
    if (setBack) this.#count('player’s clock set back');
    await player.switchOn();
    if (player === this.#own) await this.#introduce();
    if (player === this.#own && this.#networked && random.below(this.#asked ? 6 : 2) === 0)
      await this.#askForCode();
    player.jumpClock(-back);
    await this.#watch(player, medium, troubled);
    player.jumpClock(back);
    if (restarts || player !== this.#own) player.switchOff();
  }

  async #watch(player: HomePlayer, medium: Stick, troubled: boolean): Promise<void> {
    const { world, random } = this.#deps;
    this.#in = player;
    this.#deps.customer.atTelevision = true;
    try {
      if (troubled) {
        const at = {
          step: 1 + random.below(90),
          effect: EFFECTS[random.below(EFFECTS.length)] as StepEffect,
        };
        player.drive.setFault({ at });
        this.#count(`player’s drive ${at.effect}`);
      }
      await player.drive.insert(medium);
      await world.time.sleep(2_000 + random.below(30_000));
      await player.shelf();
      for (const copyId of copyIdsOn(medium).slice(-MOST_COPIES)) {
        await world.time.sleep(1_000 + random.below(20_000));
        const open = await this.#open(player, medium, copyId, troubled);
        if (open !== null) await this.#play(player, medium, open, troubled);
      }
      await world.time.sleep(random.below(MINUTE));
    } finally {
      this.#takeOut(medium);
      player.drive.setFault({});
      this.#in = null;
      this.#deps.customer.atTelevision = false;
    }
  }

  async #look(medium: Stick, copyId: CopyId): Promise<Seen> {
    const all = await copiesIn(medium, this.#deps.fixture.authority.trust);
    return { all, truth: all.find((one) => one.copyId === copyId) ?? nothingOf(copyId) };
  }

  /** Null: it does not open, and that was judged. */
  async #open(player: HomePlayer, medium: Stick, copyId: CopyId, troubled: boolean): Promise<Open | null> {
    const { world, forgery } = this.#deps;
    if (player.inside() === null) return null;
    const seen = await this.#look(medium, copyId);
    const { identity } = await player.keys();
    const causes = causesOf(seen, player, world.time.now(), identity);
    const answer = await player.open(copyId);
    const told = 'code' in answer ? answer.code : 'opens';
    this.#note(`${told} ${copyId.slice(-6)} in ${player.name}`);
    const returned = 'address' in answer && !forgery.copies.has(copyId) && this.#hasReceipt(copyId);
    this.wrong.push(...judgeAnswer(copyId, causes, answer, { troubled, returned }, player.name));
    if ('code' in answer) {
      this.refused += 1;
      return null;
    }
    this.opened += 1;
    if (Math.abs(player.ahead()) > 5 * MINUTE) this.oddly.add(copyId);
    if (!player.firstUse.has(copyId)) player.firstUse.set(copyId, Math.max(player.wall(), player.floor()));
    return { ...answer, seen };
  }

  /** MED-2: whatever comes is what was rented, byte for byte; it may break off where the stick is taken out or the drive fails. */
  async #play(
    player: HomePlayer,
    medium: Stick,
    { address, bytes, seen }: Open,
    troubled: boolean,
  ): Promise<void> {
    const { world, random } = this.#deps;
    const { copyId, licence } = seen.truth;
    const edition = licence === null ? undefined : world.shop.editions.get(licence.keyturn.titleId);
    const said = (what: string): void =>
      void this.wrong.push(`MED-2: copy ${copyId} in ${player.name} ${what}`);
    if (edition === undefined || bytes !== edition.length)
      return said(`has ${bytes} bytes, its edition ${edition?.length ?? 'is unknown'}`);
    for (let left = 1 + random.below(4); left > 0; left -= 1) {
      const from = random.below(bytes);
      const length = Math.min(bytes - from, 1 + random.below(70_000));
      const got = await player.read(address, from, length);
      if (got !== null && !Buffer.from(got).equals(edition.subarray(from, from + length)))
        said(`is not its edition at ${from}`);
      if (got === null) {
        if (player.inside() === null || troubled) return;
        const causes = causesOf(
          await this.#look(medium, copyId),
          player,
          world.time.now(),
          (await player.keys()).identity,
        );
        return causes.may.size === 0 ? said(`breaks off at ${from}`) : undefined;
      }
      await world.time.sleep(random.below(20 * MINUTE));
      if (player.inside() === null) return;
    }
  }

  /** A terminal has told that it destroyed the key. */
  #hasReceipt(copyId: CopyId): boolean {
    return this.#deps.world.terminals
      .flatMap(({ store, lostStores }) => [...lostStores, store])
      .flatMap((store) => store.read(0, 0, ALL))
      .some(
        ({ kind, data }) => kind === 'return.destroyed' && Reflect.get(Object(data), 'copyId') === copyId,
      );
  }
}
