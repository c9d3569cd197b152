import { beforeAll, expect, test } from 'vitest';
import { type Charge, computeCharge } from './charge.ts';
import { spanSeconds } from './tariff.ts';
import { makeTable, oracleCharge, type ZoneTable } from './testing/charge-oracle.ts';
import { dice, type RandomRental, randomRental, ZONES } from './testing/random-rental.ts';

const SEED = 20_261_120;
const RENTALS = 100_000;
const FROM = Date.UTC(2025, 11, 1) / 1000;
const TO = Date.UTC(2027, 11, 1) / 1000;

const tables = new Map<string, { table: ZoneTable; turns: number[] }>();

beforeAll(() => {
  for (const zone of ZONES) {
    const table = makeTable(zone, FROM, TO);
    tables.set(zone, { table, turns: clockChanges(table) });
  }
});

function clockChanges(table: ZoneTable): number[] {
  const wall = (index: number) => (table.day[index] ?? 0) * 86_400 + (table.second[index] ?? 0);
  const turns: number[] = [];
  for (let index = 2000; index < table.day.length - 20_000; index += 1)
    if (wall(index) - wall(index - 1) !== 900) turns.push(table.from + index * 900);
  return turns;
}

/** What a rental exercised, so that a feature nobody drew makes the test fail. */
function features({ input, zone }: RandomRental, charge: Charge): string[] {
  const { tariff } = input.terms;
  const turns = tables.get(zone)?.turns ?? [];
  const between = (turn: number) => turn * 1000 > charge.start && turn * 1000 <= charge.stop;
  const lateNow = charge.lateSeconds > 0;
  const checks: Record<string, boolean> = {
    [`mode ${tariff.mode.kind}`]: true,
    [`zone ${zone}`]: true,
    'on time': charge.stop <= charge.dueAt,
    'exactly at due': charge.stop === charge.dueAt,
    'within grace': lateNow && charge.lateUnits === 0,
    'last second of grace': lateNow && charge.lateSeconds === tariff.graceSeconds,
    'one second after grace': charge.lateSeconds === tariff.graceSeconds + 1,
    'one unit': charge.lateUnits === 1,
    'several units': charge.lateUnits > 1,
    'closed time taken out': charge.closedSeconds > 0,
    'cap reached': charge.lines.some((line) => line.kind === 'cap'),
    kept: charge.kept,
    'exactly at the keep limit': charge.kept && charge.stop === charge.keepAt,
    'one second before the keep limit': charge.stop + 1000 === charge.keepAt,
    discounted: charge.lines.some((line) => line.kind === 'discount' && line.amountMinor < 0),
    'coupon used': charge.lines.some((line) => line.kind === 'coupon' && line.amountMinor < 0),
    'coupon down to nothing': charge.total.minor === 0 && input.coupons.length > 0,
    lost: input.ending === 'lost',
    'due moved out of closed time':
      tariff.mode.kind === 'elapsed' && charge.dueAt !== charge.start + spanSeconds(tariff.mode.first) * 1000,
    'across a clock change': turns.some(between),
  };
  return Object.keys(checks).filter((name) => checks[name]);
}

test('CHG-6: the charge agrees with an independent oracle on 100,000 random rentals that exercise every rule', () => {
  const roll = dice(SEED);
  const seen = new Map<string, number>();
  let mismatch = '';
  for (let index = 0; index < RENTALS && mismatch === ''; index += 1) {
    const zone = ZONES[index % ZONES.length] ?? 'UTC';
    const known = tables.get(zone);
    if (known === undefined) throw new Error(`no table for ${zone}`);
    const rental = randomRental(roll, zone, known.turns);
    const { input } = rental;
    const charge = computeCharge(input);
    if (!charge.ok) throw new Error(`${charge.error.code} for ${JSON.stringify(input)}`);
    const { value } = charge;
    const oracle = oracleCharge(known.table, {
      terms: input.terms,
      start: input.start,
      stop: input.stop,
      lost: input.ending === 'lost',
      discounts: input.discounts.map((discount) => discount.basisPoints),
      coupons: input.coupons.map((coupon) => coupon.amount.minor),
    });
    const mine = {
      total: value.total.minor,
      tax: value.tax.minor,
      due: value.dueAt / 1000,
      late: value.lateSeconds,
      units: value.lateUnits,
      kept: value.kept,
    };
    if (JSON.stringify(mine) !== JSON.stringify(oracle))
      mismatch = JSON.stringify({ index, zone, mine, oracle, input }, null, 1);
    const byUnits = value.lines
      .filter((line) => line.kind === 'further')
      .reduce((sum, line) => sum + line.units, 0);
    if (byUnits !== value.lateUnits)
      mismatch = `lines show ${byUnits} units: ${JSON.stringify({ value, input })}`;
    for (const name of features(rental, value)) seen.set(name, (seen.get(name) ?? 0) + 1);
  }
  expect(mismatch).toBe('');
  const distribution = [...seen].map(([name, count]) => `${name}: ${count}`).sort();
  process.stdout.write(`CHG-6: ${RENTALS} rentals, seed ${SEED}\n  ${distribution.join('\n  ')}\n`);
  expect(seen.size).toBe(ZONES.length + 2 + 18);
  for (const [name, count] of seen) expect(count, `${name} was hardly exercised`).toBeGreaterThan(200);
}, 300_000);
