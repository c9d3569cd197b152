import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { STORY_TARIFF } from '#firmware-sim/story/shop.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type { RentalId, ReturnId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import { quotePayload } from '#shared/protocol/terminal-api.ts';
import type { Attack } from '#test/attack/contract.ts';
import { payloadOf, rentedStick } from '#test/attack/support/media.ts';
import { happens } from '#test/support/moments.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

export const clockBackAtTerminal: Attack = {
  id: 'clock-back-terminal',
  threat: 'clock-back-terminal',
  rule: 'SEC-6',
  on: 'once',
  expect: 'refused',
  ownFleet: true,
  async run(target) {
    const { fleet } = target;
    const rented = await rentedStick(target);
    const began = fleet.own.clock.now();
    await fleet.pass(6 * DAY);
    const { runtime } = fleet.own.returnTerminal;
    const { stores } = fleet.own.hub.inside().db;
    const { terminalId } = runtime.identity;
    await happens('the terminal to be heard after the days', async () => {
      const heard = (await stores.terminals.find({ terminalId }))?.heartbeatAt ?? 0;
      return heard > fleet.own.clock.now() - 10 * MINUTE;
    });
    // Late by days; the terminal was restarted with its clock at an hour after the rental.
    const licence = await readFile(join(rented.copy, 'licence.jws'), 'latin1');
    const { rentalId } = (payloadOf(licence) as { keyturn: { rentalId: RentalId } }).keyturn;
    const t0 = epochMs(began + 60 * MINUTE);
    const returnId = newId<ReturnId>(fleet.own.clock, systemRandom);
    const answer = await runtime.hub.openReturn({
      returnId,
      rentalId,
      copyId: rented.copyId,
      licence,
      t0,
      stamp: { deviceTime: t0, monotonic: 5, bootId: 'turned-back', clockOffset: null, clockError: null },
    });
    const quote =
      answer.ok && answer.value.quote !== null ? quotePayload.parse(payloadOf(answer.value.quote)) : null;
    return {
      outcome:
        quote !== null && quote.total.minor > STORY_TARIFF.firstPrice && quote.t0 > t0 + 5 * DAY
          ? 'refused'
          : 'got-through',
      evidence:
        quote === null
          ? JSON.stringify(answer)
          : `asked for the price of hour 1, was quoted ${quote.total.minor} of day ${((quote.t0 - began) / DAY).toFixed(1)}`,
      trace: { alert: 'clock_uncertain', subject: returnId },
    };
  },
};
