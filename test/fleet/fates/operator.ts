import { paidAtKiosks } from '../judge/books.ts';
import type { World } from '../world/world.ts';

const MINUTE = 60_000;

/** Who keeps copies of the hub's database and brings the hub up: one thing after the other, with a restored copy where that is due. */
export interface Operator {
  take(): Promise<void>;
  loseDatabase(): void;
  /** A second hub comes up where the first one runs. */
  another(): Promise<void>;
  bringUp(): Promise<void>;
}

export function hire(world: World): Operator {
  const { hub, secondHub, backUp, time, databaseFate, lostFacts } = world;
  let kept: (() => Promise<void>) | null = null;
  let keptDeeds = world.deeds;
  /** A copy has to be put back; a hub has to hear that one was, until it is up (`hub/backup/restored-mark.ts`). */
  let [due, restored] = [false, false];
  let turn: Promise<void> = Promise.resolve();
  return {
    take: async () => {
      const { deeds } = world;
      kept = (await backUp?.()) ?? null;
      keptDeeds = deeds;
    },
    loseDatabase: () => {
      due = kept !== null;
      hub.kill('its database is lost');
      secondHub.kill('its database is lost');
    },
    another: () => {
      turn = turn.then(async () => {
        if (!databaseFate.away && hub.up() && !secondHub.up()) await secondHub.start();
      });
      return turn;
    },
    bringUp: () => {
      turn = turn.then(async () => {
        while (databaseFate.away) await time.sleep(MINUTE);
        if (hub.up()) return;
        if (due) {
          const paid = await paidAtKiosks(world);
          await kept?.();
          lostFacts.paidAtKiosks += paid - (await paidAtKiosks(world));
          // Facts that the hub itself makes go with its database (DESIGN §2).
          world.deeds = keptDeeds;
          [due, restored] = [false, true];
        }
        await hub.start(restored);
        // Killed before it was up: whoever looks after it starts it again.
        for (; !hub.up(); await hub.start(restored)) await time.sleep(MINUTE);
        restored = false;
      });
      return turn;
    },
  };
}
