import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { offlineChallenge, slotMac } from '#shared/media/slot-proof.ts';
import type { Random } from '#shared/ports/random.ts';
import type { StolenTerminal } from '../world/stolen-terminal.ts';
import type { World } from '../world/world.ts';
import { Means } from './deed.ts';
import { FORGED_EVENTS } from './forged-events.ts';
import { FORGED_PACKETS } from './forged-packets.ts';
import { FORGED_QUESTIONS } from './forged-questions.ts';
import { Hearsay, type TornReturn } from './hearsay.ts';
import type { Town } from './town.ts';

const MINUTE = 60_000;
/** Between two deeds, on average. */
const PAUSE = 12 * MINUTE;
/** How often he looks about for torn media. */
const LOOKS = 6 * MINUTE;
const DEEDS = [...FORGED_EVENTS, ...FORGED_PACKETS, ...FORGED_QUESTIONS];

/** Somebody who holds a terminal's true keys and tries everything with them, in any order, until `until`; what he wrote he sends until it is acknowledged, as a terminal does. */
export async function rob(world: World, town: Town, stolen: StolenTerminal, until: EpochMs): Promise<void> {
  const random = world.random('thief');
  const means = new Means(stolen, new Hearsay(world, town, random), random);
  for (;;) {
    await world.time.sleep(random.below(2 * PAUSE));
    if (world.time.now() >= until) return;
    const deed = DEEDS[random.below(DEEDS.length)] as (typeof DEEDS)[number];
    if (!(await deed.commit(means))) continue;
    stolen.note(deed.name);
    world.wire.count('thief’s deed');
    await stolen.send();
  }
}

/** The steps of a drive from the moment at which a return is under way to its receipt, more or less. */
const STEPS = 30;

/** He jostles people, so that their sticks come out while a key is being destroyed; who has had that goes away, and comes back some hours later. */
function jostle(world: World, town: Town, random: Random, until: EpochMs): void {
  for (const customer of town.customers)
    customer.jostled = (terminal) => {
      if (random.below(4) > 0 || world.time.now() >= until) return;
      terminal.drive().setFault({ at: { step: 1 + random.below(STEPS), effect: 'pull-after' } });
      world.time.after(MINUTE, () => {
        if (terminal.up()) terminal.drive().setFault({});
      });
      world.wire.count('customer jostled');
    };
}

/**
 * He reads the id of a torn return off the stick that somebody brings away from a terminal, most of which lose their record in his hands, and tells of it as if he had taken the medium: at
 * the rental's start, half an hour ago, or tomorrow (SEC-4, RET-7). Of the slot he has nothing.
 */
export async function lurk(world: World, town: Town, stolen: StolenTerminal, until: EpochMs): Promise<void> {
  const random = world.random('thief lurks');
  jostle(world, town, world.random('thief jostles'), until);
  const means = new Means(stolen, new Hearsay(world, town, random), random);
  const told = new Set<string>();
  for (;;) {
    await world.time.sleep(random.below(2 * LOOKS));
    if (world.time.now() >= until) return;
    const torn = means.heard.torn(told);
    if (torn === null) continue;
    told.add(torn.returnId);
    if (random.below(4) > 0) {
      torn.loseRecord();
      world.wire.count('record of a torn return lost');
    }
    await claim(means, torn);
    stolen.note('claims a torn return');
    world.wire.count('thief’s deed');
    await stolen.send();
  }
}

async function claim({ stolen, random }: Means, { returnId, licence, jws }: TornReturn): Promise<void> {
  const { rentalId, copyId } = licence.keyturn;
  const now = stolen.now();
  const times = [licence.rights.start, epochMs(now - 30 * MINUTE), epochMs(now + 24 * 60 * MINUTE)];
  const t0 = times[random.below(times.length)] as EpochMs;
  const stamp = random.below(2) === 0 ? {} : { deviceTime: t0 };
  const asked = { returnId, rentalId, copyId, licence: jws, t0 };
  if (random.below(2) === 0) await stolen.ask('/returns/open', { ...asked, stamp: stolen.stamp(stamp) });
  stolen.write('return.accepted', { ...asked, offlineSince: random.below(2) === 0 ? null : 0 }, stamp);
  const { nonce } = offlineChallenge(stolen.id, 1 + random.below(2 ** 32));
  const due = { minor: 0, currency: 'EUR' };
  const intent = { returnId, rentalId, quote: null, provisional: null, parts: [], due };
  const proof = { nonce, mac: slotMac('Z3Vlc3NlZA', nonce, returnId) };
  stolen.write('return.intent', { ...intent, ...(random.below(2) === 0 ? {} : { proof }) }, stamp);
}
