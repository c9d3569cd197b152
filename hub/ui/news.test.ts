import { describe, expect, it } from 'vitest';
import { gathering } from './news.ts';

interface Thing {
  readonly id: string;
  readonly at: number;
}

/** Frames that come when the test says so. */
function frames() {
  let waiting: (() => void) | null = null;
  let asked = 0;
  return {
    next: (job: () => void) => {
      asked += 1;
      waiting = job;
      return () => {
        waiting = null;
      };
    },
    come: () => {
      const job = waiting;
      waiting = null;
      job?.();
    },
    asked: () => asked,
  };
}

describe('what comes faster than it can be shown', () => {
  it('SCR-4: a thousand updates between two frames are shown at once, each thing as it was last', () => {
    const clock = frames();
    const shown: (readonly Thing[])[] = [];
    const gathered = gathering<Thing>(
      ({ id }) => id,
      (items) => shown.push([...items.values()]),
      clock.next,
    );
    for (let at = 0; at < 1000; at += 1) gathered.add([{ id: `t${at % 200}`, at }]);
    expect(shown).toEqual([]);
    expect(clock.asked()).toBe(1);
    clock.come();
    expect(shown).toHaveLength(1);
    expect(shown[0]).toHaveLength(200);
    expect(shown[0]?.every(({ at }) => at >= 800)).toBe(true);
    // Nothing waits: no frame is asked for.
    clock.come();
    gathered.add([]);
    expect(clock.asked()).toBe(1);
    gathered.add([{ id: 'later', at: 1 }]);
    expect(clock.asked()).toBe(2);
  });

  it('SCR-4: who left hears nothing more', () => {
    const clock = frames();
    let shown = 0;
    const gathered = gathering<Thing>(
      ({ id }) => id,
      () => {
        shown += 1;
      },
      clock.next,
    );
    gathered.add([{ id: 'a', at: 1 }]);
    gathered.stop();
    clock.come();
    expect(shown).toBe(0);
  });
});
