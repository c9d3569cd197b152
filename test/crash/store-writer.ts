import { writeSync } from 'node:fs';
import { z } from 'zod';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { openLibsqlStore } from '#shared/edge/drivers/libsql-store.ts';
import { StoreFailure } from '#shared/edge/store.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import { steps } from './store-steps.ts';

/**
 * A process that appends to an edge store until it is killed: each transaction writes one row and one to three events of both lanes. Says
 * on standard output what it has committed, each line in one write after the commit, and `refused <code>` when the disk says no.
 */
const [path, seed] = z.tuple([z.string(), z.string()]).parse(process.argv.slice(2));
const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};

say('opening');
const random = seededRandom(seed);
const store = openLibsqlStore(path, () => `epoch-${seed}`);
say('open');
let clock = store.position(0).last + 1;
const nextId = () => newId<never>({ now: () => epochMs(1_700_000_000_000 + clock) }, random);
for (;;) {
  clock += 1;
  try {
    const committed = store.transaction((tx) => {
      const number = tx.list(steps).length;
      const [events = 0, size = 0] = random.bytes(2);
      const lanes = ([0, 1, 0] as const).slice(0, 1 + (events % 3));
      tx.put(steps, String(number).padStart(8, '0'), { number, events: lanes.length });
      return lanes.map((lane, index) => {
        const stamp = {
          deviceTime: epochMs(clock),
          monotonic: clock,
          bootId: 'boot',
          clockOffset: null,
          clockError: null,
        };
        const data = { number, index, filler: 'x'.repeat(8 * size) };
        return `${lane}:${tx.append({ id: nextId(), kind: 'alert.raised', lane, stamp, data })}`;
      });
    });
    say(`committed ${committed.join(' ')}`);
  } catch (failure) {
    if (!(failure instanceof StoreFailure)) throw failure;
    say(`refused ${failure.code} ${store.position(0).last} ${store.position(1).last}`);
    break;
  }
}
store.close();
