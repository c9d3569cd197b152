import { Temporal } from 'temporal-polyfill';
import { assert } from '#shared/kernel/assert.ts';
import { type EpochSeconds, epochSeconds } from '#shared/kernel/time.ts';
import type { LocalDate, SiteCalendar } from './site.ts';

/**
 * Local dates and wall-clock times of a site as points in time (CHG-2, CHG-5). Whole seconds everywhere. A calendar day runs from the first
 * instant of its date to the first instant of the next date, however many hours that is; it contains its beginning and not its end.
 */

/** The local date of a moment. */
export const localDateOf = (zone: string, at: EpochSeconds): LocalDate => ofZone(zone).localDate(at);

/** What the clock on a site's wall shows, `HH:MM:SS`. */
export const wallTimeOf = (zone: string, at: EpochSeconds): string =>
  zoned(zone, at).toPlainTime().toString({ smallestUnit: 'second' });

/** 0 for Monday to 6 for Sunday. */
export const weekdayOf = (date: LocalDate): number => weekdayIndex(date);

/** The date `days` calendar days later (or earlier, when negative). */
export const addDays = (date: LocalDate, days: number): LocalDate =>
  days === 1 ? nextDate(date) : Temporal.PlainDate.from(date).add({ days }).toString();

const nextDate = remembered((date: LocalDate) => Temporal.PlainDate.from(date).add({ days: 1 }).toString());
const weekdayIndex = remembered((date: LocalDate) => Temporal.PlainDate.from(date).dayOfWeek - 1);

/** The first instant of a local date; where the date does not exist at all, the first instant after it. */
export const startOfDate = (zone: string, date: LocalDate): EpochSeconds => ofZone(zone).start(date);

/**
 * The instant of a wall-clock time on a date: in a repeated hour the later one, in a skipped hour the first instant after it (CHG-2).
 * `24:00` is the end of the date.
 */
export const instantOf = (zone: string, date: LocalDate, wall: string): EpochSeconds =>
  wall === '24:00' ? startOfDate(zone, addDays(date, 1)) : ofZone(zone).instant(`${date}T${wall}`);

function wallInstant(zone: string, dateAndTime: string): EpochSeconds {
  const wanted = Temporal.PlainDateTime.from(dateAndTime);
  const found = wanted.toZonedDateTime(zone, { disambiguation: 'later' });
  if (found.toPlainDateTime().equals(wanted)) return secondsOf(found);
  const transition = found.add({ seconds: 1 }).getTimeZoneTransition('previous');
  assert(transition !== null, `a skipped time lies at a transition: ${zone} ${dateAndTime}`);
  return secondsOf(transition);
}

/** Whether the site is open on a date: by the week, and not closed out of turn. */
export function isOpenOn(site: SiteCalendar, date: LocalDate): boolean {
  if (weeklyDay(site, date) === null) return false;
  return !site.closures.some((closure) => closure.from <= date && date <= closure.to);
}

/** The end of an open day by the week's rule: its closing time (CHG-3: where a due moment moves to). */
export function endOfOpenDay(site: SiteCalendar, date: LocalDate): { at: EpochSeconds; wall: string } {
  const day = weeklyDay(site, date);
  assert(day !== null, `${date} is not an open day`);
  return { at: instantOf(site.zone, date, day.closesAt), wall: day.closesAt };
}

/** How many days ahead an open day is looked for before the site counts as closed for good. */
export const SEARCH_DAYS = 731;

/** The first open date after `date`, or null when there is none within `SEARCH_DAYS`. */
export function nextOpenDate(site: SiteCalendar, date: LocalDate): LocalDate | null {
  let candidate = date;
  for (let day = 0; day < SEARCH_DAYS; day += 1) {
    candidate = addDays(candidate, 1);
    if (isOpenOn(site, candidate)) return candidate;
  }
  return null;
}

/** A stretch of one open day. */
export interface OpenPiece {
  readonly from: EpochSeconds;
  readonly to: EpochSeconds;
}

/** The open days from `from` on, one by one, the first one cut at `from`; ends after `SEARCH_DAYS` closed days in a row. */
export function* openPieces(site: SiteCalendar, from: EpochSeconds): Generator<OpenPiece, void> {
  let date: LocalDate | null = localDateOf(site.zone, from);
  if (!isOpenOn(site, date)) date = nextOpenDate(site, date);
  let known: { date: LocalDate; at: EpochSeconds } | null = null;
  while (date !== null) {
    const begin = known?.date === date ? known.at : startOfDate(site.zone, date);
    const next = addDays(date, 1);
    const end = startOfDate(site.zone, next);
    known = { date: next, at: end };
    if (end > from && end > begin) yield { from: epochSeconds(Math.max(begin, from)), to: end };
    date = isOpenOn(site, next) ? next : nextOpenDate(site, next);
  }
}

function weeklyDay(site: SiteCalendar, date: LocalDate): { readonly closesAt: string } | null {
  const day = site.weekly[weekdayIndex(date)];
  assert(day !== undefined, 'a week has seven days');
  return day;
}

const zoned = (zone: string, at: EpochSeconds): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(at * 1000).toZonedDateTimeISO(zone);

const secondsOf = (at: Temporal.ZonedDateTime): EpochSeconds =>
  epochSeconds(Math.floor(at.epochMilliseconds / 1000));

interface ZoneAnswers {
  readonly localDate: (at: EpochSeconds) => LocalDate;
  readonly start: (date: LocalDate) => EpochSeconds;
  readonly instant: (dateAndTime: string) => EpochSeconds;
}

const zones = new Map<string, ZoneAnswers>();

function ofZone(zone: string): ZoneAnswers {
  const known = zones.get(zone);
  if (known !== undefined) return known;
  const answers: ZoneAnswers = {
    localDate: remembered((at) => zoned(zone, at).toPlainDate().toString()),
    start: remembered((date) => secondsOf(Temporal.PlainDate.from(date).toZonedDateTime(zone))),
    instant: remembered((dateAndTime) => wallInstant(zone, dateAndTime)),
  };
  zones.set(zone, answers);
  return answers;
}

/**
 * A pure function that keeps its last answers: a charge walks the same days and asks for the same moments again and again, and zone
 * arithmetic is most of its cost. Bounded, and invisible from outside.
 */
function remembered<K, T>(compute: (asked: K) => T): (asked: K) => T {
  const answers = new Map<K, T>();
  return (asked) => {
    const known = answers.get(asked);
    if (known !== undefined) return known;
    const answer = compute(asked);
    if (answers.size >= 4096) answers.clear();
    answers.set(asked, answer);
    return answer;
  };
}
