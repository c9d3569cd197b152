import { describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { memberBalances } from '#hub/app/ledger/balances.ts';
import { authorisePart, topUp } from '#hub/app/ledger/payments.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { hubOfEachTest } from './hub-stage.ts';
import { balancesOf, cardPart, HOUR, id, lane, MEMBER, returned, START, writtenCopy } from './hub-world.ts';

/** What was paid at the terminal, against what the hub computes. */
const stage = hubOfEachTest({ folder: null });
const receivable = `member_receivable:${MEMBER}:EUR`;

describe('payments', () => {
  it('CHG-7: a provisional figure above the hub’s is paid back to the card, one below goes to goodwill', async () => {
    const t0 = epochMs(START + 10 * HOUR);
    const terminal = lane('return-1');
    for (const provisional of [550, 300]) {
      const rental = await writtenCopy(stage.devices);
      const back = await returned(rental, stage.devices.returns, t0, { provisional, offlineSince: START });
      const parts = [cardPart(rental, back.returnId, provisional)];
      terminal.add('return.destroyed', { ...back.destroyed, parts }, t0);
    }
    await commitGroup(stage.hub.db, stage.rules, [terminal.batch()]);
    const balances = await balancesOf(stage.hub.db);
    expect(balances['card_clearing:EUR']).toBe(400 + 300);
    expect(balances['goodwill:EUR']).toBe(100);
    expect(balances[receivable]).toBeUndefined();
  });

  it('PAY-1, LED-2: points and prepaid are reserved, posted by the destroyed key, freed by an abandoned return', async () => {
    const { db, clock } = stage.hub;
    const now = clock.now();
    const funds = { memberId: MEMBER, siteId: null, authorisationId: 'a', purpose: 'prepaid' as const };
    await db.transaction((stores) =>
      topUp(stores, { ...funds, key: 'k', amount: { minor: 500, currency: 'EUR' } }, now),
    );
    const rental = await writtenCopy(stage.devices);
    const t0 = epochMs(START + HOUR);
    const back = await returned(rental, stage.devices.returns, t0);
    const reserve = (returnId: typeof back.returnId, minor: number) =>
      db.transaction((stores) =>
        authorisePart(
          stores,
          {
            key: `${rental.rentalId}:${returnId}:prepaid`,
            rentalId: rental.rentalId,
            returnId,
            memberId: MEMBER,
            siteId: null,
            means: 'prepaid',
            amount: { minor, currency: 'EUR' },
            points: null,
          },
          now,
        ),
      );
    const gaveUp = id<typeof back.returnId>();
    expect((await reserve(gaveUp, 300)).ok).toBe(true);
    const tooMuch = await reserve(back.returnId, 400);
    expect(tooMuch.ok ? null : tooMuch.error.code).toBe('prepaid_not_enough');
    const terminal = lane('return-1');
    terminal.add('return.accepted', { ...back.accepted, returnId: gaveUp }, t0);
    terminal.add('return.abandoned', { returnId: gaveUp, rentalId: rental.rentalId, at: t0 }, t0);
    await commitGroup(db, stage.rules, [terminal.batch()]);
    expect((await memberBalances(db.stores, MEMBER, 'EUR')).prepaid.minor).toBe(500);
    const part = await reserve(back.returnId, 400);
    if (!part.ok) throw new Error(part.error.code);
    terminal.add('return.destroyed', { ...back.destroyed, parts: [part.value] }, t0);
    await commitGroup(db, stage.rules, [terminal.batch(terminal.events.slice(2))]);
    const balances = await balancesOf(db);
    expect(balances[`member_prepaid:${MEMBER}:EUR`]).toBe(-100);
    expect(balances[receivable]).toBeUndefined();
    expect((await db.stores.ledger.resolutionOf(`auth:${part.value.key}`))?.phase).toBe('posted');
  });

  it('PAY-1: a card payment that failed afterwards becomes an amount due', async () => {
    const rental = await writtenCopy(stage.devices);
    const t0 = epochMs(START + HOUR);
    const back = await returned(rental, stage.devices.returns, t0);
    const part = cardPart(rental, back.returnId, 400);
    const terminal = lane('return-1');
    terminal.add('return.destroyed', { ...back.destroyed, parts: [part] }, t0);
    const failed = {
      key: part.key,
      rentalId: rental.rentalId,
      returnId: back.returnId,
      reason: 'card_declined',
      amount: part.amount,
      at: epochMs(t0 + 1000),
    };
    terminal.add('payment.failed', failed, t0);
    await commitGroup(stage.hub.db, stage.rules, [terminal.batch()]);
    expect((await balancesOf(stage.hub.db))[receivable]).toBe(400);
  });
});
