import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';
import type { Hole } from '#test/holes/hole.ts';
import { HOLES } from '#test/holes/list.ts';
import { lostGuards, plantHoles } from '#test/holes/plant.ts';

const read = (path: string): string => readFileSync(join(projectRoot(), path), 'utf8');
const rows = readdirSync(join(projectRoot(), 'test/attack/rows')).map((name) =>
  read(`test/attack/rows/${name}`),
);
/** Ids as the rows write them; some are made of a beginning and a role. */
const isRow = (id: string): boolean =>
  rows.some((text) => text.includes(`'${id}'`)) || /^dns-rebinding-(kiosk|return-terminal)$/.test(id);

describe('the planted holes', () => {
  it('SEC-8: each guard stands in its file, once, in the words of the list', () => {
    expect(lostGuards(HOLES, read)).toEqual([]);
  });

  it('SEC-8: each hole has a name of its own and is for rows that exist; each row has one', () => {
    const ids = HOLES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(HOLES.flatMap((hole) => hole.rows).filter((row) => !isRow(row))).toEqual([]);
    const seen = new Set(HOLES.flatMap((hole) => hole.rows));
    const written = rows.flatMap((text) =>
      [...text.matchAll(/\bid: '([a-z-]+)'|\blie\('([a-z-]+)'/g)].map((m) => m[1] ?? m[2] ?? ''),
    );
    expect(written.length).toBeGreaterThan(55);
    expect(written.filter((row) => !seen.has(row))).toEqual([]);
  });

  it('SEC-8: what each row said of each hole stands in the README of the attacks', () => {
    const table = read('test/attack/README.md');
    for (const { id, rows: seen, says } of HOLES)
      for (const row of seen) expect(table).toContain(`| ${row} | ${id} | ${says} |`);
  });

  it('SEC-8: a guard that is gone or stands twice is named, and a hole stands beside its guard', () => {
    const cut = { file: 'a.ts', guard: 'x > 1', open: 'false' };
    const hole: Hole = { id: 'h', rows: [], cuts: [cut], says: 'GOT THROUGH', evidence: '' };
    expect(lostGuards([hole], () => 'if (x > 2) stop();')).toEqual([
      'the guard of hole h stands 0 times in a.ts',
    ]);
    expect(lostGuards([hole], () => 'x > 1; x > 1;')).toEqual(['the guard of hole h stands 2 times in a.ts']);
    const plugin = plantHoles('/p', [hole]);
    expect(plugin.transform('if (x > 1) stop();', '/p/a.ts')?.code).toBe(
      'if ((globalThis.keyturnOpenHoles?.has("h") ? (false) : (x > 1))) stop();',
    );
    expect(plugin.transform('if (x > 1) stop();', '/p/b.ts')).toBeNull();
    expect(() => plugin.transform('if (x > 2) stop();', '/p/a.ts')).toThrow(/hole h/);
  });
});
