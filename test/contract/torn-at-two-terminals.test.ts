import { generateIdentity } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import { type MemoryMedium, memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import type { MemberId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { stateFile } from '#shared/media/layout.ts';
import type { Signer } from '#shared/ports/signer.ts';
import type { EventData, EventKind } from '#shared/protocol/events.ts';
import {
  aRentedMedium,
  aTerminal,
  type Fleet,
  NOON,
  type TestTerminal,
} from '#test/support/return-terminal/a-terminal.ts';
import { walk } from '#test/support/return-terminal/walk.ts';
import { addMember, HOUR, id, lane } from './hub-world.ts';
import { reportedReturns } from './reported-returns.ts';

/**
 * RET-3: a medium goes back and forth between two return terminals that cannot finish it, and loses its record in between: what their programs really tell, without the hub, and sign
 * comes to a real hub, in each order.
 */
const stage = reportedReturns();
const BEGUN = epochMs(NOON + 24 * HOUR);

/** A copy that a kiosk wrote, and the hub knows of. */
async function rented(fleet: Fleet, seed: string) {
  const { medium, copies } = await aRentedMedium(fleet, [1], { seed });
  const [copy] = copies;
  if (copy === undefined) throw new Error('something is rented');
  const { rentalId, licenceJws, startedAt, slotProofKey, chunkHashes } = copy.commit;
  const { memberToken: token } = copy.licence.keyturn;
  if ((await stage.hub.db.stores.members.first({ token })) === null)
    await addMember(stage.hub.db, id<MemberId>(), token, '1000009');
  const kiosk = lane('kiosk-1', 0, seed);
  const how = { verification: 'sampled', offline: false, hold: null } as const;
  const written = { rentalId, licence: licenceJws, startedAt, slotProofKey, chunkHashes: [...chunkHashes] };
  kiosk.add('rental.started', { ...written, ...how }, startedAt);
  await commitGroup(stage.hub.db, stage.rules, [kiosk.batch()]);
  return { medium, rentalId, copyId: copy.copyId };
}

/** Puts the medium into a terminal; `torn`: which swaps it for another one before the slot is read back. */
async function take(terminal: TestTerminal, medium: MemoryMedium, at: EpochMs, torn: boolean) {
  await terminal.clock.advance(at - terminal.clock.now());
  await terminal.drive.insert(medium);
  terminal.drive.setFault(torn ? { swapAtPowerCycle: memoryMedium('another') } : {});
  await walk(terminal);
}

async function told(signer: Signer, { store }: TestTerminal): Promise<void> {
  const events = lane(signer.id);
  for (const { kind, data, stamp } of store.read(0, 0, { events: 1_000, bytes: 10_000_000 }))
    events.add(kind as EventKind, data as EventData<EventKind>, stamp.deviceTime);
  await commitGroup(stage.hub.db, stage.rules, [events.batch()]);
}

describe('a return that is torn at one terminal, lost its record, and is torn at another', () => {
  // Who finishes it at last, and of whom the hub hears first.
  it.each([
    ['one', 'one'],
    ['one', 'two'],
    ['two', 'one'],
    ['two', 'two'],
  ] as const)(
    'RET-3, CHG-1, SEC-4: finished by terminal %s, terminal %s heard first: receipt and event tell the T0 of the one that began, and nothing is kept back',
    async (finisher, first) => {
      const { fleet: authority, kiosk } = stage.devices;
      const [one, two] = [await stage.terminal(), await stage.terminal()];
      const { trust, hubSigner: hub } = authority;
      const readKey = await generateIdentity();
      const fleet: Fleet = { trust, hub, kiosk, terminal: one, other: two, readKey };
      const { medium, rentalId, copyId } = await rented(fleet, `${finisher}-${first}`);
      const here = aTerminal(fleet, { at: BEGUN, seed: `one-${finisher}-${first}` });
      const there = aTerminal(fleet, { signer: two, at: BEGUN, seed: `two-${finisher}-${first}` });
      for (const { hub: line } of [here, there]) line.away = true;
      await take(here, medium, BEGUN, true);
      medium.files.get(stateFile(copyId))?.fill(0);
      await take(there, medium, epochMs(BEGUN + HOUR), true);
      await take(here, medium, epochMs(BEGUN + 2 * HOUR), finisher === 'two');
      if (finisher === 'two') await take(there, medium, epochMs(BEGUN + 3 * HOUR), false);

      if (first === 'one') await told(one, here);
      await told(two, there);
      if (first === 'two') await told(one, here);
      for (const { id: terminalId } of [one, two]) expect(await stage.causesOf(terminalId)).toEqual([]);
      const { stores } = stage.hub.db;
      const row = await stores.rentals.find({ rentalId });
      expect([row?.status, row?.state?.basis?.stop]).toEqual(['closed', BEGUN]);
      const [known, ...more] = await stores.returns.list({ rentalId }, { limit: 2 });
      expect([known?.state, known?.t0, more]).toEqual(['destroyed', BEGUN, []]);
    },
  );
});
