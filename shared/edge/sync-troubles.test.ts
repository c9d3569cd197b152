import { expect, it } from 'vitest';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { aSite } from '#test/support/edge-site.ts';

/** Lost, repeated, reordered and delayed messages, cuts and restored hubs, by chance: what ends up at the hub. */
const seeds = Array.from({ length: 60 }, (_, index) => index + 1);
it.each(seeds)('SYN-2: SYN-6: seed %i: nothing lost, nothing twice, order kept per lane', async (seed) => {
  const site = aSite({ seed, window: 5 });
  const chance = seededRandom(`trouble-${seed}`);
  const made: Record<0 | 1, string[]> = { 0: [], 1: [] };
  const seen = { dropped: 0, repeated: 0, reordered: 0, cut: 0, restored: 0 };
  let backup = site.hub.backup();
  let timeline = 1;
  site.sync.start();
  for (let step = 0; step < 300; step += 1) {
    const lane = chance.below(2) === 0 ? 0 : 1;
    const up = site.link.up;
    const at = up.length === 0 ? 0 : chance.below(up.length);
    switch (chance.below(12)) {
      case 0:
      case 1:
      case 2:
        made[lane].push(site.happen(lane));
        break;
      case 3:
        if (up.splice(at, 1).length > 0) seen.dropped += 1;
        break;
      case 4: {
        const message = up[at];
        if (message !== undefined) {
          site.hub.take(message);
          seen.repeated += 1;
        }
        break;
      }
      case 5: {
        if (at > 0) seen.reordered += 1;
        for (const message of up.splice(at, 1)) site.hub.take(message);
        break;
      }
      case 6:
        site.hub.down.splice(0, 1);
        break;
      case 7:
        for (const message of site.hub.down.splice(0)) site.link.deliver(message);
        break;
      case 8:
        if (chance.below(4) === 0) {
          site.link.cut();
          seen.cut += 1;
        }
        break;
      case 9:
        if (chance.below(3) === 0) backup = site.hub.backup();
        break;
      case 10:
        if (chance.below(6) === 0) {
          timeline += 1;
          seen.restored += 1;
          site.hub.restore(backup, `timeline-${timeline}`);
        }
        break;
      default:
        await site.clock.advance(chance.below(9_000));
    }
    await site.clock.settle();
  }
  for (let round = 0; round < 12; round += 1) {
    await site.clock.advance(30_000);
    await site.flush();
  }
  expect(site.hub.applied(0)).toEqual(made[0]);
  // Acknowledged telemetry is not kept for a restored hub: what is there is in order, once, and complete without a restore.
  const telemetry = site.hub.applied(1);
  expect(telemetry).toEqual(made[1].filter((id) => telemetry.includes(id)));
  if (seen.restored === 0) expect(telemetry).toEqual(made[1]);
  expect(site.store.position(0).queued + site.store.position(1).queued).toBe(0);
  expect(seen.dropped).toBeGreaterThan(0);
  expect(seen.repeated).toBeGreaterThan(0);
  await site.sync.stop();
});
