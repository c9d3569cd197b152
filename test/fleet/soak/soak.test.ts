import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { is } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { memoryDatabase } from '#hub/db/memory/database.ts';
import * as schema from '#hub/db/schema/index.ts';
import { table } from '#shared/edge/store.ts';
import { type Fixture, makeFixture } from '../world/fixture.ts';
import { makeCryptoInstant } from '../world/instant-crypto.ts';
import type { World } from '../world/world.ts';
import { sampleFile } from './sample-file.ts';
import { slopeOf } from './slope.ts';
import { type Sample, soak } from './soak.ts';
import { AGE_COLUMNS, HUB_TABLES } from './tables.ts';
import { judgeSoak } from './verdict.ts';

/** The hub's rows are in this process's memory here, and a few days are mostly warming up. */
const BOUND = { heap: 8 * 1024, buffers: 8 * 1024 };
const MEMORY = { always: BOUND, full: { ...BOUND, after: 1_200 } };

const KIB = 1024;
const LOCKS = table('locks', z.unknown());

let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture(2);
  makeCryptoInstant();
});

async function shop(days: number, planted?: (world: World) => Promise<void> | void) {
  const report = await soak(
    {
      ...{ seed: 'some days', fixture, membersPerDevice: 1, database: memoryDatabase(), samplesPerDay: 4 },
      goesOn: (lived) => lived < days,
      ...(planted === undefined ? {} : { planted }),
    },
    AGE_COLUMNS,
  );
  return { report, verdict: judgeSoak(report, MEMORY) };
}

describe('some days of a shop', () => {
  test('SYN-5, OPS-1: nothing grows but what is kept: memory, handles, timers, tables of the hub and of terminals', async () => {
    const { report, verdict } = await shop(3);
    expect(report.rentals).toBeGreaterThan(4);
    expect(verdict.wrong).toEqual([]);
    expect(verdict.lines.length).toBeGreaterThan(40);
  });

  const leaked: Uint8Array[][] = [];
  const handles: NodeJS.Timeout[] = [];
  afterAll(() => {
    leaked.length = 0;
    for (const handle of handles) clearTimeout(handle);
  });

  test('SYN-5: memory, a handle, a timer, rows of the hub or of a terminal that grow are noticed', async () => {
    const { verdict } = await shop(2, async ({ time, database, kiosks: [kiosk] }) => {
      leaked.push(Array.from({ length: 60_000 }, () => new Uint8Array(256)));
      for (let more = 0; more < 5; more += 1) {
        handles.push(setTimeout(() => {}, 3_600_000));
        time.after(1e12, () => {});
        const settings = { name: `leak ${handles.length}`, value: {}, updatedAt: time.now() };
        await time.during(database.stores.settings.put(settings));
        kiosk?.store.transaction((tx) => tx.put(LOCKS, `leak ${handles.length}`, {}));
      }
    });
    const what = verdict.wrong.map((line) => line.replace(/ grows by .*/, ''));
    for (const name of ['heap, KiB', 'handles', 'timers', 'hub settings', 'kiosk-0 locks'])
      expect(what).toContain(`SYN-5: ${name}`);
  });
});

describe('what is judged', () => {
  test('SEC-9: of every table of the hub somebody says what becomes of its rows', () => {
    const names = Object.values(schema).flatMap((table) =>
      is(table, PgTable) ? [getTableConfig(table).name] : [],
    );
    expect(names.length).toBeGreaterThan(40);
    expect(Object.keys(HUB_TABLES).sort()).toEqual(names.sort());
  });

  /** A shop of 48 days, one sample a day; forty copies a day, ten of them at `return-0`. */
  const shopOf = (days: number, table: string, rowsAt: (day: number, done: number) => number, busy = 10) => {
    const doneBy = (day: number): number => (day <= 18 ? 10 * day : 180 + busy * (day - 18));
    const samples = Array.from({ length: days }, (_, at): Sample => {
      const day = at + 1;
      const rows = rowsAt(day, doneBy(day) - doneBy(Math.max(0, day - 30)));
      return {
        ...{ day, visits: 40 * day, rentals: 20 * day, heapBytes: 0, bufferBytes: 0, handles: 3, timers: 3 },
        ...{ hub: new Map(), oldest: new Map(), done: new Map([['return-0', doneBy(day)]]) },
        terminals: new Map([['return-0', new Map([[table, rows]])]]),
      };
    });
    return judgeSoak({ samples, endedAt: 0, rentals: 0, returns: 0, errors: [] }, MEMORY);
  };
  const why = (days: number): string | undefined =>
    shopOf(days, 'rt_returns', () => 0).lines.find(({ what }) => what === 'return-0 rt_returns')?.why;

  test('SYN-5: a table that fills until day 30 and stays is right in a shop of 48 days, also where more customers came later', () => {
    expect(shopOf(48, 'rt_returns', (day) => 10 * Math.min(day, 30)).wrong).toEqual([]);
    expect(shopOf(48, 'lane 0', (day) => 100 * Math.min(day, 31)).wrong).toEqual([]);
    expect(shopOf(48, 'rt_returns', (_, done) => done, 12).wrong).toEqual([]);
    expect(why(48)).toBe('kept for 30 days, judged from day 32 on');
  });

  test('SYN-5: a table that goes on growing after day 30 is wrong in a shop of 48 days, and one that is never cleared', () => {
    const told = (day: number) => 10 * Math.min(day, 30) + 2 * Math.max(0, day - 30);
    const wrong = (table: string, rows: (day: number) => number) =>
      shopOf(48, table, rows).wrong.map((line) => line.replace(/,.*/, ''));
    expect(wrong('rt_seen_again', told)).toEqual(['SYN-5: return-0 rt_seen_again grows by 2.00 a day']);
    expect(wrong('rt_returns', (day) => 10 * day)).toEqual([
      'SYN-5: return-0 rt_returns grows by 10.00 a day',
    ]);
    expect(wrong('lane 0', (day) => 40 * day)).toEqual(['SYN-5: return-0 lane 0 grows by 40.00 a day']);
  });

  test('SYN-5: where a run is too short to see a table full, it may fill, and the verdict says so', () => {
    expect(shopOf(37, 'rt_returns', (day) => 10 * Math.min(day, 30)).wrong).toEqual([]);
    expect(why(37)).toBe('kept for 30 days, too short a run: still filling');
    expect(shopOf(37, 'rt_returns', (day) => 41 * day).wrong.length).toBe(1);
  });

  test('SYN-5: memory may fill until what remembers is full, and a leak beside it that is smaller than that is noticed after it', () => {
    const days = (leak: number, filling: number, last: number) =>
      Array.from({ length: last }, (_, day): Sample => {
        const rentals = 40 * day;
        const heapBytes = KIB * (leak * day + filling * Math.min(rentals, 1_000));
        const rows = { hub: new Map(), oldest: new Map(), terminals: new Map(), done: new Map() };
        return {
          day,
          rentals,
          visits: 2 * rentals,
          heapBytes,
          bufferBytes: 0,
          handles: 3,
          timers: 3,
          ...rows,
        };
      });
    const wrong = (samples: readonly Sample[]) =>
      judgeSoak(
        { samples, endedAt: 0, rentals: 0, returns: 0, errors: [] },
        {
          always: { heap: 1_024, buffers: 1_024 },
          full: { heap: 64, buffers: 64, after: 1_200 },
        },
      ).wrong.map((line) => line.replace(/ a day.*/, ''));
    expect(wrong(days(50, 20, 45))).toEqual([]);
    expect(wrong(days(70, 20, 45))).toEqual(['SYN-5: heap once full, KiB grows by 70.00']);
    expect(wrong(days(70, 20, 30))).toEqual([]);
    expect(wrong(days(70, 30, 30))).toEqual(['SYN-5: heap, KiB grows by 1270.00']);
  });

  test('SYN-5: samples come back from the disk as they were', () => {
    const folder = mkdtempSync(join(tmpdir(), 'keyturn-samples-'));
    const samples = sampleFile<unknown>(join(folder, 'samples'));
    const all = [
      { day: 1, hub: new Map([['rentals', 3]]), terminals: new Map([['kiosk-0', new Map([['lane 0', 7]])]]) },
      { day: 2, hub: new Map(), done: [1, null] },
    ];
    for (const sample of all) samples.add(sample);
    expect(samples.all()).toEqual(all);
    rmSync(folder, { recursive: true });
  });

  test('SYN-5: the slope is the median of all pairs, which single odd samples do not move', () => {
    expect(slopeOf([[0, 5]])).toBe(0);
    expect(slopeOf([0, 1, 2, 3, 4].map((day) => [day, 10 + 3 * day]))).toBe(3);
    expect(slopeOf([0, 1, 2, 3, 4, 5, 6].map((day) => [day, day === 3 ? 1e6 : 7]))).toBe(0);
  });
});
