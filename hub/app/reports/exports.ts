import type { HubDeps } from '#hub/app/deps.ts';
import type { LedgerLine } from '#hub/ports/ledger.ts';
import type { RentalRow, SiteRow } from '#hub/ports/rows/index.ts';
import { addDays } from '#shared/domain/calendar.ts';
import type { SiteId } from '#shared/kernel/ids.ts';
import { isCurrency, type Money, money } from '#shared/kernel/money.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { type Cell, CSV_MARK, csvLine } from './csv.ts';
import { dateAt, dayStart, wallAt, zoneGroups } from './days.ts';
import type { Report, ReportAsk } from './figures.ts';
import { namesFor } from './rental-view.ts';

const PAGE = 500;

/** What a report shows, a line a row and currency; `lateShare` of 1. */
export function* figuresCsv(ask: ReportAsk, { rows }: Report): Generator<string> {
  yield CSV_MARK;
  yield csvLine([
    ...['grouping', 'key', 'name', 'from', 'to', 'rentals', 'returns', 'late', 'lateShare'],
    ...['pointsGiven', 'pointsUsed', 'currency', 'net', 'tax', 'total'],
  ]);
  for (const row of rows) {
    const share = row.returns === 0 ? null : Math.round((row.late / row.returns) * 10_000) / 10_000;
    const start: Cell[] = [ask.by, row.key, row.name, ask.from, ask.to];
    const counts = [row.rentals, row.returns, row.late, share, row.pointsGiven, row.pointsUsed];
    if (row.revenue.length === 0) yield csvLine([...start, ...counts, null, null, null, null]);
    for (const [at, { net, tax, total }] of row.revenue.entries()) {
      // Whoever adds a column up must not count a row twice that has two currencies.
      const once = at === 0 ? counts : counts.map(() => null);
      yield csvLine([...start, ...once, total.currency, net, tax, total]);
    }
  }
}

/** Rentals that began in the period, by shop zone and day; times as the clocks of their shop show them. */
export async function* rentalsCsv({ db }: Pick<HubDeps, 'db'>, ask: ReportAsk): AsyncGenerator<string> {
  yield CSV_MARK;
  yield csvLine([
    ...['rental', 'site', 'title', 'kiosk', 'status', 'started', 'due', 'closed', 'zone', 'late'],
    ...['offline', 'currency', 'net', 'tax', 'total'],
  ]);
  const sites = await sitesOf({ db }, ask.siteId);
  const names = new Map(sites.map((site) => [site.siteId, site.name]));
  for (const { zone, siteIds } of zoneGroups(sites)) {
    const until = dayStart(zone, addDays(ask.to, 1));
    const pages = byTime(
      dayStart(zone, ask.from),
      (from, limit, offset) =>
        db.stores.rentals.list(
          {
            siteId: siteIds,
            startedAt: { gte: from, lt: until },
            ...(ask.titleId === null ? {} : { titleId: ask.titleId }),
          },
          { orderBy: ['startedAt', 'rentalId'], limit, offset },
        ),
      ({ startedAt }) => startedAt,
    );
    for await (const page of pages) {
      const { title } = await namesFor(
        db.stores,
        page.map(({ titleId }) => titleId),
        [],
        'en',
      );
      for (const rental of page) yield rentalLine(rental, zone, names, title(rental.titleId));
    }
  }
}

/** Pages in the order of time, each found by the time at which the one before ended, so that none reads again what came before. */
async function* byTime<Row>(
  start: EpochMs,
  read: (from: EpochMs, limit: number, offset: number) => Promise<readonly Row[]>,
  timeOf: (row: Row) => EpochMs | null,
): AsyncGenerator<readonly Row[]> {
  let from = start;
  let seen = 0;
  for (;;) {
    const page = await read(from, PAGE, seen);
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    const at = timeOf(last) ?? from;
    const same = page.filter((row) => timeOf(row) === at).length;
    seen = at === from ? seen + same : same;
    from = at;
  }
}

function rentalLine(
  rental: RentalRow,
  zone: string,
  sites: ReadonlyMap<SiteId, string>,
  title: string,
): string {
  const { charge, closedAt, dueAt, siteId } = rental;
  const local = (at: EpochMs | null): Cell => (at === null ? null : localText(zone, at));
  const late = closedAt === null || dueAt === null ? null : closedAt > dueAt ? 'yes' : 'no';
  return csvLine([
    ...[rental.rentalId, siteId === null ? null : (sites.get(siteId) ?? siteId), title, rental.kioskId],
    ...[rental.status, local(rental.startedAt), local(dueAt), local(closedAt), zone, late],
    ...[rental.offline ? 'yes' : 'no', charge?.total.currency ?? null],
    ...[charge?.net ?? null, charge?.tax ?? null, charge?.total ?? null],
  ]);
}

/** Booked entries of the period. Entries of a shop fall into its own days; the others into those of the first shop's zone. */
export async function* entriesCsv({ db }: Pick<HubDeps, 'db'>, ask: ReportAsk): AsyncGenerator<string> {
  yield CSV_MARK;
  yield csvLine([
    ...['transfer', 'reason', 'corrects', 'time', 'booked', 'zone', 'account', 'rental', 'site'],
    ...['unit', 'debit', 'credit'],
  ]);
  const sites = await sitesOf({ db }, ask.siteId);
  const zones = zoneGroups(sites);
  const zoneOf = new Map(zones.flatMap(({ zone, siteIds }) => siteIds.map((id) => [id, zone] as const)));
  const house = zones[0]?.zone ?? 'UTC';
  // A day in one zone is not that day in another: read what any of them could mean, keep what its own clock says.
  const from = epochMs(Math.min(...[house, ...zoneOf.values()].map((zone) => dayStart(zone, ask.from))));
  const end = addDays(ask.to, 1);
  const until = epochMs(Math.max(...[house, ...zoneOf.values()].map((zone) => dayStart(zone, end))));
  const pages = byTime(
    from,
    (start, limit, offset) => db.stores.ledger.journal(start, until, { limit, offset }),
    ({ transfer }) => transfer.at,
  );
  for await (const page of pages)
    for (const line of page) {
      const { siteId, at } = line.transfer;
      if (ask.siteId !== null && siteId !== ask.siteId) continue;
      const zone = (siteId === null ? undefined : zoneOf.get(siteId)) ?? house;
      const date = dateAt(zone, at);
      if (date >= ask.from && date <= ask.to) yield entryLine(line, zone);
    }
}

function entryLine({ transfer, accountId, amount, unit }: LedgerLine, zone: string): string {
  const figure = (value: number): Money | number => (isCurrency(unit) ? money(value, unit) : value);
  return csvLine([
    ...[transfer.transferId, transfer.reason, transfer.correctsId, localText(zone, transfer.at)],
    ...[localText(zone, transfer.bookedAt), zone, accountId, transfer.rentalId, transfer.siteId, unit],
    ...[amount > 0 ? figure(amount) : null, amount < 0 ? figure(-amount) : null],
  ]);
}

/** Date and time as a spreadsheet reads them. */
const localText = (zone: string, at: EpochMs): string => `${dateAt(zone, at)} ${wallAt(zone, at)}`;

const sitesOf = ({ db }: Pick<HubDeps, 'db'>, siteId: SiteId | null): Promise<readonly SiteRow[]> =>
  db.stores.sites.list(siteId === null ? {} : { siteId }, { limit: 10_000 });
