import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { ReturnId } from '#shared/kernel/ids.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { signerFromPem } from '#shared/media/device-key.ts';
import { newId } from '#shared/ports/random.ts';
import {
  cardPart,
  FIRST_RECEIPT,
  type ReceiptLink,
  signedCopy,
  signedReturn,
  started,
  TITLE,
} from '#test/support/rental-facts.ts';
import type { Answering } from './fleet-process.ts';
import { type SimulatedTerminal, simulatedTerminal, type Tally, type Told } from './fleet-terminal.ts';
import type { FleetOrder, TerminalsAnswer, TerminalsSetup } from './fleet-words.ts';

/** Handshakes under way from one process at once. */
const AT_ONCE = 20;
const id = <Id extends string>(): Id => newId<Id>(systemClock, systemRandom);

interface Made {
  readonly terminal: SimulatedTerminal;
  readonly events: readonly Told[];
}

/** Simulated terminals, a kiosk and a return terminal in turn; what they report is signed with their own certificates. */
export async function fleetTerminals(setup: TerminalsSetup): Promise<Answering> {
  const tally: Tally = { sent: 0, acknowledged: 0, attempts: 0, batchAcks: [], heartbeatAcks: [] };
  const terminals = setup.terminals.map((own, at) =>
    simulatedTerminal(setup, own, setup.addresses[at % setup.addresses.length] as string, tally),
  );
  const signers = setup.terminals.map(({ chain }) => signerFromPem(setup.keyPem, chain));
  const links = new Map<number, ReceiptLink>();
  let made: Made[] = [];
  const answer = (begun: number): TerminalsAnswer => {
    const { batchAcks, heartbeatAcks, sent, acknowledged, attempts } = tally;
    tally.batchAcks = [];
    tally.heartbeatAcks = [];
    return { tookMs: performance.now() - begun, sent, acknowledged, attempts, batchAcks, heartbeatAcks };
  };

  /** One customer: takes a copy at a kiosk, brings it back to the terminal beside it. */
  const rental = async (pair: number): Promise<readonly Made[]> => {
    const [kiosk, back] = [2 * pair, 2 * pair + 1];
    const [signer, receiver] = [signers[kiosk], signers[back]];
    const [from, to] = [terminals[kiosk], terminals[back]];
    assert(
      signer !== undefined && receiver !== undefined && from !== undefined && to !== undefined,
      'a pair',
    );
    const memberToken = setup.memberTokens[systemRandom.below(setup.memberTokens.length)] as string;
    const copy = await signedCopy(signer, systemClock.now(), { newId: id, memberToken });
    const returnId = id<ReturnId>();
    const link = links.get(back) ?? FIRST_RECEIPT;
    const parts = [cardPart(copy, returnId, 400)];
    const told = await signedReturn(copy, receiver, systemClock.now(), link, { returnId, parts });
    links.set(back, told.link);
    const rated = { rentalId: copy.rentalId, titleId: TITLE, stars: 4, at: systemClock.now() };
    return [
      { terminal: from, events: [{ kind: 'rental.started', data: started(copy) }] },
      {
        terminal: to,
        events: [
          { kind: 'return.accepted', data: told.accepted },
          { kind: 'return.destroyed', data: told.destroyed },
          { kind: 'rating.given', data: rated },
        ],
      },
    ];
  };
  const settled = async (): Promise<void> => {
    while (terminals.some((terminal) => terminal.waiting() > 0)) {
      for (const terminal of terminals) terminal.remind();
      await systemClock.sleep(milliseconds(20));
    }
  };
  /** At its time, whether the hub keeps up or not. */
  const report = async (eventsPerSecond: number): Promise<void> => {
    const begun = performance.now();
    const passed = () => (performance.now() - begun) / 1000;
    let events = 0;
    let beaten = 0;
    const perSecond = terminals.length / setup.heartbeatSeconds;
    const queue = made;
    made = [];
    for (let at = 0; at < queue.length; ) {
      for (; at < queue.length && events <= passed() * eventsPerSecond; at += 1) {
        const each = queue[at] as Made;
        each.terminal.report(each.events, begun + (events / eventsPerSecond) * 1000);
        events += each.events.length;
      }
      for (; beaten < passed() * perSecond; beaten += 1)
        terminals[beaten % terminals.length]?.beat(begun + (beaten / perSecond) * 1000);
      await systemClock.sleep(milliseconds(2));
    }
  };
  const connectAll = async (): Promise<void> => {
    const queue = [...terminals];
    const worker = async (): Promise<void> => {
      for (let one = queue.pop(); one !== undefined; one = queue.pop()) await one.connect();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  };
  const obey = async (order: FleetOrder): Promise<void> => {
    if (order.order === 'make') {
      const pairs = Math.floor(terminals.length / 2);
      for (let n = 0; n < order.rentals; n += 1) made.push(...(await rental(n % pairs)));
    } else if (order.order === 'report') await report(order.eventsPerSecond);
    else if (order.order === 'settle') await settled();
    else if (order.order === 'storm') {
      for (const terminal of terminals) terminal.cut();
      // Customers go on meanwhile: it waits in the outboxes.
      for (const each of made) each.terminal.report(each.events, performance.now());
      made = [];
      await Promise.all(terminals.map((terminal) => terminal.connect()));
      await settled();
    }
  };
  const begun = performance.now();
  await connectAll();
  return {
    first: answer(begun),
    answer: async (order) => {
      const began = performance.now();
      await obey(order);
      return answer(began);
    },
    end: async () => {
      for (const terminal of terminals) terminal.cut();
    },
  };
}
