import { beforeAll, describe, expect, it } from 'vitest';
import type { RentalId } from '#shared/kernel/ids.ts';
import { fault } from '#shared/kernel/result.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { aBundle, aTitle } from '#test/support/kiosk/a-bundle.ts';
import { aKiosk } from '#test/support/kiosk/a-kiosk.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { kioskBusiness } from './leaving.ts';
import { payments } from './members/top-up.ts';
import { kioskObstacle } from './obstacles.ts';
import { type RentalRow, rentals } from './rent/tables.ts';

let fleet: Awaited<ReturnType<typeof foundFleet>>;
let signer: Signer;
beforeAll(async () => {
  fleet = await foundFleet();
  signer = await enrol(fleet, 'kiosk-1', 'kiosk');
});

const EUR = (minor: number) => ({ minor, currency: 'EUR' as const });
const rentalOf = (number: number, stage: RentalRow['stage'], hold = false): RentalRow => {
  const id = `0199d0c8-1c00-7000-8000-00000000000${number}` as RentalId;
  return {
    rentalId: id,
    copyId: id as never,
    titleId: id as never,
    memberToken: 'mt_abcdefghijklmnopqrstuvwx',
    stage,
    at: 1 as never,
    offline: false,
    stake: EUR(400),
    holdAmount: EUR(500),
    hold: hold
      ? { authorisationId: `a-${number}`, cardToken: 'card', maskedCard: '', amount: EUR(500) }
      : null,
    mediumId: null,
    keyBegun: null,
    outbox: null,
  };
};
function leaving() {
  const kiosk = aKiosk({ bundle: aBundle([aTitle(1)]), trust: fleet.trust, signer });
  const put = (row: RentalRow) => kiosk.deps.runtime.record((tx) => tx.put(rentals, row.rentalId, row));
  return { kiosk, put, business: kioskBusiness(kiosk.deps, () => false) };
}

describe('what a kiosk has open when it leaves the fleet', () => {
  it('FLT-3: rentals under way hold it back; held and active ones do not, the hub knows them', () => {
    const { put, business } = leaving();
    put(rentalOf(1, 'active'));
    put(rentalOf(2, 'held'));
    expect(business.open()).toMatchObject({ unfinished: 0, elsewhere: { held: 1, torn: 0 } });
    for (const [at, stage] of (['prepared', 'holding', 'writing', 'key_begun'] as const).entries()) {
      put(rentalOf(3 + at, stage));
      expect([stage, business.open().unfinished]).toEqual([stage, at + 1]);
    }
  });

  it('FLT-3, PAY-1: the card held for a held copy is known here alone: it is given back; what the reader does not confirm is named', async () => {
    const { kiosk, put, business } = leaving();
    put(rentalOf(1, 'held', true));
    const { void: works } = kiosk.card;
    kiosk.card.void = async () => fault('card_reader_away', 'switched off');
    await business.settle();
    expect(business.open().cards).toEqual([
      { kind: 'void', key: `${rentalOf(1, 'held').rentalId}:hold`, amount: EUR(500) },
    ]);
    kiosk.card.void = works.bind(kiosk.card);
    await business.settle();
    expect(business.open()).toMatchObject({ cards: [], elsewhere: { held: 1 } });
  });

  it('FLT-3, PAY-1: a payment whose outcome nobody knows holds it back', () => {
    const { kiosk, business } = leaving();
    const one = { key: 'top-up:1', amount: EUR(900), authorisationId: 'a', asked: null };
    kiosk.deps.runtime.record((tx) => tx.put(payments, one.key, one));
    expect(business.open().cards).toEqual([{ kind: 'payment', key: 'top-up:1', amount: EUR(900) }]);
  });

  it('FLT-3: from the order on it rents nothing, and says so', () => {
    const { kiosk } = leaving();
    const config = { ...kiosk.knobs.bundle.config, decommission: { orderId: 'o', nevertheless: false } };
    expect(kioskObstacle(kiosk.deps.runtime)).toBeNull();
    kiosk.knobs.bundle = { ...kiosk.knobs.bundle, config };
    expect(kioskObstacle(kiosk.deps.runtime)?.code).toBe('kiosk_leaving');
  });
});
