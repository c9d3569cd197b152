import type { HubDeps } from '#hub/app/deps.ts';
import type { FigureAsk, FigurePlace } from '#hub/ports/figure-store.ts';
import type { SiteRow } from '#hub/ports/rows/index.ts';
import { addDays, weekdayOf } from '#shared/domain/calendar.ts';
import type { LocalDate } from '#shared/domain/site.ts';
import type { SiteId, TerminalId, TitleId } from '#shared/kernel/ids.ts';
import { type Currency, isCurrency, type Money, money } from '#shared/kernel/money.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { datesBetween, dayStart, zoneGroups } from './days.ts';
import { type ReaderLanguage, titleNameIn } from './title-names.ts';

export type Grouping = 'day' | 'week' | 'site' | 'title' | 'terminal';
/** Longer periods are asked for in parts. */
export const MOST_DAYS = 800;

export interface ReportAsk {
  /** Local dates of each shop, both included: every shop's own days. */
  readonly from: LocalDate;
  readonly to: LocalDate;
  readonly by: Grouping;
  /** Only this shop, only this title; null: all. */
  readonly siteId: SiteId | null;
  readonly titleId: TitleId | null;
}

export interface Takings {
  readonly net: Money;
  readonly tax: Money;
  readonly total: Money;
}
export interface Figures {
  readonly rentals: number;
  readonly returns: number;
  readonly late: number;
  readonly revenue: readonly Takings[];
  readonly pointsGiven: number;
  readonly pointsUsed: number;
}
export interface ReportRow extends Figures {
  /** Local date (of a week: its Monday), or an id; empty: what belongs to none. */
  readonly key: string;
  readonly name: string;
}
export interface Report {
  readonly rows: readonly ReportRow[];
  readonly totals: Figures;
}

interface Sum {
  rentals: number;
  returns: number;
  late: number;
  pointsGiven: number;
  pointsUsed: number;
  readonly money: Map<Currency, { net: number; tax: number }>;
}

/**
 * Sums of rows and booked entries over local days of the shops. Rentals count where they began, returns where the rental was taken from, money on the
 * accounts of the shop; a return is late when it came after its due moment.
 */
export async function reportOf(
  { db }: Pick<HubDeps, 'db'>,
  ask: ReportAsk,
  language: ReaderLanguage = 'en',
): Promise<Result<Report, Fault<'report_period_invalid' | 'site_missing'>>> {
  if (ask.to < ask.from || ask.to >= addDays(ask.from, MOST_DAYS))
    return fault('report_period_invalid', `a report spans 1 to ${MOST_DAYS} days`);
  const sites = await db.stores.sites.list(ask.siteId === null ? {} : { siteId: ask.siteId }, {
    limit: 10_000,
  });
  if (ask.siteId !== null && sites.length === 0) return fault('site_missing', 'there is no site of this id');
  const starts = stretchStarts(ask);
  const sums = new Map<string, Sum>();
  const sumOf = (key: string): Sum => {
    const made = sums.get(key) ?? noSum();
    sums.set(key, made);
    return made;
  };
  const keyOf = ({ siteId, stretch, subjectId }: FigurePlace): string => {
    if (ask.by === 'site') return siteId ?? '';
    return ask.by === 'title' || ask.by === 'terminal' ? (subjectId ?? '') : (starts[stretch] ?? '');
  };
  const { figures } = db.stores;
  for (const [at, { zone, siteIds }] of zoneGroups(sites).entries()) {
    const asked: FigureAsk = {
      siteIds,
      edges: [...starts, addDays(ask.to, 1)].map((date) => dayStart(zone, date)),
      subject: ask.by === 'title' || ask.by === 'terminal' ? ask.by : 'shop',
      titleId: ask.titleId,
      withoutShop: ask.siteId === null && at === 0,
    };
    for (const one of await figures.rentals(asked)) sumOf(keyOf(one)).rentals += one.rentals;
    for (const one of await figures.returns(asked)) {
      const sum = sumOf(keyOf(one));
      sum.returns += one.returns;
      sum.late += one.late;
    }
    for (const one of await figures.money(asked)) {
      if (!isCurrency(one.unit)) continue;
      const { money: taken } = sumOf(keyOf(one));
      const known = taken.get(one.unit) ?? { net: 0, tax: 0 };
      taken.set(one.unit, { net: known.net + one.net, tax: known.tax + one.tax });
    }
    for (const one of await figures.points(asked)) {
      const sum = sumOf(keyOf(one));
      sum.pointsGiven += one.given;
      sum.pointsUsed += one.used;
    }
  }
  if (ask.by === 'day' || ask.by === 'week') for (const start of starts) sumOf(start);
  const names = await namesOf(db.stores, ask.by, sites, [...sums.keys()], language);
  const rows = [...sums]
    .map(([key, sum]) => ({ key, name: names.get(key) ?? '', ...figuresOf(sum) }))
    .toSorted(ask.by === 'day' || ask.by === 'week' ? byKey : byRentals);
  return ok({ rows, totals: figuresOf(added([...sums.values()])) });
}

const byKey = (a: ReportRow, b: ReportRow): number => (a.key < b.key ? -1 : 1);
const byRentals = (a: ReportRow, b: ReportRow): number =>
  b.rentals - a.rentals || b.returns - a.returns || byKey(a, b);

/** First dates of the stretches: every day, every Monday and the first day, or the whole. */
function stretchStarts({ from, to, by }: ReportAsk): readonly LocalDate[] {
  if (by === 'day') return datesBetween(from, to);
  if (by !== 'week') return [from];
  return datesBetween(from, to).filter((date) => date === from || weekdayOf(date) === 0);
}

async function namesOf(
  { titles, terminals }: HubDeps['db']['stores'],
  by: Grouping,
  sites: readonly SiteRow[],
  keys: readonly string[],
  language: ReaderLanguage,
): Promise<ReadonlyMap<string, string>> {
  if (by === 'site') return new Map(sites.map(({ siteId, name }) => [siteId, name]));
  const limit = 10_000;
  if (by === 'title') {
    const found = await titles.list({ titleId: keys as readonly TitleId[] }, { limit });
    return new Map(found.map(({ titleId, name }) => [titleId, titleNameIn(name, language)]));
  }
  if (by !== 'terminal') return new Map();
  const found = await terminals.list({ terminalId: keys as readonly TerminalId[] }, { limit });
  return new Map(found.map(({ terminalId, name }) => [terminalId, name]));
}

const noSum = (): Sum => ({
  rentals: 0,
  returns: 0,
  late: 0,
  pointsGiven: 0,
  pointsUsed: 0,
  money: new Map(),
});

function added(sums: readonly Sum[]): Sum {
  const whole = noSum();
  for (const sum of sums) {
    whole.rentals += sum.rentals;
    whole.returns += sum.returns;
    whole.late += sum.late;
    whole.pointsGiven += sum.pointsGiven;
    whole.pointsUsed += sum.pointsUsed;
    for (const [currency, { net, tax }] of sum.money) {
      const known = whole.money.get(currency) ?? { net: 0, tax: 0 };
      whole.money.set(currency, { net: known.net + net, tax: known.tax + tax });
    }
  }
  return whole;
}

const figuresOf = ({ money: taken, ...counts }: Sum): Figures => ({
  ...counts,
  revenue: [...taken]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, { net, tax }]) => ({
      net: money(net, currency),
      tax: money(tax, currency),
      total: money(net + tax, currency),
    })),
});
