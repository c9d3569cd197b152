import { z } from 'zod';
import { CURRENCIES, type Currency } from '#shared/kernel/money.ts';

/**
 * What pricing must know of a shop: its IANA zone, on which days it is open and until when, and the days on which it is closed out of turn.
 * *Closed time* is whole calendar days of the site (CHG-3): a night between two open days is not closed time, for a return terminal works at night.
 */

/** A local date, `YYYY-MM-DD`, of the proleptic Gregorian calendar. */
export const localDateSchema = z.iso.date();
export type LocalDate = z.infer<typeof localDateSchema>;

/** A local wall-clock time, `HH:MM` or `HH:MM:SS`, from 00:00 to 23:59:59. */
export const localTimeSchema = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/);

/** When an open day ends: a wall-clock time, or `24:00` where it ends with the calendar day. */
const closingTimeSchema = z.union([localTimeSchema, z.literal('24:00')]);
const openDaySchema = z.strictObject({ closesAt: closingTimeSchema });

/** Asking the platform makes a formatter, so what it knew is remembered; there are only a few hundred zones. */
const knownZones = new Set<string>();

const zoneSchema = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z][A-Za-z0-9_+\-/]*$/)
  .refine(isKnownZone, 'not an IANA time zone');

/** Closed days out of turn, both ends included. May be entered afterwards: rentals it concerns are adjusted (CHG-4). */
export const closureSchema = z
  .strictObject({ from: localDateSchema, to: localDateSchema })
  .refine((closure) => closure.from <= closure.to, 'a closure ends on or after the day it begins');
export type Closure = Readonly<z.infer<typeof closureSchema>>;

export const siteCalendarSchema = z.strictObject({
  zone: zoneSchema,
  /** Monday to Sunday; null: closed every week on that day. */
  weekly: z
    .array(openDaySchema.nullable())
    .length(7)
    .refine((days) => days.some((day) => day !== null), 'a site is open on at least one day of the week'),
  closures: z.array(closureSchema).max(500),
  currency: z.enum(Object.keys(CURRENCIES) as [Currency, ...Currency[]]),
  /** ISO 3166-1 country code: where titles must be allowed (CAT-4). */
  territory: z.string().regex(/^[A-Z]{2}$/),
});

/** The calendar of the renting site; frozen with the tariff into the licence, so that any terminal can compute the charge offline (CHG-7). */
export type SiteCalendar = Readonly<z.infer<typeof siteCalendarSchema>>;

function isKnownZone(zone: string): boolean {
  if (knownZones.has(zone)) return true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    return false;
  }
  knownZones.add(zone);
  return true;
}
