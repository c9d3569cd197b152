import { describe, expect, test } from 'vitest';
import type { AlertRow, AuditRow } from '#hub/ports/rows/index.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Attack, AttackResult, Target, Trace } from './contract.ts';
import { attacksOn, byWear, duplicateIds, type Range, runAttack, threatsWithoutAttack } from './harness.ts';
import { THREATS, type ThreatId } from './threats.ts';

const target = { broker: 'aedes' } as unknown as Target;

/** Alerts and audit trail that an attack's `leave` fills. */
function aRange(tidy: () => Promise<void> = async () => {}) {
  const alerts: AlertRow[] = [];
  const audit: AuditRow[] = [];
  const log: { code: string }[] = [];
  const range: Range = {
    target,
    tidy,
    traces: {
      stores: {
        alerts: { list: async ({ code }) => alerts.filter((one) => code === undefined || one.code === code) },
        audit: { list: async ({ limit }) => [...audit].reverse().slice(0, limit) },
      },
      playerLog: () => log,
    },
  };
  const leave = {
    alert: (code: string, subject: string) => {
      const open = alerts.findIndex((one) => one.code === code && one.subject === subject);
      const row = alerts[open];
      if (row === undefined)
        alerts.push({ alertId: `${alerts.length}`, code, subject, count: 1 } as AlertRow);
      else alerts[open] = { ...row, count: row.count + 1 };
    },
    audit: (action: string, subject: string) =>
      audit.push({ sequence: audit.length + 1, action, subject } as AuditRow),
    line: (code: string) => log.push({ code }),
  };
  return { range, leave };
}

const anAttack = (
  result: Partial<AttackResult>,
  also: Partial<Attack> & { readonly leaving?: () => void } = {},
): Attack => ({
  id: 'an-attack',
  threat: 'path-traversal',
  rule: 'SEC-8',
  on: 'every-broker',
  expect: 'refused',
  run: async () => {
    also.leaving?.();
    return { outcome: 'refused', evidence: 'asked and told no', trace: {}, ...result };
  },
  ...also,
});

const judged = async (attack: Attack, range: Range) => {
  const { ok, line } = await runAttack(attack, range, milliseconds(20));
  return { ok, line };
};

describe('SEC-8: the attack harness', () => {
  test('SEC-8: refused, and the trace is there: ok', async () => {
    const { range, leave } = aRange();
    const traces: [Trace, () => void][] = [
      [{ alert: 'security_x' }, () => leave.alert('security_x', 'kiosk-1')],
      [{ alert: 'security_x', subject: 'kiosk-1' }, () => leave.alert('security_x', 'kiosk-1')],
      [{ audit: 'staff.refused', subject: 'staff:1' }, () => leave.audit('staff.refused', 'staff:1')],
      [{ playerLog: 'security_y' }, () => leave.line('security_y')],
    ];
    for (const [trace, leaving] of traces) {
      const { ok, line } = await judged(anAttack({ trace }, { leaving }), range);
      expect(ok, line).toBe(true);
      expect(line).toContain('ok refused · trace ');
    }
  });

  test('SEC-8: got through is reported, also where a trace was left', async () => {
    const { range, leave } = aRange();
    const { ok, line } = await judged(
      anAttack(
        { outcome: 'got-through', evidence: 'the file came back', trace: { alert: 'security_x' } },
        { leaving: () => leave.alert('security_x', 'kiosk-1') },
      ),
      range,
    );
    expect(ok).toBe(false);
    expect(line).toContain('GOT THROUGH');
    expect(line).toContain('the file came back');
  });

  test('SEC-8: a trace that was not left, is older, or is about somebody else is reported', async () => {
    const { range, leave } = aRange();
    leave.alert('security_x', 'kiosk-1');
    leave.audit('staff.refused', 'staff:1');
    leave.line('security_y');
    const cases: [Trace, () => void, string][] = [
      [{ alert: 'security_x' }, () => {}, 'no alert security_x'],
      [
        { alert: 'security_x', subject: 'kiosk-1' },
        () => leave.alert('security_x', 'kiosk-2'),
        'about kiosk-1',
      ],
      [{ audit: 'staff.refused' }, () => {}, 'no audit entry staff.refused'],
      [{ playerLog: 'security_y' }, () => {}, "no line security_y in the player's log"],
      [{}, () => {}, 'the row names no trace'],
    ];
    for (const [trace, leaving, words] of cases) {
      const { ok, line } = await judged(anAttack({ trace }, { leaving }), range);
      expect(ok).toBe(false);
      expect(line).toContain('NO TRACE');
      expect(line).toContain(words);
    }
  });

  test('SEC-8: detected is enough only where the table marks ≈ and the row says so', async () => {
    const { range, leave } = aRange();
    const leaving = () => leave.alert('security_x', 'copy-1');
    const detected: Partial<AttackResult> = { outcome: 'detected', trace: { alert: 'security_x' } };
    const near = { threat: 'clone-returned-twice' as ThreatId, leaving };
    expect((await judged(anAttack(detected, { ...near, expect: 'detected' }), range)).ok).toBe(true);
    expect((await judged(anAttack(detected, near), range)).line).toContain('only detected');
    expect((await judged(anAttack(detected, { leaving, expect: 'detected' }), range)).ok).toBe(false);
  });

  test('SEC-8: a row that breaks, or leaves the fleet unusable, fails', async () => {
    const { range, leave } = aRange(async () => {
      throw new Error('the kiosk hangs');
    });
    const broken = anAttack(
      {},
      {
        leaving: () => {
          throw new Error('no such address');
        },
      },
    );
    expect((await judged(broken, range)).line).toContain('BROKEN');
    const trace = { alert: 'security_x' };
    const untidy = anAttack({ trace }, { leaving: () => leave.alert('security_x', 'a') });
    const after = await judged(untidy, range);
    expect(after.ok).toBe(false);
    expect(after.line).toContain('NOT TIDY');
  });

  test('SEC-8: threats without an attack and names given twice are listed', () => {
    const one = anAttack({});
    expect(threatsWithoutAttack([one]).map(({ id }) => id)).toEqual(
      THREATS.map(({ id }) => id).filter((id) => id !== 'path-traversal'),
    );
    expect(duplicateIds([one, one])).toEqual(['an-attack']);
    expect(attacksOn('mosquitto', [one, { ...one, on: 'once' }])).toEqual([one]);
    const wearing = (['terminal', 'time', 'receipts'] as const).map((wears) => ({ ...one, wears }));
    const sorted = byWear([...wearing, one], ({ wears }) => wears);
    expect(sorted.lasting).toEqual([one]);
    expect(sorted.wearing.map(({ wears }) => wears)).toEqual(['time', 'receipts', 'terminal']);
  });
});
