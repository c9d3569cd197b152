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
const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

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

async function told(
  at: number,
  signers: readonly Signer[],
  terminals: readonly TestTerminal[],
): Promise<void> {
  const [signer, terminal] = [signers[at], terminals[at]];
  if (signer === undefined || terminal === undefined) throw new Error('no such terminal');
  const events = lane(signer.id);
  for (const { kind, data, stamp } of terminal.store.read(0, 0, { events: 1_000, bytes: 10_000_000 }))
    events.add(kind as EventKind, data as EventData<EventKind>, stamp.deviceTime);
  await commitGroup(stage.hub.db, stage.rules, [events.batch()]);
}

/** Two or three terminals without the hub, and the fleet whose they are. */
async function shop(name: string, count: number) {
  const { fleet: authority, kiosk } = stage.devices;
  const signers: Signer[] = [];
  for (let at = 0; at < count; at += 1) signers.push(await stage.terminal());
  const [terminal, other] = signers as [Signer, Signer];
  const { trust, hubSigner: hub } = authority;
  const fleet: Fleet = { trust, hub, kiosk, terminal, other, readKey: await generateIdentity() };
  const terminals = signers.map((signer) =>
    aTerminal(fleet, { signer, at: BEGUN, seed: `${signer.id}-${name}` }),
  );
  for (const each of terminals) each.hub.away = true;
  return { ...(await rented(fleet, name)), terminals, tell: (at: number) => told(at, signers, terminals) };
}

/** When its meter stopped, by rental and by return; nothing of these terminals is kept back. */
async function stoppedAt({ rentalId, terminals }: Awaited<ReturnType<typeof shop>>) {
  for (const { deps } of terminals)
    expect(await stage.causesOf(deps.runtime.identity.terminalId)).toEqual([]);
  const { stores } = stage.hub.db;
  const row = await stores.rentals.find({ rentalId });
  const [known, ...more] = await stores.returns.list({ rentalId }, { limit: 2 });
  expect([row?.status, known?.state, more]).toEqual(['closed', 'destroyed', []]);
  return [row?.state?.basis?.stop, known?.t0];
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
      const at = await shop(`${finisher}-${first}`, 2);
      const [here, there] = at.terminals as [TestTerminal, TestTerminal];
      await take(here, at.medium, BEGUN, true);
      at.medium.files.get(stateFile(at.copyId))?.fill(0);
      await take(there, at.medium, epochMs(BEGUN + HOUR), true);
      await take(here, at.medium, epochMs(BEGUN + 2 * HOUR), finisher === 'two');
      if (finisher === 'two') await take(there, at.medium, epochMs(BEGUN + 3 * HOUR), false);
      for (const which of first === 'one' ? [0, 1] : [1, 0]) await at.tell(which);
      expect(await stoppedAt(at)).toEqual([BEGUN, BEGUN]);
    },
  );

  // Of the second one nobody hears any more in the last two: its disk is lost.
  it.each([...ORDERS, [0, 2], [2, 0]].map((order) => [order.join('-'), order] as const))(
    'PR-30, RET-3, CHG-1: finished by a third one, which reads on the medium that the second one took it: counts from the T0 of the one that showed the slot (heard: %s)',
    async (name, order) => {
      const at = await shop(`third-${name}`, 3);
      const [one, two, three] = at.terminals as [TestTerminal, TestTerminal, TestTerminal];
      await take(one, at.medium, BEGUN, true);
      at.medium.files.get(stateFile(at.copyId))?.fill(0);
      await take(two, at.medium, epochMs(BEGUN + HOUR), true);
      await take(three, at.medium, epochMs(BEGUN + 2 * HOUR), false);
      for (const which of order) await at.tell(which);
      expect(await stoppedAt(at)).toEqual([BEGUN, BEGUN]);
    },
  );
});
