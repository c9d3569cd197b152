import { Temporal } from 'temporal-polyfill';
import type { Currency } from '#shared/kernel/money.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { type ChargeInput, dueAt, keepAt, type RentalTerms } from '../charge.ts';
import type { SiteCalendar } from '../site.ts';
import type { Span, Tariff } from '../tariff.ts';
import { aSite, aTariff } from './builders.ts';

/** Seeded random rentals for comparing the charge with its oracle (CHG-6): mostly ordinary, often at an edge. */

export interface Dice {
  below(limit: number): number;
  between(low: number, high: number): number;
  chance(percent: number): boolean;
  pick<T>(values: readonly T[]): T;
}

/** mulberry32: small, seeded, good enough for test data. */
export function dice(seed: number): Dice {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    between: (low, high) => low + below(high - low + 1),
    chance: (percent) => below(100) < percent,
    pick: (values) => {
      const value = values[below(values.length)];
      if (value === undefined) throw new Error('nothing to pick from');
      return value;
    },
  };
}

/** Northern and southern, half and quarter hours, changes at midnight, none at all. */
export const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Sydney',
  'Australia/Lord_Howe',
  'Asia/Tokyo',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'America/Santiago',
  'America/Havana',
  'America/St_Johns',
  'Africa/Cairo',
  'Pacific/Auckland',
] as const;

const WALLS = [
  '00:00',
  '00:30',
  '01:30',
  '02:00',
  '02:15',
  '02:30',
  '02:59:59',
  '09:00',
  '21:00',
  '21:00',
  '23:59:59',
];
const CLOSING = ['24:00', '24:00', '20:00', '18:30', '22:15:30'];

function randomMode(roll: Dice): Tariff['mode'] {
  if (roll.chance(45))
    return {
      kind: 'cutoff',
      at: roll.pick(WALLS),
      days: roll.between(1, 5),
      furtherDays: roll.pick([1, 1, 1, 2, 7]),
    };
  const first: Span = roll.pick([
    { unit: 'minutes', count: roll.between(1, 600) },
    { unit: 'hours', count: roll.between(1, 72) },
    { unit: 'days', count: roll.between(1, 5) },
  ]);
  const further: Span = roll.pick([
    { unit: 'minutes', count: roll.between(15, 240) },
    { unit: 'hours', count: roll.between(1, 36) },
    { unit: 'days', count: roll.between(1, 3) },
    { unit: 'days', count: 1 },
  ]);
  return { kind: 'elapsed', first, further };
}

export function randomTariff(roll: Dice): Tariff {
  const mode = randomMode(roll);
  const firstPrice = roll.pick([0, 1, 99, 400, roll.below(2000)]);
  const keepUnit: Span['unit'] = mode.kind === 'cutoff' ? 'days' : roll.pick(['hours', 'days', 'days']);
  const count = keepUnit === 'hours' ? roll.between(1, 200) : roll.between(1, 21);
  const keep = roll.chance(50)
    ? { price: roll.between(500, 5000), afterLate: { unit: keepUnit, count } }
    : null;
  const furtherPrice = roll.pick([0, 1, 150, 150, roll.below(500)]);
  // Often within one minor unit of what some units cost, so that the edge of the cap is met.
  const cap =
    firstPrice +
    Math.max(0, roll.pick([roll.below(2000), roll.between(1, 5) * furtherPrice + roll.between(-1, 1)]));
  return aTariff({
    mode,
    firstPrice,
    furtherPrice,
    graceSeconds: roll.pick([0, 1, 900, 3600, 3600, 86_400, 90_000]),
    cap: roll.chance(40) ? cap : null,
    keep,
    lostFee: roll.below(keep === null ? 1000 : keep.price + 1),
    taxBasisPoints: roll.pick([0, 700, 1000, 1900, 2000, 10_000]),
  });
}

const dateText = (seconds: number) =>
  Temporal.Instant.fromEpochMilliseconds(seconds * 1000)
    .toString()
    .slice(0, 10);

export function randomSite(roll: Dice, zone: string, around: number): SiteCalendar {
  const open = { closesAt: roll.pick(CLOSING) };
  const weekly = Array.from({ length: 7 }, (_, day) => (day !== 2 && roll.chance(15) ? null : open));
  const closures = Array.from({ length: roll.pick([0, 0, 1, 2, 3]) }, () => {
    const from = around + roll.between(-3, 20) * 86_400;
    return { from: dateText(from), to: dateText(from + roll.pick([0, 0, 1, 6, 13]) * 86_400) };
  });
  return aSite({
    zone,
    weekly: roll.chance(35) ? weekly.map(() => open) : weekly,
    closures,
    currency: 'EUR' as Currency,
  });
}

/** A stop somewhere between start and three weeks after due, half of the time right at an edge: due, grace, a unit, keep, midnight. */
export function randomStop(roll: Dice, terms: RentalTerms, start: number): number {
  const due = dueAt(terms, epochMs(start));
  const keep = keepAt(terms, epochMs(start));
  if (!due.ok || !keep.ok) throw new Error('random sites open at least once a week');
  const { mode, graceSeconds } = terms.tariff;
  const unit = mode.kind === 'elapsed' ? mode.further : { unit: 'days', count: mode.furtherDays };
  const length = { minutes: 60, hours: 3600, days: 86_400 }[unit.unit as Span['unit']] * unit.count;
  const edges = [
    due.value,
    due.value + graceSeconds * 1000,
    due.value + (graceSeconds + 86_400) * 1000,
    due.value + roll.between(1, 10) * length * 1000,
    due.value + roll.between(1, 10) * 86_400_000,
    keep.value ?? due.value,
  ];
  const stop = roll.chance(50)
    ? roll.pick(edges) + roll.between(-2, 2) * 500
    : start + roll.below(due.value - start + roll.pick([1, 3, 7, 21]) * 86_400_000);
  return Math.max(stop, start);
}

export interface RandomRental {
  readonly input: ChargeInput;
  readonly zone: string;
}

/** `turns`: moments at which the zone's clock changes, so that many rentals run across one. */
export function randomRental(roll: Dice, zone: string, turns: readonly number[]): RandomRental {
  const near =
    turns.length > 0 && roll.chance(50) ? roll.pick(turns) : roll.between(1_770_000_000, 1_800_000_000);
  const startSeconds = near + roll.between(-5 * 86_400, 86_400);
  const start = startSeconds * 1000 + roll.pick([0, 0, 1, 500, 999]);
  const terms: RentalTerms = { tariff: randomTariff(roll), site: randomSite(roll, zone, startSeconds) };
  const list = (percent: number) => Array.from({ length: roll.chance(percent) ? roll.between(1, 2) : 0 });
  return {
    zone,
    input: {
      terms,
      start: epochMs(start),
      stop: epochMs(randomStop(roll, terms, start)),
      ending: roll.chance(8) ? 'lost' : 'returned',
      discounts: list(35).map((_, index) => ({
        discountId: `d${index}`,
        label: 'd',
        basisPoints: roll.pick([0, 500, 2000, 3333, 10_000]),
      })),
      coupons: list(35).map((_, index) => ({
        couponId: `c${index}`,
        label: 'c',
        amount: { minor: roll.pick([0, 50, 100, 1000]), currency: 'EUR' },
      })),
    },
  };
}
