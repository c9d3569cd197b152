import { base64url } from 'jose';
import { z } from 'zod';
import { type EpochMs, epochMs, milliseconds } from '#shared/kernel/time.ts';
import { withRevocations } from '#shared/media/signing.ts';
import { namesIn } from '#shared/protocol/correlation.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import { instant } from '#shared/protocol/primitives.ts';
import type { Bundle } from '#shared/protocol/terminal-api.ts';
import { createAssetCache } from './assets.ts';
import { LONGEST_BACK_OFF } from './back-off.ts';
import { createBundleKeeper } from './bundle.ts';
import { createCommands } from './commands.ts';
import { createConfiguration } from './configuration.ts';
import { createContentCache } from './content/content-cache.ts';
import { createContentLease, LEASE_PACE } from './content/lease.ts';
import { createHubClock } from './hub-clock.ts';
import type { TerminalIdentity } from './identity.ts';
import { createLeaving } from './leaving.ts';
import { createPictures } from './pictures.ts';
import { createRecorder, type Record } from './recorder.ts';
import { createRenewal, RENEWAL_PACE } from './renewal.ts';
import { executeOrder } from './run-order.ts';
import { storageLevel } from './storage-level.ts';
import { table } from './store.ts';
import { createSync, type Sync } from './sync.ts';
import type { StorageLevel, TerminalDeps, TerminalPace, TerminalRuntime } from './terminal.ts';

export type {
  Admission,
  HubTime,
  RecordTransaction,
  StorageLevel,
  TerminalDeps,
  TerminalRuntime,
} from './terminal.ts';

const contacts = table('contact', z.object({ at: instant }));
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The time of the last contact is written at most this often. */
const NOTE_CONTACT = 60_000;
const PACE: TerminalPace = {
  bundle: milliseconds(30_000),
  housekeeping: milliseconds(60_000),
  leaving: milliseconds(2_000),
  lease: LEASE_PACE,
  renewal: RENEWAL_PACE,
  reconnect: milliseconds(LONGEST_BACK_OFF),
};
/** One alert of this kind in this time, however often somebody tries. */
const UNTRUSTED_EVERY = HOUR;
/** Telemetry kept when storage is short, and at most in any case (SYN-5). */
const TELEMETRY = { short: 500, most: 50_000 } as const;

/** Puts the parts of a terminal together. Does nothing until `start`. */
export function createTerminal(deps: TerminalDeps): TerminalRuntime {
  const { store, clock, random, pace = PACE } = deps;
  /** What the last bundle said of revoked certificates (SEC-1). */
  let revoked = new Map<string, EpochMs>();
  const trust = withRevocations(deps.identity.trust, (fingerprint) => revoked.get(fingerprint) ?? null);
  const identity: TerminalIdentity = {
    ...deps.identity,
    trust,
    // Another one after a renewal: a copy would keep the former.
    get tls() {
      return deps.identity.tls;
    },
  };
  const bootedAt = clock.now();
  const bootId = base64url.encode(random.bytes(12));
  const hubClock = createHubClock(clock, bootId);
  // With the session's number it names one customer's visit; events carry the boot in their stamp (OPS-4).
  const log = deps.log.child({ terminal: identity.terminalId, boot: bootId });
  const listeners = new Set<() => void>();
  let noted = store.get(contacts, 'hub')?.at ?? null;
  let level: StorageLevel = 'normal';
  let wasOnline = false;
  let phase: 'new' | 'running' | 'over' = 'new';
  let closing = false;
  let cancels: readonly (() => void)[] = [];

  const record: Record = createRecorder({
    store,
    clock,
    random,
    stamp: hubClock.stamp,
    appended: () => sync.wake(),
    noted: (event, { kind, data }) => log.info({ event, kind, ...namesIn(data) }, 'event noted'),
  });
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const hubNow = (): EpochMs => hubClock.estimate()?.now ?? clock.now();

  const configuration = createConfiguration({
    terminalId: identity.terminalId,
    store,
    clock,
    log,
    record,
    admit: () => deps.onCommand({ kind: 'configure' }),
    changed: () => {
      cache.wake();
      changed();
    },
  });
  const heedRevocations = (known: Bundle | null): void => {
    revoked = new Map((known?.revoked ?? []).map((one) => [one.fingerprint, one.revokedAt as EpochMs]));
  };
  const bundle = createBundleKeeper({
    store,
    hub: deps.hub,
    log,
    over: () => phase === 'over',
    changed: (fresh) => {
      heedRevocations(fresh);
      configuration.desire(fresh.config);
      cache.wake();
      changed();
    },
  });
  heedRevocations(bundle.current());
  const assets = createAssetCache({ hub: deps.hub, files: deps.assetFiles });
  const pictures = createPictures({
    ...{ assets, files: deps.assetFiles, bundle: bundle.current },
    over: () => phase !== 'running',
  });
  const refreshBundle = async (): Promise<boolean> => {
    const answered = await bundle.refresh();
    if (answered) void pictures.wake();
    return answered;
  };

  const online = (): boolean => {
    const { connected, lastContact } = sync.status();
    const patience = 3_000 * configuration.current().heartbeatSeconds + 5_000;
    return connected && lastContact !== null && clock.monotonic() - lastContact.monotonic <= patience;
  };
  const offlineSince = (): EpochMs | null =>
    online() ? null : (sync.status().lastContact?.at ?? noted ?? bootedAt);
  const lease = createContentLease({
    store,
    file: deps.leaseFile,
    hub: deps.hub,
    clock,
    log,
    pace: pace.lease,
    rewrap: (tx, from, to) => cache.rewrap(tx, from, to),
    changed: () => {
      cache.wake();
      changed();
    },
    ended: (why) =>
      record((tx) =>
        tx.emit({
          kind: 'alert.raised',
          data: {
            code: 'lease_ended',
            subject: identity.terminalId,
            message: `The kiosk's lease of its content is over (${why}): it rents nothing until the hub gives it another.`,
            at: clock.now(),
          },
        }),
      ),
  });
  const cache = createContentCache({
    store,
    files: deps.contentFiles,
    cacheKey: lease.key,
    renewLease: () => lease.renew('now'),
    hub: deps.hub,
    clock,
    random,
    log,
    record,
    limitBytes: () => deps.cacheBytes,
    bundle: bundle.current,
    wantedTitles: () => (identity.role === 'kiosk' ? configuration.current().wantedTitles : []),
  });
  const commands = createCommands({
    terminalId: identity.terminalId,
    store,
    clock,
    log,
    record,
    hubNow,
    admit: deps.onCommand,
    execute: (order, signal) =>
      executeOrder(order, signal, {
        ...{ cache, recentLog: deps.recentLog, makeSecureMedium: deps.makeSecureMedium },
      }),
    restart: deps.restart,
    changed,
  });
  const locked = (): boolean => configuration.current().locked || commands.locked();

  const contact = (): void => {
    const now = clock.now();
    if (noted !== null && now - noted >= 0 && now - noted < NOTE_CONTACT) return;
    store.transaction((tx) => tx.put(contacts, 'hub', { at: now }));
    noted = now;
  };
  const noticeOnline = (): void => {
    if (online() === wasOnline) return;
    wasOnline = online();
    log.info({ online: wasOnline }, wasOnline ? 'the hub is there' : 'the hub is away');
    if (wasOnline) {
      void renewal.look();
      void refreshBundle();
      void lease.renew();
      cache.wake();
    }
    changed();
  };

  const untrustedAt = new Map<string, number>();
  /** SEC-2: nothing was said to whoever answered; staff hear of it when the true hub is reached again. */
  const untrusted = (door: 'hub' | 'broker'): void => {
    const before = untrustedAt.get(door);
    if (before !== undefined && clock.monotonic() - before < UNTRUSTED_EVERY) return;
    untrustedAt.set(door, clock.monotonic());
    log.error({ door }, 'somebody answered in its place without the fleet’s certificate');
    record((tx) =>
      tx.emit({
        kind: 'alert.raised',
        data: {
          code: `security_${door}_untrusted`,
          subject: identity.terminalId,
          message: `At ${identity.terminalId} somebody answered in the place of the ${door}, without its certificate. Nothing was said to him.`,
          at: clock.now(),
        },
      }),
    );
  };
  deps.onHubUntrusted?.(() => phase !== 'over' && untrusted('hub'));

  const sync: Sync = createSync({
    identity,
    store,
    link: deps.link,
    clock,
    random,
    log,
    hubClock,
    software: deps.software,
    longestWait: pace.reconnect,
    heartbeatEvery: () => milliseconds(1_000 * configuration.current().heartbeatSeconds),
    condition: () => ({
      storage: deps.diskSpace(),
      cache: cache.totals(),
      drives: deps.drives(),
      configVersion: configuration.current().version,
      locked: locked(),
      temperatureCelsius: deps.temperatureCelsius(),
      ...owed(),
    }),
    onCommand: commands.message,
    onConfig: configuration.message,
    epochChanged: (why) => {
      log.warn({ why }, 'new epoch of the outbox');
      record((tx) =>
        tx.emit({
          kind: 'alert.raised',
          data: {
            code: 'epoch_changed',
            subject: identity.terminalId,
            message: `The terminal began a new epoch of its outbox (${why}).`,
            at: clock.now(),
          },
        }),
      );
    },
    onUntrusted: () => untrusted('broker'),
    onContact: () => {
      contact();
      noticeOnline();
    },
    onChange: noticeOnline,
  });

  const renewal = createRenewal({
    keeper: deps.keeper,
    hub: deps.hub,
    clock,
    log,
    hubNow,
    online,
    lookEvery: pace.renewal,
    switched: () => sync.reconnect(),
    changed,
  });

  const leaving = createLeaving({
    store,
    lookEvery: pace.leaving,
    clock,
    log,
    hub: deps.hub,
    business: deps.business,
    order: () => configuration.current().decommission ?? null,
    online,
    leave: deps.leave,
    restart: deps.restart,
  });
  const owed = () => {
    const owes = leaving.owes();
    return owes === null ? {} : { owes };
  };

  const housekeeping = (): void => {
    store.purgeAcknowledged(epochMs(Math.max(0, clock.now() - LIMITS.retainDays * DAY)));
    const before = level;
    level = storageLevel(deps.diskSpace());
    const dropped = store.dropTelemetry(level === 'normal' ? TELEMETRY.most : TELEMETRY.short);
    if (dropped > 0) log.warn({ dropped, level }, 'telemetry dropped: its gap is declared to the hub');
    if (level !== before) changed();
    noticeOnline();
  };
  const every = (span: () => ReturnType<typeof milliseconds>, work: () => void): (() => void) => {
    let cancel = clock.after(span(), function again() {
      work();
      cancel = clock.after(span(), again);
    });
    return () => cancel();
  };

  return {
    identity,
    store,
    hub: deps.hub,
    cache,
    assets,
    clock,
    random,
    log,
    bundle: bundle.current,
    online,
    certificateExpired: renewal.expired,
    offlineSince,
    stamp: hubClock.stamp,
    hubTime: hubClock.estimate,
    record,
    config: configuration.current,
    locked,
    closing: () => closing,
    close: () => {
      closing = true;
      changed();
    },
    storageLevel: () => level,
    watch: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    refreshBundle,
    start: async () => {
      phase = 'running';
      housekeeping();
      const known = bundle.current();
      if (known !== null) configuration.desire(known.config);
      configuration.start();
      commands.start();
      // Return terminals hold no content and need no lease.
      if (identity.role === 'kiosk') lease.start();
      await cache.start();
      sync.start();
      renewal.start();
      leaving.start();
      void refreshBundle();
      cancels = [
        every(() => pace.housekeeping, housekeeping),
        every(
          () => pace.bundle,
          () => void refreshBundle(),
        ),
        every(() => milliseconds(1_000 * configuration.current().heartbeatSeconds), noticeOnline),
      ];
    },
    stop: async () => {
      phase = 'over';
      for (const cancel of cancels) cancel();
      configuration.stop();
      await leaving.stop();
      await renewal.stop();
      await commands.stop();
      await cache.stop();
      await assets.stop();
      lease.stop();
      await sync.stop();
      store.close();
    },
  };
}
