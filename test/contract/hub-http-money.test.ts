import { afterAll, beforeAll, expect, it } from 'vitest';
import * as api from '#shared/protocol/terminal-api.ts';
import { startTestHub, type TestHub, type TestTerminal } from './hub-harness.ts';

/** Money by HTTP, asked again by a terminal that lost the answer. */
let hub: TestHub;
let kiosk: TestTerminal;
beforeAll(async () => {
  hub = await startTestHub();
  kiosk = await hub.terminal('kiosk', 'kiosk-one');
});
afterAll(() => hub.close());

it('PAY-1, LED-2: a top-up asked again after the member signed out is the same top-up; a new one needs the member', async () => {
  const person = { displayName: 'Ann', birthYear: 1980, pin: '1234', language: 'en' };
  const registered = api.registerAnswer.parse((await hub.ask(kiosk, '/members/register', person)).body);
  const { sessionToken } = registered.session;
  const payment = {
    sessionToken,
    key: 'top-up:1',
    purpose: 'prepaid',
    amount: { minor: 2000, currency: 'EUR' },
    authorisationId: 'auth-1',
  };
  const status = async (change: object = {}) =>
    (await hub.ask(kiosk, '/members/top-up', { ...payment, ...change })).status;
  expect(await status({ key: 'top-up:0', amount: { minor: -5, currency: 'EUR' } })).toBe(400);
  expect(await status()).toBeLessThan(300);
  const session = api.memberSession.parse((await hub.ask(kiosk, '/members/session', { sessionToken })).body);
  expect(session.prepaid.minor).toBe(2000);
  await hub.ask(kiosk, '/members/sign-out', { sessionToken });
  expect(await status()).toBeLessThan(300);
  expect(await status({ amount: { minor: 9000, currency: 'EUR' } })).toBe(401);
  expect(await status({ key: 'top-up:2' })).toBe(401);
  const { stores } = hub.hub.inside().db;
  const clearing = await stores.ledger.balances(['card_clearing:EUR']);
  expect(clearing.get('card_clearing:EUR')?.posted).toBe(2000);
});
