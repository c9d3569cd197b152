import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NetworkCable } from '#firmware-sim/demo/network.ts';
import type { SimulatedMedium } from '#firmware-sim/media/medium-backing.ts';
import { judgeCopy } from '#firmware-sim/story/age-judge.ts';
import { type OwnFleet, STAFF } from '#firmware-sim/story/own-fleet.ts';
import { ScreenAgent } from '#firmware-sim/story/screen-agent.ts';
import { addTitle } from '#firmware-sim/story/shop.ts';
import type { StaffAgent } from '#firmware-sim/story/staff-agent.ts';
import {
  balanceSheet,
  type MemberDetail,
  memberDetail,
  memberSummary,
  type RentalDetail,
  rentalDetail,
  rentalPage,
} from '#hub/http/contract/members.ts';
import type { KioskIntent, KioskSnapshot, KioskView } from '#kiosk/app/session/contract.ts';
import type {
  ReturnIntent,
  ReturnLine,
  ReturnSnapshot,
  ReturnView,
} from '#return-terminal/app/session/contract.ts';
import type { SiteId, TariffId, TitleId } from '#shared/kernel/ids.ts';
import { milliseconds } from '#shared/kernel/time.ts';

import { happens } from './moments.ts';

export const PIN = '4711';
const PATIENCE_SECONDS = 30;
export type Place = 'kiosk' | 'return-terminal';

export interface TestMember {
  readonly memberId: string;
  readonly number: string;
}

export type KioskScreen<S extends KioskView['screen']> = Extract<KioskView, { readonly screen: S }>;
export type ReturnScreen<S extends ReturnView['screen']> = Extract<ReturnView, { readonly screen: S }>;

/** A running fleet of production programs with what a test of the whole asks of customers, staff and books. */
export class LiveFleet {
  readonly own: OwnFleet;
  readonly staff: StaffAgent;
  readonly siteId: SiteId;
  readonly tariffId: TariffId;
  readonly folder: string;
  readonly cables: Readonly<Record<Place, NetworkCable>>;
  readonly kiosk: ScreenAgent<KioskSnapshot, KioskIntent>;
  readonly terminal: ScreenAgent<ReturnSnapshot, ReturnIntent>;
  #count = 0;

  constructor(parts: {
    readonly own: OwnFleet;
    readonly siteId: SiteId;
    readonly tariffId: TariffId;
    readonly folder: string;
    readonly cables: Readonly<Record<Place, NetworkCable>>;
  }) {
    this.own = parts.own;
    this.staff = parts.own.staff;
    this.siteId = parts.siteId;
    this.tariffId = parts.tariffId;
    this.folder = parts.folder;
    this.cables = parts.cables;
    this.kiosk = new ScreenAgent('kiosk', parts.own.kiosk.address());
    this.terminal = new ScreenAgent('return terminal', parts.own.returnTerminal.address());
  }

  /** Puts a title of `bytes` bytes into the catalogue and, unless told otherwise, has it brought to the kiosk. */
  async title(
    name: string,
    options: {
      readonly bytes?: number;
      readonly file?: string;
      readonly mediaType?: string;
      readonly unitsTotal?: number;
      readonly tariffId?: TariffId;
      readonly away?: true;
      readonly releaseInDays?: number;
      readonly secure?: true;
    } = {},
  ): Promise<TitleId> {
    const file = options.file ?? join(this.folder, `edition-${++this.#count}.txt`);
    if (options.file === undefined)
      await writeFile(file, Buffer.alloc(options.bytes ?? 200_000, `${name} line of the story.\n`));
    const sha256 = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    const titleId = await addTitle(
      this.staff,
      options.tariffId ?? this.tariffId,
      {
        name,
        mediaType: options.mediaType ?? 'text/plain',
        file,
        sha256,
        demandsBinding: 'none',
        ...(options.secure === undefined ? {} : { demandsSecureMedium: options.secure }),
        unitsTotal: options.unitsTotal ?? null,
        releaseInDays: options.releaseInDays ?? 0,
      },
      this.own.clock.now(),
    );
    await this.news();
    if (options.away !== true && (options.releaseInDays ?? 0) === 0) await this.bring(titleId);
    return titleId;
  }

  /** Both terminals look for a new bundle now. */
  async news(): Promise<void> {
    await this.own.kiosk.runtime.refreshBundle();
    await this.own.returnTerminal.runtime.refreshBundle();
  }

  /** The kiosk fetches a title; done when it is here. */
  async bring(titleId: TitleId): Promise<void> {
    const { cache } = this.own.kiosk.runtime;
    const asked = cache.request(titleId);
    if (!asked.ok) throw new Error(`the kiosk cannot fetch it: ${asked.error.code}`);
    await happens('the title to be at the kiosk', () => cache.progress(titleId).state === 'ready');
  }

  /** A member registered at the counter, with so much prepaid. */
  async member(prepaidMinor = 0): Promise<TestMember> {
    const n = ++this.#count;
    const made = await this.staff.post(
      '/members',
      { displayName: `Member ${n}`, birthYear: 1980, pin: PIN, language: 'en', siteId: this.siteId },
      memberSummary,
    );
    if (prepaidMinor > 0) await this.payIn(made.memberId, 'prepaid', prepaidMinor);
    return { memberId: made.memberId, number: made.number };
  }

  async payIn(memberId: string, purpose: 'prepaid' | 'amount_due', minor: number): Promise<void> {
    const { balances } = await import('#hub/http/contract/members.ts');
    const amount = { minor, currency: 'EUR' };
    const key = `counter-${memberId}-${++this.#count}`;
    await this.staff.post(`/members/${memberId}/payments`, { key, purpose, amount }, balances);
  }

  /** A cart, a medium, a PIN: up to the confirmation, or to the trouble that the identification shows. */
  async toConfirm(
    medium: string | SimulatedMedium,
    member: TestMember,
    titles: readonly TitleId[],
    pin = PIN,
  ): Promise<KioskScreen<'confirm'> | KioskScreen<'identify'>> {
    await this.kiosk.send({ type: 'touch' });
    for (const titleId of titles) await this.kiosk.send({ type: 'add_to_cart', titleId });
    await this.kiosk.send({ type: 'open_cart' });
    await this.kiosk.send({ type: 'checkout' });
    await this.insert(medium, 'kiosk');
    const identify = await this.sees('identify');
    return this.signIn(identify, member, pin);
  }

  async signIn(identify: KioskScreen<'identify'>, member: TestMember, pin = PIN) {
    if (identify.by === 'choose') await this.kiosk.send({ type: 'choose_number' });
    const memberNumber = identify.by === 'medium' ? null : member.number;
    await this.kiosk.send({ type: 'sign_in', memberNumber, pin });
    return this.kiosk.until('confirmation or refusal', PATIENCE_SECONDS, ({ view }) => {
      if (view.screen === 'confirm') return view;
      return view.screen === 'identify' && view.trouble !== null && !view.busy ? view : null;
    });
  }

  /** Confirms and waits for what became of every line. */
  async write(): Promise<KioskScreen<'done'>> {
    await this.kiosk.send({ type: 'confirm' });
    return this.sees('done');
  }

  async rent(
    medium: string | SimulatedMedium,
    member: TestMember,
    titles: readonly TitleId[],
  ): Promise<KioskScreen<'done'>> {
    const seen = await this.toConfirm(medium, member, titles);
    if (seen.screen !== 'confirm') throw new Error(`not signed in: ${JSON.stringify(seen.trouble)}`);
    const done = await this.write();
    await this.leave();
    return done;
  }

  sees<S extends KioskView['screen']>(screen: S): Promise<KioskScreen<S>> {
    return this.kiosk.until(`screen ${screen}`, PATIENCE_SECONDS, ({ view }) =>
      view.screen === screen ? (view as KioskScreen<S>) : null,
    );
  }

  /** The customer goes: medium out, session over. */
  async leave(): Promise<void> {
    await this.kiosk.send({ type: 'finish' });
    this.own.pull('kiosk');
    await atRest(this.kiosk, ({ view, medium }) => {
      if (view.screen === 'attract' && medium.state === 'absent') return null;
      // A medium that was noticed between the two, as one that was swapped in, began a session of its own.
      return view.screen === 'browse' && medium.state === 'absent' ? { type: 'finish' } : 'wait';
    });
  }

  /** Inserts at the return terminal and waits until the medium is read. */
  async handIn(
    medium: string | SimulatedMedium,
    at: ScreenAgent<ReturnSnapshot, ReturnIntent> = this.terminal,
  ): Promise<ReturnScreen<'choose'> | ReturnScreen<'nothing'>> {
    await this.insert(medium, 'return-terminal');
    return this.read(at);
  }

  read(at: ScreenAgent<ReturnSnapshot, ReturnIntent> = this.terminal) {
    return at.until('what is on the medium', PATIENCE_SECONDS, ({ view }) =>
      view.screen === 'choose' || view.screen === 'nothing' ? view : null,
    );
  }

  /** Returns everything chosen; a card that says no is answered with "later". */
  async giveBack(
    at: ScreenAgent<ReturnSnapshot, ReturnIntent> = this.terminal,
  ): Promise<ReturnScreen<'receipt'>> {
    await at.send({ type: 'confirm' });
    let asked = false;
    return at.until('the receipt', PATIENCE_SECONDS, ({ view }) => {
      if (view.screen === 'pay' && view.declined !== null && !asked) {
        asked = true;
        void at.send({ type: 'pay_later' });
      }
      return view.screen === 'receipt' ? view : null;
    });
  }

  async returnAll(medium: string | SimulatedMedium): Promise<readonly ReturnLine[]> {
    const seen = await this.handIn(medium);
    if (seen.screen !== 'choose') throw new Error(`nothing to return: ${JSON.stringify(seen)}`);
    const { lines } = await this.giveBack();
    await this.goHome();
    return lines;
  }

  async goHome(at: ScreenAgent<ReturnSnapshot, ReturnIntent> = this.terminal): Promise<void> {
    await at.send({ type: 'finish' });
    this.own.pull('return-terminal');
    await at.until('rest', PATIENCE_SECONDS, ({ view }) =>
      view.screen === 'welcome' && !view.mediumLeft ? view : null,
    );
  }

  /** A medium by name (a folder), or one made for the test. */
  async insert(medium: string | SimulatedMedium, place: Place): Promise<void> {
    if (typeof medium === 'string') return this.own.insert(medium, place);
    for (const { drive } of Object.values(this.own.stations))
      if (drive.inserted()?.label === medium.label) drive.pull();
    await this.own.stations[place].drive.insert(medium);
  }

  stick(): string {
    return `stick-${++this.#count}`;
  }

  /** Everything that both terminals reported is committed at the hub. */
  async settled(): Promise<void> {
    for (const { runtime } of [this.own.kiosk, this.own.returnTerminal])
      await happens('the hub to have every event', () => {
        const { last, acked } = runtime.store.position(0);
        return last === acked;
      });
  }

  /** All rentals of a member at the hub, newest first, with their entries. */
  async rentals(member: TestMember): Promise<readonly RentalDetail[]> {
    await this.settled();
    const { items } = await this.staff.get(`/rentals?memberId=${member.memberId}`, rentalPage);
    return Promise.all(items.map(({ rentalId }) => this.staff.get(`/rentals/${rentalId}`, rentalDetail)));
  }

  async onlyRental(member: TestMember): Promise<RentalDetail> {
    const all = await this.rentals(member);
    const [first] = all;
    if (first === undefined || all.length > 1) throw new Error(`${all.length} rentals instead of one`);
    return first;
  }

  /** The member's balances and rentals as staff see them. */
  about(member: TestMember): Promise<MemberDetail> {
    return this.staff.get(`/members/${member.memberId}`, memberDetail);
  }

  /** LED-1: debits and credits of the whole fleet, and of every unit, add up to 0. */
  async balanced(): Promise<boolean> {
    const sheet = await this.staff.get('/ledger/balance', balanceSheet);
    return sheet.balanced;
  }

  async account(prefix: string): Promise<number> {
    const { accounts } = await this.staff.get('/ledger/balance', balanceSheet);
    return accounts
      .filter((one) => one.accountId.startsWith(prefix))
      .reduce((sum, one) => sum + one.posted, 0);
  }

  /** Which copies on a medium the distribution's `age` tool opens. */
  async opens(stick: string): Promise<readonly boolean[]> {
    const copies = join(this.own.mediumFolder(stick), 'KEYTURN', 'copies');
    const names = await readdir(copies).catch(() => []);
    return Promise.all(
      names.map(async (name) => {
        const judged = await judgeCopy(join(copies, name), null).catch(() => null);
        return judged?.opens ?? false;
      }),
    );
  }

  /** Time passes for every program at once; staff sign in again, since their session is over by then. */
  async pass(duration: number): Promise<void> {
    const moved = this.own.clock.forward(milliseconds(duration));
    if (!moved.ok) throw new Error(moved.error.message);
    await this.staff.signIn(STAFF.name, STAFF.password);
  }

  /** Everything as it was between two customers: for `afterEach`. */
  async tidy(): Promise<void> {
    for (const cable of Object.values(this.cables)) cable.setCut(false);
    for (const place of ['kiosk', 'return-terminal'] as const) {
      this.own.stations[place].drive.setFault({});
      this.own.stations[place].card.behave('approve');
      this.own.pull(place);
    }
    await atRest(this.kiosk, ({ view, trouble }) => {
      if (trouble !== null) return { type: 'dismiss_trouble' };
      if (view.screen === 'writing') return 'wait';
      return view.screen === 'attract' ? null : { type: 'finish' };
    });
    await atRest(this.terminal, ({ view, trouble }) => {
      if (trouble !== null) return { type: 'dismiss_trouble' };
      if (view.screen === 'pay' && view.declined !== null) return { type: 'pay_later' };
      return view.screen === 'welcome' ? null : { type: 'finish' };
    });
    await this.online();
  }

  /** Both terminals are heard by the hub. */
  async online(): Promise<void> {
    for (const { runtime } of [this.own.kiosk, this.own.returnTerminal])
      await happens('the terminals to be online', () => runtime.online());
  }

  async stop(): Promise<void> {
    await this.own.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/**
 * Asks a screen for what is `missing` until nothing is; ends when every step was answered: one that is still on its way when the screen is at rest would
 * end what the next test begins.
 */
async function atRest<Snapshot extends { readonly view: { readonly screen: string } }, Intent>(
  screen: ScreenAgent<Snapshot, Intent>,
  missing: (snapshot: Snapshot) => Intent | 'wait' | null,
): Promise<void> {
  const sent: Promise<void>[] = [];
  do {
    await Promise.all(sent.splice(0));
    await screen.until('the screen to be at rest', PATIENCE_SECONDS, (snapshot) => {
      const step = missing(snapshot);
      if (step !== null && step !== 'wait') sent.push(screen.send(step));
      return step === null ? true : null;
    });
  } while (sent.length > 0);
}
