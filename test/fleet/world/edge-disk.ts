import { StoreFailure } from '#shared/edge/store.ts';

const TOTAL = 10 * 2 ** 30;
const USED_USUALLY = 20;

/** A terminal's disk would not take a row. A program that cannot record ends, and is started again. */
export class DiskRefuses extends StoreFailure {
  readonly end: () => void;
  constructor(code: StoreFailure['code'], end: () => void) {
    super(code, 'the simulated disk refuses');
    this.end = end;
  }
}

let programsEnd = false;

/** As Node does where nobody catches what a program's own work throws, and as nothing but a process of this command may do: each such program ends, not all of them. */
export function endProgramsWhoseDiskRefuses(): void {
  programsEnd = true;
  process.on('unhandledRejection', (reason) => {
    if (!(reason instanceof DiskRefuses)) throw reason;
    reason.end();
  });
}

/** Whether disks may refuse here: only where a program that ends by it is no end of the whole world. */
export const disksMayRefuse = (): boolean => programsEnd;

/** What the program was called for, by a timer, a message or a tap; it ends where its disk refused. */
export function endingWhereRefused<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof DiskRefuses)) throw error;
    error.end();
    return undefined;
  }
}

/** The world's time, as far as a disk knows it. */
interface Time {
  now(): number;
  breathe(): void;
}

/** The disk under a terminal's store. */
export class EdgeDisk {
  readonly #time: Time;
  #refuses: { readonly code: 'store_full' | 'store_io_error'; left: number; readonly until: number } | null =
    null;
  #usedPercent = USED_USUALLY;

  constructor(time: Time) {
    this.#time = time;
  }

  /** The next commits fail: so many, within so many milliseconds. */
  refuse(code: 'store_full' | 'store_io_error', commits: number, within: number): void {
    this.#refuses = { code, left: commits, until: this.#time.now() + within };
  }

  fill(usedPercent: number): void {
    this.#usedPercent = usedPercent;
  }

  mend(): void {
    this.#refuses = null;
    this.#usedPercent = USED_USUALLY;
  }

  readonly space = (): { readonly totalBytes: number; readonly freeBytes: number } => ({
    totalBytes: TOTAL,
    freeBytes: Math.floor((TOTAL * (100 - this.#usedPercent)) / 100),
  });

  /** Before a commit; `end` is what becomes of the program. */
  commit(end: () => void): void {
    const refuses = this.#refuses;
    if (refuses === null || refuses.left === 0 || this.#time.now() > refuses.until) return;
    refuses.left -= 1;
    // What nobody catches is told at the next turn of the event loop.
    this.#time.breathe();
    throw new DiskRefuses(refuses.code, end);
  }
}
