import { describe, expect, it } from 'vitest';
import { type SimulatedClock, simulatedClock } from '#firmware-sim/sim/clock.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import type { EventId, SiteId, TerminalId } from '#shared/kernel/ids.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import type { CommandOrder, TerminalConfig } from '#shared/protocol/commands.ts';
import { decodeHeartbeat, encode, OUR_VERSION } from '#shared/protocol/decode.ts';
import type { Bundle } from '#shared/protocol/terminal-api.ts';
import { downTopic } from '#shared/protocol/topics.ts';
import { memoryAssetFiles } from './assets.ts';
import { FIRST_CONFIG } from './configuration.ts';
import { memoryContentFiles } from './content/files-memory.ts';
import { memoryLeaseFile } from './content/lease-file.ts';
import type { TerminalIdentity } from './identity.ts';
import { createTerminal } from './runtime.ts';
import { memoryStore } from './store-memory.ts';
import type { Admission, TerminalDeps } from './terminal.ts';
import { aBundle, absentHub, aLease, aStock, idOf, library, noBusiness, START } from './testing/a-bundle.ts';
import { handLink } from './testing/hand-link.ts';
import { modelHub } from './testing/model-hub.ts';

const TERMINAL = 'kiosk-1' as TerminalId;
const HOUR = 3_600_000;

function aTerminal(
  parts: { clock?: SimulatedClock; store?: TerminalDeps['store']; bundle?: Bundle | null } = {},
) {
  const clock = parts.clock ?? simulatedClock(START);
  const store = parts.store ?? memoryStore({ epoch: 'epoch-1' });
  const link = handLink();
  const hub = modelHub(clock, TERMINAL);
  const stock = aStock(1);
  const state = {
    admission: 'now' as Admission,
    restarts: 0,
    space: { totalBytes: 1_000, freeBytes: 900 },
    bundle: parts.bundle ?? null,
    /** The hub answers no question about the lease. */
    away: false,
    picturesAsked: 0,
    /** Before this the hub does not answer what is asked about the bundle. */
    answered: Promise.resolve(),
    hubUntrusted: () => {},
  };
  const identity = {
    terminalId: TERMINAL,
    role: 'kiosk',
    siteId: idOf<SiteId>(1),
  } as unknown as TerminalIdentity;
  const terminal = createTerminal({
    identity,
    keeper: {
      identity,
      validity: () => ({ from: epochMs(0), to: epochMs(Number.MAX_SAFE_INTEGER) }),
      next: () => null,
      begin: async () => {},
      grant: () => ok(undefined),
      promote: () => {},
      discard: () => {},
    },
    store,
    link,
    clock,
    random: seededRandom(1),
    log: silentLog,
    software: 'test',
    hub: absentHub({
      ...library([stock]),
      contentLease: async () => (state.away ? fault('hub_away', 'played') : ok(aLease(clock.now()))),
      asset: async () => {
        state.picturesAsked += 1;
        return fault('hub_away', 'played');
      },
      bundle: async (known) => {
        await state.answered;
        return state.bundle === null
          ? absentHub().bundle(known)
          : ok(state.bundle.version === known ? null : state.bundle);
      },
    }),
    onHubUntrusted: (listener) => {
      state.hubUntrusted = listener;
    },
    contentFiles: memoryContentFiles(),
    leaseFile: memoryLeaseFile(),
    assetFiles: memoryAssetFiles(),
    cacheBytes: 10_000_000,
    diskSpace: () => state.space,
    drives: () => [],
    temperatureCelsius: () => 41.5,
    recentLog: (lines) => Array.from({ length: lines }, (_, index) => `line ${index}`),
    onCommand: () => state.admission,
    business: noBusiness,
    leave: () => {},
    restart: () => {
      state.restarts += 1;
    },
  });
  const flush = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn += 1) await clock.settle();
    while (link.up.length > 0 || hub.down.length > 0) {
      const up = link.up.shift();
      if (up !== undefined) hub.take(up);
      const down = hub.down.shift();
      if (down !== undefined) link.deliver(down);
      await clock.settle();
    }
  };
  const order = (number: number, wanted: CommandOrder, expiresAt: EpochMs = epochMs(START + HOUR)): void => {
    const message = {
      version: OUR_VERSION,
      id: idOf<EventId>(number),
      terminal: TERMINAL,
      issuedAt: START,
      expiresAt,
      order: wanted,
    };
    link.deliver({ topic: downTopic(TERMINAL, 'cmd'), payload: encode(message), retained: false });
  };
  const configure = (config: Partial<TerminalConfig>): void => {
    const message = { protocol: OUR_VERSION, terminal: TERMINAL, config: { ...FIRST_CONFIG, ...config } };
    link.deliver({ topic: downTopic(TERMINAL, 'cfg'), payload: encode(message), retained: true });
  };
  /** What was reported so far, in order. */
  const reported = (kind: string): Record<string, unknown>[] =>
    ([0, 1] as const)
      .flatMap((lane) => store.read(lane, 0, { events: 1_000, bytes: 10_000_000 }))
      .filter((event) => event.kind === kind)
      .map((event) => event.data as Record<string, unknown>);
  const states = (): unknown[] => reported('command.state').map((data) => data.state);
  return { terminal, clock, store, link, hub, state, stock, flush, order, configure, reported, states };
}

const started = async (parts: Parameters<typeof aTerminal>[0] = {}) => {
  const site = aTerminal(parts);
  await site.terminal.start();
  await site.flush();
  return site;
};

describe('terminal runtime', () => {
  it('FLT-1: heartbeats say what staff see', async () => {
    const site = await started();
    const beats = site.hub.heartbeats.map((beat) => decodeHeartbeat(encode(beat as object)));
    expect(beats[0]).toMatchObject({
      ok: true,
      value: { software: 'test', temperatureCelsius: 41.5, queue: { lane0: 0, lane1: 0 }, configVersion: 0 },
    });
    await site.clock.advance(90_000);
    await site.flush();
    expect(site.hub.heartbeats.length).toBeGreaterThanOrEqual(4);
    await site.terminal.stop();
  });

  it('RET-2: knows since when the hub is away, also after a restart', async () => {
    const site = await started();
    expect([site.terminal.online(), site.terminal.offlineSince()]).toEqual([true, null]);
    const left = site.clock.now();
    site.link.refuse(true);
    site.link.cut();
    await site.clock.advance(2 * HOUR);
    expect([site.terminal.online(), site.terminal.offlineSince()]).toEqual([false, left]);
    await site.terminal.stop();
    const again = aTerminal({ clock: site.clock, store: site.store });
    again.link.refuse(true);
    await again.terminal.start();
    await again.clock.settle();
    expect(again.terminal.offlineSince()).toBe(left);
    await again.terminal.stop();
  });

  it('SCR-1, SYN-1: asks for pictures that did not come again when the hub is back', async () => {
    const titles = [{ ...aStock(1).title, poster: 'a'.repeat(64) }];
    const site = await started({ bundle: aBundle({ titles }) });
    site.link.refuse(true);
    site.link.cut();
    await site.clock.advance(120_000);
    const before = site.state.picturesAsked;
    site.link.refuse(false);
    await site.clock.advance(60_000);
    await site.flush();
    expect([site.terminal.online(), site.state.picturesAsked > before]).toEqual([true, true]);
    await site.terminal.stop();
  });

  it('RET-2: a broker without a hub behind it is not online', async () => {
    const site = aTerminal();
    await site.terminal.start();
    await site.clock.advance(10_000);
    expect(site.terminal.online()).toBe(false);
    expect(site.terminal.offlineSince()).toBe(START);
    await site.terminal.stop();
  });

  it('SYN-1: the bundle is there without the hub after a restart', async () => {
    const bundle = aBundle({ config: { ...FIRST_CONFIG, version: 4, sessionIdleSeconds: 33 } });
    const site = await started({ bundle });
    expect(site.terminal.bundle()).toEqual(bundle);
    expect(site.terminal.config().sessionIdleSeconds).toBe(33);
    await site.terminal.stop();
    const again = await started({ clock: site.clock, store: site.store });
    expect(again.terminal.bundle()).toEqual(bundle);
    expect(again.terminal.config().version).toBe(4);
    await again.terminal.stop();
  });

  it('CNT-1: after 72 h without the hub content is refused', async () => {
    const stock = aStock(1);
    const config = { ...FIRST_CONFIG, version: 1, wantedTitles: [stock.title.titleId] };
    const site = await started({ bundle: aBundle({ titles: [stock.title], config }) });
    await site.flush();
    expect(site.terminal.cache.ready()).toEqual([stock.title.titleId]);
    site.link.refuse(true);
    site.link.cut();
    site.state.away = true;
    await site.clock.advance(71 * HOUR);
    const opened = await site.terminal.cache.open(stock.manifest.editionId);
    expect(opened.ok).toBe(true);
    if (opened.ok) await opened.value.close();
    site.clock.jump(START);
    await site.clock.advance(2 * HOUR);
    expect(await site.terminal.cache.open(stock.manifest.editionId)).toMatchObject({
      error: { code: 'content_lease_over' },
    });
    expect(site.reported('alert.raised').map(({ code }) => code)).toEqual(['lease_ended']);
    await site.terminal.stop();
  });

  it('PR-19 FLT-2: configuration is in force between customers, and reported', async () => {
    const site = await started();
    site.state.admission = 'later';
    site.configure({ version: 2, locked: true });
    await site.clock.advance(5_000);
    expect([site.terminal.config().version, site.terminal.locked()]).toEqual([0, false]);
    site.state.admission = 'now';
    await site.clock.advance(2_000);
    expect([site.terminal.config().version, site.terminal.locked()]).toEqual([2, true]);
    site.configure({ version: 1, locked: false });
    expect(site.terminal.locked()).toBe(true);
    expect(site.reported('config.applied')).toMatchObject([{ version: 2 }]);
    await site.terminal.stop();
  });

  it('PR-18 FLT-2: locks, reports each step, and does not do the same order twice', async () => {
    const site = await started();
    site.order(50, { kind: 'lock', locked: true });
    site.order(50, { kind: 'lock', locked: true });
    await site.flush();
    expect(site.terminal.locked()).toBe(true);
    expect(site.states()).toEqual(['accepted', 'running', 'done']);
    await site.terminal.stop();
    const again = await started({ clock: site.clock, store: site.store });
    expect(again.terminal.locked()).toBe(true);
    again.order(51, { kind: 'lock', locked: false });
    await again.flush();
    expect(again.terminal.locked()).toBe(false);
    await again.terminal.stop();
  });

  it('PR-18 FLT-2: an expired order is not begun; one that waits for a customer expires', async () => {
    const site = await started();
    site.order(50, { kind: 'lock', locked: true }, START);
    await site.flush();
    expect(site.states()).toEqual(['expired']);
    site.state.admission = 'later';
    site.order(51, { kind: 'lock', locked: true }, epochMs(START + 60_000));
    await site.clock.advance(70_000);
    await site.flush();
    expect(site.states()).toEqual(['expired', 'accepted', 'expired']);
    expect(site.terminal.locked()).toBe(false);
    await site.terminal.stop();
  });

  it('FLT-2: an order that the program refuses fails with its code', async () => {
    const site = await started();
    site.state.admission = { code: 'not_possible', message: 'no' };
    site.order(50, { kind: 'lock', locked: true });
    await site.flush();
    expect(site.reported('command.state').at(-1)).toMatchObject({
      state: 'failed',
      fault: { code: 'not_possible' },
    });
    await site.terminal.stop();
  });

  it('FLT-2: a restart is running until the next process says that it is done', async () => {
    const site = await started();
    site.order(50, { kind: 'restart' });
    await site.flush();
    expect([site.state.restarts, ...site.states()]).toEqual([1, 'accepted', 'running']);
    await site.terminal.stop();
    const again = await started({ clock: site.clock, store: site.store });
    expect(again.states()).toEqual(['accepted', 'running', 'done']);
    expect(again.state.restarts).toBe(0);
    await again.terminal.stop();
  });

  it('PR-18 FLT-2: orders go one at a time: logs are collected after the title is here', async () => {
    const stock = aStock(1);
    const site = await started({ bundle: aBundle({ titles: [stock.title] }) });
    site.order(50, {
      kind: 'fetch_title',
      titleId: stock.title.titleId,
      editionId: stock.manifest.editionId,
    });
    site.order(51, { kind: 'collect_logs', lines: 3 });
    for (let turn = 0; turn < 20; turn += 1) await site.flush();
    expect(site.terminal.cache.ready()).toHaveLength(1);
    const steps = site
      .reported('command.state')
      .map(({ commandId, state }) => `${String(commandId).slice(-2)} ${state}`);
    const [a, b] = [idOf(50).slice(-2), idOf(51).slice(-2)];
    expect(steps).toEqual([
      `${a} accepted`,
      `${a} running`,
      `${b} accepted`,
      `${a} done`,
      `${b} running`,
      `${b} done`,
    ]);
    expect(site.reported('command.state').at(-1)).toMatchObject({ output: 'line 0\nline 1\nline 2' });
    await site.terminal.stop();
  });

  it('SYN-5: short storage drops telemetry, full storage is said, money stays', async () => {
    const site = aTerminal();
    site.link.refuse(true);
    await site.terminal.start();
    for (let index = 0; index < 600; index += 1)
      site.terminal.record((tx) =>
        tx.emit({
          kind: 'session.ended',
          data: { kind: 'rent', outcome: 'done', seconds: 1, at: site.clock.now() },
        }),
      );
    site.order(50, { kind: 'lock', locked: true });
    site.state.space = { totalBytes: 1_000, freeBytes: 50 };
    await site.clock.advance(60_000);
    expect(site.terminal.storageLevel()).toBe('full');
    expect(site.store.position(1)).toMatchObject({ firstHeld: 100, queued: 500 });
    site.state.space = { totalBytes: 1_000, freeBytes: 500 };
    await site.clock.advance(60_000);
    expect(site.terminal.storageLevel()).toBe('normal');
    await site.terminal.stop();
  });

  it('PR-15 SYN-6: acknowledged facts are kept for 30 days, then forgotten', async () => {
    const site = await started();
    site.terminal.record((tx) =>
      tx.emit({ kind: 'config.applied', data: { version: 1, at: site.clock.now() } }),
    );
    await site.flush();
    expect(site.store.position(0)).toMatchObject({ queued: 0, firstHeld: 0 });
    site.clock.jump(epochMs(START + 29 * 24 * HOUR));
    await site.clock.advance(60_000);
    expect(site.store.position(0).firstHeld).toBe(0);
    site.clock.jump(epochMs(START + 31 * 24 * HOUR));
    await site.clock.advance(60_000);
    expect(site.store.position(0).firstHeld).toBe(1);
    await site.terminal.stop();
  });

  it('SYN-1: a malformed event is the program’s mistake and leaves no trace', async () => {
    const site = await started();
    expect(() =>
      site.terminal.record((tx) =>
        tx.emit({ kind: 'config.applied', data: { version: -1, at: site.clock.now() } }),
      ),
    ).toThrow(/well-formed/);
    expect(site.store.position(0).last).toBe(-1);
    await site.terminal.stop();
  });

  it('OPS-1: stopping says good-bye and leaves no timer', async () => {
    const site = await started({ bundle: aBundle() });
    await site.terminal.stop();
    for (const message of site.link.up.splice(0)) site.hub.take(message);
    expect(site.hub.online()).toBe(false);
    expect(site.clock.waiting()).toBe(0);
  });

  it('OPS-1: what is answered after its end touches nothing any more: the store is closed', async () => {
    const site = await started({ bundle: aBundle() });
    const before = site.terminal.bundle()?.version;
    let answer = (): void => {};
    site.state.answered = new Promise((resolve) => {
      answer = resolve;
    });
    site.state.bundle = { ...aBundle(), version: 'a newer one' };
    const asking = site.terminal.refreshBundle();
    await site.terminal.stop();
    answer();
    site.state.hubUntrusted();
    expect([await asking, site.terminal.bundle()?.version]).toEqual([false, before]);
    expect(site.reported('alert.raised')).toEqual([]);
  });
});
