import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNTS } from '#hub/domain/accounts.ts';
import { DatabaseTrouble, type HubDatabase } from '#hub/ports/database.ts';
import type { LedgerLine, LineMark, TransferDraft } from '#hub/ports/ledger.ts';
import type { MemberId, RentalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { id, MEMBER, START } from './hub-world.ts';

/** LED-1 as one suite for every database: the posting function's vocabulary, and what the database itself refuses. */
export function ledgerSuite(
  name: string,
  open: () => Promise<{ db: HubDatabase; close: () => Promise<void> }>,
): void {
  describe(`ledger on ${name}`, () => {
    let db: HubDatabase;
    let close: () => Promise<void>;
    beforeAll(async () => {
      ({ db, close } = await open());
    });
    afterAll(() => close());

    const prepaid = ACCOUNTS.memberPrepaid(MEMBER, 'EUR');
    const card = ACCOUNTS.cardClearing('EUR');
    const facts = { rentalId: null, returnId: null, memberId: MEMBER, siteId: null, at: START, detail: {} };
    const single = (transferId: string, amount = 100): TransferDraft => ({
      ...facts,
      transferId,
      reason: 'test',
      phase: 'single',
      correctsId: null,
      entries: [
        { account: card, amount },
        { account: prepaid, amount: -amount },
      ],
    });
    const post = async (draft: TransferDraft) => (await db.stores.ledger.post([draft], START))[0];

    it('LED-1: the same transfer again is named as such, another under its id by what differs', async () => {
      const draft = single(id());
      expect(await post(draft)).toBe('created');
      expect(await post(draft)).toBe('exists');
      expect(await post({ ...draft, reason: 'other' })).toBe('exists_with_different_reason');
      expect(await post(single(draft.transferId, 90))).toBe('exists_with_different_entries');
      expect(await post({ ...draft, at: epochMs(START + 1) })).toBe('exists_with_different_facts');
      const pending = { ...draft, phase: 'pending', expiresAt: START } as TransferDraft;
      expect(await post(pending)).toBe('exists_with_different_phase');
    });

    it.each<[string, (draft: TransferDraft) => TransferDraft]>([
      ['entries_missing', (draft) => ({ ...draft, entries: [] }) as TransferDraft],
      [
        'entries_not_balanced',
        (draft) =>
          ({
            ...draft,
            entries: [
              { account: card, amount: 5 },
              { account: prepaid, amount: -4 },
            ],
          }) as TransferDraft,
      ],
      [
        'entries_amount_invalid',
        (draft) =>
          ({
            ...draft,
            entries: [
              { account: card, amount: 0.5 },
              { account: prepaid, amount: -0.5 },
            ],
          }) as TransferDraft,
      ],
      [
        'entries_unit_differs',
        (draft) =>
          ({
            ...draft,
            entries: [
              { account: { ...card, unit: 'PTS' }, amount: 5 },
              { account: prepaid, amount: -5 },
            ],
          }) as TransferDraft,
      ],
      ['corrected_unknown', (draft) => ({ ...draft, correctsId: 'nothing' }) as TransferDraft],
    ])('LED-1: %s is answered before anything is written', async (answer, change) => {
      const draft = change(single(id()));
      expect(await post(draft)).toBe(answer);
      expect(await db.stores.ledger.transfer(draft.transferId)).toBeNull();
    });

    it('LED-1, SCR-4: lines by booking or by fact, either way, page by page: each once, none missing; sought by member or rental', async () => {
      const member = id<MemberId>();
      const rental = '0190aaaa-0000-7000-8000-000000000001' as RentalId;
      const drafts = [7, 3, 3, 5, 1].map((minutes, at) => ({
        ...single(id(), 10 + at),
        memberId: at === 4 ? MEMBER : member,
        rentalId: at === 4 ? rental : null,
        at: epochMs(START + minutes * 60_000),
      }));
      for (const [at, draft] of drafts.entries())
        expect(await db.stores.ledger.post([draft], epochMs(START + at))).toEqual(['created']);
      const range = { gte: '0190aaaa' as RentalId, lt: '0190aaaag' as RentalId };
      const anyOf = [{ memberId: [member] }, { rentalId: range }] as const;
      for (const by of ['bookedAt', 'at'] as const)
        for (const descending of [true, false]) {
          const all = await db.stores.ledger.lines({ anyOf }, { limit: 100, order: { by, descending } });
          expect(all.length).toBe(10);
          const values = all.map(({ transfer }) => transfer[by]);
          expect(values).toEqual(values.toSorted((a, b) => (descending ? b - a : a - b)));
          const walked: LedgerLine[] = [];
          for (let after: LineMark | null = null; ; ) {
            const page: readonly LedgerLine[] = await db.stores.ledger.lines(
              { anyOf },
              { limit: 3, order: { by, descending }, after },
            );
            walked.push(...page);
            const last = page.at(-1);
            if (last === undefined) break;
            after = { value: last.transfer[by], transferId: last.transfer.transferId, line: last.line };
          }
          expect(walked).toEqual(all);
        }
      expect(await db.stores.ledger.countLines({ anyOf }, 100)).toBe(10);
      expect(await db.stores.ledger.countLines({ anyOf: [{ memberId: [] }] }, 100)).toBe(0);
      expect(await db.stores.ledger.countLines({ anyOf: [{ rentalId: range }] }, 100)).toBe(2);
    });

    it('LED-1: a pending amount is resolved exactly once, for no more than was reserved', async () => {
      const pending = { ...single(id()), phase: 'pending' as const, expiresAt: START } as TransferDraft;
      const resolve = (phase: 'posted' | 'voided' | 'expired', amount = 100) =>
        ({ ...single(id(), amount), phase, pendingId: pending.transferId }) as TransferDraft;
      expect(await post(resolve('posted'))).toBe('pending_unknown');
      expect(await post(pending)).toBe('created');
      const before = (await db.stores.ledger.balances([card.accountId])).get(card.accountId);
      expect(before?.pending).toBe(100);
      expect(await post(resolve('posted', 101))).toBe('pending_amount_exceeded');
      const results = await Promise.all([
        post(resolve('posted', 60)),
        post(resolve('posted', 60)),
        post(resolve('posted', 60)),
      ]);
      expect(results.sort()).toEqual(['created', 'pending_already_posted', 'pending_already_posted']);
      const after = (await db.stores.ledger.balances([card.accountId])).get(card.accountId);
      expect(after).toEqual({ posted: (before?.posted ?? 0) + 60, pending: 0 });
      expect(await post({ ...resolve('voided'), entries: undefined } as unknown as TransferDraft)).toBe(
        'pending_already_posted',
      );
    });

    it('LED-1: one transfer posted by many at once exists once', async () => {
      const draft = single(id());
      const results = await Promise.all(Array.from({ length: 8 }, () => post(draft)));
      expect(results.filter((result) => result === 'created')).toHaveLength(1);
      expect(results.filter((result) => result === 'exists')).toHaveLength(7);
      expect(await db.stores.ledger.entriesOf(draft.transferId)).toHaveLength(2);
    });

    it('LED-1: debits are credits over everything that was posted', async () => {
      const sums = new Map<string, number>();
      for (const row of await db.stores.ledger.trialBalance())
        sums.set(row.unit, (sums.get(row.unit) ?? 0) + row.posted);
      expect([...sums.values()].every((sum) => sum === 0)).toBe(true);
    });

    it('CHG-4: a version of a tariff is never changed', async () => {
      const key = { tariffId: id<never>(), version: 1 };
      await db.stores.tariffs.insert({ ...key, tariff: {} as never, createdAt: START });
      await expect(db.stores.tariffs.patch(key, { createdAt: epochMs(START + 1) })).rejects.toMatchObject({
        state: 'KT001',
      });
      await expect(db.stores.tariffs.removeWhere(key)).rejects.toBeInstanceOf(DatabaseTrouble);
    });

    it('SEC-7: the audit trail is a chain, appended by many at once', async () => {
      const entry = { at: START, actor: 'hub', action: 'test', subject: 's', detail: { b: 1, a: [2] } };
      await Promise.all(Array.from({ length: 5 }, () => db.stores.audit.append(entry)));
      expect(await db.stores.audit.firstBroken()).toBeNull();
      expect((await db.stores.audit.list({ limit: 10 })).map((row) => row.sequence)).toEqual([5, 4, 3, 2, 1]);
    });
  });
}
