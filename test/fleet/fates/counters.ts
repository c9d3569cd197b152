import type { StepEffect } from '#firmware-sim/media/simulated-drive.ts';
import { MANNERS } from '../world/unruly-card.ts';
import { type Fate, HOUR, one } from './chance.ts';

const CARD = ['decline', 'time-out', 'pulled', 'unknown-then-approve'] as const;
const EFFECTS: readonly StepEffect[] = [
  'refused',
  'full',
  'pull-before',
  'pull-torn',
  'pull-after',
  'cut-before',
  'cut-torn',
  'cut-after',
];

/** What customers bring and touch: media in the drive, cards at the reader, copies of sticks. */
export const ofCounters: Fate = ({ world, town, stress, happened, nowAndThen }) => {
  const { time, terminals, cards } = world;
  const media = nowAndThen('media', 2 * HOUR, async (random) => {
    const terminal = one(random, terminals);
    if (!terminal.up()) return;
    const { effects = EFFECTS, steps: [first, end] = [1, 71] } = stress;
    const at =
      effects.length === 0 ? null : { step: first + random.below(end - first), effect: one(random, effects) };
    const lyingSync = at === null || random.below(5) === 0;
    happened(`drive ${at?.effect ?? 'lies'}`, `${terminal.id} ${at?.step ?? ''}`);
    terminal.drive().setFault({ at, lyingSync });
    await time.sleep(Math.ceil((3 * HOUR) / (stress.media ?? 1)));
    if (terminal.up()) terminal.drive().setFault({});
  });
  const card = nowAndThen('cards', 4 * HOUR, async (random) => {
    const { id } = one(random, terminals);
    const behaviour = one(random, CARD);
    happened(`card ${behaviour}`, id);
    cards.get(id)?.behave(behaviour);
    await time.sleep(random.below(4 * HOUR));
    cards.get(id)?.behave('approve');
  });
  const readers = nowAndThen('readers', 5 * HOUR, async (random) => {
    const { id } = one(random, terminals);
    const manner = one(random, MANNERS);
    happened(`card reader ${manner}`, id);
    cards.get(id)?.answer(manner);
    await time.sleep(random.below(4 * HOUR));
    cards.get(id)?.answer('prompt');
  });
  // An image is put back before its copy's return, in the middle of it, or after.
  const clones = nowAndThen('clones', 6 * HOUR, async (random) => {
    const customer = one(random, town.customers);
    if (random.below(2) === 0) {
      if (await town.forgery.clone(customer)) happened('medium cloned', customer.medium.label);
      return;
    }
    const putBack = await town.forgery.image(customer);
    await time.sleep(random.below(20 * HOUR));
    if (putBack?.() === true) happened('old image put back', customer.medium.label);
  });
  return [media, card, readers, clones];
};
