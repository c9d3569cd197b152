import { expect, it } from 'vitest';
import { matching } from './commands.ts';

const named = (...texts: string[]) => texts.map((text) => ({ text }));
const found = (typed: string, ...texts: string[]) => matching(named(...texts), typed).map(({ text }) => text);

it('SCR-4: the command bar finds by any words of a name, what begins so first', () => {
  expect(found('re', 'Fare', 'Open rentals', 'Register a member')).toEqual([
    'Register a member',
    'Open rentals',
    'Fare',
  ]);
  expect(found('member reg', 'Register a member', 'Members')).toEqual(['Register a member']);
  expect(found('', 'A', 'B')).toEqual(['A', 'B']);
  expect(found('レン', 'レンタル', '端末')).toEqual(['レンタル']);
  expect(found('ﾚﾝ', 'レンタル')).toEqual(['レンタル']);
});
