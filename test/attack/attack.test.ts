import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Attack } from './contract.ts';
import { attacksOn, byWear, duplicateIds, runAttack, threatsWithoutAttack } from './harness.ts';
import { type RunningRange, startRange } from './range.ts';
import { ATTACKS } from './rows.ts';
import { threatOf } from './threats.ts';

const title = ({ rule, id, threat }: Attack): string => `${rule} attack: ${threatOf(threat).words} (${id})`;

test('SEC-8: every threat of the table has an attack, every attack its own name', () => {
  expect(threatsWithoutAttack(ATTACKS).map(({ id }) => id)).toEqual([]);
  expect(duplicateIds(ATTACKS)).toEqual([]);
});

describe.each(['aedes', 'mosquitto'] as const)('a running fleet with %s', (broker) => {
  const attacks = attacksOn(broker, ATTACKS);
  let range: RunningRange;
  beforeAll(async () => {
    range = await startRange(broker);
  });
  afterAll(() => range?.stop());

  test.each(byWear(attacks, ({ wears }) => wears).lasting.map((one) => [title(one), one] as const))(
    '%s',
    async (_title, attack) => {
      const { ok, line } = await runAttack(attack, range);
      expect(ok, line).toBe(true);
    },
  );

  test('SEC-8: an attack that nobody noticed is reported, whatever its row says', async () => {
    const claimed: Attack = {
      id: 'claimed-only',
      threat: 'path-traversal',
      rule: 'SEC-8',
      on: 'once',
      expect: 'refused',
      run: async () => ({
        outcome: 'refused',
        evidence: 'nothing was tried',
        trace: { alert: 'security_path_refused', audit: 'nothing.happened' },
      }),
    };
    const { ok, line } = await runAttack(claimed, range, 100);
    expect(ok).toBe(false);
    expect(line).toContain('NO TRACE: no alert security_path_refused, no audit entry nothing.happened');
  });
});

describe('a fleet that is worn out by them, with aedes', () => {
  let range: RunningRange;
  beforeAll(async () => {
    range = await startRange('aedes');
  });
  afterAll(() => range?.stop());

  test.each(byWear(ATTACKS, ({ wears }) => wears).wearing.map((one) => [title(one), one] as const))(
    '%s',
    async (_title, attack) => {
      const { ok, line } = await runAttack(attack, range);
      expect(ok, line).toBe(true);
    },
  );
});
