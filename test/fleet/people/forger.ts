import type { MemoryMedium } from '#firmware-sim/media/medium-backing.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { copyFolder } from '#shared/media/layout.ts';
import { readCopies } from '../judge/media.ts';
import type { World } from '../world/world.ts';
import type { Customer } from './customer.ts';

/** Whoever makes more than that is no customer. */
const MOST_CLONES = 2;

/** What people do at home with a plain medium, which nothing can keep them from (SEC-8). */
export interface Forgery {
  /** Copies that stand, or stood, on more media than the fleet wrote them to, or came back after their return. */
  readonly copies: ReadonlySet<CopyId>;
  /** Another stick with the same bytes. False: there was nothing to be read, or the stick is not at home. */
  clone(customer: Customer): Promise<boolean>;
  /** An image of the stick; what it answers puts it back, over whatever stands there by then. Null: as with `clone`. */
  image(customer: Customer): Promise<(() => boolean) | null>;
}

export function forgeries(world: World, media: MemoryMedium[]): Forgery {
  const copies = new Set<CopyId>();
  const atHome = ({ medium }: Customer): boolean =>
    world.terminals.every((terminal) => terminal.inSlot()?.label !== medium.label);
  const worthIt = async (customer: Customer): Promise<readonly CopyId[]> =>
    atHome(customer)
      ? (await readCopies(customer.medium)).filter(({ readable }) => readable).map(({ copyId }) => copyId)
      : [];
  const note = (list: readonly CopyId[]): void => {
    for (const copyId of list) copies.add(copyId);
  };
  return {
    copies,
    async clone(customer) {
      const found = await worthIt(customer);
      if (found.length === 0 || customer.clones.length >= MOST_CLONES) return false;
      note(found);
      const other = customer.medium.copy(`${customer.medium.label} clone ${customer.clones.length + 1}`);
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
        note(found);
        for (const copyId of found) customer.medium.putBack(kept, copyFolder(copyId));
        customer.putBack = true;
        return true;
      };
    },
  };
}
