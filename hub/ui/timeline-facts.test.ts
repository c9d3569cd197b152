import { expect, it } from 'vitest';
import { factsOf } from './timeline-facts.ts';
import { wordsOf } from './words/words.ts';

const english = { words: wordsOf('en').rentals.facts, language: 'en', currency: 'EUR' } as const;

it.each([
  [{ tariff: 'Weekend', version: 3 }, ['Tariff Weekend, version 3']],
  [{ uncertain: true, verification: 'full' }, ['Every byte was read back', english.words.uncertain]],
  [{ uncertain: false, verification: 'sampled' }, ['Samples were read back']],
  [
    { from: '2026-12-25', to: '2026-12-26', differenceMinor: -150 },
    ['Closed from Fri 25 Dec to Sat 26 Dec', 'Charge changed by -€1.50'],
  ],
  [{ from: '2026-12-25', to: '2026-12-26', differenceMinor: 0 }, ['Closed from Fri 25 Dec to Sat 26 Dec']],
  [
    { reason: 'The sound breaks off', key: 'k1', secondPerson: 'staff:grace', minor: 400, currency: 'JPY' },
    ['Reason: The sound breaks off', 'Amount: ¥400', 'Second person: grace'],
  ],
  [{ actor: 'staff:ada', reason: 'Lost at home' }, ['Reason: Lost at home', 'By ada']],
])('SCR-4: a step of a rental is told in sentences: %j', (detail, facts) => {
  expect(factsOf(detail, english).map((fact) => fact.replace('JP¥', '¥'))).toEqual(facts);
});

it('SCR-4: codes, keys and ids of programs are no sentence of a timeline', () => {
  const detail = {
    reason: 'write_failed',
    key: '0198c0de',
    uncertain: false,
    terminalId: 'kiosk-1',
    nested: { a: 1 },
  };
  expect(factsOf(detail, english)).toEqual([]);
  expect(factsOf({ differenceMinor: 5 }, { ...english, currency: null })).toEqual([]);
});
