import { type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';

export interface EndingParts {
  readonly program: {
    /** Absent where no customer can be (a terminal out of the fleet). */
    close?(): Promise<void>;
    stop(): Promise<void>;
  };
  readonly clock: Pick<Clock, 'after' | 'monotonic'>;
  /** What the customer under way is given at most; then the process ends as if the power were cut, which the next start settles (DESIGN §4). */
  readonly limit: Milliseconds;
  readonly exit: (code: number) => void;
  /** A line for whoever watches the process. */
  readonly say: (line: string) => void;
}

/** The one way out of a terminal's process (OPS-1): for signals, and for the order `restart`. */
export interface Ending {
  /** Closes, stops, exits with this code. Asked again: nothing more happens. */
  end(code: number): void;
  /** SIGTERM or SIGINT: ends with 0. A second one, a moment later or more, ends the process at once. */
  signal(): void;
}

/** Exit code after a second signal: the process did not end in order. */
export const CUT_OFF = 1;
/** One key press may arrive twice: at the process, and passed on by what started it. */
const SAME_PRESS = milliseconds(500);

export function createEnding(parts: EndingParts): Ending {
  const { program, clock, limit, exit, say } = parts;
  let began: number | null = null;
  let exited = false;

  const exitOnce = (code: number): void => {
    if (exited) return;
    exited = true;
    exit(code);
  };
  const end = (code: number): void => {
    if (began !== null) return;
    began = clock.monotonic();
    const cancel = clock.after(limit, () => {
      say(`not over after ${limit / 1000} s: cut off, the next start settles it`);
      exitOnce(code);
    });
    const orderly = async (): Promise<void> => {
      await program.close?.();
      await program.stop();
    };
    orderly()
      .catch((error: unknown) => say(`could not stop cleanly: ${String(error)}`))
      .finally(() => {
        cancel();
        exitOnce(code);
      });
  };
  return {
    end,
    signal: () => {
      if (began === null) {
        say('ends; what is under way is finished first');
        end(0);
      } else if (clock.monotonic() - began >= SAME_PRESS) exitOnce(CUT_OFF);
    },
  };
}
