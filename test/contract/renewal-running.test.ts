import { afterAll, beforeAll, expect, it } from 'vitest';
import { hubTransport } from '#shared/edge/drivers/hub-transport.ts';
import { createHubClient } from '#shared/edge/hub-client.ts';
import { createTerminal, type TerminalRuntime } from '#shared/edge/runtime.ts';
import { noBusiness } from '#shared/edge/testing/a-bundle.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import type { TlsIdentity } from '#shared/tls/peer.ts';
import { happens } from '#test/support/live-fleet.ts';
import { HOUR, started, type TestRental, writtenCopy } from './hub-world.ts';
import { type RealHub, startRealHub } from './real-terminals.ts';

const KIOSK = 'real-kiosk' as TerminalId;
let real: RealHub;
let kiosk: TerminalRuntime;
let former: TlsIdentity;

beforeAll(async () => {
  real = await startRealHub(true);
  kiosk = createTerminal({
    ...(await real.parts(KIOSK, 'kiosk')),
    drives: () => [],
    temperatureCelsius: () => null,
    onCommand: () => 'now',
    restart: () => {},
    business: noBusiness,
    leave: () => {},
  });
  await kiosk.start();
});
afterAll(async () => {
  await kiosk?.stop();
  await real?.end();
});

async function rent(): Promise<TestRental> {
  const { signer } = kiosk.identity;
  const rental = await writtenCopy({ kiosk: signer } as never, real.clock.now());
  kiosk.record((tx) => tx.emit({ kind: 'rental.started', data: started(rental) }));
  return rental;
}

/** What the hub took for an attack: codes of its alerts. */
async function attacks(): Promise<readonly string[]> {
  const alerts = await real.hub().inside().db.stores.alerts.list({}, { limit: 50 });
  return alerts.map(({ code }) => code).filter((code) => code.startsWith('security_'));
}

it('SEC-1, SEC-2: a kiosk at work renews its certificate at two thirds of its life, goes over to it on broker and HTTP, and loses no event', async () => {
  const { stores } = real.hub().inside().db;
  const states = async () =>
    (await stores.certificates.list({ terminalId: KIOSK }, { orderBy: ['issuedAt'], limit: 9 })).map(
      ({ state }) => state,
    );
  await happens('the kiosk to be online', () => kiosk.online());
  former = kiosk.identity.tls;
  const rentals = [await rent()];
  real.pass(61 * 24 * HOUR);
  rentals.push(await rent());
  await happens('the new certificate to be in use', async () => (await states())[0] === 'superseded');
  expect(await states()).toEqual(['superseded', 'active']);
  expect(kiosk.identity.tls.keyPem).not.toBe(former.keyPem);
  rentals.push(await rent());
  await happens('the kiosk to be back', () => kiosk.online());
  await happens('every event to be acknowledged', () => {
    const { acked, last } = kiosk.store.position(0);
    return acked === last;
  });
  expect(await kiosk.refreshBundle()).toBe(true);
  for (const { rentalId } of rentals)
    expect((await stores.rentals.find({ rentalId }))?.status).toBe('active');
  expect(await attacks()).toEqual([]);
});

it('SEC-1, PR-21: a question that was under way with the former certificate is asked again with the next one, and is no attack', async () => {
  const { trust, tls } = kiosk.identity;
  let current = former;
  const transport = hubTransport({ trust, clock: real.clock, identity: () => current });
  const asked = createHubClient({ transport, hubUrl: real.hubUrl }).health();
  current = tls;
  expect(await asked).toEqual({ ok: true });
  expect(await attacks()).toEqual([]);
  // With nothing else to show the answer is what it is.
  current = former;
  expect(await createHubClient({ transport, hubUrl: real.hubUrl }).health()).toMatchObject({
    error: { code: 'certificate_superseded' },
  });
});
