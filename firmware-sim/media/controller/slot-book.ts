import { z } from 'zod';
import { assert } from '#shared/kernel/assert.ts';
import type { CopyId, RentalId, ReturnId } from '#shared/kernel/ids.ts';
import { CONTROLLER_SLOTS, type CommandRefusal, type SlotState } from '#shared/media/controller/messages.ts';
import { slotCheck } from '#shared/media/slot.ts';
import { Cell, type ControllerMemory } from './memory.ts';

const slotRecord = z.object({
  copyId: z.string(),
  rentalId: z.string(),
  state: z.enum(['key', 'wiped', 'destroyed']),
  digest: z.string(),
  returnId: z.string().nullable(),
  /** Players that may read; `any`: every player that shows a key of its own. */
  readers: z.union([z.literal('any'), z.array(z.string())]),
  /** The key, base64url; null once it is gone. */
  slot: z.string().nullable(),
  /** Counter of the last change: the oldest spent slot is used again first. */
  counter: z.number(),
});
type SlotRecord = z.infer<typeof slotRecord>;

export interface NewSlot {
  readonly copyId: CopyId;
  readonly rentalId: RentalId;
  readonly slot: Uint8Array;
  readonly readers: 'any' | readonly string[];
}

export interface HeldKey {
  readonly slot: Uint8Array;
  readonly rentalId: RentalId;
  readonly readers: 'any' | readonly string[];
}

/**
 * The controller's slots in its memory. Every change is one cell's write: should power fail, the slot is as before or as after. A removed
 * key is gone from both pages of its cell before anything is said about it, at the latest at the next power-on.
 */
export class SlotBook {
  readonly #cells: readonly Cell[];
  readonly #counterCell: Cell;
  readonly #records: (SlotRecord | null)[] = [];
  #counter = 0;

  private constructor(memory: ControllerMemory) {
    this.#counterCell = new Cell(memory, 0);
    this.#cells = Array.from({ length: CONTROLLER_SLOTS }, (_, index) => new Cell(memory, 2 + 2 * index));
  }

  /** Power-on: reads all cells and finishes removals that power cut short. */
  static async open(memory: ControllerMemory): Promise<SlotBook> {
    const book = await SlotBook.read(memory);
    for (const [index, cell] of book.#cells.entries())
      if (book.#records[index]?.state !== 'key') await cell.scrub();
    return book;
  }

  /** What stands in the memory, without power: nothing is finished or changed. */
  static async read(memory: ControllerMemory): Promise<SlotBook> {
    const book = new SlotBook(memory);
    await book.#counterCell.load();
    const kept = book.#counterCell.value();
    book.#counter = kept === null ? 0 : z.number().parse(JSON.parse(Buffer.from(kept).toString('utf8')));
    for (const [index, cell] of book.#cells.entries()) {
      await cell.load();
      const value = cell.value();
      const record =
        value === null ? null : slotRecord.parse(JSON.parse(Buffer.from(value).toString('utf8')));
      book.#records[index] = record;
      book.#counter = Math.max(book.#counter, record?.counter ?? 0);
    }
    return book;
  }

  /** Changes so far; a number is never given twice, also across power cuts. */
  counter(): number {
    return this.#counter;
  }

  states(): readonly SlotState[] {
    return this.#records.flatMap((record) =>
      record === null
        ? []
        : [
            {
              copyId: record.copyId as CopyId,
              state: record.state,
              digest: record.digest,
              returnId: record.returnId as ReturnId | null,
            },
          ],
    );
  }

  state(copyId: CopyId): SlotState | null {
    return this.states().find((each) => each.copyId === copyId) ?? null;
  }

  /** The key of a copy; null where there is none. */
  key(copyId: CopyId): HeldKey | null {
    const record = this.#records[this.#indexOf(copyId)];
    if (record === null || record === undefined || record.slot === null) return null;
    const { rentalId, readers } = record;
    return { slot: Buffer.from(record.slot, 'base64url'), rentalId: rentalId as RentalId, readers };
  }

  async put(fresh: NewSlot): Promise<CommandRefusal | null> {
    const digest = slotCheck(fresh.slot);
    const known = this.#records[this.#indexOf(fresh.copyId)];
    if (known !== null && known !== undefined)
      return known.state === 'key' && known.digest === digest ? null : 'slot_taken';
    const index = this.#freeIndex();
    if (index === null) return 'slots_full';
    await this.#put(index, {
      copyId: fresh.copyId,
      rentalId: fresh.rentalId,
      state: 'key',
      digest,
      returnId: null,
      readers: fresh.readers === 'any' ? 'any' : [...fresh.readers],
      slot: Buffer.from(fresh.slot).toString('base64url'),
      counter: this.#counter + 1,
    });
    return null;
  }

  /** Removes a key, or finishes its removal: both pages of the cell are written over before this resolves. */
  async remove(copyId: CopyId, as: 'wiped' | 'destroyed', returnId: ReturnId | null): Promise<void> {
    const index = this.#indexOf(copyId);
    const record = this.#records[index];
    assert(record !== null && record !== undefined, 'only a known slot is removed');
    const removed = { state: as, returnId, readers: [], slot: null, counter: this.#counter + 1 };
    if (record.slot !== null) await this.#put(index, { ...record, ...removed });
    await this.#cells[index]?.scrub();
  }

  /** The next number, durable before it is used. */
  async count(): Promise<number> {
    this.#counter += 1;
    await this.#counterCell.write(Buffer.from(JSON.stringify(this.#counter)));
    return this.#counter;
  }

  async #put(index: number, record: SlotRecord): Promise<void> {
    await this.#cells[index]?.write(Buffer.from(JSON.stringify(record)));
    this.#records[index] = record;
    this.#counter = Math.max(this.#counter, record.counter);
  }

  #indexOf(copyId: CopyId): number {
    return this.#records.findIndex((record) => record?.copyId === copyId);
  }

  #freeIndex(): number | null {
    const unused = this.#records.indexOf(null);
    if (unused >= 0) return unused;
    let oldest: number | null = null;
    for (const [index, record] of this.#records.entries())
      if (
        record !== null &&
        record.state !== 'key' &&
        (oldest === null || record.counter < (this.#records[oldest]?.counter ?? 0))
      )
        oldest = index;
    return oldest;
  }
}
