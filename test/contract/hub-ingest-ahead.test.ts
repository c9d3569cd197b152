import { expect, test } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { createIngest } from '#hub/app/ingest/ingest.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import { silentLog } from '#shared/ports/log.ts';
import { CHALLENGE_KEY, lane, makeDevices, REWARDS, START, started, writtenCopy } from './hub-world.ts';

test('SYN-2: while the database works on a group, what comes next is verified, batch by batch, no more than one group of it, and committed after it', async () => {
  const devices = await makeDevices();
  const rental = await writtenCopy(devices, START);
  const batchOf = (events: number) => {
    const kiosk = lane('kiosk-1');
    for (let n = 0; n < events; n += 1) kiosk.add('rental.started', started(rental), START);
    return kiosk.batch();
  };
  let verified = 0;
  const trust = {
    ...devices.fleet.trust,
    revokedAt: () => {
      verified += 1;
      return null;
    },
  };
  let end: (error: Error) => void = () => {};
  const begun: number[] = [];
  const db = {
    transaction: () => {
      begun.push(verified);
      return new Promise((_resolve, reject) => {
        end = reject;
      });
    },
  } as unknown as HubDatabase;
  const clock = simulatedClock(START);
  const ingest = createIngest({
    ...{ db, clock, random: seededRandom(1), log: silentLog, trust, rewards: REWARDS },
    challengeKey: CHALLENGE_KEY,
  });
  ingest.start();
  const answers = [ingest.accept(batchOf(1))];
  await clock.settle();
  expect(begun).toEqual([1]);
  answers.push(...[900, 90, 20].map((events) => ingest.accept(batchOf(events))));
  await clock.advance(1);
  expect(verified).toBe(1 + 900 + 90);
  expect(begun).toHaveLength(1);
  const fail = async () => {
    end(new Error('not today'));
    await clock.settle();
  };
  // At once, and then carefully.
  await fail();
  await fail();
  expect(await answers[0]).toBeNull();
  expect(begun).toEqual([1, 1 + 990, 1 + 990]);
  expect(ingest.waiting()).toBe(1);
  const stopped = ingest.stop();
  await fail();
  await fail();
  await stopped;
  expect(await Promise.all(answers)).toEqual([null, null, null, null]);
});
