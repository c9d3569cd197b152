import { beforeAll, describe, expect, it } from 'vitest';
import type { ReturnId } from '#shared/kernel/ids.ts';
import { fault } from '#shared/kernel/result.ts';
import { aFleet, aTerminal, type Fleet } from '#test/support/return-terminal/a-terminal.ts';
import { returnBusiness } from './leaving.ts';
import { owedVoids, type ReturnRow, returns } from './returning/tables.ts';
import { terminalObstacle } from './session/view.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await aFleet();
});

const EUR = (minor: number) => ({ minor, currency: 'EUR' as const });
const id = (number: number) => `0199d0c8-1c00-7000-8000-00000000000${number}` as ReturnId;
const part = (means: 'card_reader' | 'points', key: string): ReturnRow['parts'][number] => ({
  ...{ means, key, amount: EUR(400), authorisationId: `a-${key}` },
  ...{ points: null, maskedCard: null },
});
const rowOf = (number: number, change: Partial<ReturnRow>): ReturnRow =>
  ({
    ...{
      returnId: id(number),
      rentalId: id(number),
      copyId: id(number),
      titleId: id(number),
      mediumId: id(number),
    },
    ...{
      memberToken: 'mt',
      licence: 'a.b.c',
      t0: 1,
      acceptedBy: 'rt-one',
      rolledForward: false,
      quote: null,
    },
    ...{ provisional: null, total: null, proof: null, parts: [], due: null, asking: null, attempts: 0 },
    ...{ receipt: null, settled: [], at: 1 },
    ...change,
  }) as unknown as ReturnRow;

function leaving() {
  const terminal = aTerminal(fleet);
  const { runtime } = terminal.deps;
  const put = (row: ReturnRow) => runtime.record((tx) => tx.put(returns, row.returnId, row));
  return { terminal, runtime, put, business: returnBusiness(terminal.deps, () => false) };
}

describe('what a return terminal has open when it leaves the fleet', () => {
  it('FLT-3, RET-3: returns under way hold it back; a torn one does not: any other terminal finishes it', () => {
    const { put, business } = leaving();
    put(rowOf(1, { stage: 'done' }));
    put(rowOf(2, { stage: 'torn' }));
    expect(business.open()).toMatchObject({ unfinished: 0, cards: [], elsewhere: { held: 0, torn: 1 } });
    for (const [at, stage] of (['accepted', 'paying', 'intent'] as const).entries()) {
      put(rowOf(3 + at, { stage }));
      expect([stage, business.open().unfinished]).toEqual([stage, at + 1]);
    }
  });

  it('FLT-3, PAY-1: what a destroyed key is owed, and what is owed back, hold it back until the reader answered', async () => {
    const { terminal, runtime, put, business } = leaving();
    const parts = [part('card_reader', 'r:one'), part('card_reader', 'r:two'), part('points', 'r:points')];
    put(rowOf(1, { stage: 'destroyed', parts, settled: ['r:two'] }));
    const { key, ...owed } = { key: 'r:void', rentalId: id(2) as never, returnId: id(2), cardToken: null };
    runtime.record((tx) => tx.put(owedVoids, key, { key, ...owed, authorisationId: 'b', amount: EUR(100) }));
    const away = async () => fault('card_reader_away', 'switched off');
    const { capture, void: giveBack } = terminal.card;
    Object.assign(terminal.card, { capture: away, void: away });
    await business.settle();
    expect(business.open().cards).toEqual([
      { kind: 'void', key: 'r:void', amount: EUR(100) },
      { kind: 'capture', key: 'r:one', amount: EUR(400) },
    ]);
    Object.assign(terminal.card, {
      capture: capture.bind(terminal.card),
      void: giveBack.bind(terminal.card),
    });
    await business.settle();
    expect(business.open()).toMatchObject({ unfinished: 0, cards: [] });
  });

  it('FLT-3: from the order on it takes nothing in, and says so', () => {
    const { runtime } = leaving();
    expect(terminalObstacle(runtime)).toBeNull();
    const config = { ...runtime.config(), decommission: { orderId: 'o', nevertheless: false } };
    expect(terminalObstacle({ ...runtime, config: () => config })?.code).toBe('terminal_leaving');
  });
});
