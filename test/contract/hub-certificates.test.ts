import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SimulatedClock, simulatedClock } from '#firmware-sim/sim/clock.ts';
import { certificateRow } from '#hub/app/enrolment/enrolment.ts';
import { openTerminalGate, type TerminalGate } from '#hub/app/enrolment/gate.ts';
import { openSecurityAlarm } from '#hub/app/security/alarm.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import { openQuickDatabase } from '#test/support/database-image.ts';
import { addTerminal } from './hub-world.ts';

const START = epochMs(Date.parse('2026-03-06T17:00:00Z'));
const DAY = 86_400_000;
const KIOSK = 'kiosk-1' as TerminalId;
const [FIRST, SECOND, FOREIGN] = ['a'.repeat(64), 'b'.repeat(64), 'c'.repeat(64)] as const;

describe('the gate of terminals', () => {
  let clock: SimulatedClock;
  let db: HubDatabase;
  let gate: TerminalGate;

  const parts = () => {
    const core = { db, clock, random: systemRandom, log: silentLog };
    return { ...core, alarm: openSecurityAlarm(core) };
  };
  const granted = (fingerprint: string) => ({
    chain: ['device', 'issuing'],
    serial: fingerprint.slice(0, 32),
    fingerprint,
    validFrom: clock.now(),
    validTo: epochMs(clock.now() + 90 * DAY),
  });
  const give = (fingerprint: string) =>
    db.stores.certificates.insert(
      certificateRow({ terminalId: KIOSK, role: 'kiosk' }, granted(fingerprint), clock.now()),
    );
  const come = async (fingerprint: string) => {
    const admitted = await gate.admitCertificate(fingerprint, clock.now());
    return admitted.ok ? 'admitted' : admitted.error.code;
  };
  const openAlerts = async () =>
    (await db.stores.alerts.list({ clearedAt: null }, { limit: 50 })).map(
      ({ code, count }) => `${code} ${count}`,
    );

  beforeEach(async () => {
    clock = simulatedClock(START);
    const opened = await openQuickDatabase({ clock, log: silentLog });
    if (!opened.ok) throw new Error(opened.error.code);
    db = opened.value;
    gate = openTerminalGate(parts());
    await addTerminal(db, KIOSK, 'kiosk');
    await db.stores.terminals.patch({ terminalId: KIOSK }, { state: 'enrolling' });
  });
  afterEach(async () => {
    await gate.stop();
    await db.close();
  });

  it('SEC-1: the first connection makes terminal and certificate active, and the former certificate worthless', async () => {
    await give(FIRST);
    expect(await come(FIRST)).toBe('admitted');
    expect(await db.stores.terminals.find({ terminalId: KIOSK })).toMatchObject({ state: 'active' });
    await clock.advance(60 * DAY);
    await give(SECOND);
    // Both are good until the new one was used: a terminal that never got it goes on with the old one.
    expect(await come(FIRST)).toBe('admitted');
    expect(await come(SECOND)).toBe('admitted');
    expect(await come(FIRST)).toBe('certificate_superseded');
    expect(await come(SECOND)).toBe('admitted');
    expect(await db.stores.certificates.find({ fingerprint: FIRST })).toMatchObject({
      state: 'superseded',
      supersededAt: clock.now(),
    });
  });

  it('SEC-1: what a terminal had under way with its former certificate is refused and no attack; after a minute it is one', async () => {
    await give(FIRST);
    await come(FIRST);
    await clock.advance(60 * DAY);
    await give(SECOND);
    expect(await come(SECOND)).toBe('admitted');
    await clock.advance(59_999);
    expect(await come(FIRST)).toBe('certificate_superseded');
    expect(await openAlerts()).toEqual([]);
    await clock.advance(1);
    expect(await come(FIRST)).toBe('certificate_superseded');
    expect(await openAlerts()).toEqual(['security_certificate_superseded 1']);
  });

  it('SEC-1: an expired, a revoked and an unknown certificate are refused, each with one alert however often it knocks', async () => {
    await give(FIRST);
    expect(await come(FIRST)).toBe('admitted');
    for (let knock = 0; knock < 5; knock += 1) expect(await come(FOREIGN)).toBe('terminal_unknown');
    expect(await openAlerts()).toEqual(['security_certificate_unknown 1']);
    await clock.advance(90 * DAY);
    expect(await come(FIRST)).toBe('certificate_expired');
    await db.stores.certificates.patch({ fingerprint: FIRST }, { state: 'revoked', revokedAt: clock.now() });
    await clock.advance(31_000);
    for (let knock = 0; knock < 5; knock += 1) expect(await come(FIRST)).toBe('terminal_revoked');
    expect((await openAlerts()).sort()).toEqual([
      'security_certificate_expired 1',
      'security_certificate_unknown 1',
      'security_terminal_revoked 1',
    ]);
  });

  it('SEC-1: a revocation made at another hub acts here within a minute, on new and on open connections', async () => {
    gate.start();
    const dropped: string[] = [];
    gate.onRevoked((terminalId) => dropped.push(terminalId));
    await give(FIRST);
    expect(await come(FIRST)).toBe('admitted');
    await db.stores.certificates.patch({ fingerprint: FIRST }, { state: 'revoked', revokedAt: clock.now() });
    await clock.advance(59_000);
    expect(dropped).toEqual([KIOSK]);
    expect(await come(FIRST)).toBe('terminal_revoked');
  });

  it('SEC-1: a connection that outlives its certificate ends', async () => {
    await give(FIRST);
    expect(await come(FIRST)).toBe('admitted');
    await clock.advance(90 * DAY - 60_000);
    gate = openTerminalGate(parts());
    gate.start();
    const dropped: string[] = [];
    gate.onRevoked((terminalId) => dropped.push(terminalId));
    await clock.advance(30_000);
    expect(dropped).toEqual([]);
    await clock.advance(60_000);
    expect(dropped).toEqual([KIOSK]);
  });

  it('SEC-1, OPS-1: ends that were heard are not remembered for ever: each is told once, and so is what becomes of the certificate later', async () => {
    await give(FIRST);
    expect(await come(FIRST)).toBe('admitted');
    await clock.advance(90 * DAY - 60_000);
    gate = openTerminalGate(parts());
    gate.start();
    const dropped: string[] = [];
    gate.onRevoked((terminalId) => dropped.push(terminalId));
    await clock.advance(3_600_000);
    expect(dropped).toEqual([KIOSK]);
    await db.stores.certificates.patch({ fingerprint: FIRST }, { state: 'revoked', revokedAt: clock.now() });
    await clock.advance(3_600_000);
    expect(dropped).toEqual([KIOSK, KIOSK]);
  });
});
