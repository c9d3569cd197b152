import { SimulatedCardReader } from '#firmware-sim/devices/card-reader.ts';
import { SimulatedPrinter } from '#firmware-sim/devices/receipt-printer.ts';
import { SimulatedSlotDoor } from '#firmware-sim/devices/slot-door.ts';
import { createSimulatedDrive, type SimulatedDrive } from '#firmware-sim/media/simulated-drive.ts';
import { type SimulatedClock, simulatedClock } from '#firmware-sim/sim/clock.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import type { KioskDeps } from '#kiosk/app/deps.ts';
import { kioskSession } from '#kiosk/app/session/machine.ts';
import { mediaWork } from '#kiosk/kiosk.ts';
import type { ContentCache, ContentState } from '#shared/edge/content/cache.ts';
import { createHubClock } from '#shared/edge/hub-clock.ts';
import { createRecorder } from '#shared/edge/recorder.ts';
import type { EdgeStore } from '#shared/edge/store.ts';
import { memoryStore } from '#shared/edge/store-memory.ts';
import type { TerminalId, TitleId } from '#shared/kernel/ids.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { type EpochMs, milliseconds } from '#shared/kernel/time.ts';
import { bytesSource } from '#shared/media/bytes-source.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import { silentLog } from '#shared/ports/log.ts';
import type { Random } from '#shared/ports/random.ts';
import type { Signer } from '#shared/ports/signer.ts';
import type { Bundle } from '#shared/protocol/terminal-api.ts';
import { contentOf, NOON, SITE } from './a-bundle.ts';
import { type FakeHub, fakeHub } from './fake-hub.ts';

/** What a test turns: everything that a shop, a customer or the hub may do to a kiosk. */
export interface Knobs {
  online: boolean;
  locked: boolean;
  closing: boolean;
  certificateExpired: boolean;
  storage: 'normal' | 'short' | 'full';
  hubTime: { now: EpochMs; error: number } | null;
  bundle: Bundle;
  readonly content: Map<TitleId, ContentState>;
  leaseOver: boolean;
}

export interface TestKiosk {
  readonly deps: KioskDeps;
  readonly knobs: Knobs;
  readonly hub: FakeHub;
  readonly clock: SimulatedClock;
  readonly drive: SimulatedDrive;
  readonly card: SimulatedCardReader;
  readonly printer: SimulatedPrinter;
  readonly door: SimulatedSlotDoor;
  readonly store: EdgeStore;
  readonly random: Random;
  /** Tells the session that a knob was turned. */
  changed(): void;
  /** Kinds and data of everything in the outbox, in order. */
  events(): readonly { readonly kind: string; readonly data: unknown }[];
}

/**
 * A kiosk with real use cases, real media code, a simulated drive, a memory store and a hub of a few lines. `store` may be that of an earlier kiosk:
 * a restart.
 */
export function aKiosk(options: {
  readonly bundle: Bundle;
  readonly trust: FleetTrust;
  readonly signer: Signer;
  readonly seed?: string;
  readonly store?: EdgeStore;
  readonly card?: SimulatedCardReader;
}): TestKiosk {
  const clock = simulatedClock(NOON);
  const random = seededRandom(options.seed ?? 'kiosk');
  const store = options.store ?? memoryStore({ epoch: 'epoch-1' });
  const drive = createSimulatedDrive({ name: 'slot', clock, random });
  const card =
    options.card ??
    new SimulatedCardReader({ clock: { sleep: async () => {} }, answerAfter: milliseconds(0) });
  const printer = new SimulatedPrinter();
  const door = new SimulatedSlotDoor();
  const knobs: Knobs = {
    online: true,
    locked: false,
    closing: false,
    certificateExpired: false,
    storage: 'normal',
    hubTime: null,
    bundle: options.bundle,
    content: new Map(),
    leaseOver: false,
  };
  const hub = fakeHub(() => knobs.bundle);
  const listeners = new Set<() => void>();
  const hubClock = createHubClock(clock, 'boot-1');
  const identity = {
    terminalId: 'kiosk-1' as TerminalId,
    role: 'kiosk' as const,
    fleetId: options.trust.fleetId,
    siteId: SITE,
    tls: { keyPem: '', chainPem: '' },
    mqttUrl: 'mqtts://127.0.0.1:1',
    trust: options.trust,
    signer: options.signer,
  };
  const runtime: KioskDeps['runtime'] = {
    identity,
    store,
    hub,
    assets: { get: async () => fault('asset_unknown', 'this kiosk holds no pictures') },
    cache: fakeCache(knobs, () => changed()),
    clock,
    random,
    log: silentLog,
    bundle: () => knobs.bundle,
    online: () => knobs.online,
    hubTime: () => knobs.hubTime,
    record: createRecorder({ store, clock, random, stamp: hubClock.stamp, appended: () => {} }),
    config: () => knobs.bundle.config,
    locked: () => knobs.locked,
    closing: () => knobs.closing,
    certificateExpired: () => knobs.certificateExpired,
    storageLevel: () => knobs.storage,
    watch: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    deps: {
      runtime,
      drive,
      card,
      printer,
      door,
      media: mediaWork({ drive, clock, random, identity }),
      minimumBytesPerSecond: 0,
      pinCost: { N: 1024, r: 8, p: 1 },
    },
    knobs,
    hub,
    clock,
    drive,
    card,
    printer,
    door,
    store,
    random,
    changed,
    events: () =>
      ([0, 1] as const)
        .flatMap((lane) => store.read(lane, 0, { events: 10_000, bytes: 10_000_000 }))
        .map(({ kind, data }) => ({ kind, data })),
  };
}

/** Every title is here unless a test says otherwise; its bytes follow from its place in the bundle. */
function fakeCache(knobs: Knobs, changed: () => void): ContentCache {
  const stateOf = (titleId: TitleId): ContentState => knobs.content.get(titleId) ?? 'ready';
  const progress: ContentCache['progress'] = (titleId) => {
    const title = knobs.bundle.titles.find((one) => one.titleId === titleId);
    const state = stateOf(titleId);
    const totalBytes = title?.edition.bytes ?? 0;
    return {
      titleId,
      editionId: (title?.edition.editionId ?? '') as never,
      state,
      bytes: state === 'ready' ? totalBytes : state === 'fetching' ? Math.floor(totalBytes / 3) : 0,
      totalBytes,
      bytesPerSecond: state === 'fetching' ? 2_000_000 : null,
      secondsLeft: state === 'fetching' ? 95 : null,
      fault: null,
    };
  };
  return {
    progress,
    request: (titleId) => {
      if (!knobs.bundle.titles.some((one) => one.titleId === titleId))
        return fault('title_unknown', 'no such title');
      knobs.content.set(titleId, 'fetching');
      changed();
      return ok(progress(titleId));
    },
    open: async (editionId) => {
      if (knobs.leaseOver) return fault('content_lease_over', 'too long without the hub');
      const at = knobs.bundle.titles.findIndex((one) => one.edition.editionId === editionId);
      const title = knobs.bundle.titles[at];
      if (title === undefined || stateOf(title.titleId) !== 'ready')
        return fault('content_absent', 'not here');
      return ok({ ...bytesSource(contentOf(at, title.edition.bytes)), close: async () => {} });
    },
    leased: () => !knobs.leaseOver,
    ready: () =>
      knobs.bundle.titles.map((one) => one.titleId).filter((titleId) => stateOf(titleId) === 'ready'),
    totals: () => ({ bytes: 0, titles: 0, fetching: 0 }),
    watch: () => () => {},
  };
}

/** The kiosk's session, started. */
export async function aSession(kiosk: TestKiosk) {
  const session = kioskSession(kiosk.deps);
  await session.start();
  return session;
}
