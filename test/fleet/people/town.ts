import type { TitleId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Random } from '#shared/ports/random.ts';
import type { Stick } from '../world/sticks.ts';
import type { TerminalProcess } from '../world/terminal-process.ts';
import type { World } from '../world/world.ts';
import { CodeBook } from './codes.ts';
import { Customer } from './customer.ts';
import { type Forgery, forgeries } from './forger.ts';
import { Losses } from './losses.ts';
import { Maker } from './maker.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const OPENS = 8;
const CLOSES = 22;

/** Everybody who lives there: members who rent, return and wait in line, until the world ends. */
export interface Town {
  readonly customers: readonly Customer[];
  /** Those of the members, and the clones that were made of them. */
  readonly media: readonly Stick[];
  readonly forgery: Forgery;
  readonly maker: Maker;
  readonly codes: CodeBook;
  readonly losses: Losses;
  /** Somebody goes there when nobody else stands before one; not at all if the line is too long. */
  atKiosk(random: Random, visit: (terminal: TerminalProcess) => Promise<void>): Promise<void>;
  atReturn(random: Random, visit: (terminal: TerminalProcess) => Promise<void>): Promise<void>;
  /** Visits that were under way at `until` have ended. */
  readonly over: Promise<unknown>;
  /** Everybody brings back whatever is still on a medium; whom a return terminal sends to a kiosk, or a kiosk left without an answer, goes there and comes back (RNT-6). */
  closingDay(): Promise<unknown>;
}

export function settleTown(
  world: World,
  until: EpochMs,
  stuck: (where: string) => void,
  faults = false,
): Town {
  const lines = new Set<TerminalProcess>();
  const media: Stick[] = [];
  const codes = new CodeBook();
  const customers = world.shop.members.map((member, at) => {
    const medium = world.sticks[at] as Stick;
    media.push(medium);
    return new Customer({ world, member, medium, codes, random: world.random(`customer ${at}`), stuck });
  });
  const { time } = world;
  const maker = new Maker(world, faults);

  /** Waits until nobody stands before one of them; null: the line was too long. */
  const standInLine = async (
    choice: readonly TerminalProcess[],
    random: Random,
  ): Promise<TerminalProcess | null> => {
    for (let tries = 0; tries < 8; tries += 1) {
      const terminal = choice[random.below(choice.length)] as TerminalProcess;
      if (!lines.has(terminal) && terminal.up()) {
        lines.add(terminal);
        return terminal;
      }
      await time.sleep(2 * MINUTE);
    }
    return null;
  };
  const go = async (
    choice: readonly TerminalProcess[],
    random: Random,
    visit: (terminal: TerminalProcess) => Promise<void>,
  ): Promise<void> => {
    const terminal = await standInLine(choice, random);
    if (terminal === null) return;
    try {
      await visit(terminal);
    } finally {
      lines.delete(terminal);
    }
  };
  /** Who has a secure medium bought it for what demands one. */
  const tastes = ({ medium }: Customer): readonly TitleId[] =>
    medium.chip === undefined ? [] : [...world.shop.demanding];
  /** Of those who have none, most have heard that it does not come onto theirs. */
  const choice = ({ medium }: Customer, random: Random): readonly TitleId[] => {
    const { titleIds, demanding } = world.shop;
    if (medium.chip !== undefined || random.below(3) === 0) return titleIds;
    return titleIds.filter((titleId) => !demanding.has(titleId));
  };
  const live = async (customer: Customer, random: Random): Promise<void> => {
    await time.sleep(random.below(12 * HOUR));
    while (time.now() < until) {
      const hour = Math.floor((time.now() % DAY) / HOUR);
      if (hour < OPENS || hour >= CLOSES) {
        const opening = hour < OPENS ? OPENS - hour : 24 - hour + OPENS;
        await time.sleep(opening * HOUR + random.below(4 * HOUR));
        continue;
      }
      if (customer.mislaid) {
        await time.sleep(HOUR + random.below(HOUR));
        continue;
      }
      const { medium } = customer;
      if (!customer.holds() && !customer.atTelevision && (await maker.wanted(medium, random)))
        await go(world.kiosks, random, (terminal) => maker.visit(terminal, medium, random));
      if (customer.holds()) await go(world.returns, random, (terminal) => customer.visitReturn(terminal));
      for (const clone of customer.clones)
        if (random.below(3) === 0)
          await go(world.returns, random, (terminal) => customer.visitReturn(terminal, false, clone));
      if (!customer.holds() || random.below(4) === 0)
        await go(world.kiosks, random, (terminal) =>
          customer.visitKiosk(terminal, cart(choice(customer, random), random, tastes(customer))),
        );
      const whenever = time.now() + HOUR + random.below(14 * HOUR);
      const punctual = customer.holds() && random.below(2) === 0;
      const due = punctual && customer.dueAt !== null ? customer.dueAt + aroundDue(random) : 0;
      // A kiosk whose clock was wrong may have said anything.
      await time.sleep((due > time.now() && due < until ? due : whenever) - time.now());
    }
  };
  const over = Promise.all(customers.map((customer, at) => live(customer, world.random(`life ${at}`))));
  const closingDay = (): Promise<unknown> =>
    Promise.all(
      customers.map(async (customer, at) => {
        const random = world.random(`closing ${at}`);
        await time.sleep(random.below(3 * HOUR));
        const { clones, mislaid } = customer;
        for (const medium of [...(mislaid ? [] : [customer.medium]), ...clones]) {
          customer.sentToKiosk = false;
          while (!(await bringBack(customer, medium, random))) await time.sleep(MINUTE);
          if (!customer.sentToKiosk && !customer.unfinished) continue;
          while (!(await showToKiosk(customer, medium, random))) await time.sleep(MINUTE);
          while (!(await bringBack(customer, medium, random))) await time.sleep(MINUTE);
        }
      }),
    );
  const bringBack = async (customer: Customer, medium: Stick, random: Random): Promise<boolean> => {
    let been = false;
    await go(world.returns, random, async (terminal) => {
      been = true;
      await customer.visitReturn(terminal, true, medium);
    });
    return been;
  };
  const showToKiosk = async (customer: Customer, medium: Stick, random: Random): Promise<boolean> => {
    let been = false;
    await go(world.kiosks, random, async (terminal) => {
      been = true;
      await customer.visitKiosk(terminal, cart(world.shop.titleIds, random), true, medium);
    });
    return been;
  };
  return {
    ...{ customers, media, maker, codes, losses: new Losses(world), forgery: forgeries(world, media) },
    atKiosk: (random, visit) => go(world.kiosks, random, visit),
    atReturn: (random, visit) => go(world.returns, random, visit),
    ...{ over, closingDay },
  };
}

/** Who remembers when a copy is due comes at the last minute, within the grace, or an hour too late. */
const aroundDue = (random: Random): number =>
  random.below(2) === 0 ? random.below(9 * MINUTE) - 3 * MINUTE : random.below(70 * MINUTE);

function cart(
  titles: readonly TitleId[],
  random: Random,
  tastes: readonly TitleId[] = [],
): readonly TitleId[] {
  const wanted = new Set<TitleId>(random.below(3) === 0 ? tastes : []);
  const count = random.below(3) === 0 ? 2 : 1;
  while (wanted.size < count) wanted.add(titles[random.below(titles.length)] as TitleId);
  return [...wanted];
}
