import type { EdgeStore } from '#shared/edge/store.ts';
import type { Life } from './leash.ts';

const UNDONE = Symbol('what a dead process did');

/**
 * A terminal's store as one process has it. A process that ends in the middle of its own work, right after a commit, goes on in memory until it asks something outside: of
 * what it does then nothing comes onto the disk.
 */
export function leashedStore(store: EdgeStore, life: Life): EdgeStore {
  const living =
    <Given extends readonly unknown[]>(write: (...given: Given) => void) =>
    (...given: Given): void => {
      if (life.alive()) write(...given);
    };
  const counted =
    <Given extends readonly unknown[]>(write: (...given: Given) => number) =>
    (...given: Given): number =>
      life.alive() ? write(...given) : 0;
  return {
    ...store,
    transaction: (work) => {
      if (life.alive()) return store.transaction(work);
      const done: { value?: ReturnType<typeof work> } = {};
      try {
        store.transaction((tx) => {
          done.value = work(tx);
          throw UNDONE;
        });
      } catch (thrown) {
        if (thrown !== UNDONE) throw thrown;
      }
      return done.value as ReturnType<typeof work>;
    },
    acknowledge: living(store.acknowledge),
    rewind: living(store.rewind),
    beginEpoch: living(store.beginEpoch),
    purgeAcknowledged: counted(store.purgeAcknowledged),
    dropTelemetry: counted(store.dropTelemetry),
    close: living(store.close),
  };
}
