import type { SiteRow } from '#hub/ports/rows/index.ts';
import { addDays, localDateOf, startOfDate, wallTimeOf } from '#shared/domain/calendar.ts';
import type { LocalDate } from '#shared/domain/site.ts';
import type { SiteId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs, toEpochMs, toEpochSeconds } from '#shared/kernel/time.ts';

/** Shops whose clocks show the same: one question to the database serves all of them. */
export interface ZoneGroup {
  readonly zone: string;
  readonly siteIds: readonly SiteId[];
}

export function zoneGroups(sites: readonly SiteRow[]): readonly ZoneGroup[] {
  const zones = new Map<string, SiteId[]>();
  for (const { siteId, calendar } of sites)
    zones.set(calendar.zone, [...(zones.get(calendar.zone) ?? []), siteId]);
  return [...zones].map(([zone, siteIds]) => ({ zone, siteIds }));
}

/** The first instant of a site's local date (CHG-2). */
export const dayStart = (zone: string, date: LocalDate): EpochMs => toEpochMs(startOfDate(zone, date));

export const dateAt = (zone: string, at: EpochMs): LocalDate => localDateOf(zone, toEpochSeconds(at));

export const wallAt = (zone: string, at: EpochMs): string => wallTimeOf(zone, toEpochSeconds(at));

/** Dates from the first to the last, both included. */
export function datesBetween(from: LocalDate, to: LocalDate): readonly LocalDate[] {
  const dates: LocalDate[] = [];
  for (let date = from; date <= to; date = addDays(date, 1)) dates.push(date);
  return dates;
}

const HOUR_MS = 3_600_000;

export interface LocalHours {
  /** One more than there are stretches. */
  readonly edges: readonly EpochMs[];
  /** What hour the clock on the wall shows in each stretch: on the day on which clocks are put forward one is missing, on the other one comes twice. */
  readonly hours: readonly number[];
}

/** A local date hour by hour: 23, 24 or 25 of them. */
export function hoursOf(zone: string, date: LocalDate): LocalHours {
  const end = dayStart(zone, addDays(date, 1));
  const edges: EpochMs[] = [];
  for (let at: number = dayStart(zone, date); at < end; at += HOUR_MS) edges.push(epochMs(at));
  const hours = edges.map((at) => Number(wallAt(zone, at).slice(0, 2)));
  return { edges: [...edges, end], hours };
}
