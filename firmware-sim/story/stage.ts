import type { Milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';

/** The fleet that a story plays on: one of its own, or one that runs already. */
export interface Stage {
  readonly hubUrl: string;
  readonly kioskUrl: string;
  readonly returnTerminalUrl: string;
  /** Null where the running fleet has no player that the story may use. */
  readonly playerUrl: string | null;
  readonly staff: { readonly name: string; readonly password: string };
  /** Real time: what figures are measured with, also where the fleet's own time is moved. */
  readonly clock: Clock;
  /** The folder that is the medium. */
  readonly mediumFolder: string;
  /** The player's own age identity, where the story may know it (own fleet). */
  playerIdentity(): Promise<string | null>;
  /** Puts the medium into one drive and takes it out of every other. */
  insert(place: 'kiosk' | 'return-terminal' | 'player'): Promise<void>;
  take(): Promise<void>;
  /** Lets time pass for every program at once; null: time cannot be moved on this stage. */
  readonly pass: ((duration: Milliseconds) => Promise<void>) | null;
  /** Asks the terminals to look for news at the hub now. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}
