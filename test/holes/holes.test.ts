import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Attack } from '#test/attack/contract.ts';
import { byWear, runAttack } from '#test/attack/harness.ts';
import { type RunningRange, startRange } from '#test/attack/range.ts';
import { ATTACKS } from '#test/attack/rows.ts';
import type { Hole } from './hole.ts';
import { HOLES } from './list.ts';
import { openHoles } from './plant.ts';

/** A trace that is not there after this long will not come: an attack is over when its row has answered. */
const PATIENCE_MS = 1_500;
const ALL = process.env.KEYTURN_HOLES !== undefined;
const WANTED = (process.env.KEYTURN_HOLES ?? '').split(',');

const chosen = HOLES.filter((hole) =>
  ALL ? WANTED.some((text) => `${hole.id} ${hole.rows.join(' ')}`.includes(text)) : hole.sample === true,
);
const pairs = chosen.flatMap((hole) => hole.rows.map((row) => [hole, rowOf(row)] as const));
const anyTime = pairs.filter(([{ asked }]) => asked === undefined);
const { lasting, wearing } = byWear(anyTime, ([, { wears }]) => wears);
const atTheEnd = pairs.filter(([{ asked }]) => asked === 'at the end');

function rowOf(id: string): Attack {
  const row = ATTACKS.find((one) => one.id === id);
  if (row === undefined) throw new Error(`no attack is called ${id}`);
  return row;
}
const title = (hole: Hole, row: Attack): string => `${row.rule}: ${row.id} sees ${hole.id} (${hole.says})`;

async function seen(hole: Hole, row: Attack, range: RunningRange): Promise<void> {
  openHoles.add(hole.id);
  const { line } = await runAttack(row, range, PATIENCE_MS).finally(() => openHoles.delete(hole.id));
  process.stdout.write(`${hole.id}  ${line}\n`);
  expect(line).toContain(hole.says);
  expect(line).toContain(hole.evidence);
}

/** No fleet is started for nobody. */
function describeSome(here: readonly unknown[], name: string, tests: () => void): void {
  if (here.length > 0) describe(name, tests);
}

for (const [which, here] of [
  ['that lasts', [...lasting, ...atTheEnd]],
  ['that is worn out', wearing],
] as const)
  describeSome(here, `on a fleet ${which}, whose guards are taken out one by one`, () => {
    let range: RunningRange;
    beforeAll(async () => {
      range = await startRange('aedes');
    });
    afterAll(() => range?.stop());
    for (const [hole, row] of here) test(title(hole, row), () => seen(hole, row, range));
  });

for (const [asked, broker] of [
  ['start', 'aedes'],
  ['broker', 'mosquitto'],
] as const) {
  const here = pairs.filter(([hole]) => hole.asked === asked);
  describeSome(here, `on a fleet that started without its guards, with ${broker}`, () => {
    let range: RunningRange;
    beforeAll(async () => {
      for (const [{ id }] of here) openHoles.add(id);
      range = await startRange(broker);
    });
    afterAll(async () => {
      openHoles.clear();
      await range?.stop();
    });
    for (const [hole, row] of here)
      test(title(hole, row), async () => {
        const { line } = await runAttack(row, range, PATIENCE_MS);
        process.stdout.write(`${hole.id}  ${line}\n`);
        expect(line).toContain(hole.says);
        expect(line).toContain(hole.evidence);
      });
  });
}
