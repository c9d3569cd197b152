import type { SlotDoor } from '#shared/ports/slot-door.ts';

/** The door before the drive. A customer may still use force: `pull()` of the drive works whether it is locked or not. */
export class SimulatedSlotDoor implements SlotDoor {
  #locked = false;

  locked(): boolean {
    return this.#locked;
  }

  async lock(): Promise<void> {
    this.#locked = true;
  }

  async release(): Promise<void> {
    this.#locked = false;
  }
}
