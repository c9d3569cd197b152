import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { newRental } from '#hub/app/rentals/new-rental.ts';
import { amountText } from '#hub/app/reports/csv.ts';
import { entriesCsv, figuresCsv, rentalsCsv } from '#hub/app/reports/exports.ts';
import { type Grouping, type ReportAsk, reportOf } from '#hub/app/reports/figures.ts';
import { overviewOf } from '#hub/app/reports/overview.ts';
import { terminalHistoryOf } from '#hub/app/reports/terminal-history.ts';
import { memoryDatabase } from '#hub/db/memory/database.ts';
import { ACCOUNTS } from '#hub/domain/accounts.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import type { TransferDraft } from '#hub/ports/ledger.ts';
import type { RentalRow, ReturnRow } from '#hub/ports/rows/index.ts';
import { aSite, aTariff } from '#shared/domain/testing/builders.ts';
import type { ReturnId, SiteId, TerminalId, TitleId } from '#shared/kernel/ids.ts';
import { type Currency, money } from '#shared/kernel/money.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { EDITION, id, MEMBER, openHub, TITLE } from './hub-world.ts';

/** Reports against a second computation over the same rows, by the platform's own calendar (Intl), on both databases. */

const MINUTE = 60_000;
const SHOPS = [
  { siteId: 'shop-berlin', zone: 'Europe/Berlin', currency: 'EUR' },
  { siteId: 'shop-tokyo', zone: 'Asia/Tokyo', currency: 'JPY' },
  { siteId: 'shop-york', zone: 'America/New_York', currency: 'USD' },
  { siteId: 'shop-wien', zone: 'Europe/Vienna', currency: 'EUR' },
] as const satisfies readonly { siteId: string; zone: string; currency: Currency }[];
const TITLES = [TITLE, '01890000-0000-7000-8000-0000000000ff' as TitleId] as const;
const KIOSKS = ['kiosk-1', 'kiosk-2'] as TerminalId[];

interface Fact {
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

const localDate = (zone: string, at: number): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(at);
const monday = (date: string): string => {
  const day = new Date(`${date}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7));
  return day.toISOString().slice(0, 10);
};

/** The same report by hand: key → what stands there. */
function byHand(facts: readonly Fact[], ask: ReportAsk): Record<string, Record<string, number>> {
  const rows: Record<string, Record<string, number>> = {};
  const add = (key: string, what: string, value: number) => {
    if (value === 0) return;
    rows[key] ??= {};
    const row = rows[key];
    row[what] = (row[what] ?? 0) + value;
  };
  for (const fact of facts) {
    const { siteId, zone, currency } = fact.shop;
    if (ask.siteId !== null && ask.siteId !== siteId) continue;
    if (ask.titleId !== null && ask.titleId !== fact.titleId) continue;
    const key = (at: number, terminal: string): string | null => {
      const date = localDate(zone, at);
      if (date < ask.from || date > ask.to) return null;
      const week = monday(date) < ask.from ? ask.from : monday(date);
      return { day: date, week, site: siteId, title: fact.titleId, terminal }[ask.by];
    };
    const began = key(fact.startedAt, fact.kioskId);
    if (began !== null) add(began, 'rentals', 1);
    const booked = key(fact.closedAt ?? fact.startedAt, fact.kioskId);
    if (booked !== null) {
      add(booked, `${currency} net`, fact.net);
      if (fact.net > 0) add(booked, `${currency} tax`, fact.tax);
      add(booked, 'points', fact.points);
    }
    const ended = fact.closedAt === null ? null : key(fact.closedAt, fact.returnedAt);
    if (ended === null || fact.closedAt === null) continue;
    add(ended, 'returns', 1);
    add(ended, 'late', fact.closedAt > fact.dueAt ? 1 : 0);
  }
  return rows;
}

for (const name of ['PGlite', 'memory'] as const)
  describe(`figures: ${name}`, () => {
    const facts = someFacts();
    let db: HubDatabase;
    beforeAll(async () => {
      db = name === 'memory' ? memoryDatabase() : (await openHub({ folder: null })).db;
      await furnish(db, facts);
    });
    afterAll(() => db.close());
    const ask = (change: Partial<ReportAsk> = {}): ReportAsk => ({
      ...{ from: '2026-03-01', to: '2026-11-15', by: 'day', siteId: null, titleId: null },
      ...change,
    });
    const report = async (asked: ReportAsk) => {
      const made = await reportOf({ db }, asked);
      return made.ok ? made.value : expect.fail(made.error.message);
    };
    const seen = async (asked: ReportAsk) => {
      const { rows } = await report(asked);
      return Object.fromEntries(
        rows.flatMap((row) => {
          const { rentals, returns, late, pointsGiven } = row;
          const figures: [string, number][] = [
            ...Object.entries({ rentals, returns, late, points: pointsGiven }),
            ...row.revenue.flatMap(({ net, tax }): [string, number][] => [
              [`${net.currency} net`, net.minor],
              [`${tax.currency} tax`, tax.minor],
            ]),
          ];
          const there = figures.filter(([, value]) => value !== 0);
          return there.length === 0 ? [] : [[row.key, Object.fromEntries(there)]];
        }),
      );
    };

    it.each(['day', 'week', 'site', 'title', 'terminal'] as const satisfies readonly Grouping[])(
      'SCR-4: a report by %s says what the rows say by each shop’s own clock, also on days of 23 and 25 hours',
      async (by) => {
        for (const change of [
          {},
          { siteId: 'shop-berlin' as SiteId },
          { titleId: TITLE },
          { from: '2026-03-29', to: '2026-03-29' },
          { from: '2026-10-25', to: '2026-10-25' },
        ]) {
          const asked = ask({ by, ...change });
          expect(await seen(asked)).toEqual(byHand(facts, asked));
        }
      },
    );

    it('LED-1: revenue of a report is the difference of two balance sheets, currency by currency', async () => {
      const { totals } = await report(ask({ by: 'site' }));
      const kinds = (unit: string) => [`site_revenue:`, `site_tax:`].map((kind) => [kind, unit] as const);
      for (const { net, tax, total } of totals.revenue) {
        const balance = await db.stores.ledger.trialBalance();
        const before = await db.stores.ledger.trialBalance(epochMs(Date.parse('2026-01-01T00:00Z')));
        expect(before).toEqual([]);
        const [revenue, taxes] = kinds(net.currency).map(([kind, unit]) =>
          balance
            .filter(({ accountId, unit: own }) => accountId.startsWith(kind) && own === unit)
            .reduce((sum, { posted }) => sum - posted, 0),
        );
        expect([net.minor, tax.minor, total.minor]).toEqual([revenue, taxes, (revenue ?? 0) + (taxes ?? 0)]);
      }
      expect(totals.revenue.map(({ net }) => net.currency)).toEqual(['EUR', 'JPY', 'USD']);
    });

    it('LED-1: a balance sheet of a moment holds what had happened before it, and balances', async () => {
      const middle = epochMs(Date.parse('2026-06-01T00:00Z'));
      const sheet = await db.stores.ledger.trialBalance(middle);
      const lines = await db.stores.ledger.journal(epochMs(0), middle, { limit: 10_000, offset: 0 });
      const sums = new Map<string, number>();
      for (const { accountId, amount } of lines) sums.set(accountId, (sums.get(accountId) ?? 0) + amount);
      expect(sheet.length).toBeGreaterThan(4);
      expect(Object.fromEntries(sheet.map(({ accountId, posted }) => [accountId, posted]))).toEqual(
        Object.fromEntries(sums),
      );
      const units = new Map<string, number>();
      for (const { unit, posted } of sheet) units.set(unit, (units.get(unit) ?? 0) + posted);
      expect([...units.values()].every((sum) => sum === 0)).toBe(true);
    });

    it('SCR-4: the files hold every row once, with local times, amounts in full and no formula', async () => {
      const asked = ask({ by: 'site' });
      const read = async (lines: AsyncIterable<string> | Iterable<string>) => {
        const all: string[] = [];
        for await (const line of lines) all.push(line);
        return all;
      };
      const rentals = await read(rentalsCsv({ db }, asked));
      expect(rentals).toHaveLength(facts.length + 2);
      expect(rentals.every((line, at) => at === 0 || line.endsWith('\r\n'))).toBe(true);
      expect(rentals.filter((line) => line.includes('"\'=shop-')).length).toBe(facts.length);
      const day = { ...asked, from: '2026-10-25', to: '2026-10-25', siteId: 'shop-berlin' as SiteId };
      const began = facts.filter(
        ({ shop, startedAt }) =>
          shop.siteId === 'shop-berlin' && localDate(shop.zone, startedAt) === '2026-10-25',
      );
      expect(began.length).toBeGreaterThan(2);
      expect(await read(rentalsCsv({ db }, day))).toHaveLength(began.length + 2);
      const journal = await read(entriesCsv({ db }, asked));
      const posted = await db.stores.ledger.journal(epochMs(0), epochMs(Date.parse('2027-01-01T00:00Z')), {
        limit: 10_000,
        offset: 0,
      });
      expect(journal).toHaveLength(posted.length + 2);
      const { rows } = await report(asked);
      const figures = await read(figuresCsv(asked, { rows, totals: rows[0] ?? expect.fail() }));
      const berlin = rows.find(({ key }) => key === 'shop-berlin')?.revenue[0] ?? expect.fail();
      expect(figures.find((line) => line.includes('shop-berlin'))).toContain(
        `EUR,${amountText(berlin.net)},${amountText(berlin.tax)},${amountText(berlin.total)}`,
      );
    });

    it.each(['2026-03-29T13:30:00Z', '2026-11-01T15:30:00Z'])(
      'SCR-4: at %s today stands beside the same weekday of last week until the same hour on the wall',
      async (moment) => {
        const now = epochMs(Date.parse(moment));
        const clock = simulatedClock(now);
        const shown = await overviewOf({ db, clock });
        const wall = (zone: string, at: number) =>
          new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'medium' }).format(at);
        const sum = (currency: Currency, days: number, whole: boolean) =>
          facts
            .filter(({ shop, startedAt, closedAt }) => {
              const at = closedAt ?? startedAt;
              const today = localDate(shop.zone, now);
              const then = new Date(Date.parse(`${today}T00:00:00Z`) - days * 86_400_000);
              const inDay = localDate(shop.zone, at) === then.toISOString().slice(0, 10);
              const soFar = days === 0 ? at <= now : wall(shop.zone, at) < wall(shop.zone, now);
              return shop.currency === currency && inDay && (whole || soFar);
            })
            .reduce((all, { net, tax }) => all + (net > 0 ? net + tax : 0), 0);
        for (const { today, sameDayLastWeek, wholeDayLastWeek, hours } of shown.revenue) {
          const { currency } = today;
          expect([today, sameDayLastWeek, wholeDayLastWeek]).toEqual([
            money(sum(currency, 0, false), currency),
            money(sum(currency, 7, false), currency),
            money(sum(currency, 7, true), currency),
          ]);
          expect(hours.map(({ hour }) => hour)).toEqual(Array.from({ length: 24 }, (_, hour) => hour));
          expect(hours.reduce((all, { lastWeek }) => all + lastWeek, 0)).toBe(wholeDayLastWeek.minor);
        }
        expect(shown.revenue.length).toBeGreaterThan(0);
      },
    );

    it('FLT-1: what was done at a terminal stands in its hours', async () => {
      const now = epochMs(Date.parse('2026-10-26T12:20:00Z'));
      const from = Date.parse('2026-10-23T13:00:00Z');
      await db.stores.terminals.insert({
        ...{ terminalId: 'kiosk-1' as TerminalId, role: 'kiosk', siteId: 'shop-berlin' as SiteId },
        ...{ name: 'Kiosk', state: 'active', secretHash: null, hardwareSerial: '', software: null },
        ...{ session: null, epoch: null, online: true, onlineChangedAt: null, lastContactAt: null },
        ...{ heartbeat: null, heartbeatAt: null, configDesired: null, configReported: 0, cache: {} },
        ...{ createdAt: now, revokedAt: null, decommissionedAt: null, wipeReceipt: null },
      });
      await db.stores.terminalHistory.sample(epochMs(now - (now % 900_000)));
      const read = await terminalHistoryOf({ db, clock: simulatedClock(now) }, KIOSKS[0] as TerminalId, 3);
      const history = read.ok ? read.value : expect.fail(read.error.message);
      const expected = new Map<number, number>();
      for (const { kioskId, startedAt } of facts)
        if (kioskId === 'kiosk-1' && startedAt >= from && startedAt < from + 72 * 60 * MINUTE) {
          const hour = startedAt - (startedAt % (60 * MINUTE));
          expected.set(hour, (expected.get(hour) ?? 0) + 1);
        }
      expect(history).toMatchObject({ from, until: from + 72 * 60 * MINUTE });
      expect(new Map(history.hours.map(({ at, rentals }) => [at, rentals]))).toEqual(expected);
      expect(history.readings).toMatchObject([{ online: 1, queue: 0, temperatureCelsius: null }]);
      expect(
        await terminalHistoryOf({ db, clock: simulatedClock(now) }, 'nobody' as TerminalId, 3),
      ).toMatchObject({ error: { code: 'terminal_missing' } });
    });

    it('SCR-4: a period without days, one that is too long and a shop that is not there are refused', async () => {
      const refused = async (change: Partial<ReportAsk>) => {
        const made = await reportOf({ db }, ask(change));
        return made.ok ? null : made.error.code;
      };
      expect(await refused({ to: '2026-02-28' })).toBe('report_period_invalid');
      expect(await refused({ to: '2029-02-28' })).toBe('report_period_invalid');
      expect(await refused({ siteId: 'nowhere' as SiteId })).toBe('site_missing');
    });
  });
