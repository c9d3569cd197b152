import { describe, expect, it } from 'vitest';
import { money } from '#shared/kernel/money.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { SimulatedCardReader } from './card-reader.ts';
import { SimulatedPrinter } from './receipt-printer.ts';

const reader = () =>
  new SimulatedCardReader({ clock: { sleep: async () => {} }, answerAfter: milliseconds(0) });
const amount = money(550, 'EUR');

describe('simulated devices', () => {
  it('PAY-1: an unknown outcome asked again with the same key is the first authorisation, charged once', async () => {
    const card = reader();
    card.behave('unknown-then-approve');
    const lost = await card.authorise('rental:return:card_reader', amount);
    const again = await card.authorise('rental:return:card_reader', amount);
    expect(lost).toMatchObject({ ok: false, error: { code: 'card_unknown_outcome' } });
    expect(again).toMatchObject({ ok: true, value: { amount } });
    expect(card.inspect()).toHaveLength(1);
  });

  it.each([
    ['decline', 'card_declined'],
    ['time-out', 'card_timeout'],
    ['pulled', 'card_pulled'],
  ] as const)('PAY-1: a card that answers %s authorises nothing', async (behaviour, code) => {
    const card = reader();
    card.behave(behaviour);
    expect(await card.authorise('key', amount)).toMatchObject({ ok: false, error: { code } });
    expect(card.inspect()).toEqual([]);
  });

  it('PAY-1: what was voided cannot be captured, what was captured cannot be voided', async () => {
    const card = reader();
    const first = await card.authorise('a', amount);
    const second = await card.authorise('b', amount);
    if (!first.ok || !second.ok) throw new Error('both are approved');
    await card.void('a', first.value.authorisationId);
    await card.capture('b', second.value.authorisationId, amount);
    expect(await card.capture('a', first.value.authorisationId, amount)).toMatchObject({ ok: false });
    expect(await card.void('b', second.value.authorisationId)).toMatchObject({ ok: false });
    expect(card.inspect().map((record) => record.state)).toEqual(['voided', 'captured']);
  });

  it('PAY-1: a provider of a world of weeks forgets what is settled the second time it is told to, and never what is still held', async () => {
    const card = reader();
    const [held, paid] = [await card.authorise('held', amount), await card.authorise('paid', amount)];
    if (!held.ok || !paid.ok) throw new Error('both are approved');
    await card.capture('paid', paid.value.authorisationId, amount);
    const known = (): readonly string[] => card.inspect().map(({ key }) => key);
    card.forgetSettled();
    expect(known()).toEqual(['held', 'paid']);
    card.forgetSettled();
    card.forgetSettled();
    expect(known()).toEqual(['held']);
    const next = await card.authorise('next', amount);
    expect(next.ok && next.value.authorisationId).toBe('auth-3-next');
  });

  it('a printer without paper says so and keeps nothing', async () => {
    const printer = new SimulatedPrinter();
    printer.setPaper(false);
    expect(await printer.print(['x'], null)).toMatchObject({ error: { code: 'printer_paper_out' } });
    expect(printer.roll()).toEqual([]);
  });
});
