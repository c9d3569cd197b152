import { createTitle } from '#hub/app/catalogue/titles.ts';
import { uploadEdition } from '#hub/app/catalogue/uploads.ts';
import { firstConfig } from '#hub/app/enrolment/enrolment.ts';
import { certificateRow } from '#hub/app/enrolment/registry.ts';
import { registerMember } from '#hub/app/members/members.ts';
import { payCash } from '#hub/app/members/payments-in.ts';
import { createSite } from '#hub/app/sites/sites.ts';
import { addTariff } from '#hub/app/tariffs/tariffs.ts';
import type { HubInside } from '#hub/hub.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import type { MemberRow } from '#hub/ports/rows/index.ts';
import { aSite, aTariff } from '#shared/domain/testing/builders.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { SiteId, TitleId } from '#shared/kernel/ids.ts';
import { money } from '#shared/kernel/money.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import type { Random } from '#shared/ports/random.ts';
import { newId } from '#shared/ports/random.ts';
import type { Device, Fixture } from './fixture.ts';

export const PIN = '4711';
const DAY = 86_400_000;

const day = (closesAt: string) => ({ closesAt });
/** Two shops: one of them closes at ten and on Sundays, and both change to summer time within the span of worlds. */
const SITES = [
  { zone: 'Europe/Berlin', weekly: Array.from({ length: 7 }, () => day('24:00')) },
  { zone: 'Europe/Lisbon', weekly: [...Array.from({ length: 6 }, () => day('22:00')), null] },
] as const;

/** Short periods, so that within days there are rentals in time, late, and at their cap. */
const TARIFFS = [
  {
    name: 'Evening',
    mode: { kind: 'cutoff', at: '21:00', days: 1, furtherDays: 1 },
    firstPrice: 400,
    cap: 1200,
    lostFee: 900,
    keep: { price: 3000, afterLate: { unit: 'days', count: 45 } },
  },
  {
    name: 'Hours',
    mode: { kind: 'elapsed', first: { unit: 'hours', count: 6 }, further: { unit: 'hours', count: 3 } },
    firstPrice: 250,
    cap: null,
    lostFee: 650,
    finishWithinHours: 8,
  },
  {
    name: 'Minutes',
    mode: { kind: 'elapsed', first: { unit: 'minutes', count: 90 }, further: { unit: 'minutes', count: 30 } },
    firstPrice: 199,
    cap: 900,
    hold: { amount: 1000, expiresAfter: { unit: 'days', count: 7 } },
  },
] as const;

const BOUND = 5;
const ON_SECURE_MEDIA = 7;

export interface Shop {
  readonly siteIds: readonly SiteId[];
  readonly titleIds: readonly TitleId[];
  /** Those that demand a secure medium (RET-4). */
  readonly demanding: ReadonlySet<TitleId>;
  /** What each title is, byte for byte. */
  readonly editions: ReadonlyMap<TitleId, Buffer>;
  readonly members: readonly MemberRow[];
}

/** Which of the two shops a device stands in: kiosks and return terminals in both. */
export const siteOf = (shop: readonly SiteId[], device: number): SiteId =>
  shop[(device >> 1) % shop.length] as SiteId;

/** An account is there already, so that the hub makes none with a slow verifier at each of its starts. */
export async function prepareDatabase(database: HubDatabase, fixture: Fixture, at: EpochMs): Promise<void> {
  await database.stores.staff.insert({
    staffId: 'staff-of-the-simulation',
    name: 'admin',
    role: 'admin',
    secretVerifier: fixture.staffVerifier,
    createdAt: at,
    disabledAt: null,
    credentialsBy: null,
    credentialsAt: null,
    totpSecret: null,
    totpConfirmedAt: null,
    totpLastStep: null,
  });
}

/** Shops, tariffs, titles, members, and the registry's rows of devices that have enrolled. */
export async function furnish(
  inside: HubInside,
  random: Random,
  fixture: Fixture,
  wanted: { readonly members: number; readonly titles: number; readonly secureMedia: boolean },
): Promise<Shop> {
  const now = inside.clock.now();
  const siteIds: SiteId[] = [];
  for (const site of SITES) {
    const made = await createSite(inside, {
      name: site.zone,
      address: site.zone,
      calendar: aSite({ zone: site.zone, weekly: [...site.weekly] }),
    });
    assert(made.ok, 'the calendar is sound');
    siteIds.push(made.value.siteId);
  }
  const tariffs = [];
  for (const draft of TARIFFS) {
    const {
      tariffId: _,
      version: __,
      ...content
    } = aTariff({ graceSeconds: 300, ...draft, furtherPrice: 150 });
    const added = await addTariff(inside, null, content);
    assert(added.ok, 'the tariff is sound');
    tariffs.push(added.value);
  }
  const titleIds: TitleId[] = [];
  const demanding = new Set<TitleId>();
  const editions = new Map<TitleId, Buffer>();
  for (let at = 0; at < wanted.titles; at += 1) {
    const demandsSecureMedium = wanted.secureMedia && at === ON_SECURE_MEDIA;
    const made = await createTitle(inside, {
      kind: 'text',
      name: { en: `Title ${at}` },
      description: { en: 'A text.' },
      year: 2028,
      runtimeSeconds: null,
      genres: [],
      people: [],
      ageRating: 0,
      territories: [],
      releaseAt: epochMs(now - DAY),
      // Some are scarce, so that there are queues.
      unitsTotal: at % 4 === 0 ? 2 + random.below(4) : null,
      demandsSecureMedium,
      // One opens on its member's players only (PLY-1).
      demandsBinding: at === BOUND ? 'players' : 'none',
      tariffId: (tariffs[at % tariffs.length] as (typeof tariffs)[number]).tariffId,
    });
    assert(made.ok, 'the title is new');
    const content = Buffer.alloc(1_000 + random.below(90_000), `line of title ${at}\n`);
    const uploaded = await uploadEdition(inside, made.value.titleId, {
      mediaType: 'text/plain',
      sha256: null,
      bytes: content.length,
      content: (async function* () {
        yield content;
      })(),
    });
    assert(uploaded.ok, 'the edition is a text');
    titleIds.push(made.value.titleId);
    if (demandsSecureMedium) demanding.add(made.value.titleId);
    editions.set(made.value.titleId, content);
  }
  for (const [at, device] of fixture.devices.entries())
    await enter(inside, device, siteOf(siteIds, at), titleIds);
  const members: MemberRow[] = [];
  for (let at = 0; at < wanted.members; at += 1) {
    const siteId = siteIds[at % siteIds.length] as SiteId;
    const made = await registerMember(inside, 'hub', {
      displayName: `Member ${at}`,
      birthYear: 1990,
      pin: PIN,
      language: 'en',
      siteId,
    });
    assert(made.ok, 'the shop is there');
    const prepaid = random.below(3) * 1000;
    if (prepaid > 0)
      await payCash(inside, 'hub', made.value, {
        key: newId<string>(inside.clock, random),
        purpose: 'prepaid',
        amount: money(prepaid, made.value.currency),
      });
    members.push(made.value);
  }
  return { siteIds, titleIds, demanding, editions, members };
}

/** The registry's rows of a device that has enrolled. */
export async function enter(
  inside: HubInside,
  device: Device,
  siteId: SiteId,
  titleIds: readonly TitleId[],
): Promise<void> {
  const { terminalId, role } = device;
  const now = inside.clock.now();
  await inside.db.stores.terminals.insert({
    ...{ terminalId, role, siteId, name: terminalId, state: 'active' as const },
    ...{ hardwareSerial: '', secretHash: null, software: null, session: null, epoch: null, online: false },
    ...{ onlineChangedAt: null, lastContactAt: null, heartbeat: null, heartbeatAt: null },
    configDesired: {
      ...firstConfig(),
      version: 2,
      heartbeatSeconds: 3600,
      wantedTitles: role === 'kiosk' ? [...titleIds] : [],
    },
    ...{ configReported: 0, cache: {}, createdAt: now, revokedAt: null, decommissionedAt: null },
    wipeReceipt: null,
  });
  const { fingerprint, serial } = device.peer;
  const granted = {
    ...{ fingerprint, serial, validFrom: device.validFrom, validTo: device.validTo },
    chain: device.tls.chainPem.split('\n\n'),
  };
  await inside.db.stores.certificates.insert({
    ...certificateRow(device, granted, now),
    state: 'active',
    firstConnectedAt: now,
  });
}
