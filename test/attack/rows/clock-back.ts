import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { STORY_TARIFF } from '#firmware-sim/story/shop.ts';
import { tariffView } from '#hub/http/contract/catalogue.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type { RentalId, ReturnId, TariffId } from '#shared/kernel/ids.ts';
import { epochMs, type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import { quotePayload } from '#shared/protocol/terminal-api.ts';
import type { Attack, Target } from '#test/attack/contract.ts';
import { payloadOf, rentedStick } from '#test/attack/support/media.ts';
import { anotherPlayer, openAt, plays } from '#test/attack/support/players.ts';
import { happens } from '#test/support/moments.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

export const clockBackAtTerminal: Attack = {
  id: 'clock-back-terminal',
  threat: 'clock-back-terminal',
  rule: 'SEC-6',
  on: 'once',
  expect: 'refused',
  wears: 'time',
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
    const bootId = 'turned-back';
    const ask = async (returnId: ReturnId, said: { readonly t0Boot?: string }) => {
      const answer = await runtime.hub.openReturn({
        returnId,
        rentalId,
        copyId: rented.copyId,
        licence,
        t0,
        stamp: { deviceTime: t0, monotonic: 5, bootId, clockOffset: null, clockError: null },
        ...said,
      });
      if (!answer.ok || answer.value.quote === null) throw new Error(`no quote: ${JSON.stringify(answer)}`);
      return quotePayload.parse(payloadOf(answer.value.quote));
    };
    const newReturn = () => newId<ReturnId>(fleet.own.clock, systemRandom);
    const dayOf = (at: number) => ((at - began) / DAY).toFixed(1);
    // Before version 1.3 nothing dated such a question: decided for the customer, and staff are told (SYN-4).
    const undated = newReturn();
    const favoured = await ask(undated, {});
    const quote = await ask(newReturn(), { t0Boot: bootId });
    return {
      outcome:
        quote.total.minor > STORY_TARIFF.firstPrice && quote.t0 > t0 + 5 * DAY ? 'refused' : 'got-through',
      evidence: `asked for the price of hour 1, was quoted ${quote.total.minor} of day ${dayOf(quote.t0)}; as an old program, ${favoured.total.minor} of day ${dayOf(favoured.t0)}`,
      trace: { alert: 'clock_uncertain', subject: undated },
    };
  },
};

/** A licence that ends: thirty days, and nobody keeps the copy by keeping it long. */
async function endingTariff({ fleet }: Target): Promise<TariffId> {
  const tariff = { ...STORY_TARIFF, name: 'Without keeping', keep: null };
  const made = await fleet.staff.post('/tariffs', { tariff }, tariffView);
  return made.tariffId;
}

export const clockBackAtPlayer: Attack = {
  id: 'clock-back-player',
  threat: 'clock-back-player',
  rule: 'SEC-6',
  on: 'once',
  expect: 'refused',
  wears: 'time',
  async run(target) {
    const { fleet, folder, scratch } = target;
    const rented = await rentedStick(target, undefined, await endingTariff(target));
    const { clock, playerUrl } = fleet.own;
    await fleet.own.insert(rented.stick, 'player');
    const within = await openAt(playerUrl, rented.copyId);
    const played = await plays(playerUrl, within.address);
    const then = epochMs(clock.now() + 5 * MINUTE);
    await fleet.pass(31 * DAY);
    const ended = await openAt(playerUrl, rented.copyId);
    // The customer turns the clock back to the first day, while the player runs and while it is off.
    const real = clock.now;
    Object.assign(clock, { now: () => then });
    try {
      const after = await openAt(playerUrl, rented.copyId);
      const still = await plays(playerUrl, within.address);
      const memory = join(scratch, 'switched-off-player');
      await cp(join(folder, 'player'), memory, { recursive: true });
      const monotonic = (): Milliseconds => milliseconds(1000);
      const off = { ...clock, now: () => then, monotonic };
      const restarted = await anotherPlayer(target, { memory, medium: rented.folder, clock: off });
      const again = await openAt(restarted.address, rented.copyId);
      await restarted.stop();
      const refused = after.refused !== null && again.refused !== null && !still;
      if (!played || ended.refused !== 'copy_expired')
        throw new Error(`nothing to attack: played ${played}, then ${ended.refused ?? 'open'}`);
      return {
        outcome: refused ? 'refused' : 'got-through',
        evidence: `played, then ${ended.refused}; clock set back: ${after.refused ?? 'open'}, old address ${still ? 'plays' : 'dead'}, after a restart ${again.refused ?? 'open'}`,
        trace: { playerLog: 'clock_set_back' },
      };
    } finally {
      Object.assign(clock, { now: real });
    }
  },
};
