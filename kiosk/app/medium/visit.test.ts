import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import { memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { leaveForNextVisit } from '#shared/media/recommendations.ts';
import { aBundle, aTitle, NOON, titleIdAt } from '#test/support/kiosk/a-bundle.ts';
import { aKiosk, aSession } from '#test/support/kiosk/a-kiosk.ts';
import { TOKEN } from '#test/support/kiosk/fake-hub.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { signIn } from '../members/sign-in.ts';
import { rentCart } from '../rent/rent-cart.ts';
import { visitMedium } from './visit.ts';

describe('a medium comes in', () => {
  it('RET-6: the shelf "for you" is built from the medium, also while the hub is away', async () => {
    const fleet = await foundFleet();
    const kioskKey = await enrol(fleet, 'kiosk-1', 'kiosk');
    const terminal = await enrol(fleet, 'return-1', 'return-terminal');
    const fleetReadKey = await generateX25519Identity();
    const titles = [aTitle(0), aTitle(1), aTitle(2)];
    const kiosk = aKiosk({ trust: fleet.trust, signer: kioskKey, bundle: aBundle(titles, { fleetReadKey }) });

    // The first visit makes the medium the member's; a return terminal then leaves recommendations on it.
    const stick = memoryMedium('stick');
    await kiosk.drive.insert(stick);
    const first = await visitMedium(kiosk.deps);
    const member = await signIn(kiosk.deps, {
      medium: null,
      memberNumber: kiosk.hub.number,
      pin: kiosk.hub.pin,
    });
    if (!first.ok || !member.ok) throw new Error('the first visit works');
    await rentCart(kiosk.deps, {
      member: member.value,
      medium: first.value.facts,
      titles: [titleIdAt(0)],
      language: 'en',
      line: () => {},
    });
    const mounted = kiosk.drive.current();
    if (mounted === null) throw new Error('the medium is in the drive');
    const reason = { code: 'because_you_rented', titleId: titleIdAt(0), genre: null };
    const left = await leaveForNextVisit(
      { signer: terminal, clock: kiosk.clock, trust: fleet.trust },
      mounted,
      [await identityToRecipient(fleetReadKey)],
      {
        recommendations: {
          version: 1,
          memberToken: TOKEN,
          madeAt: NOON,
          terminal: 'return-1',
          titles: [
            { titleId: titleIdAt(2), reason },
            { titleId: titleIdAt(1), reason: { ...reason, code: 'a_reason_of_a_later_fleet' } },
          ],
        },
        history: null,
      },
    );
    expect(left.ok).toBe(true);
    kiosk.drive.pull();

    kiosk.hub.away = true;
    kiosk.knobs.online = false;
    const session = await aSession(kiosk);
    await kiosk.drive.insert(stick);
    const medium = async () => {
      await kiosk.clock.settle();
      return session.snapshot().medium.state;
    };
    await expect.poll(medium, { timeout: 20_000, interval: 5 }).toBe('ready');
    const { view } = session.snapshot();
    const shelf = view.screen === 'browse' ? view.shelves[0] : null;
    expect(shelf?.id).toBe('for_you');
    expect(shelf?.titles.map((title) => title.titleId)).toEqual([titleIdAt(2)]);
    expect(shelf?.titles[0]?.reason).toEqual({
      code: 'because_you_rented',
      name: titles[0]?.name,
      genre: null,
    });
    await session.stop();
  });
});
