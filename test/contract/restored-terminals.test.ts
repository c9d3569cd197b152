import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTerminal, type TerminalRuntime } from '#shared/edge/runtime.ts';
import { noBusiness } from '#shared/edge/testing/a-bundle.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
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

async function rent(): Promise<TestRental> {
  const rental = await writtenCopy({ kiosk: kiosk.identity.signer } as Devices, real.clock.now());
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
const stores = () => real.hub().inside().db.stores;
const statesOf = async (id: string) => {
  const given = await stores().certificates.list(
    { terminalId: id as TerminalId },
    { orderBy: ['issuedAt'], limit: 9 },
  );
  return given.map(({ state }) => state);
};
const everybody = async () => [await statesOf('real-kiosk'), await statesOf('real-return')];
const statusOf = async ({ rentalId }: TestRental) => (await stores().rentals.find({ rentalId }))?.status;

it('SYN-6, SEC-1: terminals that were renewed since the backup come back with what they have: nothing that they signed is lost, and nobody enrols them again', async () => {
  await happens('both to be online', () => kiosk.online() && returns.online());
  await acknowledged();
  expect(await everybody()).toEqual([['active'], ['active']]);
  await real.stop();
  await real.backUp();

  await real.start();
  real.pass(61 * 24 * HOUR);
  const renewed = [
    ['superseded', 'active'],
    ['superseded', 'active'],
  ];
  await happens('both certificates to be renewed', async () => `${await everybody()}` === `${renewed}`);
  const inBetween = await rent();
  real.pass(HOUR);
  await giveBack(inBetween);
  await acknowledged();
  expect(await statusOf(inBetween)).toBe('closed');
  const whole = await balancesOf(real.hub().inside().db);
  expect(Object.values(whole).some((balance) => balance !== 0)).toBe(true);

  await real.stop();
  await real.restore();
  // While the hub is away the shop goes on.
  const last = await rent();
  await real.start({ restored: true });
  await happens(
    'everything to be there again',
    async () => `${[await statusOf(inBetween), await statusOf(last)]}` === 'closed,active',
  );
  await acknowledged();
  expect(await stores().deadLetters.count({})).toBe(0);
  await happens(
    'the former certificates to be replaced',
    async () => `${await everybody()}` === `${renewed}`,
  );
  expect(await balancesOf(real.hub().inside().db)).toEqual(whole);
  const open = await stores().alerts.list({ clearedAt: null }, { orderBy: ['code', 'subject'], limit: 50 });
  expect(open.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
    'certificate_recorded_again real-kiosk',
    'certificate_recorded_again real-return',
    'hub_restored database',
  ]);
  expect(await kiosk.refreshBundle()).toBe(true);
});
