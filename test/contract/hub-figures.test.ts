import { expect, it } from 'vitest';
import { amountText } from '#hub/app/reports/csv.ts';
import { entriesCsv, figuresCsv, rentalsCsv } from '#hub/app/reports/exports.ts';
import { type Grouping, type ReportAsk, reportOf } from '#hub/app/reports/figures.ts';
import type { SiteId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { type Fact, localDate, onBothDatabases } from './figures-facts.ts';
import { TITLE } from './hub-world.ts';

/** Reports against a second computation over the same rows, by the platform's own calendar (Intl), on both databases. */

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

onBothDatabases('figures', ({ facts, db }) => {
  const ask = (change: Partial<ReportAsk> = {}): ReportAsk => ({
    ...{ from: '2026-03-01', to: '2026-11-15', by: 'day', siteId: null, titleId: null },
    ...change,
  });
  const report = async (asked: ReportAsk) => {
    const made = await reportOf({ db: db() }, asked);
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
      const balance = await db().stores.ledger.trialBalance();
      const before = await db().stores.ledger.trialBalance(epochMs(Date.parse('2026-01-01T00:00Z')));
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
    const sheet = await db().stores.ledger.trialBalance(middle);
    const lines = await db().stores.ledger.journal(epochMs(0), middle, { limit: 10_000, offset: 0 });
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
    const rentals = await read(rentalsCsv({ db: db() }, asked));
    expect(rentals).toHaveLength(facts.length + 2);
    expect(rentals.every((line, at) => at === 0 || line.endsWith('\r\n'))).toBe(true);
    expect(rentals.filter((line) => line.includes('"\'=shop-')).length).toBe(facts.length);
    const day = { ...asked, from: '2026-10-25', to: '2026-10-25', siteId: 'shop-berlin' as SiteId };
    const began = facts.filter(
      ({ shop, startedAt }) =>
        shop.siteId === 'shop-berlin' && localDate(shop.zone, startedAt) === '2026-10-25',
    );
    expect(began.length).toBeGreaterThan(2);
    expect(await read(rentalsCsv({ db: db() }, day))).toHaveLength(began.length + 2);
    const journal = await read(entriesCsv({ db: db() }, asked));
    const posted = await db().stores.ledger.journal(epochMs(0), epochMs(Date.parse('2027-01-01T00:00Z')), {
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

  it('SCR-4: a period without days, one that is too long and a shop that is not there are refused', async () => {
    const refused = async (change: Partial<ReportAsk>) => {
      const made = await reportOf({ db: db() }, ask(change));
      return made.ok ? null : made.error.code;
    };
    expect(await refused({ to: '2026-02-28' })).toBe('report_period_invalid');
    expect(await refused({ to: '2029-02-28' })).toBe('report_period_invalid');
    expect(await refused({ siteId: 'nowhere' as SiteId })).toBe('site_missing');
  });
});
