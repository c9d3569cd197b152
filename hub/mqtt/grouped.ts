import { isPassing } from '#hub/ports/database.ts';

/** The more come while the database is at work, the more go into the next write. */
const GROUP = 200;

/**
 * Takes items one by one and gives them to `write` in groups: all that came while the last group was written, so that ten thousand that come at once are few statements.
 * `write` answers in the order of its items. What it refuses of one item must not silence the others: each is tried alone then. Rejects where the
 * database refuses or is away: who said it will say it again.
 */
export function grouped<Item, Taken>(
  write: (items: readonly Item[]) => Promise<readonly Taken[]>,
): (item: Item) => Promise<Taken> {
  interface Waiting {
    readonly item: Item;
    readonly done: (taken: Taken) => void;
    readonly failed: (error: unknown) => void;
  }
  const waiting: Waiting[] = [];
  let running = false;

  const settle = async (group: readonly Waiting[]): Promise<void> => {
    try {
      const taken = await write(group.map(({ item }) => item));
      for (const [at, { done }] of group.entries()) done(taken[at] as Taken);
    } catch (error) {
      if (group.length > 1 && !isPassing(error)) for (const one of group) await settle([one]);
      else for (const { failed } of group) failed(error);
    }
  };
  const run = async (): Promise<void> => {
    running = true;
    while (waiting.length > 0) await settle(waiting.splice(0, GROUP));
    running = false;
  };

  return (item) =>
    new Promise((done, failed) => {
      waiting.push({ item, done, failed });
      if (!running) void run();
    });
}
