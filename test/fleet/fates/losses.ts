import type { Random } from '#shared/ports/random.ts';
import type { Customer } from '../people/customer.ts';
import { type Fate, HOUR, one } from './chance.ts';

/** How often somebody who missed the medium asks at a kiosk before giving up. */
const TRIES = 6;

/** RNT-7: people miss what they rent onto and say so at a kiosk; three of four find it later, and staff settle that. */
export const ofLosses: Fate = ({ world, town, until, happened, nowAndThen }) => {
  const { time } = world;
  const under: Promise<void>[] = [];
  const missable = async (customer: Customer): Promise<boolean> =>
    ![customer.mislaid, customer.putBack, customer.atCounter, customer.atTelevision].includes(true) &&
    customer.clones.length === 0 &&
    (await town.losses.on(customer)).size > 0;
  const misses = async (customer: Customer, random: Random): Promise<void> => {
    const [gone, away] = [random.below(4) === 0, HOUR + random.below(12 * HOUR)];
    const [keeps, brings] = [random.below(3) === 0, random.below(2) === 0];
    customer.mislaid = true;
    let told = false;
    for (let tries = TRIES; tries > 0 && !told && time.now() < until; tries -= 1) {
      await time.sleep(random.below(HOUR));
      await town.atKiosk(random, async (terminal) => {
        told = await town.losses.report(customer, terminal, random);
      });
    }
    if (told) happened('medium lost', customer.medium.label);
    if (told && gone) return;
    await time.sleep(Math.min(away, Math.max(0, until - time.now())));
    if (told) happened('medium found again', customer.medium.label);
    if (told && keeps) await town.losses.settle(customer, 'resume');
    customer.mislaid = false;
    if (!told || keeps || !brings || time.now() >= until) return;
    await town.atReturn(random, (terminal) => customer.visitReturn(terminal, true));
    await town.losses.settle(customer, 'handed_in');
  };
  const losses = nowAndThen('losses', 8 * HOUR, async (random) => {
    const customer = one(random, town.customers);
    if (await missable(customer)) under.push(misses(customer, random));
  });
  return [losses.then(() => Promise.all(under))];
};
