import { beforeAll, describe, expect, it, vi } from 'vitest';
import { memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { aTariff } from '#shared/domain/testing/builders.ts';
import { money } from '#shared/kernel/money.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { aBundle, aTitle, NOON, titleIdAt } from '#test/support/kiosk/a-bundle.ts';
import { aKiosk, aSession, type TestKiosk } from '#test/support/kiosk/a-kiosk.ts';
import { aMember } from '#test/support/kiosk/fake-hub.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { recoverPayments } from '../members/top-up.ts';
import type { KioskIntent, KioskSnapshot } from './contract.ts';
import type { KioskSession } from './machine.ts';

/**
 * The trouble list of the shop: each situation played through the whole session with a simulated drive; the screen shows its stable code, and
 * nothing is charged, held or half-done.
 */
let fleet: Pick<Parameters<typeof aKiosk>[0], 'trust' | 'signer'>;
let stranger: typeof fleet;
beforeAll(async () => {
  const [ours, theirs] = [await foundFleet(), await foundFleet()];
  fleet = { trust: ours.trust, signer: await enrol(ours, 'kiosk-1', 'kiosk') };
  stranger = { trust: theirs.trust, signer: await enrol(theirs, 'kiosk-9', 'kiosk') };
});

const withHold = aTariff({ hold: { amount: 500, expiresAfter: { unit: 'days', count: 7 } } });
const TITLES = [
  aTitle(0, { tariff: withHold }),
  aTitle(1, { withdrawn: true }),
  aTitle(2, { ageRating: 18 }),
  aTitle(3, { territories: ['JP'] }),
  aTitle(4, { releaseAt: epochMs(NOON + 86_400_000) }),
  aTitle(5, { units: { total: 1, free: 0 } }),
  aTitle(6, { demands: { secureMedium: true, binding: 'none' } }),
  aTitle(7, { demands: { secureMedium: false, binding: 'players' } }),
];

interface Stage {
  readonly kiosk: TestKiosk;
  readonly session: KioskSession;
  readonly see: () => KioskSnapshot;
  readonly say: (intent: KioskIntent) => Promise<void>;
}

async function stage(from: typeof fleet = fleet): Promise<Stage> {
  const kiosk = aKiosk({ ...from, bundle: aBundle(TITLES) });
  const session = await aSession(kiosk);
  const say = async (intent: KioskIntent) => {
    await session.intent(intent);
    await calm(kiosk);
  };
  return { kiosk, session, see: session.snapshot, say };
}

/** Lets everything under way come to rest; real key derivation and cipher calls take a few turns of the event loop. */
async function calm(kiosk: TestKiosk): Promise<void> {
  for (let round = 0; round < 40; round += 1) await kiosk.clock.settle();
}
/** Ciphers take real time, however many turns of the event loop that is on a busy machine. */
async function until({ kiosk, see }: Stage, seen: (snapshot: KioskSnapshot) => boolean): Promise<void> {
  const look = async () => {
    await kiosk.clock.settle();
    return seen(see());
  };
  await vi.waitUntil(look, { timeout: 20_000, interval: 1 }).catch(() => {
    throw new Error(`in vain: ${JSON.stringify(see().view).slice(0, 200)}`);
  });
}

/** Walks to the confirm screen with one title in the cart. */
async function toConfirm(at: Stage, title = 0): Promise<void> {
  await at.say({ type: 'touch' });
  await at.say({ type: 'add_to_cart', titleId: titleIdAt(title) });
  await at.say({ type: 'checkout' });
  if (at.see().view.screen === 'insert') {
    await at.kiosk.drive.insert(memoryMedium('stick'));
    await until(at, ({ view }) => view.screen === 'identify');
  }
  await at.say({ type: 'choose_number' });
  await at.say({ type: 'sign_in', memberNumber: at.kiosk.hub.number, pin: at.kiosk.hub.pin });
  await until(at, ({ view }) => view.screen === 'confirm');
}

const nothingHappened = (kiosk: TestKiosk): void => {
  expect(kiosk.events().filter((event) => event.kind === 'rental.started')).toEqual([]);
  expect(kiosk.card.inspect().filter((record) => record.state !== 'voided')).toEqual([]);
};

describe('trouble with the medium', () => {
  it.each([
    ['read-only', { readOnly: true }, 'medium_read_only'],
    ['copy on write', { copiesOnWrite: true, fileSystem: 'btrfs' }, 'medium_copies_on_write'],
  ] as const)('MED-3: %s is told at the slot', async (_name, options, code) => {
    const at = await stage();
    await at.say({ type: 'touch' });
    await at.kiosk.drive.insert(memoryMedium('stick', options));
    await until(at, ({ medium }) => medium.state === 'trouble');
    expect(at.see().medium.trouble?.code).toBe(code);
    nothingHappened(at.kiosk);
  });

  it.each([
    ['full', { capacityBytes: 300_000 }, 'medium_full'],
    ['FAT32', { largestFileBytes: 100_000, fileSystem: 'vfat' }, 'medium_file_too_large'],
  ] as const)('MED-3: %s is told before anybody says who he is', async (_name, options, code) => {
    const at = await stage();
    await at.kiosk.drive.insert(memoryMedium('stick', options));
    await until(at, ({ medium }) => medium.state === 'ready');
    await at.say({ type: 'add_to_cart', titleId: titleIdAt(0) });
    await at.say({ type: 'checkout' });
    const { view } = at.see();
    expect(view.screen === 'insert' && view.obstacle?.code).toBe(code);
    // A better one, and on it goes.
    at.kiosk.drive.pull();
    await at.kiosk.drive.insert(memoryMedium('larger'));
    await until(at, (snapshot) => snapshot.view.screen === 'identify');
    nothingHappened(at.kiosk);
  });

  it('MED-3: the medium of another fleet is refused and left as it was', async () => {
    const theirs = await stage(stranger);
    const stick = memoryMedium('stick');
    await toConfirm(theirs);
    theirs.kiosk.drive.pull();
    await theirs.kiosk.drive.insert(stick);
    await until(theirs, ({ view }) => view.screen === 'confirm');
    await theirs.say({ type: 'confirm' });
    await until(theirs, ({ view }) => view.screen === 'done');
    const before = [...stick.files.keys()];
    expect(before.length).toBeGreaterThan(3);

    const at = await stage();
    await at.say({ type: 'touch' });
    await at.kiosk.drive.insert(stick);
    await until(at, ({ medium }) => medium.state === 'trouble');
    expect(at.see().medium.trouble?.code).toBe('medium_foreign');
    expect([...stick.files.keys()]).toEqual(before);
  });

  it('MED-3: another medium swapped in during the power cycle is noticed', async () => {
    const at = await stage();
    await toConfirm(at);
    at.kiosk.drive.setFault({ swapAtPowerCycle: memoryMedium('other') });
    await at.say({ type: 'confirm' });
    await until(at, ({ view }) => view.screen === 'done');
    const { view } = at.see();
    expect(view.screen === 'done' && view.lines[0]?.state).toBe('held');
    expect(view.screen === 'done' && view.lines[0]?.trouble).toMatchObject({
      code: 'copy_held',
      detail: 'medium_swapped',
    });
    nothingHappenedButHold(at.kiosk);
  });

  it('MED-3: no medium: the screen waits for one, and pulling it before confirming asks again', async () => {
    const at = await stage();
    await toConfirm(at);
    at.kiosk.drive.pull();
    await calm(at.kiosk);
    expect(at.see().view.screen).toBe('insert');
    expect(at.see().trouble?.code).toBe('medium_missing');
  });
});

const nothingHappenedButHold = (kiosk: TestKiosk): void => {
  expect(kiosk.events().map((event) => event.kind)).not.toContain('rental.started');
  expect(kiosk.card.inspect().map((record) => record.state)).not.toContain('captured');
};

describe('trouble with titles', () => {
  it.each([
    [1, 'title_withdrawn'],
    [3, 'territory_refused'],
    [4, 'not_released'],
    [5, 'no_unit_free'],
  ] as const)('CAT-4, RSV-1: title %i does not come into the cart: %s', async (title, code) => {
    const at = await stage();
    await at.say({ type: 'touch' });
    await at.say({ type: 'add_to_cart', titleId: titleIdAt(title) });
    expect(at.see().trouble?.code).toBe(code);
    expect(at.see().cartCount).toBe(0);
  });

  it.each([
    [6, 'secure_medium_required'],
    [7, 'player_required'],
  ] as const)(
    'RET-4: title %i demands what this medium has not, told before payment: %s',
    async (title, code) => {
      const at = await stage();
      await toConfirm(at, title);
      const { view } = at.see();
      expect(view.screen === 'confirm' && view.obstacle?.code).toBe(code);
    },
  );

  it('CAT-4: the age is known once the member is', async () => {
    const at = await stage();
    at.kiosk.hub.member = aMember({ ageYears: 15 });
    await toConfirm(at, 2);
    const { view } = at.see();
    expect(view.screen === 'confirm' && view.obstacle?.code).toBe('age_restricted');
  });

  it('CNT-1: a title that is not here is fetched with a stated wait; with the hub away it is told', async () => {
    const at = await stage();
    at.kiosk.knobs.content.set(titleIdAt(0), 'absent');
    await at.say({ type: 'touch' });
    await at.say({ type: 'open_title', titleId: titleIdAt(0) });
    const shown = () => {
      const { view } = at.see();
      return view.screen === 'title' ? view.title : null;
    };
    expect(shown()?.obstacle?.code).toBe('title_not_here');
    at.kiosk.knobs.online = false;
    expect(shown()?.obstacle?.code).toBe('hub_away');
    at.kiosk.knobs.online = true;
    await at.say({ type: 'fetch_title', titleId: titleIdAt(0) });
    expect(shown()?.fetch?.secondsLeft).toBe(95);
  });
});

describe('trouble with members, cards and the kiosk itself', () => {
  it('MED-5: an unknown number, and a wrong PIN until it locks', async () => {
    const at = await stage();
    const code = async (memberNumber: string, pin: string) => {
      await at.say({ type: 'sign_in', memberNumber, pin });
      await until(at, ({ view }) => view.screen === 'identify' && !view.busy);
      const { view } = at.see();
      return view.screen === 'identify' ? view.trouble?.code : null;
    };
    await at.say({ type: 'touch' });
    await at.say({ type: 'open_mine' });
    expect(await code('9999', '2468')).toBe('sign_in_refused');
    for (let attempt = 0; attempt < 4; attempt += 1) expect(await code('4711', '0000')).toBe('pin_wrong');
    expect(await code('4711', '0000')).toBe('pin_locked');
    expect(await code('4711', '2468')).toBe('pin_locked');
  });

  it('LED-2: an amount due blocks a new rental and can be paid here', async () => {
    const at = await stage();
    at.kiosk.hub.member = aMember({ amountDue: money(350, 'EUR') });
    await toConfirm(at);
    const obstacle = () => {
      const { view } = at.see();
      return view.screen === 'confirm' ? (view.obstacle?.code ?? null) : 'elsewhere';
    };
    expect(obstacle()).toBe('amount_due_open');
    at.kiosk.card.behave('decline');
    await at.say({ type: 'pay_due' });
    await until(at, (snapshot) => snapshot.trouble !== null);
    expect(at.see().trouble?.code).toBe('card_declined');
    await at.say({ type: 'dismiss_trouble' });
    at.kiosk.card.behave('approve');
    await at.say({ type: 'pay_due' });
    await until(at, () => obstacle() === null);
    expect(at.kiosk.card.inspect().map((record) => [record.state, record.captured])).toEqual([
      ['captured', 350],
    ]);
  });

  it('PAY-1: a top-up that the hub does not book is given back', async () => {
    const at = await stage();
    await toConfirm(at);
    at.kiosk.hub.topUp = async () => fault('session_over', 'please sign in again');
    await at.say({ type: 'top_up', amountMinor: 2000 });
    await until(at, (snapshot) => snapshot.trouble !== null);
    expect(at.see().trouble?.code).toBe('session_over');
    expect(at.kiosk.card.inspect().map((record) => record.state)).toEqual(['voided']);
  });

  it('PAY-1: a top-up that the hub booked and whose answer was lost is asked about again and captured, not given back', async () => {
    const at = await stage();
    await toConfirm(at);
    const { topUp } = at.kiosk.hub;
    const keys: string[] = [];
    let lost = 1;
    at.kiosk.hub.topUp = async (request) => {
      const again = keys.includes(request.key);
      keys.push(request.key);
      if (!again) await topUp(request);
      lost -= 1;
      return lost >= 0 ? fault('hub_away', 'the answer was lost') : ok(undefined);
    };
    await at.say({ type: 'top_up', amountMinor: 2000 });
    await until(at, () => at.kiosk.card.inspect().some((record) => record.state === 'captured'));
    expect(new Set(keys).size).toBe(1);
    expect(at.kiosk.card.inspect().map((record) => record.captured)).toEqual([2000]);
    // Silent for longer: the payment stays open, neither given back nor forgotten, until the hub speaks again.
    lost = 3;
    await at.say({ type: 'top_up', amountMinor: 2000 });
    await until(at, (snapshot) => snapshot.trouble !== null);
    expect(at.kiosk.card.inspect().map((record) => record.state)).toEqual(['captured', 'authorised']);
    await recoverPayments(at.kiosk.deps);
    expect(at.kiosk.card.inspect().map((record) => record.captured)).toEqual([2000, 2000]);
    expect(new Set(keys).size).toBe(2);
  });

  it('RNT-6: a member with a held copy rents nothing new until it is settled', async () => {
    const at = await stage();
    at.kiosk.hub.member = aMember({ heldRental: true });
    await toConfirm(at);
    const { view } = at.see();
    expect(view.screen === 'confirm' && view.obstacle?.code).toBe('held_rental_open');
  });

  it.each([
    [
      'locked by staff',
      'kiosk_locked',
      (kiosk: TestKiosk) => {
        kiosk.knobs.locked = true;
      },
    ],
    [
      'storage at 95 %',
      'kiosk_storage_full',
      (kiosk: TestKiosk) => {
        kiosk.knobs.storage = 'full';
      },
    ],
    [
      'a certificate that has ended',
      'certificate_over',
      (kiosk: TestKiosk) => {
        kiosk.knobs.certificateExpired = true;
      },
    ],
    [
      'a clock two days off',
      'clock_off',
      (kiosk: TestKiosk) => {
        kiosk.knobs.hubTime = { now: epochMs(NOON + 2 * 86_400_000), error: 50 };
      },
    ],
    [
      'three days without the hub',
      'lease_over',
      (kiosk: TestKiosk) => {
        kiosk.knobs.online = false;
        kiosk.knobs.leaseOver = true;
      },
    ],
  ] as const)('SYN-5, SYN-4, SEC-1: %s: the kiosk says so and rents nothing', async (_name, code, turn) => {
    const at = await stage();
    await toConfirm(at);
    turn(at.kiosk);
    await at.say({ type: 'confirm' });
    expect(at.see().trouble?.code).toBe(code);
    await at.say({ type: 'finish' });
    const { view } = at.see();
    expect(view.screen === 'attract' && view.closed?.code).toBe(code);
    nothingHappened(at.kiosk);
  });

  it('SCR-7: a printer without paper is told; the rental stands', async () => {
    const at = await stage();
    await toConfirm(at);
    at.kiosk.printer.setPaper(false);
    await at.say({ type: 'confirm' });
    await until(at, ({ view }) => view.screen === 'done');
    await at.say({ type: 'print' });
    expect(at.see().trouble?.code).toBe('printer_away');
    expect(at.kiosk.events().map((event) => event.kind)).toContain('rental.started');
  });
});
