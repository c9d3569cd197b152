import { setWithdrawn } from '#hub/app/catalogue/titles.ts';
import { memberBalances } from '#hub/app/ledger/balances.ts';
import { writeOff } from '#hub/app/ledger/write-off.ts';
import { settleComplaint } from '#hub/app/renting/complaints.ts';
import { closeSite } from '#hub/app/sites/closures.ts';
import { addTariff, listTariffs } from '#hub/app/tariffs/tariffs.ts';
import type { HubInside } from '#hub/hub.ts';
import { money } from '#shared/kernel/money.ts';
import type { Fault, Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Random } from '#shared/ports/random.ts';
import type { StaffDeed } from './world/deeds.ts';
import type { World } from './world/world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ANSWERED_WITHIN = 5 * MINUTE;
export const ACTOR = 'staff:staff-of-the-simulation';
const MOST = 100_000;

type Wish = StaffDeed extends infer One ? (One extends StaffDeed ? Omit<One, 'done'> : never) : never;
type Happened = (kind: string, what?: string) => void;
type Act = (world: World, random: Random, happened: Happened) => Promise<void>;

/** One thing that staff do at the console, whatever else breaks meanwhile: money back, a debt given up, days on which a shop was or will be closed, a new price, a title out of the shops for some hours. */
export const staffAct: Act = async (world, random, happened) => {
  const acts: readonly Act[] = [refund, refund, giveUpDebt, closeShop, changePrice, takeOut];
  await (acts[random.below(acts.length)] as Act)(world, random, happened);
};

/**
 * Asks a hub that serves until it has answered, as whoever sits before a form that says nothing: the same form again.
 */
export async function atHub<T>(world: World, ask: (inside: HubInside) => Promise<T>): Promise<T> {
  const { time, hub, secondHub } = world;
  for (;;) {
    const serving = [hub, secondHub].find((one) => one.awake());
    const late = time.sleep(ANSWERED_WITHIN).then(() => null);
    const asked = serving === undefined ? null : ask(serving.inside()).then((value) => ({ value }));
    const answer = await Promise.race([asked?.catch(() => null) ?? null, late]);
    if (answer !== null) return answer.value;
    await time.sleep(ANSWERED_WITHIN);
  }
}

/** Asks a hub that serves, once; null: nobody answers. */
export function askOnce<T>(
  { time, hub, secondHub }: World,
  ask: (inside: HubInside) => Promise<T>,
): Promise<T | null> {
  const serving = [hub, secondHub].find((one) => one.awake());
  if (serving === undefined) return Promise.resolve(null);
  const late = time.sleep(ANSWERED_WITHIN).then(() => null);
  return Promise.race([ask(serving.inside()).catch(() => null), late]);
}

/** SEC-6: the code that a player shows is one of two weeks ago, and ends soon; false: it has none any more. */
export async function ageCode(world: World, playerId: string, until: EpochMs): Promise<boolean> {
  const aged = await askOnce(world, ({ db }) =>
    db.transaction(async ({ playerPairings }) => {
      const row = await playerPairings.first({ playerId });
      if (row === null) return false;
      await playerPairings.patch({ codeHash: row.codeHash }, { expiresAt: until });
      return true;
    }),
  );
  return aged === true;
}

/** The same form until it is answered; false: it was refused. */
async function send(
  world: World,
  key: string,
  deed: Wish,
  ask: (inside: HubInside) => Promise<Result<unknown, Fault>>,
): Promise<boolean> {
  world.deeds = new Map([...world.deeds, [key, { ...deed, done: false }]]);
  const { ok } = await atHub(world, ask);
  const others = [...world.deeds].filter(([other]) => other !== key);
  world.deeds = new Map(ok ? [...others, [key, { ...deed, done: true }]] : others);
  return ok;
}

/** Chosen once: the same form is sent again until it is answered. */
const refund: Act = async (world, random, happened) => {
  const key = `complaint-${world.time.now()}`;
  const [at, share] = [random.below(1_000), 1 + random.below(100)];
  const wish = await atHub(world, async ({ db }) => {
    const closed = await db.stores.rentals.list({ status: 'closed' }, { orderBy: ['rentalId'], limit: MOST });
    const rental = closed[at % Math.max(1, closed.length)];
    const total = rental?.charge?.total;
    if (rental === undefined || total === undefined || total.minor === 0) return null;
    const amount = money(Math.max(1, Math.floor((total.minor * share) / 100)), total.currency);
    return { rentalId: rental.rentalId, amount };
  });
  if (wish === null) return;
  const { rentalId, amount } = wish;
  const form = { key, kind: 'refund', amount, reason: 'does not play' } as const;
  const deed = { reason: 'complaint_refund', of: rentalId, minor: amount.minor } as const;
  if (await send(world, key, deed, (inside) => settleComplaint(inside, ACTOR, null, rentalId, form)))
    happened('money given back', `${rentalId} ${amount.minor}`);
};

const giveUpDebt: Act = async (world, random, happened) => {
  const key = `debt-${world.time.now()}`;
  const member = world.shop.members[random.below(world.shop.members.length)];
  const share = 1 + random.below(100);
  if (member === undefined) return;
  const { memberId, currency } = member;
  const { amountDue } = await atHub(world, ({ db }) => memberBalances(db.stores, memberId, currency));
  const minor = Math.ceil((amountDue.minor * share) / 100);
  if (minor === 0) return;
  const wish = { key, amount: money(minor, currency), cause: 'uncollectable' } as const;
  const people = { actor: ACTOR, secondPerson: null } as const;
  const deed = { reason: 'written_off', of: memberId, minor } as const;
  const given = await send(world, key, deed, (inside) =>
    inside.db.transaction((stores) => writeOff(inside, stores, people, memberId, wish)),
  );
  if (given) happened('debt given up', `${memberId} ${minor}`);
};

/** CHG-4: a day of the last or the next ones, for rentals that are out, closed, or to come. */
const closeShop: Act = async (world, random, happened) => {
  const siteId = world.shop.siteIds[random.below(world.shop.siteIds.length)];
  const first = world.time.now() + (random.below(6) - 3) * DAY;
  const days = random.below(2);
  if (siteId === undefined) return;
  const closure = { from: dayOf(first), to: dayOf(first + days * DAY) };
  const key = `closure-${siteId}-${closure.from}-${closure.to}`;
  const deed = { reason: 'closure', of: siteId, closure } as const;
  if (await send(world, key, deed, (inside) => closeSite(inside, ACTOR, siteId, closure)))
    happened('shop closed', `${siteId} ${closure.from} ${closure.to}`);
};
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** CHG-4: what is out keeps its price; whoever looks at an open rental with the new one is wrong by half of it. */
const changePrice: Act = async (world, random, happened) => {
  const [at, perCent] = [random.below(1_000), 50 + random.below(150)];
  const changed = await atHub(world, async (inside) => {
    const tariffs = await listTariffs(inside.db.stores);
    const tariff = tariffs[at % tariffs.length];
    if (tariff === undefined) return null;
    const { tariffId, version: _, ...content } = tariff;
    const firstPrice = Math.max(1, Math.floor((tariff.firstPrice * perCent) / 100));
    const furtherPrice = Math.max(1, Math.floor((tariff.furtherPrice * perCent) / 100));
    const made = await addTariff(inside, tariffId, { ...content, firstPrice, furtherPrice });
    return made.ok ? `${tariff.name} ${firstPrice}` : null;
  });
  if (changed !== null) happened('price changed', changed);
};

const takeOut: Act = async (world, random, happened) => {
  const titleId = world.shop.titleIds[random.below(world.shop.titleIds.length)];
  const hours = random.below(12);
  if (titleId === undefined) return;
  await atHub(world, (inside) => setWithdrawn(inside, titleId, true));
  happened('title taken out of the shops', titleId);
  await world.time.sleep(hours * HOUR);
  await atHub(world, (inside) => setWithdrawn(inside, titleId, false));
};
