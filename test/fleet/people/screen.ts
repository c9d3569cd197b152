import type { KioskIntent, KioskSnapshot } from '#kiosk/app/session/contract.ts';
import type { ReturnIntent, ReturnSnapshot } from '#return-terminal/app/session/contract.ts';
import { DiskRefuses } from '../world/edge-disk.ts';
import type { TerminalProcess } from '../world/terminal-process.ts';
import type { WorldTime } from '../world/time.ts';

/** What a person sees of a terminal: the same snapshots as its page, and the same taps. */
export class Screen<
  Snapshot extends KioskSnapshot | ReturnSnapshot,
  Intent extends KioskIntent | ReturnIntent,
> {
  readonly terminal: TerminalProcess;
  readonly #time: WorldTime;

  constructor(terminal: TerminalProcess, time: WorldTime) {
    this.terminal = terminal;
    this.#time = time;
  }

  /** Null: the screen is dark. */
  look(): Snapshot | null {
    return this.terminal.up() ? (this.terminal.session().snapshot() as Snapshot) : null;
  }

  async tap(intent: Intent): Promise<void> {
    if (!this.terminal.up()) return;
    try {
      await this.terminal.session().intent(intent as never);
    } catch (error) {
      if (!(error instanceof DiskRefuses)) throw error;
      error.end();
    }
  }

  /** Until the screen shows something else, goes dark, or so many seconds are over; false then. */
  change(seconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      if (!this.terminal.up()) return resolve(true);
      const over = (changed: boolean): void => {
        cancel();
        unsubscribe();
        forget();
        resolve(changed);
      };
      const unsubscribe = this.terminal.session().subscribe(() => over(true));
      const forget = this.terminal.onDark(() => over(true));
      const cancel = this.#time.after(seconds * 1000, () => over(false));
    });
  }
}
