import { assert } from '#shared/kernel/assert.ts';
import { type EpochSeconds, epochSeconds } from '#shared/kernel/time.ts';
import {
  addDays,
  endOfOpenDay,
  instantOf,
  isOpenOn,
  localDateOf,
  nextOpenDate,
  openPieces,
} from './calendar.ts';
import type { LocalDate, SiteCalendar } from './site.ts';
import { spanSeconds, type Tariff } from './tariff.ts';

/**
 * Due moment and late time (CHG-2, CHG-3). Late time is counted in open time only: closed days of the renting site are taken out before
 * units and grace are looked at. Under `elapsed` a unit is a number of seconds of open time; under `cutoff` it is a number of
 * open calendar days, ending at the wall-clock time at which the rental was due.
 */

export interface Due {
  readonly at: EpochSeconds;
  /** Date and wall-clock time of the due moment: under `cutoff` every further unit ends at this time of an open day. */
  readonly date: LocalDate;
  readonly wall: string;
}

/** Null: the site is never open again, so no due moment can be named. */
export function dueOf(tariff: Tariff, site: SiteCalendar, start: EpochSeconds): Due | null {
  const nominal = nominalDue(tariff, site, start);
  const localDate = localDateOf(site.zone, nominal.at);
  if (isOpenOn(site, localDate)) return nominal;
  const open = nextOpenDate(site, localDate);
  if (open === null) return null;
  return { date: open, ...endOfOpenDay(site, open) };
}

function nominalDue(tariff: Tariff, site: SiteCalendar, start: EpochSeconds): Due {
  const { mode } = tariff;
  if (mode.kind === 'elapsed') {
    const at = epochSeconds(start + spanSeconds(mode.first));
    return { at, date: localDateOf(site.zone, at), wall: '' };
  }
  const date = addDays(localDateOf(site.zone, start), mode.days);
  return { at: instantOf(site.zone, date, mode.at), date, wall: mode.at };
}

/** Units that begin in one unbroken stretch of open time, so that a bill shows where closed days lie between. */
export interface UnitRun {
  readonly from: EpochSeconds;
  readonly to: EpochSeconds;
  readonly units: number;
}

export interface LateTime {
  /** Open seconds from due to stop. */
  readonly counted: number;
  readonly closed: number;
  /** Started further units; 0 within grace. */
  readonly units: number;
}

/** Counts the late time from due to `stop`; both in whole seconds. */
export function lateTime(tariff: Tariff, site: SiteCalendar, due: Due, stop: EpochSeconds): LateTime {
  if (stop <= due.at) return { counted: 0, closed: 0, units: 0 };
  let counted = 0;
  for (const piece of openPieces(site, due.at)) {
    if (piece.from >= stop) break;
    counted += Math.min(piece.to, stop) - piece.from;
  }
  const closed = stop - due.at - counted;
  if (counted <= tariff.graceSeconds) return { counted, closed, units: 0 };
  return { counted, closed, units: startedUnits(tariff, site, due, stop, counted) };
}

function startedUnits(
  tariff: Tariff,
  site: SiteCalendar,
  due: Due,
  stop: EpochSeconds,
  counted: number,
): number {
  if (tariff.mode.kind === 'elapsed') return Math.ceil(counted / spanSeconds(tariff.mode.further));
  let units = 0;
  for (const end of cutoffEnds(tariff, site, due)) {
    units += 1;
    if (stop <= end) return units;
  }
  return units;
}

/** Under `cutoff`: when the first, second, … further unit ends. */
function* cutoffEnds(tariff: Tariff, site: SiteCalendar, due: Due): Generator<EpochSeconds, void> {
  assert(tariff.mode.kind === 'cutoff', 'only a cutoff tariff counts in calendar days');
  let date: LocalDate | null = due.date;
  for (;;) {
    date = openDateAfter(site, date, tariff.mode.furtherDays);
    if (date === null) return;
    yield instantOf(site.zone, date, due.wall);
  }
}

/** The `count`-th open date after `date`. */
function openDateAfter(site: SiteCalendar, date: LocalDate, count: number): LocalDate | null {
  let found: LocalDate | null = date;
  for (let step = 0; step < count && found !== null; step += 1) found = nextOpenDate(site, found);
  return found;
}

/** When the counted late time reaches the keep limit; null: no keep price, or the site is closed for good before that. */
export function keepOf(tariff: Tariff, site: SiteCalendar, due: Due): EpochSeconds | null {
  if (tariff.keep === null) return null;
  const { afterLate } = tariff.keep;
  if (tariff.mode.kind === 'elapsed') return openTimeAfter(site, due.at, spanSeconds(afterLate));
  const date = openDateAfter(site, due.date, afterLate.count);
  return date === null ? null : instantOf(site.zone, date, due.wall);
}

/** The first instant at which `seconds` of open time have gone by since `from`. */
function openTimeAfter(site: SiteCalendar, from: EpochSeconds, seconds: number): EpochSeconds | null {
  let left = seconds;
  for (const piece of openPieces(site, from)) {
    const length = piece.to - piece.from;
    if (left <= length) return epochSeconds(piece.from + left);
    left -= length;
  }
  return null;
}

/** Where the first `units` further units lie: at most `most` unbroken stretches of open time, the last one taking all the rest. */
export function unitRuns(
  tariff: Tariff,
  site: SiteCalendar,
  due: Due,
  units: number,
  most: number,
): readonly UnitRun[] {
  const clock = unitClock(tariff, site, due, units);
  const runs: { from: EpochSeconds; to: EpochSeconds; units: number }[] = [];
  let done = 0;
  let open = 0;
  let before: EpochSeconds | null = null;
  for (const piece of openPieces(site, due.at)) {
    if (done >= units) break;
    open += piece.to - piece.from;
    const begun = Math.min(units, clock.begunBefore(piece.to, open)) - done;
    const current = runs.at(-1);
    if (begun > 0 && current !== undefined && (before === piece.from || runs.length === most))
      current.units += begun;
    else if (begun > 0) runs.push({ from: later(clock.endOf(done), piece.from), to: piece.to, units: begun });
    done += Math.max(0, begun);
    before = piece.to;
  }
  let ended = 0;
  for (const run of runs) {
    ended += run.units;
    run.to = clock.endOf(ended);
  }
  return runs;
}

/** How units lie on the calendar. `endOf(0)` is the due moment, `endOf(n)` the end of the n-th unit. */
interface UnitClock {
  begunBefore(at: EpochSeconds, openSinceDue: number): number;
  endOf(units: number): EpochSeconds;
}

function unitClock(tariff: Tariff, site: SiteCalendar, due: Due, units: number): UnitClock {
  if (tariff.mode.kind === 'elapsed') {
    const unit = spanSeconds(tariff.mode.further);
    return {
      begunBefore: (_at, open) => Math.ceil(open / unit),
      endOf: (count) => openTimeAfter(site, due.at, count * unit) ?? due.at,
    };
  }
  const ends: EpochSeconds[] = [due.at];
  for (const end of cutoffEnds(tariff, site, due)) {
    if (ends.length > units) break;
    ends.push(end);
  }
  return {
    begunBefore: (at) => ends.filter((end) => end < at).length,
    endOf: (count) => ends[Math.min(count, ends.length - 1)] ?? due.at,
  };
}

/** The moment after `at` from which the counted late time first makes another unit or leaves grace; null: never again. */
export function nextUnitAfter(
  tariff: Tariff,
  site: SiteCalendar,
  due: Due,
  late: LateTime,
): EpochSeconds | null {
  if (late.units > 0) return unitClock(tariff, site, due, late.units).endOf(late.units);
  return openTimeAfter(site, due.at, tariff.graceSeconds);
}

const later = (a: EpochSeconds, b: EpochSeconds): EpochSeconds => (a > b ? a : b);
