import { reportMedium } from '#hub/app/renting/complaints.ts';
import type { KioskIntent, KioskSnapshot } from '#kiosk/app/session/contract.ts';
import type { RentalId } from '#shared/kernel/ids.ts';
import { licenceFile } from '#shared/media/layout.ts';
import type { Licence } from '#shared/media/licence.ts';
import type { Random } from '#shared/ports/random.ts';
import { readCopies } from '../judge/media.ts';
import { saidIn } from '../judge/players.ts';
import { ACTOR, askOnce } from '../staff.ts';
import { PIN } from '../world/shop.ts';
import type { TerminalProcess } from '../world/terminal-process.ts';
import type { World } from '../world/world.ts';
import type { Customer } from './customer.ts';
import { Screen } from './screen.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const LOOKS = 60;
const PATIENCE_S = 60;

/** A rental whose medium its member said to be lost (RNT-7). */
export interface Loss {
  /** When the report was tapped. */
  readonly at: number;
  /** When the ones before it were: what was found again may be missed again. */
  readonly before: readonly number[];
  readonly customer: Customer;
  /** The kiosk said that it has noted it; without that it may have gone dark at that very moment. */
  told: boolean;
}

/** Media that people cannot find, or for ever. */
export class Losses {
  readonly #world: World;
  readonly reported = new Map<RentalId, Loss>();
  found = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Rentals whose keys stand on the medium that this person misses. */
  async on({ medium }: Customer): Promise<ReadonlySet<string>> {
    const readable = (await readCopies(medium)).filter((copy) => copy.readable);
    return new Set(
      readable.flatMap(({ copyId }) => {
        const rentalId = saidIn<Licence>(medium, licenceFile(copyId))?.keyturn.rentalId;
        return rentalId === undefined ? [] : [rentalId];
      }),
    );
  }

  /** The member signs in by number and says what is lost. False: there was no such rental to be seen there, or the screen went dark; also at the very report, which may have counted. */
  async report(customer: Customer, terminal: TerminalProcess, random: Random): Promise<boolean> {
    const { time, chronicle } = this.#world;
    const screen = new Screen<KioskSnapshot, KioskIntent>(terminal, time);
    const mine = await this.on(customer);
    let signedIn = 0;
    customer.atCounter = true;
    for (let look = 0; look < LOOKS; look += 1) {
      const shown = screen.look();
      if (shown === null) break;
      const { view, trouble } = shown;
      await time.sleep(SECOND + random.below(5 * SECOND));
      if (trouble !== null) {
        await screen.tap({ type: 'dismiss_trouble' });
        if (view.screen === 'attract') break;
      } else if (view.screen === 'attract') {
        if (view.closed !== null) break;
        await screen.tap({ type: 'touch' });
      } else if (view.screen === 'identify') {
        if (view.busy) await screen.change(PATIENCE_S);
        else if (view.by === 'choose') await screen.tap({ type: 'choose_number' });
        else {
          signedIn += 1;
          if (signedIn > 3) break;
          await screen.tap({ type: 'sign_in', memberNumber: customer.member.number, pin: PIN });
        }
      } else if (view.screen === 'mine') {
        const ids = view.rentals
          .filter(({ rentalId, state }) => mine.has(rentalId) && state === 'active')
          .map(({ rentalId }) => rentalId as RentalId);
        if (ids.length === 0) break;
        for (const id of ids) {
          const former = this.reported.get(id);
          const before = former === undefined ? [] : [...former.before, former.at];
          this.reported.set(id, { at: time.now(), before, customer, told: false });
        }
        chronicle.note(customer.member.number, `reports lost ${ids.map((id) => id.slice(-6)).join(' ')}`);
        await screen.tap({ type: 'report_lost', rentalIds: ids });
        const told = screen.look()?.notice?.code === 'lost_reported';
        for (const id of ids) (this.reported.get(id) as Loss).told = told;
        await screen.tap({ type: 'finish' });
        customer.atCounter = false;
        return told;
      } else await screen.tap({ type: 'open_mine' });
    }
    await screen.tap({ type: 'finish' });
    customer.atCounter = false;
    return false;
  }

  of(customer: Customer): readonly RentalId[] {
    return [...this.reported].filter(([, loss]) => loss.customer === customer).map(([id]) => id);
  }

  /** Staff settle what was found again: `resume` of what its member found and keeps, `handed_in` of what a terminal destroyed. False: no hub answered. */
  async settle(customer: Customer, decision: 'handed_in' | 'resume'): Promise<boolean> {
    const present = await this.on(customer);
    let answered = true;
    for (const rentalId of this.of(customer)) {
      if (present.has(rentalId) !== (decision === 'resume')) continue;
      const report = { kind: 'found', decision } as const;
      const settled = await askOnce(this.#world, (inside) =>
        reportMedium(inside, ACTOR, rentalId, report, 'found again'),
      );
      answered &&= settled !== null;
      if (settled?.ok !== true) continue;
      this.found += 1;
      this.#world.chronicle.note(customer.member.number, `${decision} ${rentalId.slice(-6)}`);
    }
    return answered;
  }

  /** At the end, when everything is mended and brought back. */
  async settleAll(customers: readonly Customer[]): Promise<void> {
    for (const customer of customers)
      while (!customer.mislaid && !(await this.settle(customer, 'handed_in')))
        await this.#world.time.sleep(MINUTE);
  }
}
