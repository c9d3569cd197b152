import { describe, expect, it } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { createHubClock } from './hub-clock.ts';

const START = epochMs(1_790_000_000_000);

/** The hub's clock is `ahead` of the device's; the way up takes `up`, the way down `down` milliseconds. */
function aPair(ahead: number) {
  const clock = simulatedClock(START);
  const hub = createHubClock(clock, 'boot-1');
  const state = { ahead };
  const exchange = async (up: number, down: number): Promise<void> => {
    const sentAt = clock.now();
    const wall = clock.now() - clock.monotonic();
    hub.probe(sentAt);
    await clock.advance(up);
    const receivedAt = epochMs(wall + clock.monotonic() + state.ahead);
    await clock.advance(down);
    hub.answer({ sentAt, receivedAt, answeredAt: receivedAt });
  };
  return { clock, hub, state, exchange };
}

describe('hub clock', () => {
  it('SYN-4: says nothing before the first answer', () => {
    const { hub } = aPair(0);
    expect(hub.estimate()).toBeNull();
    expect(hub.stamp()).toMatchObject({ bootId: 'boot-1', clockOffset: null, clockError: null });
  });

  it('PR-17 SYN-4: a device two days off knows the hub’s time within its stated error', async () => {
    const { clock, hub, exchange } = aPair(-172_800_000);
    await exchange(30, 90);
    const offset = hub.stamp().clockOffset ?? 0;
    expect(Math.abs(offset + 172_800_000)).toBeLessThanOrEqual(hub.stamp().clockError ?? 0);
    expect(hub.stamp().clockError).toBe(60);
    expect(hub.stamp().deviceTime).toBe(clock.now());
  });

  it('PR-17 SYN-4: keeps the sample with the shortest round trip', async () => {
    const { hub, exchange } = aPair(5_000);
    await exchange(5, 5);
    await exchange(400, 10);
    expect(hub.estimate()?.error).toBeLessThanOrEqual(6);
    expect(hub.stamp().clockOffset).toBe(5_000);
  });

  it('PR-17 SYN-4: the error grows with the age of the sample', async () => {
    const { clock, hub, exchange } = aPair(0);
    await exchange(5, 5);
    await clock.advance(3_600_000);
    expect(hub.estimate()?.error).toBe(5 + 360);
  });

  it('SYN-4: a jump of the device’s wall clock changes the offset, not the hub’s time', async () => {
    const { clock, hub, exchange } = aPair(1_000);
    await exchange(4, 4);
    const before = hub.estimate()?.now ?? 0;
    clock.jump(epochMs(START + 86_400_000));
    expect(hub.estimate()?.now).toBe(before);
    expect(hub.stamp().clockOffset).toBeLessThan(-86_000_000);
  });

  it('SYN-4: a hub whose clock was set is believed anew', async () => {
    const { hub, state, exchange } = aPair(0);
    await exchange(2, 2);
    state.ahead = 9 * 86_400_000;
    await exchange(50, 50);
    expect(hub.stamp().clockOffset).toBe(9 * 86_400_000);
  });

  it('PR-17: an answer to something this boot did not send is no sample', async () => {
    const { clock, hub } = aPair(0);
    hub.answer({ sentAt: epochMs(START - 5), receivedAt: START, answeredAt: START });
    expect(hub.estimate()).toBeNull();
    hub.probe(clock.now());
    hub.answer({ sentAt: clock.now(), receivedAt: START, answeredAt: epochMs(START + 50) });
    expect(hub.estimate()).toBeNull();
  });
});
