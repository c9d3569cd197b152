import { generateIdentity } from 'age-encryption';
import { SimulatedCardReader } from '#firmware-sim/devices/card-reader.ts';
import { SimulatedPrinter } from '#firmware-sim/devices/receipt-printer.ts';
import { SimulatedSlotDoor } from '#firmware-sim/devices/slot-door.ts';
import { type MemoryMedium, memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { createSimulatedDrive, type SimulatedDrive } from '#firmware-sim/media/simulated-drive.ts';
import { type SimulatedClock, simulatedClock } from '#firmware-sim/sim/clock.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import type { ReturnDeps } from '#return-terminal/app/deps.ts';
import { aSite, aTariff } from '#shared/domain/testing/builders.ts';
import { FIRST_CONFIG } from '#shared/edge/configuration.ts';
import { createHubClock } from '#shared/edge/hub-clock.ts';
import { createRecorder } from '#shared/edge/recorder.ts';
import type { EdgeStore } from '#shared/edge/store.ts';
import { memoryStore } from '#shared/edge/store-memory.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { CopyId, EditionId, SiteId, TerminalId, TitleId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs, milliseconds } from '#shared/kernel/time.ts';
import type { Licence } from '#shared/media/licence.ts';
import { writeCopy } from '#shared/media/write-copy.ts';
import type { WriteCommit } from '#shared/ports/copy-intents.ts';
import { silentLog } from '#shared/ports/log.ts';
import type { Random } from '#shared/ports/random.ts';
import type { Signer } from '#shared/ports/signer.ts';
import type { Bundle, CatalogueTitle } from '#shared/protocol/terminal-api.ts';
import { aDraft, aWrite, memoryRecords, NOON } from '#test/support/media-story.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { type FakeHub, fakeHub } from './fake-hub.ts';

export { NOON };

const HOUR = 3_600_000;
export const uuid = (kind: string, at: number): string =>
  `01890000-00${kind}-7000-8000-${String(at).padStart(12, '0')}`;
export const titleIdAt = (at: number): TitleId => uuid('01', at) as TitleId;
const SITE = uuid('03', 1) as SiteId;

/** A fleet with a hub, a kiosk and two return terminals; made once for a test file, since keys are slow. */
export async function aFleet() {
  const fleet = await foundFleet();
  return {
    trust: fleet.trust,
    hub: await enrol(fleet, 'hub', 'hub'),
    kiosk: await enrol(fleet, 'kiosk-1', 'kiosk'),
    terminal: await enrol(fleet, 'rt-one', 'return-terminal'),
    other: await enrol(fleet, 'rt-two', 'return-terminal'),
    readKey: await generateIdentity(),
  };
}
export type Fleet = Awaited<ReturnType<typeof aFleet>>;

export const aTitle = (at: number, change: Partial<CatalogueTitle> = {}): CatalogueTitle => ({
  titleId: titleIdAt(at),
  kind: 'film',
  name: { en: `Film ${at}`, ja: `映画${at}` },
  description: { en: 'A night at the harbour.' },
  year: 2024,
  runtimeSeconds: 5400,
  genres: ['drama'],
  people: [],
  ageRating: 0,
  territories: [],
  releaseAt: epochMs(NOON - 30 * 24 * HOUR),
  units: null,
  demands: { secureMedium: false, binding: 'none' },
  withdrawn: false,
  edition: {
    editionId: uuid('02', at) as EditionId,
    mediaType: 'video/webm',
    bytes: 150_000,
    sha256: '0'.repeat(64),
  },
  subtitles: [],
  poster: null,
  thumbnail: null,
  rating: null,
  tariff: aTariff(),
  rentals30d: 100 - at,
  ...change,
});

export const aBundle = (fleet: Fleet, change: Partial<Bundle> = {}): Bundle => ({
  version: 'bundle-1',
  madeAt: NOON,
  fleetId: fleet.trust.fleetId,
  site: { siteId: SITE, name: 'Harbour Street', calendar: aSite() },
  config: { ...FIRST_CONFIG, version: 1, languages: ['en', 'ja', 'de'] },
  titles: [1, 2, 3, 4, 5].map((at) => aTitle(at)),
  popular: [titleIdAt(5)],
  neighbours: [{ titleId: titleIdAt(1), near: [titleIdAt(3), titleIdAt(4)] }],
  fleetReadKey: fleet.readKey,
  rewards: { pointsPerMinorUnit: 1, forRating: 5, forReservation: 7 },
  revoked: [],
  allotment: null,
  publicAddress: 'http://hub.example',
  ...change,
});

export interface TestTerminal {
  readonly deps: ReturnDeps;
  readonly hub: FakeHub;
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly drive: SimulatedDrive;
  readonly card: SimulatedCardReader;
  readonly printer: SimulatedPrinter;
  readonly door: SimulatedSlotDoor;
  readonly store: EdgeStore;
  locked: boolean;
  closing: boolean;
  bundle: Bundle;
  /** Kinds and data of everything in the outbox, in order. */
  events(): readonly { readonly kind: string; readonly data: Readonly<Record<string, unknown>> }[];
  kinds(): readonly string[];
}

/** A return terminal with real use cases and media code, a simulated drive, a memory store and a hub of a few lines. `store`, `card` of an earlier one: a restart. */
export function aTerminal(
  fleet: Fleet,
  options: {
    readonly seed?: string;
    readonly at?: EpochMs;
    readonly signer?: Signer;
    readonly store?: EdgeStore;
    readonly card?: SimulatedCardReader;
    readonly hub?: FakeHub;
    /** Called before and after each durable record: a test stops the process there. */
    readonly gate?: () => void;
  } = {},
): TestTerminal {
  const clock = simulatedClock(options.at ?? epochMs(NOON + 24 * HOUR));
  const random = seededRandom(options.seed ?? 'return');
  const store = options.store ?? memoryStore({ epoch: 'epoch-1' });
  const drive = createSimulatedDrive({ name: 'slot', clock, random });
  const card =
    options.card ??
    new SimulatedCardReader({ clock: { sleep: async () => {} }, answerAfter: milliseconds(0) });
  const printer = new SimulatedPrinter();
  const door = new SimulatedSlotDoor();
  const signer = options.signer ?? fleet.terminal;
  const hub = options.hub ?? fakeHub(clock, fleet.trust, fleet.hub);
  const hubClock = createHubClock(clock, `boot-${options.seed ?? ''}`);
  const record = createRecorder({ store, clock, random, stamp: hubClock.stamp, appended: () => {} });
  const terminal: TestTerminal = {
    deps: {
      runtime: {
        identity: {
          terminalId: signer.id as TerminalId,
          role: 'return-terminal',
          fleetId: fleet.trust.fleetId,
          siteId: SITE,
          tls: { keyPem: '', chainPem: '' },
          mqttUrl: 'mqtts://127.0.0.1:1',
          trust: fleet.trust,
          signer,
        },
        store,
        hub,
        clock,
        random,
        log: silentLog,
        bundle: () => terminal.bundle,
        online: () => !hub.away,
        offlineSince: () => (hub.away ? NOON : null),
        hubTime: () => null,
        stamp: hubClock.stamp,
        record: (work) => {
          options.gate?.();
          const value = record(work);
          options.gate?.();
          return value;
        },
        config: () => terminal.bundle.config,
        locked: () => terminal.locked,
        closing: () => terminal.closing,
        watch: () => () => {},
      },
      drive,
      card,
      printer,
      door,
    },
    hub,
    clock,
    random,
    drive,
    card,
    printer,
    door,
    store,
    locked: false,
    closing: false,
    bundle: aBundle(fleet),
    events: () =>
      ([0, 1] as const)
        .flatMap((lane) => store.read(lane, 0, { events: 10_000, bytes: 10_000_000 }))
        .map(({ kind, data }) => ({ kind, data: data as Readonly<Record<string, unknown>> })),
    kinds: () => terminal.events().map((event) => event.kind),
  };
  return terminal;
}

export interface RentedCopy {
  readonly copyId: CopyId;
  readonly licence: Licence;
  readonly commit: WriteCommit;
}

/** A medium with copies that a kiosk wrote and verified at `NOON`, one per title number. */
export async function aRentedMedium(
  fleet: Fleet,
  titles: readonly number[],
  options: {
    readonly seed?: string;
    readonly tariff?: Parameters<typeof aTariff>[0];
    readonly noTariff?: boolean;
  } = {},
): Promise<{ readonly medium: MemoryMedium; readonly copies: readonly RentedCopy[] }> {
  const clock = simulatedClock(NOON);
  const random = seededRandom(options.seed ?? 'kiosk');
  const drive = createSimulatedDrive({ name: 'kiosk', clock, random });
  const medium = memoryMedium('stick');
  await drive.insert(medium);
  const deps = { drive, clock, random, signer: fleet.kiosk, trust: fleet.trust };
  const copies: RentedCopy[] = [];
  for (const at of titles) {
    const outcome = await writeCopy(
      deps,
      aWrite(random, memoryRecords(), Buffer.from(`film ${at} `.repeat(20_000)), {
        licence: aDraft(random, {
          titleId: titleIdAt(at),
          title: `Film ${at}`,
          tariff: options.noTariff === true ? {} : { ...aTariff(options.tariff) },
          site: { ...aSite() } as never,
        }),
      }),
    );
    assert(outcome.kind === 'written', outcome.kind);
    const { licence, commit } = outcome;
    copies.push({ copyId: commit.copyId, licence, commit });
  }
  drive.pull();
  return { medium, copies };
}
