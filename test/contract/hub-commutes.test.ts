import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { commitGroup, type ReceivedBatch } from '#hub/app/ingest/commit-group.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { offlineChallenge } from '#shared/media/slot-proof.ts';
import {
  addMember,
  balancesOf,
  cardPart,
  DAY,
  type Devices,
  furnish,
  HOUR,
  id,
  lane,
  makeDevices,
  openHub,
  returned,
  rulesFor,
  START,
  started,
  TITLE,
  writtenCopy,
} from './hub-world.ts';
import { intentOf, proofOf } from './reported-returns.ts';

/** SYN-2: effects of different terminals commute. Whole stories of three terminals, cut into batches and shuffled between the terminals. */
let devices: Devices;
let hub: Awaited<ReturnType<typeof openHub>>;
beforeAll(async () => {
  devices = await makeDevices();
  hub = await openHub();
  await furnish(hub.db);
});
afterAll(() => hub.db.close());

/** One member's stories: in time, late, lost, failed payment, offline with another figure, two returns of one copy, a torn return finished elsewhere, another whose record the medium lost. */
async function stories(token: string) {
  const kiosk = lane('kiosk-1', 0, `k${token.slice(-6)}`);
  const one = lane('return-1', 0, `r${token.slice(-6)}`);
  const two = lane('return-2', 0, `s${token.slice(-6)}`);
  const write = async (at: number) => {
    const rental = await writtenCopy(devices, epochMs(at), { memberToken: token });
    kiosk.add('rental.started', started(rental), epochMs(at));
    return rental;
  };
  const paidInTime = await write(START);
  const t1 = epochMs(START + 20 * HOUR);
  const first = await returned(paidInTime, devices.returns, t1);
  one.add('return.accepted', first.accepted, t1);
  one.add('return.destroyed', { ...first.destroyed, parts: [cardPart(paidInTime, first.returnId, 400)] }, t1);
  one.add('rating.given', { rentalId: paidInTime.rentalId, titleId: TITLE, stars: 5, at: t1 }, t1);

  const late = await write(START + HOUR);
  const t2 = epochMs(START + 4 * DAY);
  const second = await returned(late, devices.otherReturns, t2, { provisional: 400, offlineSince: START });
  const part = cardPart(late, second.returnId, 400);
  two.add('return.destroyed', { ...second.destroyed, parts: [part] }, t2);

  const failed = await write(START + 2 * HOUR);
  const t3 = epochMs(START + 3 * DAY);
  const third = await returned(failed, devices.returns, t3);
  const declined = cardPart(failed, third.returnId, 550);
  one.add('return.destroyed', { ...third.destroyed, parts: [declined] }, t3);
  const outcome = {
    key: declined.key,
    rentalId: failed.rentalId,
    returnId: third.returnId,
    amount: declined.amount,
  };
  one.add('payment.failed', { ...outcome, reason: 'card_declined', at: epochMs(t3 + 5) }, t3);

  // Accepted and paid for at one terminal, pulled, finished at the other.
  const torn = await write(START + 3 * HOUR);
  const t4 = epochMs(START + 30 * HOUR);
  const begun = await returned(torn, devices.returns, t4, { acceptedOnly: true });
  const intended = cardPart(torn, begun.returnId, 400);
  one.add('return.accepted', begun.accepted, t4);
  one.add(
    'return.intent',
    {
      returnId: begun.returnId,
      rentalId: torn.rentalId,
      quote: null,
      provisional: null,
      parts: [intended],
      due: { minor: 0, currency: 'EUR' },
    },
    t4,
  );
  const finished = await returned(torn, devices.otherReturns, t4, { returnId: begun.returnId });
  two.add('return.destroyed', finished.destroyed, t4);
  const captured = {
    key: intended.key,
    rentalId: torn.rentalId,
    returnId: begun.returnId,
    authorisationId: 'auth-1',
    amount: intended.amount,
  };
  one.add('payment.captured', { ...captured, at: epochMs(t4 + HOUR) }, t4);

  // Begun and shown at one terminal, whose record the medium lost; the other finds the slot overwritten (PR-30).
  const lost = await write(START + 4 * HOUR);
  const t5 = epochMs(START + 31 * HOUR);
  const end = epochMs(t5 + 20 * HOUR);
  const opened = await returned(lost, devices.returns, t5, { acceptedOnly: true });
  const { returnId } = opened;
  one.add('return.accepted', opened.accepted, t5);
  one.add('return.intent', intentOf(lost, returnId, proofOf(lost, devices.returns.id, returnId)), t5);
  const noSlot = { nonce: offlineChallenge(devices.otherReturns.id, 1_000).nonce, mac: '', chunkHashes: [] };
  const found = await returned(lost, devices.otherReturns, end, { returnId, receipt: { proof: noSlot } });
  two.add('return.accepted', found.accepted, end);
  two.add('return.destroyed', found.destroyed, end);

  return [kiosk, one, two];
}

/** Each terminal's events in their order, cut into pieces; the pieces of all terminals in any order that keeps each terminal's own. */
function interleave(lanes: Awaited<ReturnType<typeof stories>>, picks: readonly number[]): ReceivedBatch[] {
  const rest = lanes.map((each) => ({ each, at: 0 }));
  const order: ReceivedBatch[] = [];
  for (let n = 0; rest.some(({ each, at }) => at < each.events.length); n += 1) {
    const open = rest.filter(({ each, at }) => at < each.events.length);
    const pick = picks[n % picks.length] ?? 0;
    const chosen = open[pick % open.length];
    if (chosen === undefined) break;
    const size = 1 + (pick % 3);
    order.push(chosen.each.batch(chosen.each.events.slice(chosen.at, chosen.at + size)));
    chosen.at += size;
  }
  return order;
}

it('SYN-2, CHG-7, RET-2: the same facts in every order of arrival end in the same ledger', {
  timeout: 240_000,
}, async () => {
  const rules = rulesFor(devices, hub);
  let expected: string | null = null;
  let runs = 0;
  const property = fc.asyncProperty(fc.array(fc.nat(50), { minLength: 5, maxLength: 30 }), async (picks) => {
    runs += 1;
    const memberId = id<never>();
    const token = `mt_${'x'.repeat(16)}${String(runs).padStart(6, '0')}`;
    await addMember(hub.db, memberId, token, `7${String(runs).padStart(6, '0')}`);
    const before = await balancesOf(hub.db);
    const order = interleave(await stories(token), picks);
    const grouped = (picks[0] ?? 0) % 2 === 0;
    if (grouped) await commitGroup(hub.db, rules, order);
    else for (const batch of order) await commitGroup(hub.db, rules, [batch]);
    const after = await balancesOf(hub.db);
    const moved = Object.keys({ ...before, ...after })
      .map(
        (account) =>
          [account.replace(memberId, 'MEMBER'), (after[account] ?? 0) - (before[account] ?? 0)] as const,
      )
      .filter(([, amount]) => amount !== 0)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    expect(await hub.db.stores.deadLetters.list({ state: ['dead', 'parked'] }, { limit: 5 })).toEqual([]);
    const ledger = JSON.stringify(moved);
    expected ??= ledger;
    expect(ledger).toBe(expected);
  });
  await fc.assert(property, { numRuns: 25, seed: 20_260_101, endOnFailure: true });
  expect(expected).toContain('goodwill');
});
