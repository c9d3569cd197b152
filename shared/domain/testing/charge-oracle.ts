/**
 * A second implementation of the charge for tests only (CHG-6). It shares nothing with production: it walks a table of quarter hours
 * whose wall-clock times were asked of `Intl.DateTimeFormat`, where production does date arithmetic with Temporal. Slow and plain on purpose.
 * Every zone in use today has offsets and changes at whole quarter hours, which `makeTable` checks.
 */

const QUARTER = 900;
/** Six hours, in quarter hours. */
const STRETCH = 24;

/** Wall-clock times of a zone from `from` on: one entry per quarter hour. */
export interface ZoneTable {
  readonly from: number;
  /** Number of the local date of each quarter hour, counted from 1970-01-01. */
  readonly day: Int32Array;
  /** Wall-clock second of that day at the beginning of the quarter hour. */
  readonly second: Int32Array;
}

export function makeTable(zone: string, from: number, to: number): ZoneTable {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const count = (to - from) / QUARTER;
  const day = new Int32Array(count);
  const second = new Int32Array(count);
  const wall = (index: number): number => (day[index] ?? 0) * 86_400 + (second[index] ?? 0);
  const ask = (index: number): void => {
    const part: Record<string, number> = {};
    for (const { type, value } of format.formatToParts((from + index * QUARTER) * 1000))
      part[type] = Number(value);
    const { year = 0, month = 0, day: date = 0, hour = 0, minute = 0, second: rest = 0 } = part;
    if (minute % 15 !== 0 || rest !== 0) throw new Error(`${zone} is not on quarter hours`);
    day[index] = Date.UTC(year, month - 1, date) / 86_400_000;
    second[index] = hour * 3600 + minute * 60;
  };
  // Asking is slow: a stretch over which the wall clock went on by as much as the time had no change in it, since no zone changes twice within it.
  if (count > 0) ask(0);
  for (let begin = 0; begin < count - 1; begin += STRETCH) {
    const end = Math.min(count - 1, begin + STRETCH);
    ask(end);
    const even = wall(end) - wall(begin) === (end - begin) * QUARTER;
    for (let index = begin + 1; index < end; index += 1) {
      const shown = wall(begin) + (index - begin) * QUARTER;
      if (even) [day[index], second[index]] = [Math.floor(shown / 86_400), shown % 86_400];
      else ask(index);
    }
  }
  return { from, day, second };
}

export interface OracleTerms {
  readonly tariff: {
    readonly mode:
      | {
          readonly kind: 'elapsed';
          readonly first: { readonly unit: string; readonly count: number };
          readonly further: { readonly unit: string; readonly count: number };
        }
      | { readonly kind: 'cutoff'; readonly at: string; readonly days: number; readonly furtherDays: number };
    readonly firstPrice: number;
    readonly furtherPrice: number;
    readonly graceSeconds: number;
    readonly cap: number | null;
    readonly keep: {
      readonly price: number;
      readonly afterLate: { readonly unit: string; readonly count: number };
    } | null;
    readonly lostFee: number;
    readonly taxBasisPoints: number;
  };
  readonly site: {
    readonly weekly: readonly ({ readonly closesAt: string } | null)[];
    readonly closures: readonly { readonly from: string; readonly to: string }[];
  };
}

export interface OracleInput {
  readonly terms: OracleTerms;
  readonly start: number;
  readonly stop: number;
  readonly lost: boolean;
  readonly discounts: readonly number[];
  readonly coupons: readonly number[];
}

/** What both must agree on. Seconds since the epoch, minor units. */
export interface OracleCharge {
  readonly total: number;
  readonly tax: number;
  readonly due: number;
  readonly late: number;
  readonly units: number;
  readonly kept: boolean;
}

export function oracleCharge(table: ZoneTable, input: OracleInput): OracleCharge {
  const { tariff, site } = input.terms;
  const start = Math.floor(input.start / 1000);
  const stop = Math.floor(input.stop / 1000);
  const due = findDue(table, input.terms, start);
  let late = 0;
  for (let at = due.at; at < stop; ) {
    const index = Math.floor((at - table.from) / QUARTER);
    const next = Math.min(stop, table.from + (index + 1) * QUARTER);
    if (openDay(site, dayAt(table, index))) late += next - at;
    at = next;
  }
  if (isKept(table, input.terms, due, stop, late))
    return {
      total: tariff.keep?.price ?? -1,
      tax: taxIn(tariff.keep?.price ?? -1, tariff),
      due: due.at,
      late: 0,
      units: 0,
      kept: true,
    };
  const units = late > tariff.graceSeconds ? countUnits(table, input.terms, due, stop, late) : 0;
  let price = tariff.firstPrice;
  for (let unit = 0; unit < units; unit += 1) price += tariff.furtherPrice;
  if (tariff.cap !== null) price = Math.min(price, tariff.cap);
  for (const basisPoints of input.discounts) price = halfUp(price * (10_000 - basisPoints), 10_000);
  for (const coupon of input.coupons) price = coupon > price ? 0 : price - coupon;
  if (input.lost) price += tariff.lostFee;
  return { total: price, tax: taxIn(price, tariff), due: due.at, late, units, kept: false };
}

interface OracleDue {
  readonly at: number;
  readonly day: number;
  readonly second: number;
}

function findDue(table: ZoneTable, terms: OracleTerms, start: number): OracleDue {
  const { mode } = terms.tariff;
  const startDay = dayAt(table, Math.floor((start - table.from) / QUARTER));
  const day = startDay + (mode.kind === 'cutoff' ? mode.days : 0);
  const at =
    mode.kind === 'cutoff' ? wallToInstant(table, day, wallSecond(mode.at)) : start + inSeconds(mode.first);
  let local = dayAt(table, Math.floor((at - table.from) / QUARTER));
  if (openDay(terms.site, local))
    return { at, day, second: mode.kind === 'cutoff' ? wallSecond(mode.at) : -1 };
  while (!openDay(terms.site, local)) local += 1;
  const second = wallSecond(terms.site.weekly[weekday(local)]?.closesAt ?? 'closed');
  return { at: wallToInstant(table, local, second), day: local, second };
}

function isKept(table: ZoneTable, terms: OracleTerms, due: OracleDue, stop: number, late: number): boolean {
  const { keep, mode } = terms.tariff;
  if (keep === null || stop <= due.at) return false;
  if (mode.kind === 'elapsed') return late >= inSeconds(keep.afterLate);
  return stop >= wallToInstant(table, nthOpenDay(terms, due.day, keep.afterLate.count), due.second);
}

function countUnits(
  table: ZoneTable,
  terms: OracleTerms,
  due: OracleDue,
  stop: number,
  late: number,
): number {
  const { mode } = terms.tariff;
  let units = 0;
  if (mode.kind === 'elapsed') {
    for (let left = late; left > 0; left -= inSeconds(mode.further)) units += 1;
    return units;
  }
  let end = due.at;
  while (stop > end) {
    units += 1;
    end = wallToInstant(table, nthOpenDay(terms, due.day, units * mode.furtherDays), due.second);
  }
  return units;
}

function nthOpenDay(terms: OracleTerms, day: number, count: number): number {
  let found = day;
  for (let seen = 0; seen < count; ) {
    found += 1;
    if (openDay(terms.site, found)) seen += 1;
  }
  return found;
}

/** Looks through the quarter hours around the date: the last one that shows the wanted time, else the first one that shows a later one. */
export function wallToInstant(table: ZoneTable, day: number, second: number): number {
  const wanted = day * 86_400 + second;
  const guess = Math.floor((wanted - table.from) / QUARTER);
  let exact = -1;
  let after = -1;
  // A repeated midnight: the end of a day (86,400) is the first instant of the next date, not its repetition.
  const endOfDay = second === 86_400;
  for (let index = guess - 64; index < guess + 64; index += 1) {
    const shown = dayAt(table, index) * 86_400 + (table.second[index] ?? 0);
    const at = table.from + index * QUARTER;
    if (shown <= wanted && wanted < shown + QUARTER && !(endOfDay && exact >= 0)) exact = at + wanted - shown;
    if (shown > wanted && after < 0) after = at;
    if (shown < wanted && !endOfDay) after = -1;
  }
  return exact >= 0 ? exact : after;
}

const dayAt = (table: ZoneTable, index: number): number => {
  const day = table.day[index];
  if (day === undefined) throw new Error('outside the table');
  return day;
};

/** Monday is 0; 1970-01-01 was a Thursday. */
const weekday = (day: number): number => (day + 3) % 7;

function openDay(site: OracleTerms['site'], day: number): boolean {
  if (site.weekly[weekday(day)] === null) return false;
  for (const closure of site.closures)
    if (day >= dateNumber(closure.from) && day <= dateNumber(closure.to)) return false;
  return true;
}

const numbers = new Map<string, number>();
function dateNumber(date: string): number {
  const known = numbers.get(date);
  if (known !== undefined) return known;
  const number = Date.parse(date) / 86_400_000;
  numbers.set(date, number);
  return number;
}

function wallSecond(wall: string): number {
  const [hour = Number.NaN, minute = Number.NaN, second = 0] = wall.split(':').map(Number);
  return hour * 3600 + minute * 60 + second;
}

const LENGTH: Readonly<Record<string, number>> = { minutes: 60, hours: 3600, days: 86_400 };
const inSeconds = (span: { readonly unit: string; readonly count: number }): number =>
  (LENGTH[span.unit] ?? Number.NaN) * span.count;

const halfUp = (value: number, divisor: number): number => {
  const whole = Math.floor(value / divisor);
  return (value - whole * divisor) * 2 >= divisor ? whole + 1 : whole;
};

const taxIn = (price: number, tariff: OracleTerms['tariff']): number =>
  halfUp(price * tariff.taxBasisPoints, 10_000 + tariff.taxBasisPoints);
