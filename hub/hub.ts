import { join } from 'node:path';
import { openFolderStore } from '#hub/app/content/folder-store.ts';
import type { HubDeps } from '#hub/app/deps.ts';
import { openAdoption } from '#hub/app/enrolment/adoption.ts';
import { openTerminalGate } from '#hub/app/enrolment/gate.ts';
import { noteRestored } from '#hub/app/enrolment/restored.ts';
import type { TerminalNudge } from '#hub/app/fleet/control.ts';
import { applyReadable } from '#hub/app/ingest/dead-letters.ts';
import { createIngest, type Ingest } from '#hub/app/ingest/ingest.ts';
import { beginTimeline } from '#hub/app/ingest/timeline.ts';
import { tendKeys } from '#hub/app/keys/rotation.ts';
import { keepLog } from '#hub/app/log/log.ts';
import { signInGuard } from '#hub/app/members/guessing.ts';
import { pinVault } from '#hub/app/members/pins.ts';
import type { VerifierCost } from '#hub/app/members/verifier.ts';
import { openRecommender } from '#hub/app/recommendations/recommender.ts';
import { openSecurityAlarm } from '#hub/app/security/alarm.ts';
import { ensureFirstStaff } from '#hub/app/staff/accounts.ts';
import { restoredAudit, signAuditCheckpoint, watchAudit } from '#hub/app/staff/audit-check.ts';
import { sweepStaff } from '#hub/app/staff/sessions.ts';
import { openDatabase } from '#hub/db/connect.ts';
import { hubServer, type ServerDeps, terminalServer } from '#hub/http/server.ts';
import { hubJobs } from '#hub/jobs/jobs.ts';
import { createTicker, type Ticker } from '#hub/jobs/ticker.ts';
import { listenMetrics } from '#hub/metrics/listen.ts';
import { prometheusMetrics } from '#hub/metrics/prometheus.ts';
import type { HubLink } from '#hub/mqtt/hub-link.ts';
import type { LeasePace } from '#hub/mqtt/leases.ts';
import { createPictureProcess } from '#hub/pictures/picture-process.ts';
import { fileKeyRings } from '#hub/pki/key-rings.ts';
import { fileSecretKeys } from '#hub/pki/secret-keys.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import { noMetrics } from '#hub/ports/metrics.ts';
import type { RewardRules } from '#shared/domain/rewards.ts';
import { assert } from '#shared/kernel/assert.ts';
import { type Fault, ok, type Result } from '#shared/kernel/result.ts';
import type { Milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import type { Random } from '#shared/ports/random.ts';
import { backupKeeper, backupPlace } from './backup/keeper.ts';
import { forgetRestored, isRestored } from './backup/restored-mark.ts';
import type { HubSettings } from './config.ts';
import { SOCKETS } from './http-host.ts';
import { openAuthority } from './open-authority.ts';
import { publicCertificate } from './public-certificate.ts';
import { openSecrets } from './secrets.ts';
import { fleetFacts, rewardRules, serverParts } from './server-parts.ts';
import { staffParts } from './staff-parts.ts';
import type { HubTechnology } from './technology.ts';
import { openWire, terminalHost } from './wire.ts';

export interface HubParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly settings: HubSettings;
  /** The built console (`uiDirectory('hub')`); null: none is served. */
  readonly consoleFolder: string | null;
  /** The time that authenticator apps show, where `clock` is another (the demo moves it forward). */
  readonly authenticatorClock?: Pick<Clock, 'now'>;
  /** Another database than the settings name: for tests and the simulation. The object store still needs KEYTURN_HOME. */
  readonly database?: () => Promise<Result<HubDatabase, Fault>>;
  /** Other technology than the settings name: for the simulation. Only small key files still lie in KEYTURN_HOME. */
  readonly technology?: HubTechnology;
  /** How often the hub looks by itself; default: as its parts say. The simulation jumps over idle time, so it looks less often. */
  readonly pace?: HubPace;
  /** Cost of a PIN's verifier; default `PIN_COST`. Tests that sign in hundreds of members take less. */
  readonly pinCost?: VerifierCost;
  /** The database came back from a backup: begins a new timeline, so that terminals send again what it no longer has (SYN-6). */
  readonly restored?: boolean;
}

export interface HubPace {
  /** Jobs that are due. */
  readonly jobs: Milliseconds;
  readonly leases: LeasePace;
  /** Revocations of other hubs. */
  readonly revocations: Milliseconds;
}

export interface HubAddresses {
  /** Where the hub answers on this machine, such as `http://127.0.0.1:7300`. */
  readonly http: string;
  /** Where it answers terminals, such as `https://127.0.0.1:7302`. */
  readonly terminals: string;
  readonly mqtt: string;
  /** How customers and staff reach it. */
  readonly public: string;
}

/** What use cases of a running hub take: the demo seeds its fleet with it, tests look behind the scenes. */
export type HubInside = ServerDeps & {
  readonly ingestQueue: Ingest;
  readonly rewards: RewardRules;
  readonly ticker: Ticker;
};

export interface Hub {
  /**
   * Opens database, authority, library, broker and HTTP, in this order. A fault leaves nothing open. `firstPassword`: of the account
   * `admin` that was made just now with a made-up password; shown once, kept nowhere.
   */
  start(): Promise<
    Result<{ readonly addresses: HubAddresses; readonly firstPassword: string | null }, Fault>
  >;
  /** Takes nothing new, ends what is under way, closes everything. Stopping twice is stopping once. */
  stop(): Promise<void>;
  /** Only of a started hub. */
  addresses(): HubAddresses;
  inside(): HubInside;
}

/** Puts a hub together (DESIGN §1). Nothing happens before `start`. */
export function createHub(parts: HubParts): Hub {
  const stopping = new AbortController();
  const closers: (() => Promise<void>)[] = [];
  let running: { readonly addresses: HubAddresses; readonly inside: HubInside } | null = null;

  const stop = async (): Promise<void> => {
    stopping.abort();
    running = null;
    for (const close of closers.splice(0).reverse())
      await close().catch((error: unknown) => parts.log.error({ error: String(error) }, 'closing failed'));
  };

  return {
    async start() {
      const started = await startHub(parts, stopping.signal, (close) => closers.push(close));
      if (!started.ok) {
        await stop();
        return started;
      }
      running = started.value;
      return ok({ addresses: started.value.addresses, firstPassword: started.value.firstPassword });
    },
    stop,
    addresses: () => {
      assert(running !== null, 'the hub runs');
      return running.addresses;
    },
    inside: () => {
      assert(running !== null, 'the hub runs');
      return running.inside;
    },
  };
}

type OnStop = (close: () => Promise<void>) => void;
interface Started {
  readonly addresses: HubAddresses;
  readonly inside: HubInside;
  readonly firstPassword: string | null;
}

async function startHub(
  parts: HubParts,
  stopping: AbortSignal,
  onStop: OnStop,
): Promise<Result<Started, Fault>> {
  const { settings, clock, random, log, technology, pace } = parts;
  const certificate = await publicCertificate(settings);
  if (!certificate.ok) return certificate;
  const backupsTo = backupPlace(settings);
  if (!backupsTo.ok) return backupsTo;
  const folder = join(settings.KEYTURN_HOME, 'hub');
  const db = await (parts.database?.() ??
    openDatabase(
      {
        url: settings.DATABASE_URL === '' ? null : settings.DATABASE_URL,
        folder,
        connections: settings.DATABASE_CONNECTIONS,
      },
      { clock, log },
    ));
  if (!db.ok) return db;
  onStop(() => db.value.close());
  const core: HubDeps = { db: db.value, clock, random, log };
  const restored = parts.restored === true || (await isRestored(folder));
  if (restored)
    await beginTimeline(core.db, core, 'restored', (stores) => noteRestored({ clock, random }, stores));
  const secrets = await openSecrets(settings.HUB_SECRET, folder, random);
  const authority =
    technology === undefined
      ? await openAuthority(parts, secrets, join(folder, 'authority'), settings.HUB_ROOT_PASSPHRASE)
      : ok(technology.authority);
  if (!authority.ok) return authority;
  const keys = technology?.keys ?? fileKeyRings(join(folder, 'keys'), secrets.keyRingKey, { clock, random });
  const secretKeys = await fileSecretKeys(join(folder, 'keys'), secrets.keyRingKey, secrets.firstKeys, core);
  const objects =
    technology?.objects ??
    (await openFolderStore(join(folder, 'objects'), { keys, random, formerKey: secrets.formerLibraryKey }));
  const firstPassword = await ensureFirstStaff(core, settings.HUB_ADMIN_PASSWORD || null);
  const alarm = openSecurityAlarm(core);
  onStop(() => alarm.stop());
  const rewards = rewardRules(settings);
  const watched = settings.HUB_METRICS_PORT === 0 ? null : prometheusMetrics();
  const metrics = watched ?? noMetrics;
  const { challengeKey } = secrets;
  const { trust } = authority.value;
  const adoption = await openAdoption({ ...core, trust, authority: authority.value });
  const ingest = createIngest({ ...core, trust, rewards, metrics, challengeKey, adoption });
  let later: TerminalNudge = { nudge: () => {} };
  const staff = staffParts(core, {
    ingestRules: () => ingest.rules,
    nudge: { nudge: (terminalId) => later.nudge(terminalId) },
    settings,
    secretKeys,
    keys,
    rotation: authority.value,
    alarm,
    authenticatorClock: parts.authenticatorClock ?? clock,
    ...(technology === undefined ? {} : { checkpoints: technology.checkpoints }),
  });
  if (restored) await restoredAudit(staff);
  await forgetRestored(folder);
  const recommender = openRecommender(core);
  await recommender.retrain();
  const readable = await applyReadable(core.db, ingest.rules);
  if (readable > 0) log.info({ events: readable }, 'events that an older hub could not read are applied');
  ingest.start();
  onStop(() => ingest.stop());
  const gate = openTerminalGate({
    ...{ ...core, alarm, adoption },
    ...(pace === undefined ? {} : { lookEvery: pace.revocations }),
  });
  gate.start();
  onStop(() => gate.stop());
  const wire = await openWire({
    ...{ settings, core, ingest, gate, alarm, authority: authority.value, onStop },
    ...(technology === undefined ? {} : { broker: technology.broker }),
    ...(pace === undefined ? {} : { leasePace: pace.leases }),
  });
  if (!wire.ok) return wire;
  later = wire.value.link;

  const auditParts = { ...staff, trust: authority.value.trust, signer: authority.value.hubSigner };
  const backups = backupKeeper(
    core,
    {
      db: db.value,
      home: folder,
      fleetId: authority.value.trust.fleetId,
      secret: settings.HUB_SECRET === '' ? 'inside' : 'setting',
    },
    backupsTo.value,
  );
  const ticker = createTicker({
    db: db.value,
    clock,
    log,
    holder: wire.value.holder,
    ...(pace === undefined ? {} : { every: pace.jobs }),
    metrics,
    jobs: hubJobs(
      { ...core, rewards },
      {
        retrain: async () => ((await recommender.refresh()) ? 1 : 0),
        tendStaff: async () =>
          (await staff.secondPerson.expire()) +
          (await sweepStaff(core)) +
          (await signAuditCheckpoint(auditParts)),
        watchAudit: async () => ((await watchAudit(auditParts)).problem === null ? 0 : 1),
        tendLog: () => keepLog({ ...core, trust: authority.value.trust, signer: authority.value.hubSigner }),
        tendKeys: () => tendKeys({ ...staff, keys, secretKeys, objects }),
        tendBackups: () => backups.tend(),
      },
    ),
  });
  ticker.start();
  onStop(() => ticker.stop());

  // The public address is known when the port is: everything that tells it asks for it when it is needed.
  const place = { http: '' };
  const publicAddress = (): string =>
    settings.HUB_URL === '' ? place.http : settings.HUB_URL.replace(/\/+$/, '');
  const fleet = await fleetFacts({ ...core, secretKeys }, authority.value, rewards, publicAddress);
  const doors = technology?.doors ?? SOCKETS;
  const inside: HubInside = {
    ...staff,
    ...serverParts({
      ...{ authority: authority.value, objects, keys, recommender, ingest, fleet, core },
      challengeKey,
    }),
    secretKeys,
    pins: pinVault(secretKeys, random, parts.pinCost),
    guessing: signInGuard(clock),
    gate,
    backups,
    pictures: createPictureProcess(clock),
    peerOf: doors.peerOf,
    nudge: wire.value.link,
    mqttUrl: wire.value.url,
    ready: () => readiness(db.value, wire.value.link),
    stopping,
    consoleFolder: parts.consoleFolder,
    securityContact: settings.HUB_SECURITY_CONTACT,
    publicAddress,
    metrics,
    ingestQueue: ingest,
    rewards,
    ticker,
  };
  const publicPlace = { host: settings.HUB_HOST, port: settings.HUB_PORT };
  const host = await doors.listenPublic(hubServer(inside), publicPlace, certificate.value, clock);
  if (!host.ok) return host;
  onStop(() => host.value.close());
  place.http = host.value.address;
  const terminalPlace = { host: terminalHost(settings), port: settings.HUB_TERMINAL_PORT };
  const terminals = await doors.listenTerminals(terminalServer(inside), terminalPlace, {
    clock,
    alarm,
    trust: authority.value.trust,
    identity: () => authority.value.serverIdentity('hub'),
  });
  if (!terminals.ok) return terminals;
  onStop(() => terminals.value.close());
  onStop(async () => endDrops());
  const endDrops = gate.onRevoked((terminalId) => terminals.value.drop(terminalId));
  if (watched !== null) {
    const { link } = wire.value;
    const parts = { ...core, backups, ingest, partitions: () => link.leases.held().length };
    const scraped = await listenMetrics(watched, settings.HUB_METRICS_PORT, parts);
    if (!scraped.ok) return scraped;
    onStop(() => scraped.value.close());
  }
  const addresses = {
    http: host.value.address,
    terminals: terminals.value.address,
    mqtt: wire.value.url,
    public: publicAddress(),
  };
  log.info({ ...addresses, database: db.value.engine }, 'hub started');
  return ok({ addresses, inside, firstPassword });
}

/** Ready: the database answers and this hub holds at least one partition, or others hold them all. */
async function readiness(db: HubDatabase, link: HubLink): Promise<string | null> {
  try {
    const leases = await db.stores.leases.list();
    return link.leases.held().length > 0 || leases.length > 0 ? null : 'no partition is held yet';
  } catch {
    return 'the database does not answer';
  }
}
