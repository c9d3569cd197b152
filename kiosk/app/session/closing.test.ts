import { beforeAll, describe, expect, it, vi } from 'vitest';
import { memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { aBundle, aTitle, titleIdAt } from '#test/support/kiosk/a-bundle.ts';
import { aKiosk, aSession } from '#test/support/kiosk/a-kiosk.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import type { KioskIntent, KioskView } from './contract.ts';

let fleet: Pick<Parameters<typeof aKiosk>[0], 'trust' | 'signer'>;
beforeAll(async () => {
  const authority = await foundFleet();
  fleet = { trust: authority.trust, signer: await enrol(authority, 'kiosk-1', 'kiosk') };
});

async function stage() {
  const kiosk = aKiosk({ ...fleet, bundle: aBundle([aTitle(0), aTitle(1)]) });
  const session = await aSession(kiosk);
  const view = (): KioskView => session.snapshot().view;
  const say = (intent: KioskIntent) => session.intent(intent);
  /** Ciphers take real time, however fast the clock goes. */
  const until = (seen: () => boolean) =>
    vi.waitUntil(
      async () => {
        await kiosk.clock.settle();
        return seen();
      },
      { timeout: 20_000, interval: 1 },
    );
  const on = (screen: KioskView['screen']) => until(() => view().screen === screen);
  /** As `createTerminalProgram` does it. */
  const close = () => {
    let over = false;
    kiosk.knobs.closing = true;
    void session.close().then(() => {
      over = true;
    });
    return () => over;
  };
  const kinds = () => kiosk.events().map(({ kind }) => kind);
  return { kiosk, session, view, say, until, on, close, kinds };
}

/** Confirmed, with two titles in the cart. */
async function confirmed() {
  const at = await stage();
  await at.say({ type: 'touch' });
  for (const title of [0, 1]) await at.say({ type: 'add_to_cart', titleId: titleIdAt(title) });
  await at.say({ type: 'checkout' });
  await at.kiosk.drive.insert(memoryMedium('stick'));
  await at.on('identify');
  await at.say({ type: 'choose_number' });
  await at.say({ type: 'sign_in', memberNumber: at.kiosk.hub.number, pin: at.kiosk.hub.pin });
  await at.on('confirm');
  // A write takes some of the clock's time, so that somebody can meet it.
  at.kiosk.drive.setFault({ bytesPerSecond: 50_000 });
  await at.say({ type: 'confirm' });
  return at;
}

describe('a kiosk that ends while a customer is there', () => {
  it('OPS-1, RNT-2: the copy that is being written is finished, no other is begun, and the receipt can be read', async () => {
    const { kiosk, session, view, say, until, close, kinds } = await confirmed();
    const states = () => {
      const now = view();
      return now.screen === 'writing' || now.screen === 'done' ? now.lines.map((line) => line.state) : [];
    };
    await until(() => states()[0] === 'writing');
    const over = close();
    expect(session.snapshot()).toMatchObject({
      trouble: { code: 'kiosk_restarting' },
      view: { screen: 'writing' },
    });
    await until(() => {
      void kiosk.clock.advance(milliseconds(100));
      return view().screen === 'done';
    });
    expect(states()).toEqual(['written', 'cancelled']);
    const lines = view();
    expect(lines.screen === 'done' && lines.lines[1]?.trouble?.code).toBe('kiosk_restarting');
    expect(kinds().filter((kind) => kind === 'rental.started')).toHaveLength(1);
    await say({ type: 'touch' });
    await say({ type: 'open_mine' });
    expect(view().screen).toBe('done');
    expect(over()).toBe(false);
    // The medium is read again behind the receipt: the time to read it counts from the end of that.
    await until(() => {
      void kiosk.clock.advance(milliseconds(1_000));
      return over();
    });
    expect(view()).toMatchObject({ screen: 'attract', closed: { code: 'kiosk_restarting' } });
    expect(session.snapshot().member).toBeNull();
    await session.stop();
  });

  it('OPS-1: who only looks around has begun nothing: the visit ends, and no other begins', async () => {
    const { kiosk, session, view, say, until, close, kinds } = await stage();
    await say({ type: 'touch' });
    await say({ type: 'add_to_cart', titleId: titleIdAt(0) });
    await until(close());
    expect(kinds()).toEqual(['session.ended']);
    expect(kiosk.events()[0]?.data).toMatchObject({ outcome: 'restarted' });
    await say({ type: 'touch' });
    await kiosk.drive.insert(memoryMedium('stick'));
    await kiosk.clock.settle();
    expect(view()).toMatchObject({ screen: 'attract', closed: { code: 'kiosk_restarting' } });
    expect(session.snapshot()).toMatchObject({ cartCount: 0, medium: { state: 'absent' } });
    await session.stop();
  });
});
