import type { MemberRow } from '#hub/ports/rows/index.ts';
import type { KioskIntent, KioskSnapshot } from '#kiosk/app/session/contract.ts';
import type { ReturnIntent, ReturnSnapshot } from '#return-terminal/app/session/contract.ts';
import type { TitleId } from '#shared/kernel/ids.ts';
import type { Random } from '#shared/ports/random.ts';
import { PIN } from '../world/shop.ts';
import type { Stick } from '../world/sticks.ts';
import type { TerminalProcess } from '../world/terminal-process.ts';
import type { World } from '../world/world.ts';
import { type CodeBook, readAs } from './codes.ts';
import { DemandsHeard } from './demands.ts';
import { Screen } from './screen.ts';

/** What nobody waits for longer, in seconds of a screen that does not change. */
const PATIENCE_S = 240;
/** How many of a hundred with a clone change it for the medium while a terminal is at work. */
const SWAPS = 20;
/** Looks at the screen in one visit; a person gives up long before. */
const LOOKS = 400;

export interface CustomerDeps {
  readonly world: World;
  readonly member: MemberRow;
  readonly medium: Stick;
  /** Codes of players in this town. */
  readonly codes: CodeBook;
  readonly random: Random;
  /** Somebody stood before a screen that did not change although it should have. */
  readonly stuck: (where: string) => void;
}

/** A member who behaves as people do: slow, now and then wrong, sometimes gone in the middle. */
export class Customer {
  readonly member: MemberRow;
  readonly medium: Stick;
  readonly #deps: CustomerDeps;
  readonly #random: Random;
  rented = 0;
  returned = 0;
  /** How many copies each terminal wrote for this person, or destroyed. */
  readonly done = new Map<string, number>();
  /** What kiosks said of titles that demand a secure medium (RET-4). */
  readonly demands: DemandsHeard;
  /** A kiosk did not say what became of a copy that it was writing: it has to see the medium again (RNT-6). */
  unfinished = false;
  /** When the kiosk said that the last copy is due; null: it has said nothing. */
  dueAt: number | null = null;
  /** A return terminal said that a copy has to be shown to a kiosk first (RNT-6). */
  sentToKiosk = false;
  /** Other sticks with what once stood on this one. */
  readonly clones: Stick[] = [];
  /** What stood on the stick before its return stands there again. */
  putBack = false;
  /** What somebody in the shop does while a return of this person is under way. */
  jostled: (terminal: TerminalProcess) => void = () => {};
  /** The player of this person, which a kiosk may take on once its key is on the stick (PLY-1); null: never switched on yet. */
  ownPlayer: string | null = null;
  /** This person cannot find the medium (RNT-7). */
  mislaid = false;
  /** At a terminal, with every stick of this person. */
  atCounter = false;
  /** A stick of this person is in a player. */
  atTelevision = false;
  /** Takes a stick out of the player that it may be in; at the counter it is in nobody's television any more. */
  takesFromHome: (medium: Stick) => void = () => {};

  constructor(deps: CustomerDeps) {
    this.#deps = deps;
    this.member = deps.member;
    this.medium = deps.medium;
    this.#random = deps.random;
    this.demands = new DemandsHeard(deps.world.shop.demanding);
  }

  /** There is something on the medium that is not returned yet, as far as this person knows. */
  holds(): boolean {
    return this.rented > this.returned || this.putBack;
  }

  #chance(perCent: number): boolean {
    return this.#random.below(100) < perCent;
  }

  async #think(): Promise<void> {
    await this.#deps.world.time.sleep(700 + this.#random.below(6_000));
  }

  #isMine = ({ playerId }: { readonly playerId: string }): boolean => playerId === this.ownPlayer;

  #count({ id }: TerminalProcess, copies: number): number {
    this.done.set(id, (this.done.get(id) ?? 0) + copies);
    return copies;
  }

  #note(what: string): void {
    this.#deps.world.chronicle.note(this.member.number, what);
  }

  /** SEC-6: what a player at home shows, typed in. `own`: the member's players, as the hub says. */
  async #typeCode(
    screen: Screen<KioskSnapshot, KioskIntent>,
    own: readonly { readonly playerId: string }[],
  ): Promise<void> {
    const { codes, world } = this.#deps;
    const { memberId } = this.member;
    codes.sawOwn(memberId, own);
    const next = codes.next(memberId, this.#random);
    if (next === null) return;
    await this.#think();
    const at = world.time.now();
    if (screen.look()?.view.screen !== 'confirm') return;
    this.#note(`types the code ${readAs(next.code)}`);
    codes.typed.push({ code: next.code, by: memberId, at });
    // Whoever pairs a player gets copies for it.
    if ('identity' in next && !this.medium.readers?.includes(next.identity))
      this.medium.readers?.push(next.identity);
    codes.onTyping(screen.terminal);
    await screen.tap({ type: 'pair_player', code: next.code });
  }

  /** Takes the medium, or a clone of it, out of whatever it is in. */
  #take(terminal: TerminalProcess): void {
    const label = terminal.inSlot()?.label;
    if ([this.medium, ...this.clones].some((own) => own.label === label)) terminal.take();
  }

  /** While the terminal is at work: the medium out, and a clone of it in. True: that took a while, and the screen may show something else by now. */
  async #swap(terminal: TerminalProcess, inside: Stick): Promise<boolean> {
    const other = [this.medium, ...this.clones].find((own) => own.label !== inside.label);
    if (other === undefined || terminal.inSlot()?.label !== inside.label || !this.#chance(SWAPS))
      return false;
    terminal.take();
    this.takesFromHome(other);
    this.#deps.world.wire.count('medium swapped');
    this.#note(`swaps for ${other.label}`);
    await this.#deps.world.time.sleep(this.#random.below(4_000));
    if (terminal.up() && terminal.inSlot() === null) await terminal.insert(other);
    return true;
  }

  /** `showing`: only puts the medium in, so that what was left half done on it is finished (RNT-6), and rents nothing. */
  async visitKiosk(
    terminal: TerminalProcess,
    titles: readonly TitleId[],
    showing = false,
    medium = this.medium,
  ): Promise<void> {
    const screen = new Screen<KioskSnapshot, KioskIntent>(terminal, this.#deps.world.time);
    this.takesFromHome(medium);
    this.atCounter = true;
    this.#note(`at ${terminal.id}`);
    const todo = [...titles];
    const patience = this.#chance(4) ? 10 : PATIENCE_S;
    let signedIn = 0;
    let seen = '';
    let paidDue = false;
    let paired = false;
    let typed = false;
    for (let look = 0; look < LOOKS; look += 1) {
      const shown = screen.look();
      if (shown === null) {
        this.unfinished ||= seen === 'writing';
        break;
      }
      const { view } = shown;
      if (view.screen !== seen) this.#note(`sees ${view.screen}`);
      seen = view.screen;
      const wait = async (): Promise<boolean> => {
        if (await screen.change(patience)) return true;
        if (patience === PATIENCE_S) this.#deps.stuck(`${terminal.id} ${view.screen}`);
        return false;
      };
      if (shown.trouble !== null) {
        this.#note(`trouble ${shown.trouble.code}`);
        await this.#think();
        await screen.tap({ type: 'dismiss_trouble' });
        if (view.screen === 'attract') break;
        continue;
      }
      let done = showing && (view.screen === 'identify' || view.screen === 'confirm');
      if (done) break;
      switch (view.screen) {
        case 'attract':
          if (look > 0 || view.closed !== null) {
            if (view.closed !== null) this.#note(`closed ${view.closed.code}`);
            done = look > 3 || view.closed !== null;
          }
          await this.#think();
          if (!done) await screen.tap({ type: 'touch' });
          break;
        case 'browse':
        case 'title':
        case 'cart': {
          await this.#think();
          const next = todo.shift();
          if (next !== undefined) await screen.tap({ type: 'add_to_cart', titleId: next });
          else if (shown.cartCount === 0) done = true;
          else if (view.screen === 'cart') await screen.tap({ type: 'checkout' });
          else await screen.tap({ type: 'open_cart' });
          break;
        }
        case 'insert':
          if (shown.medium.trouble !== null) {
            this.#note(`medium ${shown.medium.trouble.code}`);
            done = true;
          } else if (terminal.inSlot() === null) {
            await this.#think();
            if (terminal.up() && terminal.inSlot() === null) await terminal.insert(medium);
          } else done = !(await wait());
          break;
        case 'identify':
          if (view.busy) done = !(await wait());
          else {
            if (view.trouble !== null) this.#note(`identify ${view.trouble.code}`);
            signedIn += view.by === 'choose' ? 0 : 1;
            done = signedIn > 3;
            await this.#think();
            const pin = this.#chance(3) ? '0000' : PIN;
            if (view.by === 'choose') await screen.tap({ type: 'choose_number' });
            else if (!done)
              await screen.tap({
                type: 'sign_in',
                memberNumber: view.by === 'medium' ? null : this.member.number,
                pin,
              });
          }
          break;
        case 'confirm':
          if (view.cardBusy || view.players.busy) done = !(await wait());
          else if (!typed) {
            typed = true;
            await this.#typeCode(screen, shown.member?.offline === false ? view.players.own : []);
          } else if (!paired && this.ownPlayer !== null && view.players.found.some(this.#isMine)) {
            paired = true;
            this.#note('takes the own player on');
            await screen.tap({ type: 'add_player', playerId: this.ownPlayer });
          } else if (view.obstacle?.code === 'amount_due_open' && !paidDue) {
            paidDue = true;
            await screen.tap({ type: 'pay_due' });
          } else if (view.obstacle !== null) {
            this.#note(`obstacle ${view.obstacle.code}`);
            const first = this.demands.refused(view, medium) ?? view.lines[0];
            if (first === undefined || view.lines.length === 1) done = true;
            else await screen.tap({ type: 'remove_from_cart', titleId: first.titleId });
          } else if (terminal.inSlot() === null) done = true;
          else {
            if (shown.medium.state === 'ready') this.demands.offered(view, terminal);
            await this.#think();
            await screen.tap({ type: 'confirm' });
          }
          break;
        case 'writing':
          if (!showing && (await this.#swap(terminal, medium))) break;
          done = !(await wait());
          break;
        case 'done':
          for (const line of view.lines)
            this.#note(
              `${line.state} ${line.titleId.slice(-6)} ${line.trouble?.code ?? ''} ${line.trouble?.detail ?? ''}`,
            );
          this.rented += this.#count(terminal, view.lines.filter(({ state }) => state === 'written').length);
          this.demands.written(view);
          this.unfinished ||= view.lines.some(({ state }) => state !== 'written');
          this.dueAt = view.lines.at(-1)?.dueAt ?? null;
          await this.#think();
          await screen.tap({ type: 'finish' });
          done = true;
          break;
        case 'mine':
          await screen.tap({ type: 'back' });
          break;
      }
      if (done) break;
    }
    await this.#leave(screen);
  }

  /** Most people end their session; some just go. */
  async #leave(screen: Screen<KioskSnapshot, KioskIntent>): Promise<void> {
    await this.#think();
    if (this.#chance(80)) await screen.tap({ type: 'finish' });
    this.#take(screen.terminal);
    this.atCounter = false;
    this.#note(`leaves ${screen.terminal.id}`);
  }

  /** `decided`: does not walk away before the end. */
  async visitReturn(terminal: TerminalProcess, decided = false, medium = this.medium): Promise<void> {
    const screen = new Screen<ReturnSnapshot, ReturnIntent>(terminal, this.#deps.world.time);
    this.takesFromHome(medium);
    this.atCounter = true;
    this.#note(`at ${terminal.id}`);
    if (terminal.inSlot() !== null) {
      this.#note('somebody left a medium here');
      terminal.take();
    }
    const rated = new Set<string>();
    let inserted = false;
    let seen = '';
    for (let look = 0; look < LOOKS; look += 1) {
      const shown = screen.look();
      if (shown === null) break;
      const { view } = shown;
      if (view.screen !== seen) this.#note(`sees ${view.screen}`);
      seen = view.screen;
      const wait = async (): Promise<boolean> => {
        if (await screen.change(PATIENCE_S)) return true;
        this.#deps.stuck(`${terminal.id} ${view.screen}`);
        return false;
      };
      let done = false;
      if ('lines' in view) this.sentToKiosk ||= view.lines.some(({ kind }) => kind === 'held');
      switch (view.screen) {
        case 'welcome':
          if (view.closed !== null || (inserted && terminal.inSlot() === null)) done = true;
          else if (!inserted) {
            await this.#think();
            inserted = true;
            if (terminal.up()) await terminal.insert(medium);
          } else {
            if (shown.trouble !== null) this.#note(`trouble ${shown.trouble.code}`);
            done = look > 60;
            await this.#think();
            await screen.tap({ type: view.mediumLeft ? 'read_again' : 'touch' });
            if (screen.look()?.view.screen === 'welcome') done ||= !(await screen.change(20));
          }
          break;
        case 'reading':
          done = !(await wait());
          break;
        case 'nothing':
          this.#note(`nothing ${view.trouble?.code ?? view.lines.map(({ kind }) => kind).join(' ')}`);
          done = true;
          break;
        case 'choose':
          await this.#think();
          if (!decided && this.#chance(3)) {
            done = true;
            break;
          }
          await screen.tap({ type: 'confirm' });
          break;
        case 'points':
          await screen.tap({ type: 'back' });
          break;
        case 'pay':
          if (view.declined !== null) {
            await this.#think();
            await screen.tap({ type: this.#chance(40) ? 'card_again' : 'pay_later' });
          } else done = !(await wait());
          break;
        case 'returning': {
          this.jostled(terminal);
          if (!decided && (await this.#swap(terminal, medium))) break;
          const open = view.lines.find(({ copyId }) => !rated.has(copyId));
          if (open !== undefined && this.#chance(50)) {
            rated.add(open.copyId);
            await screen.tap({ type: 'rate', copyId: open.copyId, stars: 1 + this.#random.below(5) });
          } else done = !(await wait());
          break;
        }
        case 'receipt': {
          for (const line of view.lines)
            this.#note(`${line.work} ${line.titleId?.slice(-6) ?? '?'} ${line.total?.minor ?? '-'}`);
          if (medium === this.medium && !this.putBack)
            this.returned += this.#count(
              terminal,
              view.lines.filter(({ work }) => work === 'destroyed').length,
            );
          if (medium === this.medium) this.putBack = false;
          const [wish] = view.reservable;
          if (wish !== undefined && this.#chance(30))
            await screen.tap({ type: 'reserve', titleId: wish.titleId, wanted: true });
          await this.#think();
          await screen.tap({ type: 'finish' });
          done = true;
          break;
        }
        case 'take':
          done = true;
          break;
      }
      if (done) break;
    }
    await this.#think();
    if (this.#chance(80)) await screen.tap({ type: 'finish' });
    this.#take(terminal);
    this.atCounter = false;
    this.#note(`leaves ${terminal.id}`);
  }
}
