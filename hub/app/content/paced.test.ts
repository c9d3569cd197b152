import { describe, expect, test } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { paced, UPLOAD_PACE } from './paced.ts';

const aClock = () => simulatedClock(epochMs(Date.UTC(2026, 4, 1)));

/** Sends `bytes` every `every` milliseconds for `seconds`; what arrived and whether it was broken off. */
async function sending(bytes: number, every: number, seconds: number) {
  const clock = aClock();
  let open = true;
  async function* sender(): AsyncIterable<Uint8Array> {
    try {
      for (let passed = 0; passed < seconds * 1000; passed += every) {
        await clock.sleep(every as never);
        yield new Uint8Array(bytes);
      }
    } finally {
      open = false;
    }
  }
  const arriving = paced(sender(), clock);
  let arrived = 0;
  const reading = (async () => {
    for await (const block of arriving.content) arrived += block.length;
  })().then(
    () => 'whole',
    () => 'broken off',
  );
  for (let passed = 0; passed <= seconds * 1000; passed += 500) await clock.advance(500);
  return { end: await reading, tooSlow: arriving.tooSlow(), arrived, open };
}

describe('SEC-8: the pace of an upload', () => {
  test('SEC-8: an ordinary line may take its time', async () => {
    expect(await sending(64 * 1024, 1000, 300)).toMatchObject({ end: 'whole', tooSlow: false });
  });

  test('SEC-8: a sender who falls silent is broken off', async () => {
    const silent = await sending(1, UPLOAD_PACE.idle + 5000, 200);
    expect(silent).toMatchObject({ end: 'broken off', tooSlow: true, arrived: 0 });
  });

  test('SEC-8: a trickle that never ends is broken off after the first window', async () => {
    const trickle = await sending(1, 1000, 300);
    expect(trickle).toMatchObject({ end: 'broken off', tooSlow: true, open: false });
    expect(trickle.arrived).toBeLessThan(100);
  });
});
