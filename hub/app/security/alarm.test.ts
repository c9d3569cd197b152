import { describe, expect, test } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import type { HubDeps } from '#hub/app/deps.ts';
import { DatabaseTrouble } from '#hub/ports/database.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import { ALARM_QUIET, ALARM_SUBJECTS, openSecurityAlarm } from './alarm.ts';

function aHub() {
  const told: string[] = [];
  const state = { away: false, full: false };
  const errors: string[] = [];
  const log = { ...silentLog, error: (_fields: object, message: string) => void errors.push(message) };
  const clock = simulatedClock(epochMs(Date.UTC(2026, 4, 1)));
  const raise = async (_id: string, draft: { code: string; subject: string }): Promise<void> => {
    if (state.away) throw new Error('the database is away');
    if (state.full) throw new DatabaseTrouble('53100', true, 'no space left on device', null, null);
    told.push(`${draft.code}:${draft.subject}`);
  };
  const db = { stores: { alerts: { raise } } } as unknown as HubDeps['db'];
  const alarm = openSecurityAlarm({ db, clock, random: seededRandom('alarm'), log });
  return { alarm, clock, told, state, errors };
}

const attackBy = (subject: string) => ({ code: 'security_x', subject, message: 'refused' }) as const;

describe('SEC-8: the alarm', () => {
  test('SEC-8: a repeated attack costs one write in the quiet time, another subject is told at once', async () => {
    const { alarm, clock, told } = aHub();
    for (let n = 0; n < 1000; n += 1) await alarm.raise(attackBy('kiosk-1'));
    await alarm.raise(attackBy('kiosk-2'));
    expect(told).toEqual(['security_x:kiosk-1', 'security_x:kiosk-2']);
    await clock.advance(ALARM_QUIET);
    await alarm.raise(attackBy('kiosk-1'));
    expect(told).toHaveLength(3);
  });

  test('SEC-8: made-up subjects become one, so that they cannot fill the database', async () => {
    const { alarm, told } = aHub();
    for (let n = 0; n < 5000; n += 1) await alarm.raise(attackBy(`made-up-${n}`));
    expect(told).toHaveLength(ALARM_SUBJECTS + 1);
    expect(told.at(-1)).toBe('security_x:many');
  });

  test('SEC-8: an alarm that cannot be written fails nothing and is told at the next attack', async () => {
    const { alarm, told, state } = aHub();
    state.away = true;
    await alarm.raise(attackBy('kiosk-1'));
    state.away = false;
    await alarm.raise(attackBy('kiosk-1'));
    expect(told).toEqual(['security_x:kiosk-1']);
  });

  test('SEC-8, OPS-4: what a full database does not take is no error: it is written when there is space again, once, and no more than a few hundred wait', async () => {
    const { alarm, clock, told, state, errors } = aHub();
    state.full = true;
    for (let n = 0; n < 1000; n += 1) await alarm.raise(attackBy(`made-up-${n}`));
    await clock.advance(3 * ALARM_QUIET);
    expect([told, errors]).toEqual([[], []]);
    state.full = false;
    await clock.advance(ALARM_QUIET);
    expect(told).toHaveLength(ALARM_SUBJECTS + 1);
    expect(new Set(told).size).toBe(told.length);
    expect(clock.waiting()).toBe(0);
  });

  test('SEC-8, OPS-1: a hub that ends writes what it owes, and tries nothing afterwards', async () => {
    const { alarm, clock, told, state } = aHub();
    state.full = true;
    await alarm.raise(attackBy('kiosk-1'));
    state.full = false;
    await alarm.stop();
    expect(told).toEqual(['security_x:kiosk-1']);
    state.full = true;
    await alarm.raise(attackBy('kiosk-2'));
    expect(clock.waiting()).toBe(0);
  });
});
