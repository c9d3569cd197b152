import { beforeAll, describe, expect, it } from 'vitest';
import { type MemoryMedium, memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import { assert } from '#shared/kernel/assert.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { anAccept, aWrite, bench, memoryRecords, NOON } from '#test/support/media-story.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { acceptReturn, destroySlot } from './destroy-copy.ts';
import { stateFile } from './layout.ts';
import type { AcceptedReturn, AcceptInput } from './orders.ts';
import { writeCopy } from './write-copy.ts';

const HOUR = 3_600_000;
const BEGUN = epochMs(NOON + 24 * HOUR);
let fleet: FleetAuthority;
let one: Signer;
let two: Signer;
let written: { readonly medium: MemoryMedium; readonly copyId: AcceptInput['copyId'] };
beforeAll(async () => {
  fleet = await foundFleet();
  one = await enrol(fleet, 'rt-one', 'return-terminal');
  two = await enrol(fleet, 'rt-two', 'return-terminal');
  const { deps, drive, random } = bench(fleet.trust, await enrol(fleet, 'kiosk-one', 'kiosk'), 'kiosk');
  const medium = memoryMedium('stick');
  await drive.insert(medium);
  const outcome = await writeCopy(deps, aWrite(random, memoryRecords(), Buffer.from('a film')));
  assert(outcome.kind === 'written', outcome.kind);
  written = { medium, copyId: outcome.commit.copyId };
});

type Open = AcceptInput['openReturns'];

/** What a terminal whose clock says `at` makes of the medium; `torn`: it begins to destroy the key, and the stick is swapped before it is read back. */
async function take(signer: Signer, at: EpochMs, medium: MemoryMedium, open: Open, torn: boolean) {
  const { deps, drive, random } = bench(fleet.trust, signer, `${signer.id} ${at}`, at);
  await drive.insert(medium);
  const outcome = await acceptReturn(deps, anAccept(random, written.copyId, { openReturns: open }));
  assert(outcome.kind === 'accepted', outcome.kind);
  if (torn) {
    drive.setFault({ swapAtPowerCycle: memoryMedium('another') });
    const end = await destroySlot(deps, { accepted: outcome.accepted, intents: memoryRecords() });
    expect(end).toMatchObject({ kind: 'interrupted', slotIntact: false });
  }
  return outcome.accepted;
}

/** Torn at terminal one, whose record the medium lost, and then at terminal two, whose clock says `at` and whose record it has. */
async function tornTwice(at: EpochMs) {
  const medium = written.medium.copy('stick');
  const begun = await take(one, BEGUN, medium, [], true);
  medium.files.get(stateFile(written.copyId))?.fill(0);
  const over = await take(two, at, medium, [], true);
  expect(over).toMatchObject({
    returnId: begun.returnId,
    t0: at,
    acceptedBy: 'rt-two',
    begunElsewhere: true,
  });
  return { medium, begun, over };
}
const rowOf = ({ returnId, t0, begunElsewhere }: AcceptedReturn): Open => [{ returnId, t0, begunElsewhere }];

describe('a return that is torn at one terminal, lost its record, and is torn at another', () => {
  // The other terminal's clock is right, or two days behind.
  it.each([BEGUN + HOUR, BEGUN - 48 * HOUR])(
    'RET-3, CHG-1: goes on with the T0 of the one that began it, back there, whatever the other’s clock said (%s)',
    async (at) => {
      const { medium, begun } = await tornTwice(epochMs(at));
      const back = await take(one, epochMs(BEGUN + 5 * HOUR), medium, rowOf(begun), false);
      const { returnId } = begun;
      expect(back).toMatchObject({ returnId, t0: BEGUN, acceptedBy: 'rt-one', rolledForward: true });
      expect(back.begunElsewhere).toBe(false);
    },
  );

  it('RET-3, CHG-1: which the other one reads on the medium, if it is torn there once more', async () => {
    const { medium, begun, over } = await tornTwice(epochMs(BEGUN + HOUR));
    await take(one, epochMs(BEGUN + 5 * HOUR), medium, rowOf(begun), true);
    const last = await take(two, epochMs(BEGUN + 9 * HOUR), medium, rowOf(over), false);
    expect(last).toMatchObject({ returnId: begun.returnId, t0: BEGUN, acceptedBy: 'rt-one' });
  });

  it('RET-3, CHG-1: that never began it: the one that came earlier goes on with its own T0, the others with what the medium says', async () => {
    const { medium, over } = await tornTwice(epochMs(BEGUN + HOUR));
    const third = await enrol(fleet, 'rt-three', 'return-terminal');
    const read = await take(third, epochMs(BEGUN + 2 * HOUR), medium.copy('stick'), [], false);
    expect(read).toMatchObject({ t0: BEGUN + HOUR, acceptedBy: 'rt-two', begunElsewhere: true });
    medium.files.get(stateFile(written.copyId))?.fill(0);
    const later = await take(third, epochMs(BEGUN + 2 * HOUR), medium, [], true);
    expect(later).toMatchObject({ t0: BEGUN + 2 * HOUR, acceptedBy: 'rt-three' });
    const back = await take(two, epochMs(BEGUN + 5 * HOUR), medium, rowOf(over), false);
    expect(back).toMatchObject({ t0: BEGUN + HOUR, acceptedBy: 'rt-two', rolledForward: true });
  });
});
