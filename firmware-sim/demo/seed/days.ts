import { addDays, localDateOf } from '#shared/domain/calendar.ts';
import type { Closure, LocalDate } from '#shared/domain/site.ts';
import { type EpochMs, epochMs, toEpochSeconds } from '#shared/kernel/time.ts';

/**
 * The days of the demo's files, seen from its first start. The files name none of a certain year: whenever it is first started, a title comes out soon,
 * another one in a year, a child is too young, and the shops have holidays ahead.
 */

/** Midnight (UTC) so many days after the first start's day; before it, below 0. */
export const releaseAtOf = (releaseInDays: number, start: EpochMs): EpochMs =>
  epochMs(Date.parse(`${addDays(dayOf('UTC', start), releaseInDays)}T00:00:00Z`));

/** What is still to come is of the year in which it comes. */
export const titleYearOf = (
  { year, releaseInDays }: { readonly year: number; readonly releaseInDays: number },
  start: EpochMs,
): number => (releaseInDays > 0 ? yearOf(addDays(dayOf('UTC', start), releaseInDays)) : year);

/** Who becomes so old in the year of the first start. */
export const birthYearOf = (age: number, start: EpochMs): number => yearOf(dayOf('UTC', start)) - age;

/** Days of each year, `MM-DD`, both ends included: the next of each that are not over. */
export function closuresOf(holidays: readonly Closure[], zone: string, start: EpochMs): Closure[] {
  const today = dayOf(zone, start);
  return holidays
    .map(({ from, to }) => {
      const year = `${today.slice(0, 5)}${to}` < today ? yearOf(today) + 1 : yearOf(today);
      return { from: `${year}-${from}`, to: `${year}-${to}` };
    })
    .sort((a, b) => (a.from < b.from ? -1 : 1));
}

const dayOf = (zone: string, at: EpochMs): LocalDate => localDateOf(zone, toEpochSeconds(at));
const yearOf = (day: LocalDate): number => Number(day.slice(0, 4));
