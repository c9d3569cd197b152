import type { SimulatedDrive } from '#firmware-sim/media/simulated-drive.ts';
import type { DriveName } from '#firmware-sim/panel/contract.ts';
import type { Stick } from './sticks.ts';

/** Bytes per second of a drive that was made slow: a film of a megabyte and a half then takes some ten seconds. */
const SLOW_BYTES_PER_SECOND = 150_000;

/** Which medium is where: in one drive at a time, or in the visitor's hand. */
export class Rack {
  readonly #sticks: readonly Stick[];
  readonly #drives: Readonly<Record<DriveName, SimulatedDrive>>;
  readonly #slow = new Set<DriveName>();

  constructor(sticks: readonly Stick[], drives: Readonly<Record<DriveName, SimulatedDrive>>) {
    this.#sticks = sticks;
    this.#drives = drives;
  }

  sticks(): readonly Stick[] {
    return this.#sticks;
  }

  in(drive: DriveName): string | null {
    return this.#drives[drive].inserted()?.label ?? null;
  }

  whereIs(name: string): DriveName | null {
    const entry = (['kiosk', 'return-terminal', 'player'] as const).find((drive) => this.in(drive) === name);
    return entry ?? null;
  }

  /** False where no such medium exists. It leaves the drive it was in; what was in this one is pulled. */
  async insert(name: string, drive: DriveName): Promise<boolean> {
    const stick = this.#sticks.find((each) => each.name === name);
    if (stick === undefined) return false;
    const where = this.whereIs(name);
    if (where === drive) return true;
    if (where !== null) this.pull(where);
    await this.#drives[drive].insert(stick.medium);
    return true;
  }

  pull(drive: DriveName): void {
    this.#drives[drive].pull();
  }

  slow(drive: DriveName): boolean {
    return this.#slow.has(drive);
  }

  setSlow(drive: DriveName, slow: boolean): void {
    if (slow) this.#slow.add(drive);
    else this.#slow.delete(drive);
    this.#drives[drive].setFault(slow ? { bytesPerSecond: SLOW_BYTES_PER_SECOND } : {});
  }

  watch(listener: () => void): () => void {
    const stops = Object.values(this.#drives).map((drive) => drive.watch(() => listener()));
    return () => {
      for (const stop of stops) stop();
    };
  }
}
