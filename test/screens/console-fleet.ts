import { siteIdOf } from '#firmware-sim/demo/seed/shops.ts';
import { firstConfig } from '#hub/app/enrolment/enrolment.ts';
import type { HubInside } from '#hub/hub.ts';
import type { TerminalRow } from '#hub/ports/rows/index.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import type { Heartbeat } from '#shared/protocol/envelope.ts';
import { DAY, HOUR, MINUTE, NOW } from './demo-titles.ts';

/** The shops and their terminals as the console shows them: up, away, faulty and waiting. */
export async function seedFleet(inside: HubInside): Promise<void> {
  await seedTerminals(inside);
  await seedHistory(inside);
  await seedShops(inside);
}

/** Where the shops are, and how one of them is furnished. */
async function seedShops({ db }: HubInside): Promise<void> {
  const { sites } = db.stores;
  await sites.patch(
    { siteId: siteIdOf('berlin') },
    {
      place: { latitude: 52.53, longitude: 13.4 },
      plan: {
        width: 110,
        depth: 64,
        terminals: {
          'kiosk-door': { x: 14, y: 44 },
          'return-door': { x: 28, y: 44 },
          'kiosk-window': { x: 92, y: 44 },
          'return-night': { x: 52, y: 56 },
        },
        fixtures: [
          { kind: 'entrance', x: 21, y: 62 },
          { kind: 'counter', x: 55, y: 14 },
          { kind: 'shelves', x: 26, y: 22 },
          { kind: 'seats', x: 94, y: 12 },
        ],
      },
    },
  );
  await sites.patch({ siteId: siteIdOf('tokyo') }, { place: { latitude: 35.68, longitude: 139.77 } });
}

/** Three days of readings of one kiosk, with an hour in which it was away. */
async function seedHistory({ db }: HubInside): Promise<void> {
  const quarters = Array.from({ length: 3 * 96 }, (_, at) => ({
    at,
    moment: epochMs(NOW - at * 15 * MINUTE),
  }));
  await db.stores.terminalHistory.insertMany(
    quarters
      .filter(({ at }) => at < 100 || at > 106)
      .map(({ at, moment }) => ({
        terminalId: 'kiosk-window' as TerminalId,
        at: epochMs(moment - (moment % (15 * MINUTE))),
        samples: 3,
        online: at === 99 || at === 107 ? 1 : 3,
        queue: at === 107 ? 31 : at % 17 === 0 ? 4 : 0,
        freeBytes: 210_000_000_000 - (300 - at) * 40_000_000,
        totalBytes: 500_000_000_000,
        temperature: Math.round(382 + 34 * Math.sin(at / 15)),
      })),
  );
}

interface Standing {
  readonly id: string;
  readonly name: string;
  readonly role: TerminalRow['role'];
  readonly site: string;
  readonly change?: Partial<TerminalRow>;
  readonly beat?: Partial<Heartbeat>;
}
const STANDING: readonly Standing[] = [
  { id: 'kiosk-door', name: 'Kiosk at the door', role: 'kiosk', site: 'berlin' },
  { id: 'return-door', name: 'Return at the door', role: 'return-terminal', site: 'berlin' },
  {
    id: 'kiosk-window',
    name: 'Kiosk in the window',
    role: 'kiosk',
    site: 'berlin',
    beat: {
      drives: [{ name: 'front', state: 'fault', fault: 'medium_io_error' }],
      queue: { lane0: 3, lane1: 12, oldestAt: epochMs(NOW - 4 * MINUTE) },
    },
  },
  {
    id: 'return-night',
    name: 'Night return',
    role: 'return-terminal',
    site: 'berlin',
    change: {
      online: false,
      onlineChangedAt: epochMs(NOW - 2 * HOUR),
      lastContactAt: epochMs(NOW - 2 * HOUR),
    },
    beat: { queue: { lane0: 0, lane1: 0, oldestAt: null } },
  },
  { id: 'kiosk-station', name: 'Kiosk at the station', role: 'kiosk', site: 'tokyo' },
  { id: 'return-station', name: 'Return at the station', role: 'return-terminal', site: 'tokyo' },
  {
    id: 'kiosk-new',
    name: 'Kiosk on the second floor',
    role: 'kiosk',
    site: 'tokyo',
    change: {
      state: 'enrolling',
      online: false,
      onlineChangedAt: null,
      lastContactAt: null,
      heartbeat: null,
    },
  },
];

async function seedTerminals({ db }: HubInside): Promise<void> {
  for (const [at, { id, name, role, site, change, beat }] of STANDING.entries()) {
    const terminalId = id as TerminalId;
    const config = { ...firstConfig(), version: 2 };
    const heartbeat: Heartbeat = {
      version: { major: 1, minor: 2 },
      terminal: terminalId,
      session: 'screens',
      sentAt: epochMs(NOW - 9000),
      stamp: {
        deviceTime: epochMs(NOW - 9000),
        monotonic: 3 * DAY,
        bootId: 'screens',
        clockOffset: -12,
        clockError: 6,
      },
      queue: { lane0: 0, lane1: at, oldestAt: null },
      storage: { totalBytes: 4e12, freeBytes: 1.3e12 + at * 2e11 },
      cache: { bytes: 2.1e12, titles: 640 + at, fetching: at % 2 },
      drives: [{ name: 'front', state: 'empty', fault: null }],
      software: '0.1.0',
      configVersion: 2,
      locked: false,
      temperatureCelsius: 34.5 + at,
      ...beat,
    };
    await db.stores.terminals.put({
      terminalId,
      role,
      siteId: siteIdOf(site),
      name,
      state: 'active',
      secretHash: null,
      hardwareSerial: `KT-24-${1040 + at}`,
      software: '0.1.0',
      session: 'screens',
      epoch: 'screens',
      online: true,
      onlineChangedAt: epochMs(NOW - 3 * DAY),
      lastContactAt: epochMs(NOW - 9000),
      heartbeat,
      heartbeatAt: epochMs(NOW - 9000),
      configDesired: config,
      configReported: 2,
      cache: {},
      createdAt: epochMs(NOW - 200 * DAY),
      revokedAt: null,
      decommissionedAt: null,
      wipeReceipt: null,
      ...change,
    });
  }
}
