import { expect, test } from 'vitest';
import { memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { createSimulatedDrive } from '#firmware-sim/media/simulated-drive.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { Life } from './leash.ts';
import { leashedDrive } from './leashed-drive.ts';

test('SYN-1: a process that died in the middle of its own work still sees what is in its drive, and what it asks of it is never answered', async () => {
  const drive = createSimulatedDrive({
    name: 'slot',
    clock: systemClock,
    random: seededRandom('drive'),
  });
  const life = new Life();
  const leashed = leashedDrive(drive, life);
  await drive.insert(memoryMedium('stick'));
  life.end();
  const medium = leashed.current();
  expect(medium?.present()).toBe(true);
  const answered = medium?.readSmall('anything', 100);
  const turn = new Promise((resolve) => setImmediate(() => resolve('nothing')));
  expect(await Promise.race([answered, turn])).toBe('nothing');
  drive.pull();
  expect([medium?.present(), leashed.current()]).toEqual([false, null]);
});
