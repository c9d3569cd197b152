import type { CopyId } from '#shared/kernel/ids.ts';
import { copyFolder } from '#shared/media/layout.ts';
import { readCopies } from '../judge/media.ts';
import type { Stick } from '../world/sticks.ts';
import type { World } from '../world/world.ts';
import type { Customer } from './customer.ts';

/** Whoever makes more than that is no customer. */
const MOST_CLONES = 2;

/** What people do at home with a plain medium, which nothing can keep them from (SEC-8), and try with a secure one (SEC-5). */
export interface Forgery {
  /** Copies that stand, or stood, on more media than the fleet wrote them to, or came back after their return. */
  readonly copies: ReadonlySet<CopyId>;
  /** Another stick with the same bytes. False: there was nothing to be read, or the stick is not at home. */
  clone(customer: Customer): Promise<boolean>;
  /** An image of the stick; what it answers puts it back, over whatever stands there by then. Null: as with `clone`. */
  image(customer: Customer): Promise<(() => boolean) | null>;
}

export function forgeries(world: World, media: Stick[]): Forgery {
  const copies = new Set<CopyId>();
  const atHome = ({ medium, atTelevision, mislaid }: Customer): boolean =>
    !atTelevision &&
    !mislaid &&
    world.terminals.every((terminal) => terminal.inSlot()?.label !== medium.label);
  const worthIt = async (customer: Customer): Promise<readonly CopyId[]> =>
    atHome(customer)
      ? (await readCopies(customer.medium)).filter(({ readable }) => readable).map(({ copyId }) => copyId)
      : [];
  // Of a secure one only the files are doubled: no second key is there, whatever people do.
  const note = ({ medium }: Customer, list: readonly CopyId[]): void => {
    if (medium.chip === undefined) for (const copyId of list) copies.add(copyId);
  };
  /** Files of a secure stick go onto a plain one, or onto another secure one of the same fleet. */
  const another = ({ medium, clones }: Customer): Stick => {
    const { readers = [] } = medium;
    const other = { ...medium.copy(`${medium.label} clone ${clones.length + 1}`), readers };
    return medium.chip === undefined || clones.length % 2 === 0 ? other : (world.spareChip?.(other) ?? other);
  };
  return {
    copies,
    async clone(customer) {
      const found = await worthIt(customer);
      if (found.length === 0 || customer.clones.length >= MOST_CLONES) return false;
      note(customer, found);
      const other = another(customer);
      customer.clones.push(other);
      media.push(other);
      return true;
    },
    async image(customer) {
      const found = await worthIt(customer);
      if (found.length === 0) return null;
      const kept = customer.medium.copy('image');
      return () => {
        if (!atHome(customer)) return false;
        note(customer, found);
        for (const copyId of found) customer.medium.putBack(kept, copyFolder(copyId));
        customer.putBack = true;
        return true;
      };
    },
  };
}
