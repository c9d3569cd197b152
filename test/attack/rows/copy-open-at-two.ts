import { join } from 'node:path';
import type { Attack } from '#test/attack/contract.ts';
import { atKiosk, clonedStick, rentedStick } from '#test/attack/support/media.ts';
import { anotherPlayer, openAt, plays } from '#test/attack/support/players.ts';

const MINUTE = 60_000;

export const copyOpenAtTwo: Attack = {
  id: 'copy-open-at-two',
  threat: 'copy-open-at-two',
  rule: 'SEC-8',
  on: 'once',
  expect: 'detected',
  wears: 'time',
  async run(target) {
    const { fleet, scratch } = target;
    const { playerUrl, clock } = fleet.own;
    const rented = await rentedStick(target);
    const clone = await clonedStick(target, rented);
    const memory = join(scratch, 'other-player');
    const other = await anotherPlayer(target, { memory, medium: clone.folder, clock });
    try {
      await fleet.own.insert(rented.stick, 'player');
      const one = await openAt(playerUrl, rented.copyId);
      const two = await openAt(other.address, rented.copyId);
      // Two living rooms, one film, the same half an hour.
      await fleet.pass(30 * MINUTE);
      const both = [await plays(playerUrl, one.address), await plays(other.address, two.address)];
      if (both.includes(false)) throw new Error(`nothing to detect: ${one.refused}, ${two.refused}`);
      // Each goes to a terminal one day, and what its player left on it goes to the hub with it.
      fleet.own.pull('player');
      await fleet.returnAll(rented.stick);
      const atTheKiosk = await atKiosk(target, clone.stick);
      await fleet.settled();
      const { stores } = fleet.own.hub.inside().db;
      const sittings = await stores.copyOpenings.count({ copyId: rented.copyId });
      const [alert] = await stores.alerts.list(
        { code: 'security_copy_open_twice', subject: rented.copyId },
        { limit: 1 },
      );
      return {
        outcome: alert === undefined ? 'got-through' : 'detected',
        evidence: `played at both; ${sittings} sittings carried to the hub, the clone at the kiosk: ${atTheKiosk}; ${alert?.message ?? 'nobody heard'}`,
        trace: { alert: 'security_copy_open_twice', subject: rented.copyId },
      };
    } finally {
      await other.stop();
    }
  },
};
