import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getTableName } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { undoLog } from './heap.ts';
import { guardsOf, openHeaps } from './heaps.ts';

const MIGRATIONS = join(import.meta.dirname, '..', 'migrations');

it('LED-1: every table that a trigger guards in the real databases is guarded in memory', () => {
  const sql = readdirSync(MIGRATIONS)
    .filter((name) => name.endsWith('.sql'))
    .map((name) => readFileSync(join(MIGRATIONS, name), 'utf8'))
    .join('\n');
  const triggers = [
    ...sql.matchAll(/create (?:constraint )?trigger \S+ (?:before|after) [a-z ]+ on "?([a-z_]+)"?/gi),
  ];
  const guarded = [...guardsOf(openHeaps(undoLog())).keys()].map((table) => getTableName(table));
  expect(triggers.length).toBeGreaterThan(20);
  expect(guarded.toSorted()).toEqual([...new Set(triggers.map((found) => found[1]))].toSorted());
});
