import type { SimulatedClock } from '#firmware-sim/sim/clock.ts';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { createHubClock, type HubClock } from '#shared/edge/hub-clock.ts';
import { createRecorder, type Record } from '#shared/edge/recorder.ts';
import type { EdgeStore } from '#shared/edge/store.ts';
import { memoryStore } from '#shared/edge/store-memory.ts';
import { createSync, type Sync } from '#shared/edge/sync.ts';
import { START, TERMINAL } from '#shared/edge/testing/a-bundle.ts';
import { type HandLink, handLink } from '#shared/edge/testing/hand-link.ts';
import { type ModelHub, modelHub } from '#shared/edge/testing/model-hub.ts';
import type { RentalId, SiteId, TitleId } from '#shared/kernel/ids.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import type { Random } from '#shared/ports/random.ts';
import { newId } from '#shared/ports/random.ts';

/** One terminal's sync with a link moved by hand and a model of the hub: everything a sync test needs. */
export interface Site {
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly store: EdgeStore;
  readonly link: HandLink;
  readonly hub: ModelHub;
  readonly sync: Sync;
  readonly hubClock: HubClock;
  readonly record: Record;
  readonly epochChanges: string[];
  readonly commands: Uint8Array[];
  readonly configs: Uint8Array[];
  /** Reports `rating.given` (lane 0) or `session.ended` (lane 1); answers the event's id. */
  happen(lane: 0 | 1): string;
  /** Delivers everything in both directions until nothing moves. */
  flush(): Promise<void>;
}

export function aSite(options: { seed?: number | string; store?: EdgeStore; window?: number } = {}): Site {
  const clock = simulatedClock(START);
  const random = seededRandom(options.seed ?? 1);
  const store = options.store ?? memoryStore({ epoch: 'epoch-1' });
  const link = handLink();
  const hub = modelHub(clock, TERMINAL, options.window);
  const hubClock = createHubClock(clock, 'boot-1');
  const epochChanges: string[] = [];
  const commands: Uint8Array[] = [];
  const configs: Uint8Array[] = [];
  const sync = createSync({
    identity: {
      terminalId: TERMINAL,
      role: 'kiosk',
      siteId: newId<SiteId>(clock, random),
    },
    store,
    link,
    clock,
    random,
    log: silentLog,
    hubClock,
    software: 'test',
    heartbeatEvery: () => milliseconds(30_000),
    condition: () => ({
      storage: { totalBytes: 10, freeBytes: 5 },
      cache: { bytes: 0, titles: 0, fetching: 0 },
      drives: [],
      configVersion: 0,
      locked: false,
      temperatureCelsius: null,
    }),
    onCommand: (payload) => commands.push(payload),
    onConfig: (payload) => configs.push(payload),
    epochChanged: (why) => epochChanges.push(why),
    onUntrusted: () => {},
    onContact: () => {},
    onChange: () => {},
  });
  const record = createRecorder({
    store,
    clock,
    random,
    stamp: hubClock.stamp,
    appended: sync.wake,
  });
  return {
    clock,
    random,
    store,
    link,
    hub,
    sync,
    hubClock,
    record,
    epochChanges,
    commands,
    configs,
    happen: (lane) =>
      record((tx) =>
        lane === 1
          ? tx.emit({
              kind: 'session.ended',
              data: { kind: 'rent', outcome: 'done', seconds: 10, at: clock.now() },
            })
          : tx.emit({
              kind: 'rating.given',
              data: {
                rentalId: newId<RentalId>(clock, random),
                titleId: newId<TitleId>(clock, random),
                stars: 5,
                at: clock.now(),
              },
            }),
      ),
    flush: async () => {
      await clock.settle();
      while (link.up.length > 0 || hub.down.length > 0) {
        const up = link.up.shift();
        if (up !== undefined) hub.take(up);
        const down = hub.down.shift();
        if (down !== undefined) link.deliver(down);
        await clock.settle();
      }
    },
  };
}
