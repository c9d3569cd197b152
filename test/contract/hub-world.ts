import { createHash } from 'node:crypto';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import type { IngestRules } from '#hub/app/ingest/apply-one.ts';
import type { ReceivedBatch } from '#hub/app/ingest/commit-group.ts';
import { eventReader } from '#hub/app/ingest/documents.ts';
import type { DatabaseSettings } from '#hub/db/connect.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import type { TitleRow } from '#hub/ports/rows/index.ts';
import type { RewardRules } from '#shared/domain/rewards.ts';
import { aSite, aTariff } from '#shared/domain/testing/builders.ts';
import type * as ids from '#shared/kernel/ids.ts';
import { uuidv7 } from '#shared/kernel/ids.ts';
import { points } from '#shared/kernel/money.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { encode } from '#shared/protocol/decode.ts';
import type { EnvelopeEvent, Lane } from '#shared/protocol/envelope.ts';
import type { EventData, EventKind } from '#shared/protocol/events.ts';
import { openQuickDatabase } from '#test/support/database-image.ts';
import {
  type CopyChange,
  EDITION,
  FIRST_RECEIPT,
  type NewId,
  type ReceiptLink,
  type ReturnChange,
  signedCopy,
  signedReturn,
  type TestRental,
  type TestReturn,
  TITLE,
  TOKEN,
} from '#test/support/rental-facts.ts';
import { FOUNDED } from '#test/support/test-fleet.ts';
import { type Devices, known, register } from './hub-devices.ts';

/** A hub's database with one shop, one member and signed documents of real devices, for tests of everything below the broker. */

export const START = epochMs(FOUNDED + 3_600_000);
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const REWARDS: RewardRules = {
  forRating: points(5),
  forReservation: points(3),
  pointsPerMinorUnit: 1,
  lifetime: null,
};

let made = 0;
/** Ids in the order of their making; the same in every run. */
export const id = <Id extends string>(): Id => {
  made += 1;
  const bytes = createHash('sha256').update(`id ${made}`).digest();
  return uuidv7(FOUNDED + made, bytes) as Id;
};

export { type Devices, makeDevices, register } from './hub-devices.ts';

export const SITE = '01890000-0000-7000-8000-00000000000a' as ids.SiteId;
export const MEMBER = '01890000-0000-7000-8000-00000000000d' as ids.MemberId;

export async function openHub(
  { now, ...settings }: Partial<DatabaseSettings> & { readonly now?: EpochMs } = {},
  seed = 1,
) {
  beginChains();
  const clock = simulatedClock(now ?? epochMs(START + 60 * DAY));
  const opened = await openQuickDatabase({ clock, log: silentLog }, settings);
  if (!opened.ok) throw new Error(opened.error.message);
  return { db: opened.value, clock, random: seededRandom(seed) };
}

/** `HubSecrets.challengeKey` of these hubs. */
export const CHALLENGE_KEY = new Uint8Array(32);

export function rulesFor(devices: Devices, hub: Awaited<ReturnType<typeof openHub>>): IngestRules {
  return {
    clock: hub.clock,
    random: hub.random,
    rewards: REWARDS,
    challengeKey: CHALLENGE_KEY,
    read: eventReader(devices.fleet.trust),
  };
}

/** Shop, title, member and terminals. */
export async function furnish(db: HubDatabase, change: { unitsTotal?: number } = {}): Promise<void> {
  const tariff = aTariff();
  const { stores } = db;
  await stores.sites.put({
    siteId: SITE,
    name: 'Shop',
    address: 'Street 1',
    calendar: aSite(),
    place: null,
    plan: null,
    createdAt: START,
    updatedAt: START,
  });
  await stores.tariffs.insert({ tariffId: tariff.tariffId, version: 1, tariff, createdAt: START });
  const title: TitleRow = {
    titleId: TITLE,
    kind: 'film',
    name: { en: 'Film' },
    description: { en: '' },
    year: 2020,
    runtimeSeconds: 60,
    genres: [],
    people: [],
    ageRating: 0,
    territories: [],
    releaseAt: epochMs(0),
    unitsTotal: change.unitsTotal ?? null,
    demandsSecureMedium: false,
    demandsBinding: 'none',
    withdrawn: false,
    editionId: EDITION,
    subtitles: [],
    poster: null,
    languages: null,
    preview: null,
    thumbnail: null,
    tariffId: tariff.tariffId,
    createdAt: START,
    updatedAt: START,
  };
  await stores.titles.put(title);
  await addMember(db, MEMBER, TOKEN, '1000001');
  for (const [terminalId, role] of [
    ['kiosk-1', 'kiosk'],
    ['return-1', 'return-terminal'],
    ['return-2', 'return-terminal'],
  ] as const)
    await addTerminal(db, terminalId as ids.TerminalId, role);
  for (const signer of known) await register(db, signer);
}

export async function addMember(db: HubDatabase, memberId: ids.MemberId, token: string, number: string) {
  await db.stores.members.put({
    memberId,
    token,
    number,
    displayName: 'Member',
    birthYear: 1980,
    language: 'en',
    pinVerifier: 'x',
    pinKey: '',
    pinTries: 0,
    pinLockedAt: null,
    pinChangedAt: null,
    preferredMeans: [],
    currency: 'EUR',
    siteId: SITE,
    state: 'active',
    blockedAt: null,
    blockCause: null,
    createdAt: START,
  });
}

export async function addTerminal(
  db: HubDatabase,
  terminalId: ids.TerminalId,
  role: 'kiosk' | 'return-terminal',
) {
  await db.stores.terminals.put({
    terminalId,
    role,
    siteId: SITE,
    name: terminalId,
    state: 'active',
    secretHash: null,
    hardwareSerial: '',
    software: null,
    session: null,
    epoch: null,
    online: false,
    onlineChangedAt: null,
    lastContactAt: null,
    heartbeat: null,
    heartbeatAt: null,
    configDesired: null,
    configReported: 0,
    cache: {},
    createdAt: START,
    revokedAt: null,
    decommissionedAt: null,
    wipeReceipt: null,
  });
}

export type { TestRental, TestReturn } from '#test/support/rental-facts.ts';
export { cardPart, EDITION, pulled, started, TITLE, TOKEN } from '#test/support/rental-facts.ts';

/** What a kiosk signs for one copy written at `startedAt`. */
export const writtenCopy = (
  devices: Devices,
  startedAt: EpochMs = START,
  change: Omit<CopyChange, 'newId'> & { signer?: Signer } = {},
): Promise<TestRental> =>
  signedCopy(change.signer ?? devices.kiosk, startedAt, { newId: id as NewId, ...change });

/** Where the chain of each terminal's receipts stands. */
const chains = new Map<string, ReceiptLink>();
/** A new hub has no receipts: the terminals' chains begin anew. Files of a worker share this module. */
export const beginChains = (): void => chains.clear();

/** A return as a terminal reports it offline: acceptance and destruction, receipt and proof really signed. */
export async function returned(
  rental: TestRental,
  terminal: Signer,
  t0: EpochMs,
  change: ReturnChange & {
    /** The terminal never gets to sign it: only the acceptance is used. */
    acceptedOnly?: boolean;
  } = {},
): Promise<TestReturn> {
  const back = await signedReturn(rental, terminal, t0, chains.get(terminal.id) ?? FIRST_RECEIPT, {
    returnId: id<ids.ReturnId>(),
    ...change,
  });
  if (change.acceptedOnly !== true) chains.set(terminal.id, back.link);
  return back;
}

export type Fact = {
  [K in EventKind]: { readonly kind: K; readonly data: EventData<K>; readonly at: EpochMs };
}[EventKind];

/** The events of one terminal's lane, numbered as they are made. */
export function lane(terminal: string, lane: Lane = 0, epoch = 'epoch1') {
  const events: EnvelopeEvent[] = [];
  return {
    events,
    add<K extends EventKind>(kind: K, data: EventData<K>, at: EpochMs): EnvelopeEvent {
      const stamp = {
        deviceTime: at,
        monotonic: at - FOUNDED,
        bootId: 'boot',
        clockOffset: 0,
        clockError: 5,
      };
      const event = { sequence: events.length, id: id<ids.EventId>(), kind, stamp, data };
      events.push(event);
      return event;
    },
    /** A batch of these events (all by default), received long after they happened. */
    batch(part: readonly EnvelopeEvent[] = events, firstHeld = 0): ReceivedBatch {
      const receivedAt = epochMs(START + 50 * DAY);
      const batch = {
        version: { major: 1, minor: 0 },
        terminal: terminal as ids.TerminalId,
        session: 'session',
        epoch,
        lane,
        firstHeld,
        last: Math.max(...part.map((event) => event.sequence)),
        sentAt: receivedAt,
        events: [...part],
      };
      return { receivedAt, batch, packetBytes: encode(batch).length };
    },
  };
}

/** Balances of all accounts that are not 0, for comparing ledgers. */
export async function balancesOf(db: HubDatabase): Promise<Readonly<Record<string, number>>> {
  const rows = await db.stores.ledger.trialBalance();
  return Object.fromEntries(rows.filter((row) => row.posted !== 0).map((row) => [row.accountId, row.posted]));
}
