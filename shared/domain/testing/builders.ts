import type { TariffId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import type { ChargeInput, RentalTerms } from '../charge.ts';
import { type SiteCalendar, siteCalendarSchema } from '../site.ts';
import { type Tariff, tariffSchema } from '../tariff.ts';

/** Builders for tests: the tariff and site of the worked examples in REQUIREMENTS, each field open to change. */

const tariffId = '01890000-0000-7000-8000-000000000001' as TariffId;

/** 48 h for 400, then 150 a day, grace 60 minutes (CHG-3). */
export const aTariff = (change: Partial<Tariff> = {}): Tariff =>
  tariffSchema.parse({
    tariffId,
    version: 1,
    name: 'Weekend',
    currency: 'EUR',
    mode: {
      kind: 'elapsed',
      first: { unit: 'hours', count: 48 },
      further: { unit: 'days', count: 1 },
    },
    firstPrice: 400,
    furtherPrice: 150,
    graceSeconds: 3600,
    cap: null,
    keep: null,
    lostFee: 0,
    hold: { amount: 0, expiresAfter: { unit: 'days', count: 7 } },
    taxBasisPoints: 1900,
    pointsPerRental: 10,
    bindingNoneAllowed: true,
    licenceDuration: { unit: 'days', count: 30 },
    startWithinDays: null,
    finishWithinHours: null,
    ...change,
  });

/** Until 21:00 of the k-th calendar day. */
export const aCutoff = (at: string, days: number, change: Partial<Tariff> = {}): Tariff =>
  aTariff({ mode: { kind: 'cutoff', at, days, furtherDays: 1 }, ...change });

const open = { closesAt: '24:00' };
export const EVERY_DAY: SiteCalendar['weekly'] = [open, open, open, open, open, open, open];
export const CLOSED_ON_SUNDAY: SiteCalendar['weekly'] = [open, open, open, open, open, open, null];

export const aSite = (change: Partial<SiteCalendar> = {}): SiteCalendar =>
  siteCalendarSchema.parse({
    zone: 'Europe/Berlin',
    weekly: EVERY_DAY,
    closures: [],
    currency: 'EUR',
    territory: 'DE',
    ...change,
  });

export const theTerms = (tariff: Partial<Tariff> = {}, site: Partial<SiteCalendar> = {}): RentalTerms => ({
  tariff: aTariff(tariff),
  site: aSite(site),
});

/** An instant written with its offset, e.g. `2026-03-29T03:00:00+02:00`. */
export function at(text: string): EpochMs {
  const value = Date.parse(text);
  if (!/(Z|[+-]\d\d:\d\d)$/.test(text) || Number.isNaN(value)) throw new Error(`no instant: ${text}`);
  return epochMs(value);
}

export const aCharge = (change: Partial<ChargeInput> & Pick<ChargeInput, 'start' | 'stop'>): ChargeInput => ({
  terms: theTerms(),
  ending: 'returned',
  discounts: [],
  coupons: [],
  ...change,
});
