import type { KioskIntent, KioskSnapshot, KioskView } from '#kiosk/app/session/contract.ts';
import type {
  ReturnIntent,
  ReturnLine,
  ReturnSnapshot,
  ReturnView,
} from '#return-terminal/app/session/contract.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { type Chronicle, megabytesPerSecond, money } from './chronicle.ts';
import { ScreenAgent } from './screen-agent.ts';
import type { Stage } from './stage.ts';

export const PIN = '4711';
type View<S extends KioskView['screen']> = Extract<KioskView, { readonly screen: S }>;
type Screen<S extends ReturnView['screen']> = Extract<ReturnView, { readonly screen: S }>;

const on =
  <S extends KioskView['screen']>(screen: S) =>
  (snapshot: KioskSnapshot): View<S> | null =>
    snapshot.view.screen === screen ? (snapshot.view as View<S>) : null;
const at =
  <S extends ReturnView['screen']>(screen: S) =>
  (snapshot: ReturnSnapshot): Screen<S> | null =>
    snapshot.view.screen === screen ? (snapshot.view as Screen<S>) : null;

/** What a customer who has never been here does at kiosk and return terminal, told in figures. */
export class Customer {
  readonly #stage: Stage;
  readonly #chronicle: Chronicle;
  readonly #kiosk: ScreenAgent<KioskSnapshot, KioskIntent>;
  readonly #terminal: ScreenAgent<ReturnSnapshot, ReturnIntent>;

  constructor(stage: Stage, chronicle: Chronicle) {
    this.#stage = stage;
    this.#chronicle = chronicle;
    this.#kiosk = new ScreenAgent('kiosk', stage.kioskUrl, stage.clock);
    this.#terminal = new ScreenAgent('return terminal', stage.returnTerminalUrl, stage.clock);
  }

  /** Waits until the kiosk offers the title, and has it brought from the hub. */
  async find(titleId: View<'title'>['title']['titleId']): Promise<void> {
    await this.#kiosk.send({ type: 'touch' });
    for (let tries = 0; ; tries += 1) {
      await this.#stage.refresh();
      await this.#kiosk.send({ type: 'open_title', titleId });
      const { view } = await this.#kiosk.snapshot();
      if (view.screen === 'title' && view.title.titleId === titleId) break;
      if (tries > 120) throw new Error('the kiosk never heard of the title');
      await this.#kiosk.send({ type: 'touch' });
      await this.#stage.clock.sleep(milliseconds(1000));
    }
    const began = this.#stage.clock.monotonic();
    const { view } = await this.#kiosk.snapshot();
    if (view.screen === 'title' && view.title.availability !== 'here')
      await this.#kiosk.send({ type: 'fetch_title', titleId });
    const here = await this.#kiosk.until('the title to be here', 60, (snapshot) =>
      snapshot.view.screen === 'title' && snapshot.view.title.availability === 'here'
        ? snapshot.view.title
        : null,
    );
    const ms = this.#stage.clock.monotonic() - began;
    this.#chronicle.say(
      'brought to kiosk',
      `${here.bytes} bytes, checked by chunk, ${megabytesPerSecond(here.bytes, ms)}`,
    );
  }

  /** Registers, pays in, rents the title onto the inserted medium. Answers the line as the done screen shows it. */
  async rent(titleId: View<'title'>['title']['titleId'], topUpMinor: number) {
    await this.#kiosk.send({ type: 'add_to_cart', titleId });
    await this.#kiosk.send({ type: 'open_cart' });
    await this.#kiosk.until('the cart', 20, on('cart'));
    await this.#kiosk.send({ type: 'checkout' });
    await this.#stage.insert('kiosk');
    await this.#kiosk.until('the question who it is', 60, on('identify'));
    await this.#kiosk.send({ type: 'choose_register' });
    await this.#kiosk.send({ type: 'register', displayName: 'Story', birthYear: 1980, pin: PIN });
    const confirm = await this.#kiosk.until('the confirmation', 60, on('confirm'));
    this.#chronicle.say('member', `registered, number ${confirm.newNumber ?? '?'}`);
    if (topUpMinor > 0) {
      await this.#kiosk.send({ type: 'top_up', amountMinor: topUpMinor });
      const paid = await this.#kiosk.until('the balance', 60, (snapshot) =>
        (snapshot.member?.prepaid.minor ?? 0) >= topUpMinor ? snapshot.member : null,
      );
      if (paid !== null) this.#chronicle.say('paid in', money(paid.prepaid));
    }
    await this.#kiosk.until('no obstacle', 60, (snapshot) =>
      snapshot.view.screen === 'confirm' && snapshot.view.obstacle === null && !snapshot.view.cardBusy
        ? true
        : null,
    );
    const began = this.#stage.clock.monotonic();
    await this.#kiosk.send({ type: 'confirm' });
    const done = await this.#kiosk.until('the copy', 300, on('done'));
    const ms = this.#stage.clock.monotonic() - began;
    const line = done.lines.find((each) => each.titleId === titleId);
    if (line?.state !== 'written')
      throw new Error(`the copy was not written: ${JSON.stringify(line?.trouble ?? done.lines)}`);
    this.#chronicle.say(
      'written, verified',
      `${line.bytesTotal} bytes in ${(ms / 1000).toFixed(1)} s, ${megabytesPerSecond(line.bytesTotal, ms)}`,
    );
    this.#chronicle.figure('writeMBps', Math.round(line.bytesTotal / 1e4 / (ms / 1000)) / 100);
    for (const text of done.receipt) this.#chronicle.say('receipt', text);
    await this.#kiosk.send({ type: 'finish' });
    await this.#stage.take();
    return { newNumber: confirm.newNumber ?? done.newNumber };
  }

  /** Returns everything on the medium, rates each copy, reserves the first title that can be reserved. */
  async return(stars: number): Promise<Screen<'receipt'>> {
    await this.#stage.insert('return-terminal');
    // A mounted folder is in the slot all the time: the terminal is asked to look at it, as a customer who left the medium in would.
    const { view } = await this.#terminal.snapshot();
    if (view.screen === 'welcome' && view.mediumLeft) await this.#terminal.send({ type: 'read_again' });
    const choose = await this.#terminal.until('what is on the medium', 60, at('choose'));
    for (const line of choose.lines) this.#sayBill(line);
    // A copy whose keep price is reached is not chosen beforehand: it may stay with the member. The story gives it back.
    for (const line of choose.lines)
      if (line.choosable && !line.chosen)
        await this.#terminal.send({ type: 'choose', copyId: line.copyId, chosen: true });
    await this.#terminal.until('the sum', 60, (snapshot) => at('choose')(snapshot)?.plan.total ?? null);
    await this.#terminal.send({ type: 'confirm' });
    await this.#terminal.until(
      'the destruction',
      120,
      (snapshot) => at('returning')(snapshot) ?? at('receipt')(snapshot),
    );
    let reserved = false;
    const rated = new Set<string>();
    const receipt = await this.#terminal.until('the receipt', 120, (snapshot) => {
      const { view } = snapshot;
      if (view.screen !== 'returning' && view.screen !== 'receipt') return null;
      for (const line of view.lines) {
        if (rated.has(line.copyId)) continue;
        rated.add(line.copyId);
        void this.#terminal.send({ type: 'rate', copyId: line.copyId, stars });
      }
      const [first] = view.reservable;
      if (!reserved && first !== undefined) {
        reserved = true;
        void this.#terminal.send({ type: 'reserve', titleId: first.titleId, wanted: true });
      }
      const settled =
        view.lines.every((line) => line.stars !== null) &&
        (!reserved || view.reservable.some((one) => one.wanted));
      return view.screen === 'receipt' && view.advised && settled ? view : null;
    });
    for (const line of receipt.lines) this.#sayPaid(line);
    this.#chronicle.say(
      'reserved',
      receipt.reservable.find((one) => one.wanted)?.name.en ?? 'nothing can be reserved',
    );
    this.#chronicle.say('points earned', String(receipt.pointsEarned));
    await this.#terminal.send({ type: 'finish' });
    await this.#stage.take();
    return receipt;
  }

  /** What the kiosk's start shows when the medium comes back: the shelf that the return terminal left (RET-6). */
  async comeBack(): Promise<readonly { readonly name: string; readonly reason: string }[]> {
    await this.#stage.insert('kiosk');
    await this.#kiosk.send({ type: 'touch' });
    const shelf = await this.#kiosk.until('the shelf for this customer', 60, (snapshot) => {
      if (snapshot.view.screen !== 'browse') return null;
      return snapshot.view.shelves.find((each) => each.id === 'for_you') ?? null;
    });
    await this.#kiosk.send({ type: 'finish' });
    await this.#stage.take();
    return shelf.titles.map((title) => ({ name: title.name.en, reason: title.reason?.code ?? '' }));
  }

  #sayBill(line: ReturnLine): void {
    this.#chronicle.say(
      'on the medium',
      `${line.name.en}: ${line.kind}, now ${line.total === null ? '–' : money(line.total)}`,
    );
    for (const part of line.bill)
      this.#chronicle.say(
        '',
        `${part.code}${part.units === null ? '' : ` × ${part.units}`}: ${money(part.amount)}`,
      );
    if (line.next !== null)
      this.#chronicle.say('', `next step ${new Date(line.next.at).toISOString()}: ${money(line.next.total)}`);
  }

  #sayPaid(line: ReturnLine): void {
    for (const part of line.paid) this.#chronicle.say('paid', `${money(part.amount)} by ${part.means}`);
    if (line.due !== null && line.due.minor > 0) this.#chronicle.say('amount due', money(line.due));
    if (line.receipt !== null)
      this.#chronicle.say(
        'receipt',
        `${line.receipt.claim}, read back by ${line.receipt.readBack}, no. ${line.receipt.counter}`,
      );
  }
}
