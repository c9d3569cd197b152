import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TitleId } from '#shared/kernel/ids.ts';
import {
  happens,
  type LiveFleet,
  startLiveFleet,
  type TestMember,
  watchedMedium,
} from '#test/support/live-fleet.ts';
import { mqttAs } from '#test/support/mqtt-as.ts';
import { type PostgresCluster, startPostgres } from '#test/support/real-parts.ts';
import { type ShopBroker, startShopBroker } from '#test/support/shop-broker.ts';

let cluster: PostgresCluster;
let shop: ShopBroker;
let broker: ShopBroker['broker'];
let fleet: LiveFleet;
let title: TitleId;

beforeAll(async () => {
  cluster = await startPostgres();
  const database = await cluster.createDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-e2e-'));
  shop = await startShopBroker(folder);
  broker = shop.broker;
  fleet = await startLiveFleet({ databaseUrl: database.url, folder, broker: shop });
  title = await fleet.title('Lighthouse', { bytes: 3_000_000 });
});
afterAll(async () => {
  await fleet?.stop();
  await broker?.stop();
  await cluster?.stop();
});

async function rented(): Promise<{ member: TestMember; stick: string }> {
  const member = await fleet.member(1000);
  const stick = fleet.stick();
  const done = await fleet.rent(stick, member, [title]);
  expect(done.lines[0]?.state).toBe('written');
  await happens(
    'the rental to be active at the hub',
    async () => (await fleet.onlyRental(member)).status === 'active',
  );
  return { member, stick };
}

/** Returns the stick; `strike` happens when the key's place has been overwritten, before anything is proven or reported. */
async function returnWhile(stick: string, strike: () => Promise<void>): Promise<void> {
  let struck = false;
  const medium = watchedMedium(stick, fleet.own.mediumFolder(stick), async (path, moment) => {
    if (struck || !path.endsWith('slot.age') || moment !== 'after') return;
    struck = true;
    await strike();
  });
  const seen = await fleet.handIn(medium);
  expect(seen).toMatchObject({ screen: 'choose', lines: [{ provisional: false, total: { minor: 400 } }] });
  const receipt = await fleet.giveBack();
  expect(receipt.lines[0]).toMatchObject({ work: 'destroyed', paid: [{ means: 'prepaid' }] });
  await fleet.goHome();
  expect(struck).toBe(true);
}

async function settledOnce(member: TestMember, stick: string): Promise<void> {
  await happens('the rental to be closed', async () => {
    const about = await fleet.about(member).catch(() => null);
    return about?.rentals[0]?.status === 'closed';
  });
  const rental = await fleet.onlyRental(member);
  expect(rental).toMatchObject({ status: 'closed', charge: { minor: 400 } });
  expect(rental.receipts).toHaveLength(1);
  expect(rental.returns.filter((one) => one.state === 'destroyed')).toHaveLength(1);
  expect((await fleet.about(member)).prepaid.minor).toBe(600);
  expect(await fleet.balanced()).toBe(true);
  expect(await fleet.opens(stick)).toEqual([false]);
}

describe('PostgreSQL and Mosquitto', () => {
  it('RNT-1, RET-3, LED-1: the story on real parts', async () => {
    const { member, stick } = await rented();
    expect(await fleet.opens(stick)).toEqual([true]);
    await returnWhile(stick, async () => {});
    await settledOnce(member, stick);
  });

  it('SEC-2: nobody connects without a certificate, whatever name he gives', async () => {
    const { trust } = fleet.own.hub.inside();
    const nobody = { trust, clock: fleet.own.clock, identity: null };
    for (const url of [shop.terminalUrl, shop.url])
      await expect(mqttAs(url, nobody, { clientId: 'story-kiosk', username: 'story-kiosk' })).rejects.toThrow(
        /certificate required|closed/,
      );
  });

  it('SYN-1, SYN-2: the database dies in the middle of a return and comes back: settled exactly once', async () => {
    const { member, stick } = await rented();
    await returnWhile(stick, () => cluster.crash());
    const waiting = fleet.own.returnTerminal.runtime.store.position(0);
    expect(waiting.acked).toBeLessThan(waiting.last);
    await cluster.start();
    await settledOnce(member, stick);
  });

  it('SYN-1, SYN-2: the broker is killed in the middle of a return and comes back: settled exactly once', async () => {
    const { member, stick } = await rented();
    await returnWhile(stick, () => broker.crash());
    const waiting = fleet.own.returnTerminal.runtime.store.position(0);
    expect(waiting.acked).toBeLessThan(waiting.last);
    await broker.start();
    await settledOnce(member, stick);
  });
});
