import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { epochMs, milliseconds } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import type { DecommissionOrder } from '#shared/protocol/commands.ts';
import { createLeaving, type LeaveFacts, mayAskToWipe, type OpenBusiness } from './leaving.ts';
import { memoryStore } from './store-memory.ts';

const count = fc.nat({ max: 3 });
const NOBODY: OpenBusiness = { customer: false, unfinished: 0, cards: [], elsewhere: { held: 1, torn: 2 } };
const CARD = { kind: 'void', key: 'r:hold', amount: { minor: 500, currency: 'EUR' } } as const;

function aTerminal(change: { hub?: () => Promise<'yes' | 'no'> } = {}) {
  const clock = simulatedClock(epochMs(1_800_000_000_000));
  const store = memoryStore({ epoch: 'epoch-1' });
  const state = {
    order: { orderId: 'order-1', nevertheless: false } as DecommissionOrder | null,
    open: NOBODY,
    online: true,
    settled: 0,
    asked: 0,
    left: [] as LeaveFacts[],
    restarts: 0,
  };
  const leaving = createLeaving({
    lookEvery: milliseconds(2_000),
    store,
    clock,
    log: silentLog,
    business: {
      open: () => state.open,
      settle: async () => {
        state.settled += 1;
      },
    },
    hub: {
      readyToWipe: async () => {
        state.asked += 1;
        const word = (await change.hub?.()) ?? 'yes';
        return word === 'yes' ? ok({ orderId: 'order-1' }) : fault('decommission_events_missing', 'not yet');
      },
    },
    order: () => state.order,
    online: () => state.online,
    leave: (facts) => state.left.push(facts),
    restart: () => {
      state.restarts += 1;
    },
  });
  const happen = () =>
    store.transaction((tx) =>
      tx.append({
        id: '0199d0c8-1c00-7000-8000-000000000001' as never,
        kind: 'rating.given',
        lane: 0,
        stamp: { deviceTime: clock.now(), monotonic: 1, bootId: 'b', clockOffset: 0, clockError: 0 } as never,
        data: {},
      }),
    );
  leaving.start();
  return { ...state, state, store, leaving, happen, pass: () => clock.advance(milliseconds(5_000)) };
}

describe('leaving the fleet', () => {
  it('FLT-3: whatever else is so, nobody asks to be wiped with an event that the hub has not acknowledged, a customer, or something under way', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        count,
        count,
        count,
        fc.boolean(),
        (customer, unfinished, cards, events, word) => {
          const may = mayAskToWipe({ customer, unfinished, cards, events }, word);
          expect(may).toBe(!customer && unfinished === 0 && events === 0 && (word || cards === 0));
        },
      ),
    );
  });

  it('FLT-3: nobody asked: it serves on; asked: it settles, asks the hub, decides once and ends', async () => {
    const one = aTerminal();
    one.state.order = null;
    await one.pass();
    expect(one.leaving.owes()).toBeNull();
    expect(one.state).toMatchObject({ settled: 0, asked: 0, restarts: 0 });
    one.state.order = { orderId: 'order-1', nevertheless: false };
    expect(one.leaving.owes()).toEqual({ customer: false, unfinished: 0, cards: 0, events: 0 });
    await one.pass();
    await one.pass();
    expect(one.state).toMatchObject({ settled: 1, asked: 1, restarts: 1 });
    expect(one.state.left).toEqual([
      {
        orderId: 'order-1',
        lanes: [0, 1].map((lane) => ({ lane, epoch: 'epoch-1', last: -1 })),
        elsewhere: { held: 1, torn: 2 },
        openCards: [],
      },
    ]);
  });

  it('FLT-3: it stays while an event waits, a customer is there, the hub is away or says no', async () => {
    const one = aTerminal();
    one.happen();
    await one.pass();
    expect(one.leaving.owes()?.events).toBe(1);
    one.store.acknowledge(0, 0, epochMs(1));
    one.state.open = { ...NOBODY, customer: true };
    await one.pass();
    one.state.open = NOBODY;
    one.state.online = false;
    await one.pass();
    expect(one.state).toMatchObject({ asked: 0, left: [] });
    const refused = aTerminal({ hub: async () => 'no' });
    await refused.pass();
    expect(refused.state.asked).toBeGreaterThan(0);
    expect(refused.state.left).toEqual([]);
  });

  it('FLT-3: what happens while the hub thinks makes its yes worth nothing', async () => {
    for (const change of [
      (one: ReturnType<typeof aTerminal>) => one.happen(),
      (one: ReturnType<typeof aTerminal>) => {
        one.state.open = { ...NOBODY, customer: true };
      },
      (one: ReturnType<typeof aTerminal>) => {
        one.state.order = null;
      },
    ]) {
      const one = aTerminal({
        hub: async () => {
          change(one);
          return 'yes';
        },
      });
      await one.pass();
      expect(one.state.asked).toBeGreaterThan(0);
      expect(one.state.left).toEqual([]);
    }
  });

  it('FLT-3: a card that is never answered holds it back until staff say nevertheless; then the receipt names it', async () => {
    const one = aTerminal();
    one.state.open = { ...NOBODY, cards: [CARD] };
    await one.pass();
    expect(one.state.left).toEqual([]);
    one.state.order = { orderId: 'order-1', nevertheless: true };
    await one.pass();
    expect(one.state.left[0]?.openCards).toEqual([CARD]);
  });
});
