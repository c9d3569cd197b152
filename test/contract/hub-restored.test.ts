import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTerminal, type TerminalRuntime } from '#shared/edge/runtime.ts';
import { noBusiness } from '#shared/edge/testing/a-bundle.ts';
import { happens } from '#test/support/live-fleet.ts';
import {
  balancesOf,
  type Devices,
  HOUR,
  returned,
  started,
  type TestRental,
  writtenCopy,
} from './hub-world.ts';
import { type RealHub, startRealHub } from './real-terminals.ts';

let real: RealHub;
let kiosk: TerminalRuntime;
let returns: TerminalRuntime;

beforeAll(async () => {
  real = await startRealHub(false);
  const terminal = async (id: string, role: 'kiosk' | 'return-terminal'): Promise<TerminalRuntime> => {
    const made = createTerminal({
      ...(await real.parts(id, role)),
      drives: () => [],
      temperatureCelsius: () => null,
      onCommand: () => 'now',
      restart: () => {},
      business: noBusiness,
    });
    await made.start();
    return made;
  };
  kiosk = await terminal('real-kiosk', 'kiosk');
  returns = await terminal('real-return', 'return-terminal');
});
afterAll(async () => {
  await kiosk?.stop();
  await returns?.stop();
  await real?.end();
});

/** A copy rented at the kiosk now, reported as the kiosk's program reports it. */
async function rent(): Promise<TestRental> {
  const devices = { kiosk: kiosk.identity.signer } as Devices;
  const rental = await writtenCopy(devices, real.clock.now());
  kiosk.record((tx) => tx.emit({ kind: 'rental.started', data: started(rental) }));
  return rental;
}
async function giveBack(rental: TestRental): Promise<void> {
  const back = await returned(rental, returns.identity.signer, real.clock.now(), { due: 400 });
  returns.record((tx) => tx.emit({ kind: 'return.accepted', data: back.accepted }));
  real.pass(60_000);
  returns.record((tx) => tx.emit({ kind: 'return.destroyed', data: back.destroyed }));
}
const acknowledged = () =>
  happens('the hub to have every event', () =>
    [kiosk, returns].every(({ store }) => store.position(0).acked === store.position(0).last),
  );
const ledger = async () => {
  const { db } = real.hub().inside();
  const rentals = await db.stores.rentals.list({}, { orderBy: ['rentalId'], limit: 100 });
  return {
    balances: await balancesOf(db),
    rentals: rentals.map(({ rentalId, status, charge, startedAt }) => ({
      rentalId,
      status,
      startedAt,
      total: charge?.total ?? null,
    })),
    dead: (await db.stores.deadLetters.list({}, { limit: 10 })).map(
      ({ event, cause, message }) => `${event.kind}: ${cause}: ${message}`,
    ),
    timelines: (await db.stores.timelines.list({}, { orderBy: ['ordinal'], limit: 10 })).map(
      ({ cause }) => cause,
    ),
  };
};

it('SYN-6: the hub comes back with yesterday’s database: terminals send the rest again, the ledger is as before the loss', async () => {
  const before = await rent();
  real.pass(30 * HOUR);
  await acknowledged();
  await real.stop();
  await real.backUp();
  const yesterday = real.clock.now();

  await real.start();
  real.pass(HOUR);
  const inBetween = await rent();
  await giveBack(before);
  real.pass(50 * HOUR);
  await giveBack(inBetween);
  await acknowledged();
  const whole = await ledger();
  expect(whole).toMatchObject({ dead: [], timelines: ['created'] });
  expect(whole.rentals.map(({ status }) => status)).toEqual(['closed', 'closed']);
  expect(real.clock.now()).toBeGreaterThan(yesterday);

  await real.stop();
  await real.restore();
  // While the hub is away the shop goes on: this fact has never been acknowledged.
  const last = await rent();
  await real.start({ restored: true });
  expect((await ledger()).rentals.map(({ status }) => status)).toContain('active');
  await happens('the terminals to have sent everything again', async () => {
    const { rentals } = await ledger();
    return (
      rentals.filter(({ status }) => status === 'closed').length === 2 &&
      rentals.some(({ rentalId }) => rentalId === last.rentalId)
    );
  });
  await acknowledged();
  const again = await ledger();
  expect(again.timelines).toEqual(['created', 'restored']);
  expect(again.balances).toEqual(whole.balances);
  expect(again.rentals.filter(({ rentalId }) => rentalId !== last.rentalId)).toEqual(whole.rentals);
  expect(again.dead).toEqual([]);
});
