import { afterAll, beforeAll, describe, expect } from 'vitest';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { newRental } from '#hub/app/rentals/new-rental.ts';
import { memoryDatabase } from '#hub/db/memory/database.ts';
import { ACCOUNTS } from '#hub/domain/accounts.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import type { TransferDraft } from '#hub/ports/ledger.ts';
import type { RentalRow, ReturnRow } from '#hub/ports/rows/index.ts';
import { aSite, aTariff } from '#shared/domain/testing/builders.ts';
import type { ReturnId, SiteId, TerminalId, TitleId } from '#shared/kernel/ids.ts';
import type { Currency } from '#shared/kernel/money.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { EDITION, id, MEMBER, openHub, TITLE } from './hub-world.ts';

/** What happened in four shops around the days on which clocks are changed: known as facts, and as the rows that a hub has of them, on both databases. */

export const MINUTE = 60_000;
const SHOPS = [
  { siteId: 'shop-berlin', zone: 'Europe/Berlin', currency: 'EUR' },
  { siteId: 'shop-tokyo', zone: 'Asia/Tokyo', currency: 'JPY' },
  { siteId: 'shop-york', zone: 'America/New_York', currency: 'USD' },
  { siteId: 'shop-wien', zone: 'Europe/Vienna', currency: 'EUR' },
] as const satisfies readonly { siteId: string; zone: string; currency: Currency }[];
const TITLES = [TITLE, '01890000-0000-7000-8000-0000000000ff' as TitleId] as const;
export const KIOSKS = ['kiosk-1', 'kiosk-2'] as TerminalId[];

export interface Fact {
  readonly shop: (typeof SHOPS)[number];
  readonly titleId: TitleId;
  readonly kioskId: TerminalId;
  readonly startedAt: number;
  readonly dueAt: number;
  readonly closedAt: number | null;
  readonly returnedAt: TerminalId;
  readonly net: number;
  readonly tax: number;
  readonly points: number;
}
/** Around a moment, 36 hours to each side: the days on which clocks are changed are 23 and 25 hours long. */
const CHANGES = ['2026-03-08T07:00Z', '2026-03-29T01:00Z', '2026-10-25T01:00Z', '2026-11-01T06:00Z'];

function someFacts(): readonly Fact[] {
  const random = seededRandom(11);
  const below = (limit: number) => new DataView(random.bytes(4).buffer).getUint32(0) % limit;
  return Array.from({ length: 160 }, () => {
    const startedAt = Date.parse(CHANGES[below(4)] ?? '') + (below(72 * 60) - 36 * 60) * MINUTE;
    const dueAt = startedAt + 24 * 60 * MINUTE;
    const net = below(2000);
    return {
      shop: SHOPS[below(4)] ?? SHOPS[0],
      titleId: TITLES[below(2)] ?? TITLE,
      kioskId: KIOSKS[below(2)] ?? KIOSKS[0],
      startedAt,
      dueAt,
      closedAt: below(4) === 0 ? null : dueAt + (below(60) - 40) * 60 * MINUTE,
      returnedAt: ['return-1', 'return-2'][below(2)] as TerminalId,
      net,
      tax: Math.floor(net / 5),
      points: below(20),
    } as Fact;
  });
}

const rentalOf = (fact: Fact): RentalRow =>
  newRental({
    rentalId: id(),
    copyId: id(),
    titleId: fact.titleId,
    editionId: EDITION,
    mediumId: id(),
    memberId: MEMBER,
    memberToken: 'mt',
    siteId: fact.shop.siteId as SiteId,
    kioskId: fact.kioskId,
    binding: 'none',
    tariff: aTariff(),
    calendar: aSite(),
    status: fact.closedAt === null ? 'active' : 'closed',
    startedAt: epochMs(fact.startedAt),
    dueAt: epochMs(fact.dueAt),
    closedAt: fact.closedAt === null ? null : epochMs(fact.closedAt),
    licenceStatus: 'active',
    preparedAt: epochMs(fact.startedAt),
  });

async function furnish(db: HubDatabase, facts: readonly Fact[]): Promise<void> {
  const { sites, rentals, returns, ledger } = db.stores;
  for (const { siteId, zone, currency } of SHOPS)
    await sites.insert({
      siteId: siteId as SiteId,
      name: `=${siteId}, "the shop"`,
      address: '',
      calendar: { ...aSite(), zone, currency },
      place: null,
      plan: null,
      createdAt: epochMs(0),
      updatedAt: epochMs(0),
    });
  const drafts: TransferDraft[] = [];
  for (const fact of facts) {
    const rental = rentalOf(fact);
    await rentals.insert(rental);
    const { rentalId, siteId } = rental;
    const site = fact.shop.siteId as SiteId;
    const { currency } = fact.shop;
    const at = epochMs(fact.closedAt ?? fact.startedAt);
    const facts_ = { rentalId, returnId: null, memberId: MEMBER, siteId, at, detail: {} };
    const total = fact.net + fact.tax;
    if (fact.net > 0)
      drafts.push({
        ...facts_,
        transferId: `charge:${rentalId}`,
        phase: 'single',
        correctsId: null,
        reason: 'charge',
        entries: [
          { account: ACCOUNTS.memberReceivable(MEMBER, currency), amount: total },
          { account: ACCOUNTS.siteRevenue(site, currency), amount: -fact.net },
          ...(fact.tax > 0 ? [{ account: ACCOUNTS.siteTax(site, currency), amount: -fact.tax }] : []),
        ],
      });
    // What is only reserved is no revenue.
    drafts.push({
      ...facts_,
      transferId: `held:${rentalId}`,
      phase: 'pending',
      expiresAt: epochMs(at + 1),
      reason: 'hold',
      entries: [
        { account: ACCOUNTS.memberReceivable(MEMBER, currency), amount: 7 },
        { account: ACCOUNTS.siteRevenue(site, currency), amount: -7 },
      ],
    });
    if (fact.points > 0)
      drafts.push({
        ...facts_,
        transferId: `points:${rentalId}`,
        phase: 'single',
        correctsId: null,
        reason: 'points_for_rental',
        siteId: null,
        entries: [
          { account: ACCOUNTS.memberPoints(MEMBER), amount: -fact.points },
          { account: ACCOUNTS.pointsIssued(), amount: fact.points },
        ],
      });
    if (fact.closedAt !== null) {
      const row: ReturnRow = {
        returnId: id<ReturnId>(),
        rentalId,
        copyId: null,
        terminalId: fact.returnedAt,
        state: 'destroyed',
        t0: epochMs(fact.closedAt),
        destroyedAt: epochMs(fact.closedAt),
        offlineSince: null,
        agreed: null,
        due: null,
        payments: {},
        proof: 'proven',
        receiptId: null,
        finishers: [],
        updatedAt: epochMs(fact.closedAt),
      };
      await returns.insert(row);
    }
  }
  const results = await ledger.post(drafts, epochMs(Date.parse('2026-12-01T00:00Z')));
  expect(new Set(results)).toEqual(new Set(['created']));
}

/** The day of a moment on the calendar of a zone. */
export const localDate = (zone: string, at: number): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(at);

/** The same tests over the same facts, on PGlite and in memory. */
export function onBothDatabases(
  what: string,
  tests: (there: { readonly facts: readonly Fact[]; readonly db: () => HubDatabase }) => void,
): void {
  for (const name of ['PGlite', 'memory'] as const)
    describe(`${what}: ${name}`, () => {
      const facts = someFacts();
      let db: HubDatabase;
      beforeAll(async () => {
        db = name === 'memory' ? memoryDatabase() : (await openHub({ folder: null })).db;
        await furnish(db, facts);
      });
      afterAll(() => db.close());
      tests({ facts, db: () => db });
    });
}
