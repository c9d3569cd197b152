import { expect, it } from 'vitest';
import { type MemoryMedium, memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import type { CopyId, RentalId } from '#shared/kernel/ids.ts';
import { acceptReturn, destroySlot } from '#shared/media/destroy-copy.ts';
import { copyFolder, LIMITS } from '#shared/media/layout.ts';
import type { Licence } from '#shared/media/licence.ts';
import type { MediaDeps } from '#shared/media/orders.ts';
import type { EventData } from '#shared/protocol/events.ts';
import { aBundle, aTitle, titleIdAt } from '#test/support/kiosk/a-bundle.ts';
import { aKiosk, type TestKiosk } from '#test/support/kiosk/a-kiosk.ts';
import { anAccept, memoryRecords } from '#test/support/media-story.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { visitMedium } from '../medium/visit.ts';
import { signIn } from '../members/sign-in.ts';
import { rentCart } from './rent-cart.ts';

type Repeated = EventData<'return.repeated'>;
interface Rented {
  readonly rentalId: RentalId;
  readonly copyId: CopyId;
}

async function rent(kiosk: TestKiosk): Promise<Rented> {
  const seen = await visitMedium(kiosk.deps);
  if (!seen.ok) throw new Error(seen.error.code);
  const member = await signIn(kiosk.deps, {
    medium: null,
    memberNumber: kiosk.hub.number,
    pin: kiosk.hub.pin,
  });
  if (!member.ok) throw new Error(member.error.code);
  const [copy] = await rentCart(kiosk.deps, {
    member: member.value,
    medium: seen.value.facts,
    titles: [titleIdAt(0)],
    language: 'en',
    line: () => {},
  });
  expect(copy?.line.state).toBe('written');
  const begun = kiosk.events().findLast(({ kind }) => kind === 'rental.started');
  if (begun === undefined) throw new Error('no rental began');
  const { rentalId, licence } = begun.data as EventData<'rental.started'>;
  const { keyturn } = JSON.parse(Buffer.from(licence.split('.')[1] ?? '', 'base64url').toString()) as Licence;
  return { rentalId, copyId: keyturn.copyId };
}

/** A return terminal destroys the copy and is never heard of again. */
async function giveBack(deps: MediaDeps, { copyId }: Rented): Promise<void> {
  const accepted = await acceptReturn(deps, anAccept(deps.random, copyId));
  if (accepted.kind !== 'accepted') throw new Error(accepted.kind);
  await destroySlot(deps, { accepted: accepted.accepted, intents: memoryRecords() });
}

const standsOn = ({ files }: MemoryMedium, { copyId }: Rented): boolean =>
  [...files.keys()].some((path) => path.startsWith(`${copyFolder(copyId)}/`));

it('RET-2, MS-19: of a return whose terminal is lost the hub hears from the kiosk that clears its records away, before they go and once', async () => {
  const authority = await foundFleet();
  const { trust } = authority;
  const kiosk = aKiosk({
    ...{ trust, signer: await enrol(authority, 'kiosk-1', 'kiosk') },
    bundle: aBundle([aTitle(0)]),
  });
  const { clock, drive } = kiosk;
  const lost: MediaDeps = {
    ...{ trust, clock, drive, random: kiosk.random },
    signer: await enrol(authority, 'return-1', 'return-terminal'),
  };
  const stick = memoryMedium('used', { capacityBytes: 50_000_000 });
  await drive.insert(stick);
  const rented: Rented[] = [];
  const rentAndReturn = async (): Promise<void> => {
    const started = await rent(kiosk);
    rented.push(started);
    await giveBack(lost, started);
    await clock.advance(3_600_000);
  };
  const told = (): Repeated[] =>
    kiosk
      .events()
      .filter(({ kind }) => kind === 'return.repeated')
      .map(({ data }) => data as Repeated);
  for (let rental = 0; rental <= LIMITS.spentCopies; rental += 1) await rentAndReturn();
  expect(told()).toEqual([]);

  for (const gone of [0, 1]) {
    const started = rented[gone] as Rented;
    expect(standsOn(stick, started)).toBe(true);
    await rentAndReturn();
    expect(standsOn(stick, started)).toBe(false);
    expect(told().map(({ copyId, rentalId }) => ({ copyId, rentalId }))).toEqual(
      rented.slice(0, gone + 1).map(({ copyId, rentalId }) => ({ copyId, rentalId })),
    );
  }
  // With the record that a write begins, so before anything is taken from the medium.
  const kinds = kiosk.events().map(({ kind }) => kind);
  expect(kinds.lastIndexOf('return.repeated')).toBeLessThan(kinds.lastIndexOf('rental.started'));
});
