import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Attack, Target } from '#test/attack/contract.ts';
import { type Loot, purseOf, rentOne } from '#test/attack/support/stolen-terminal.ts';

/** Hands in whatever is on the medium and takes it out again. */
async function handIn({ fleet }: Target, stick: string): Promise<string> {
  const seen = await fleet.handIn(stick);
  if (seen.screen === 'choose') await fleet.giveBack();
  await fleet.goHome();
  await fleet.settled();
  return seen.screen;
}

/** Nothing came of the second return: one charge, the points of one, the rental closed. */
async function gained(target: Target, loot: Loot, before: string): Promise<string | null> {
  const after = await purseOf(target, loot);
  const rental = await target.fleet.onlyRental(loot.member);
  if (rental.status !== 'closed') return `the rental is ${rental.status}`;
  if (after !== before) return `the member's purse went from ${before} to ${after}`;
  return (await target.fleet.balanced()) ? null : 'the books do not balance';
}

export const cloneReturnedTwice: Attack = {
  id: 'clone-returned-twice',
  threat: 'clone-returned-twice',
  rule: 'SEC-8',
  on: 'every-broker',
  expect: 'detected',
  async run(target) {
    const { fleet } = target;
    const loot = await rentOne(target);
    const clone = fleet.stick();
    await cp(fleet.own.mediumFolder(loot.stick), fleet.own.mediumFolder(clone), { recursive: true });
    await fleet.returnAll(loot.stick);
    await fleet.settled();
    const before = await purseOf(target, loot);
    const screen = await handIn(target, clone);
    const wrong = await gained(target, loot, before);
    return {
      outcome: wrong === null ? 'detected' : 'got-through',
      evidence:
        wrong ?? `a bit-by-bit copy handed in after the medium (${screen}): no second charge, no points`,
      trace: { alert: 'security_clone_returned', subject: loot.licence.keyturn.copyId },
    };
  },
};

export const oldStateRestored: Attack = {
  id: 'old-state-restored',
  threat: 'old-state-restored',
  rule: 'SEC-4',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const { fleet } = target;
    const loot = await rentOne(target);
    const medium = fleet.own.mediumFolder(loot.stick);
    const image = join(target.scratch, `image-${loot.stick}`);
    await cp(medium, image, { recursive: true });
    await fleet.returnAll(loot.stick);
    await fleet.settled();
    const before = await purseOf(target, loot);
    await rm(join(medium, 'KEYTURN'), { recursive: true });
    await cp(join(image, 'KEYTURN'), join(medium, 'KEYTURN'), { recursive: true });
    const screen = await handIn(target, loot.stick);
    const wrong = await gained(target, loot, before);
    const opens = await fleet.opens(loot.stick);
    return {
      outcome: wrong === null && !opens.includes(true) ? 'refused' : 'got-through',
      evidence:
        wrong ??
        `the image from before the return put back (${screen}): no charge, no points, its key destroyed again`,
      trace: { alert: 'security_clone_returned', subject: loot.licence.keyturn.copyId },
    };
  },
};
