import { describe, expect, it } from 'vitest';
import { CARD_NUMBER } from '#firmware-sim/devices/card-reader.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { authoriseOnce } from './card.ts';

const told = (maskedCard: string) =>
  authoriseOnce(async () =>
    ok({
      authorisationId: 'auth-1',
      cardToken: 'token-1',
      maskedCard,
      amount: { minor: 500, currency: 'EUR' },
    } as const),
  );

describe('a card reader', () => {
  it.each([
    ['whole', CARD_NUMBER, '•••• 5556'],
    ['in groups', '4000 0566 5566 5556', '•••• 5556'],
    ['with dashes', '4000-0566-5566-5556', '•••• 5556'],
    ['all but the first four', '**** 056655665556', '•••• 5556'],
    ['masked as it should be', '•••• 4242', '•••• 4242'],
    ['with its first six and last four', '400005******5556', '400005******5556'],
  ])(
    'SEC-6: that tells the card’s number (%s) is not believed to have masked it',
    async (_how, shown, kept) => {
      expect(await told(shown)).toMatchObject({ ok: true, value: { maskedCard: kept } });
    },
  );

  it('PAY-1: whose outcome is unknown is asked again, and a refusal passes on as it is', async () => {
    let asked = 0;
    const answer = await authoriseOnce(async () => {
      asked += 1;
      return asked === 1 ? fault('card_unknown_outcome', 'lost') : fault('card_declined', 'no');
    });
    expect([asked, answer.ok ? '' : answer.error.code]).toEqual([2, 'card_declined']);
  });
});
