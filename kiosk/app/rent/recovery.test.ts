import { beforeAll, expect, it } from 'vitest';
import type { MediumId, RentalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { aBundle, aTitle, NOON, titleIdAt } from '#test/support/kiosk/a-bundle.ts';
import { aKiosk, aSession } from '#test/support/kiosk/a-kiosk.ts';
import { TOKEN } from '#test/support/kiosk/fake-hub.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { pinTries } from '../members/verifier.ts';
import { media, type RentalRow, rentals } from './tables.ts';

const DAY = 86_400_000;
let fleet: Pick<Parameters<typeof aKiosk>[0], 'trust' | 'signer'>;
beforeAll(async () => {
  const authority = await foundFleet();
  fleet = { trust: authority.trust, signer: await enrol(authority, 'kiosk-1', 'kiosk') };
});

const id = (number: number) => `0199d0c8-1c00-7000-8000-00000000000${number}`;

it('SYN-5, SEC-9: a kiosk that runs for months forgets each day what it keeps for thirty: rentals that the hub knows of, media, tries', async () => {
  const kiosk = aKiosk({ ...fleet, bundle: aBundle([aTitle(0)]) });
  const session = await aSession(kiosk);
  const { runtime } = kiosk.deps;
  const put = (number: number, days: number, change: Partial<RentalRow> = {}) =>
    runtime.record((tx) =>
      tx.put(rentals, id(number), {
        ...{ rentalId: id(number) as RentalId, copyId: id(number) as never, titleId: titleIdAt(0) },
        ...{ memberToken: TOKEN, stage: 'active' as const, at: epochMs(NOON - days * DAY), offline: true },
        ...{
          stake: { minor: 400, currency: 'EUR' as const },
          holdAmount: { minor: 0, currency: 'EUR' as const },
        },
        ...{ hold: null, mediumId: null, keyBegun: null, outbox: null },
        ...change,
      }),
    );
  put(1, 31);
  put(2, 27);
  put(3, 31, { outbox: runtime.store.position(0).last + 1 });
  put(4, 31, { stage: 'held' });
  runtime.record((tx) => {
    for (const [number, days] of [
      [1, 31],
      [2, 27],
    ] as const)
      tx.put(media, id(number), {
        ...{ mediumId: id(number) as MediumId, memberToken: TOKEN, registeredAt: epochMs(NOON - days * DAY) },
      });
    const nobody = `mt_${'x'.repeat(24)}`;
    tx.put(pinTries, nobody, { memberToken: nobody, tries: 5, at: NOON });
  });
  await kiosk.clock.advance(DAY + 1);
  await kiosk.clock.advance(DAY);
  expect(kiosk.store.list(rentals).map(({ key }) => key)).toEqual([id(2), id(3), id(4)]);
  expect(kiosk.store.list(media).map(({ key }) => key)).toEqual([id(2)]);
  expect(kiosk.store.list(pinTries)).toEqual([]);
  const { waiting } = kiosk.clock;
  await session.stop();
  const left = waiting();
  await kiosk.clock.advance(2 * DAY);
  expect(waiting()).toBeLessThanOrEqual(left);
});
