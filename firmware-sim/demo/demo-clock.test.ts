import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { epochMs, type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import { createDemoClock, keptOffset, LONGEST } from './demo-clock.ts';

const START = epochMs(1_800_000_000_000);
const HOUR = 3_600_000;

function aClock() {
  const base = simulatedClock(START);
  const kept: number[] = [];
  const clock = createDemoClock(base, milliseconds(0), (offset: Milliseconds) => kept.push(offset));
  return { base, clock, kept };
}

describe('the clock of the demo', () => {
  it('SYN-4: moved forward, wall clock and monotonic clock both say that the time has passed', () => {
    const { clock, kept } = aClock();
    const before = clock.monotonic();
    expect(clock.forward(milliseconds(24 * HOUR))).toMatchObject({ ok: true });
    expect(clock.now()).toBe(START + 24 * HOUR);
    expect(clock.monotonic() - before).toBe(24 * HOUR);
    expect(kept).toEqual([24 * HOUR]);
  });

  it('SYN-4: a timer that falls due within the time that was skipped runs, a later one comes nearer', async () => {
    const { base, clock } = aClock();
    const ran: string[] = [];
    clock.after(milliseconds(HOUR), () => ran.push('one hour'));
    clock.after(milliseconds(3 * HOUR), () => ran.push('three hours'));
    const cancelled = clock.after(milliseconds(HOUR), () => ran.push('cancelled'));
    cancelled();
    clock.forward(milliseconds(2 * HOUR));
    await base.advance(0);
    expect(ran).toEqual(['one hour']);
    await base.advance(HOUR);
    expect(ran).toEqual(['one hour', 'three hours']);
    expect(base.waiting()).toBe(0);
  });

  it('SYN-4: a sleeper that is called off wakes at once and leaves no timer', async () => {
    const { base, clock } = aClock();
    const off = new AbortController();
    const asleep = clock.sleep(milliseconds(HOUR), off.signal);
    off.abort();
    await asleep;
    expect(base.waiting()).toBe(0);
  });

  it('SEC-1: does not go beyond the life of the terminals’ certificates', () => {
    const { clock, kept } = aClock();
    expect(clock.forward(milliseconds(LONGEST + 1))).toMatchObject({ error: { code: 'clock_limit' } });
    expect(clock.now()).toBe(START);
    expect(kept).toEqual([]);
  });

  it('SYN-4: the offset survives a restart, and a damaged one is not taken for none', () => {
    const folder = mkdtempSync(join(tmpdir(), 'keyturn-demo-clock-'));
    try {
      const file = join(folder, 'demo', 'clock.json');
      expect(keptOffset(file).read()).toBeNull();
      keptOffset(file).write({ offsetMs: HOUR });
      expect(keptOffset(file).read()).toEqual({ offsetMs: HOUR });
      writeFileSync(file, '{"offsetMs":-1}');
      expect(() => keptOffset(file).read()).toThrow();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
