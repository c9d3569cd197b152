import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { happens } from '#test/support/live-fleet.ts';
import { balancesOf, HOUR, type TestRental } from './hub-world.ts';
import { startTwoTerminals, type TwoTerminals } from './two-terminals.ts';

let shop: TwoTerminals;
let real: TwoTerminals['real'];

beforeAll(async () => {
  shop = await startTwoTerminals();
  ({ real } = shop);
});
afterAll(() => shop?.end());

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
  await happens('both to be online', () => shop.kiosk.online() && shop.returns.online());
  await shop.acknowledged();
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
  const inBetween = await shop.rent();
  real.pass(HOUR);
  await shop.giveBack(inBetween);
  await shop.acknowledged();
  expect(await statusOf(inBetween)).toBe('closed');
  const whole = await balancesOf(real.hub().inside().db);
  expect(Object.values(whole).some((balance) => balance !== 0)).toBe(true);

  await real.stop();
  await real.restore();
  // While the hub is away the shop goes on.
  const last = await shop.rent();
  await real.start({ restored: true });
  await happens(
    'everything to be there again',
    async () => `${[await statusOf(inBetween), await statusOf(last)]}` === 'closed,active',
  );
  await shop.acknowledged();
  expect(await stores().deadLetters.count({})).toBe(0);
  await happens(
    'the former certificates to be replaced',
    async () => `${await everybody()}` === `${renewed}`,
  );
  expect(await balancesOf(real.hub().inside().db)).toEqual(whole);
  const open = await stores().alerts.list({ clearedAt: null }, { orderBy: ['code', 'subject'], limit: 50 });
  // The shop's other terminals are rows alone, and 61 days have passed: whether the hub has looked at their certificates by now is chance.
  const ours = open.filter(
    ({ code, subject }) => code !== 'certificate_expired' || subject.startsWith('real-'),
  );
  expect(ours.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
    'certificate_recorded_again real-kiosk',
    'certificate_recorded_again real-return',
    'hub_restored database',
  ]);
  expect(await shop.kiosk.refreshBundle()).toBe(true);
});
